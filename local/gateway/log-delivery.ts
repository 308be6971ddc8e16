import { gzipSync } from 'node:zlib';
import type { CloudTrailRecord } from './cloudtrail-record.ts';
import {
  createSigningKey,
  type DigestFile,
  type NamedLogFile,
  nameFolder,
  type SigningKey,
  sha256,
  writeDigest,
} from './digest-file.ts';
import { type LoggingTrail, listLogging, listTrails } from './logging-trails.ts';
import type { ObjectEvents } from './object-events.ts';
import { askS3 } from './s3-call.ts';

/** An object that was delivered. */
export type DeliveredFile = { bucket: string; key: string; kind: 'log' | 'digest' };

/** The part of CloudTrail that delivers files to buckets. */
export type LogDelivery = {
  /**
   * Delivers what was recorded since the last time, and the digests of the hours that are over: on AWS this happens about every
   * five minutes by itself.
   */
  deliver(): Promise<DeliveredFile[]>;
  /** The key that the digests of a Region are signed with. */
  keyOf(region: string): SigningKey;
};

/** What delivering needs. */
export type LogDeliveryOptions = {
  motoUrl: string;
  account: string;
  records: () => readonly CloudTrailRecord[];
  objectEvents: ObjectEvents;
  clock: () => Date;
};

/** The digests of one trail in one Region: each names the one before. */
type Chain = { end: number; previous?: DigestFile; files: NamedLogFile[] };

const HOUR = 3_600_000;
const SECOND = 1_000;

/**
 * Makes the delivery: for every trail that logs, one file for each Region with new records, and a digest for each hour if the
 * trail has log file validation. Of trails of an organization, the files of this account are delivered as those of any trail.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
 */
export function createLogDelivery(options: LogDeliveryOptions): LogDelivery {
  const { motoUrl, account, records, objectEvents, clock } = options;
  const keys = new Map<string, SigningKey>();
  /** By ARN: how many records were looked at for the trail. */
  const seen = new Map<string, number>();
  /** By ARN, start of the logging, and Region. */
  const chains = new Map<string, Chain>();

  const keyOf = (region: string): SigningKey => {
    const key = keys.get(region) ?? createSigningKey();
    keys.set(region, key);
    return key;
  };

  const put = async (
    region: string,
    kind: DeliveredFile['kind'],
    file: Omit<DigestFile, 'signature'>,
    signature?: string,
  ) => {
    const { bucket, key, text } = file;
    const signed = { 'x-amz-meta-signature': signature ?? '', 'x-amz-meta-signature-algorithm': 'SHA256withRSA' };
    const headers = { 'content-type': 'application/json', ...(signature === undefined ? {} : signed) };
    const answer = await askS3({ motoUrl, region, method: 'PUT', bucket, key, headers, body: gzipSync(text) });
    if (answer.status >= 300)
      throw new Error(`CloudTrail could not deliver to the bucket ${bucket}: HTTP ${answer.status}.`);
    await objectEvents.tell({
      bucket,
      key,
      reason: 'PutObject',
      region,
      requester: 'cloudtrail.amazonaws.com',
      requestId: '',
    });
    return { bucket, key, kind };
  };

  const deliverFile = async (
    trail: LoggingTrail,
    region: string,
    together: readonly CloudTrailRecord[],
    now: string,
  ) => {
    const text = JSON.stringify({ Records: together });
    const folder = nameFolder(trail, account, 'CloudTrail', region, now);
    const stamp = now.slice(0, 16).replaceAll(/[-:]/g, '');
    // CloudTrail's 16 characters are random; these tell files of different content apart.
    const key = `${folder}/${account}_CloudTrail_${region}_${stamp}Z_${sha256(text).slice(0, 16)}.json.gz`;
    const times = together.map(({ eventTime }) => eventTime).sort();
    const [oldest = now, newest = now] = [times[0], times.at(-1)];
    const delivered = await put(region, 'log', { bucket: trail.bucket, key, text });
    return { delivered, named: { bucket: trail.bucket, key, hash: sha256(text), oldest, newest } };
  };

  const deliverDigest = async (trail: LoggingTrail, region: string, chain: Chain, end: number) => {
    const { previous, files } = chain;
    const digest = writeDigest({
      account,
      region,
      trail,
      start: toText(chain.end),
      end: toText(end),
      files,
      ...(previous === undefined ? {} : { previous }),
      key: keyOf(region),
    });
    Object.assign(chain, { end, previous: digest, files: [] });
    return put(region, 'digest', digest, digest.signature);
  };

  const deliverTrail = async (trail: LoggingTrail, regions: readonly string[], now: Date): Promise<DeliveredFile[]> => {
    const all = records();
    const fresh = all.slice(seen.get(trail.arn) ?? 0);
    seen.set(trail.arn, all.length);
    const delivered: DeliveredFile[] = [];
    for (const { from, to } of listLogging(all, trail)) {
      for (const region of trail.multiRegion ? regions : [trail.homeRegion]) {
        const name = [trail.arn, from, region].join(' ');
        const chain = chains.get(name) ?? { end: Date.parse(from), files: [] };
        chains.set(name, chain);
        const isOver = to !== undefined && chain.end >= Date.parse(to);
        if (isOver) continue;
        while (trail.validates && chain.end + HOUR <= now.getTime()) {
          delivered.push(await deliverDigest(trail, region, chain, chain.end + HOUR));
        }
        const together = fresh.filter(
          ({ awsRegion, eventTime }) =>
            awsRegion === region && eventTime >= from && (to === undefined || eventTime <= to),
        );
        if (together.length > 0) {
          const file = await deliverFile(trail, region, together, toText(now.getTime()));
          delivered.push(file.delivered);
          chain.files.push(file.named);
        }
        // The last digest names the file that tells of the stop. Its name has the second, which no other may have.
        if (to === undefined) continue;
        const end = Math.max(now.getTime(), chain.end + SECOND);
        if (trail.validates) delivered.push(await deliverDigest(trail, region, chain, end));
        else chain.end = now.getTime();
      }
    }
    return delivered;
  };

  return {
    keyOf,
    async deliver() {
      const now = clock();
      const regions = [...new Set([...records().map(({ awsRegion }) => awsRegion), 'us-east-1'])];
      const delivered: DeliveredFile[] = [];
      for (const trail of await listTrails(motoUrl, regions)) {
        delivered.push(...(await deliverTrail(trail, regions, now)));
      }
      return delivered;
    },
  };
}

/** Without milliseconds, as CloudTrail writes it. */
const toText = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
