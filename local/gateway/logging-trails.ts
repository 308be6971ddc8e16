import { isJson, type Json, textAt } from './call.ts';
import type { CloudTrailRecord } from './cloudtrail-record.ts';
import { askMotoJson } from './moto-client.ts';

/** A trail, with what its log files need. */
export type LoggingTrail = {
  arn: string;
  name: string;
  homeRegion: string;
  bucket: string;
  prefix?: string;
  multiRegion: boolean;
  validates: boolean;
  logs: boolean;
};

/** Lists the trails of these Regions, of moto. */
export async function listTrails(motoUrl: string, regions: Iterable<string>): Promise<LoggingTrail[]> {
  const trails = new Map<string, LoggingTrail>();
  for (const region of regions) {
    const answer = await ask(motoUrl, region, 'DescribeTrails', {});
    for (const described of Array.isArray(answer?.trailList) ? answer.trailList : []) {
      const trail = isJson(described) ? readTrail(described) : undefined;
      if (trail === undefined || trails.has(trail.arn)) continue;
      const status = await ask(motoUrl, trail.homeRegion, 'GetTrailStatus', { Name: trail.name });
      trails.set(trail.arn, { ...trail, logs: status?.IsLogging === true });
    }
  }
  return [...trails.values()];
}

function ask(motoUrl: string, region: string, operation: string, input: Json): Promise<Json | undefined> {
  return askMotoJson(motoUrl, { service: 'cloudtrail', region, target: `CloudTrail_20131101.${operation}`, input });
}

function readTrail(described: Json): Omit<LoggingTrail, 'logs'> | undefined {
  const [arn, name, bucket] = [
    textAt(described, 'TrailARN'),
    textAt(described, 'Name'),
    textAt(described, 'S3BucketName'),
  ];
  const homeRegion = arn?.split(':')[3];
  if (arn === undefined || name === undefined || bucket === undefined || homeRegion === undefined) return undefined;
  const prefix = textAt(described, 'S3KeyPrefix');
  return {
    arn,
    name,
    homeRegion,
    bucket,
    ...(prefix === undefined ? {} : { prefix }),
    multiRegion: described.IsMultiRegionTrail === true,
    validates: described.LogFileValidationEnabled === true,
  };
}

/**
 * When a trail was told to log and to stop, as the records say, oldest first. One that nobody told, as those that CloudFormation
 * makes, is taken to log from the first record on.
 *
 * @returns pairs of ISO 8601 UTC; without an end when it logs still
 */
export function listLogging(
  records: readonly CloudTrailRecord[],
  { name, arn }: LoggingTrail,
): { from: string; to?: string }[] {
  const times: { from: string; to?: string }[] = [];
  for (const { eventSource, eventName, eventTime, requestParameters, errorCode } of records) {
    if (eventSource !== 'cloudtrail.amazonaws.com' || errorCode !== undefined) continue;
    if (!isJson(requestParameters) || (requestParameters.name !== name && requestParameters.name !== arn)) continue;
    const last = times.at(-1);
    if (eventName === 'StartLogging' && (last === undefined || last.to !== undefined)) times.push({ from: eventTime });
    if (eventName === 'StopLogging' && last !== undefined && last.to === undefined) last.to = eventTime;
  }
  const [first] = records;
  return times.length > 0 || first === undefined ? times : [{ from: first.eventTime }];
}
