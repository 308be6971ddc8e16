import { type Answer, isJson, type Json, readJson, textAt } from './call.ts';
import { type AnsweredCall, buildRecord, type CloudTrailRecord } from './cloudtrail-record.ts';
import type { Delivery } from './delivery.ts';
import { addRotation, currentMaterial, nameMaterial } from './key-material.ts';
import { CRYPTOGRAPHIC } from './key-state.ts';
import { findNamedKey, type Key, type KmsKeys } from './kms-keys.ts';
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
    const { keys, account, clock } = options;
    const key = await findNamedKey(event, keys);
    if (event.name === 'DeleteExpiredKeyMaterial' && key.metadata.Origin !== 'EXTERNAL') {
      throw new RangeError(
        `key is ${JSON.stringify(event.key)}; only a key of origin EXTERNAL has material that expires.`,
      );
    }
    const rotations = keys.rotationsOf(key.id);
    const current = currentMaterial(key.id, rotations);
    const materials = { current, next: nameMaterial(key.id, rotations.length + 1) };
    const time = clock();
    const { record, direct } = buildServiceEvent(event, key, materials, account, time);
    await applyServiceEvent(event, key, keys, time);
    publish(record);
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
        const record = buildRecord(answered, parts);
        publish(record);
        if (output !== undefined) rememberUse(record, subject, options);
        if (output !== undefined) await recordConsequences(answered, output, publish, emit);
      } else if (isManagementWrite(call)) {
        publish(buildRecord(answered, recordManagementCall(call, output === undefined ? undefined : answer, account)));
      }
    },
  };
}

/** What KMS did by itself changes the key. */
async function applyServiceEvent(event: ServiceEvent, key: Key, keys: KmsKeys, now: Date): Promise<void> {
  const memory = keys.memoryOf(key.arn);
  if (event.name === 'DeleteKey') await keys.remove(key);
  if (event.name === 'DeleteExpiredKeyMaterial') memory.pendingImport = true;
  if (event.name !== 'RotateKey') return;
  addRotation(key.id, keys.rotationsOf(key.id), { at: now.getTime(), type: event.rotationType ?? 'AUTOMATIC' });
}

/** A re-encryption is a use of both keys. */
function rememberUse(record: CloudTrailRecord, { key, sourceKey }: Subject, { keys, clock }: RecorderOptions): void {
  const { eventName, eventID, requestID = '' } = record;
  if (!CRYPTOGRAPHIC.some((operation) => operation === eventName)) return;
  for (const used of [sourceKey, key]) {
    if (used === undefined) continue;
    const use = { operation: eventName, at: clock().getTime(), eventId: eventID, requestId: requestID };
    keys.memoryOf(used.arn).lastUse = use;
  }
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

function serviceOf(record: CloudTrailRecord): string {
  return record.eventSource.replace('.amazonaws.com', '');
}

function causeOf(record: CloudTrailRecord): { service: string; operation: string; principal: string } {
  const principal = textAt(record.userIdentity, 'arn') ?? 'AWS Internal';
  return { service: serviceOf(record), operation: record.eventName, principal };
}
