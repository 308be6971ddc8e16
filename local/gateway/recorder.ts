import { type Answer, isJson, type Json, readJson, textAt } from './call.ts';
import { type AnsweredCall, buildRecord, type CloudTrailRecord } from './cloudtrail-record.ts';
import type { Delivery } from './delivery.ts';
import type { Key, KmsKeys } from './kms-keys.ts';
import { isKmsRecorded, recordKmsCall } from './kms-record.ts';
import type { Subject } from './kms-subject.ts';
import { isManagementWrite, recordManagementCall } from './management-record.ts';
import { buildServiceEvent, type ServiceEvent } from './service-event.ts';

/** The local CloudTrail: keeps a record of every call that a trail would have, of the services that matter here, and puts it on EventBridge. */
export type Recorder = {
  /** Records the call if it is one of those that are recorded here. The answer is the one the caller gets. */
  record(answered: AnsweredCall, answer: Answer, subject: Subject): Promise<void>;
  /** Emits what KMS does by itself. Throws RangeError for a key that does not exist. */
  emit(event: ServiceEvent): Promise<CloudTrailRecord>;
  /** Every record so far, oldest first. */
  records(): readonly CloudTrailRecord[];
};

/** What the recorder needs. */
export type RecorderOptions = { account: string; keys: KmsKeys; delivery: Delivery; clock: () => Date };

/** Makes the recorder. */
export function createRecorder(options: RecorderOptions): Recorder {
  const records: CloudTrailRecord[] = [];
  const publish = (record: CloudTrailRecord) => {
    records.push(record);
    options.delivery.put({
      detailType:
        record.eventType === 'AwsServiceEvent' ? 'AWS Service Event via CloudTrail' : 'AWS API Call via CloudTrail',
      source: `aws.${serviceOf(record)}`,
      region: record.awsRegion,
      time: options.clock(),
      // CloudTrail's events have no resources in the envelope:
      // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
      resources: [],
      detail: structuredClone(record),
      cause: causeOf(record),
    });
  };
  const emit = async (event: ServiceEvent) => {
    const key = await findKey(event, options.keys);
    const { record, direct } = buildServiceEvent(event, key, options.account, options.clock());
    if (event.name === 'DeleteExpiredKeyMaterial' && key.metadata.Origin !== 'EXTERNAL') {
      throw new RangeError(
        `key is ${JSON.stringify(event.key)}; only a key of origin EXTERNAL has material that expires.`,
      );
    }
    if (event.name === 'DeleteKey') options.keys.memoryOf(key.arn).deleted = true;
    if (event.name === 'DeleteExpiredKeyMaterial') options.keys.memoryOf(key.arn).pendingImport = true;
    publish(record);
    const time = options.clock();
    options.delivery.put({ ...direct, source: 'aws.kms', region: key.region, time, cause: causeOf(record) });
    return record;
  };
  return {
    records: () => records,
    emit,
    async record(answered, answer, subject) {
      const { call, refusal, account } = answered;
      const output = refusal === undefined ? readJson(answer.body) : undefined;
      if (call.service === 'kms' && isKmsRecorded(call.operation)) {
        const parts = recordKmsCall(call.operation, call.input, output, subject, account);
        publish(buildRecord(answered, parts));
        if (output !== undefined) await recordConsequences(answered, output, publish, emit);
      } else if (isManagementWrite(call)) {
        publish(buildRecord(answered, recordManagementCall(call, output === undefined ? undefined : answer, account)));
      }
    },
  };
}

/** ReplicateKey makes a CreateKey record in the replica's Region; a rotation on demand ends with a service event. */
async function recordConsequences(
  answered: AnsweredCall,
  output: Json,
  publish: (record: CloudTrailRecord) => void,
  emit: (event: ServiceEvent) => Promise<CloudTrailRecord>,
): Promise<void> {
  const { call, account } = answered;
  if (call.operation === 'RotateKeyOnDemand') {
    await emit({ name: 'RotateKey', key: String(call.input.KeyId), region: call.region, rotationType: 'ON_DEMAND' });
  }
  const replica = output.ReplicaKeyMetadata;
  const region = textAt(call.input, 'ReplicaRegion');
  if (call.operation !== 'ReplicateKey' || !isJson(replica) || region === undefined) return;
  const { Description, Policy, Tags } = call.input;
  const sent = { Description, Policy, Tags, KeySpec: replica.KeySpec, KeyUsage: replica.KeyUsage, MultiRegion: true };
  const input = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined));
  const creation = { ...answered, call: { ...call, operation: 'CreateKey', region, input } };
  publish(buildRecord(creation, recordKmsCall('CreateKey', input, { KeyMetadata: replica }, {}, account)));
}

async function findKey(event: ServiceEvent, keys: KmsKeys): Promise<Key> {
  const region = /^arn:[^:]+:kms:([^:]+):/.exec(event.key)?.[1] ?? event.region ?? 'us-east-1';
  const key = await keys.find(region, event.key);
  if (key === undefined)
    throw new RangeError(`key is ${JSON.stringify(event.key)}; there is no such key in ${region}.`);
  return key;
}

function serviceOf(record: CloudTrailRecord): string {
  return record.eventSource.replace('.amazonaws.com', '');
}

function causeOf(record: CloudTrailRecord): { service: string; operation: string; principal: string } {
  const principal = textAt(record.userIdentity, 'arn') ?? 'AWS Internal';
  return { service: serviceOf(record), operation: record.eventName, principal };
}
