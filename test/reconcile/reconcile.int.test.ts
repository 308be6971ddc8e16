import { randomUUID } from 'node:crypto';
import {
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  GetKeyRotationStatusCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createCloudTrailClients } from '../../lib/aws/clients.ts';
import { createLookUp } from '../../lib/aws/lookup-events.ts';
import { handleBatch } from '../../lib/batch.ts';
import { readEvent } from '../../lib/event/read-event.ts';
import type { ActionEntry } from '../../lib/ledger/entry.ts';
import { COMPLETENESS, seqKey, subjectKey } from '../../lib/ledger/keys.ts';
import { findFirstTime } from '../../lib/ledger/recorded.ts';
import { handleAction, type Pipeline } from '../../lib/pipeline.ts';
import type { ReconcileContext } from '../../lib/reconcile/context.ts';
import { createLookupSource } from '../../lib/reconcile/lookup-source.ts';
import { reconcileWindow } from '../../lib/reconcile/reconcile-window.ts';
import type { ReadPart, RecordSource, Window } from '../../lib/reconcile/record-source.ts';
import { ReconcileIncompleteError, runAsked, runSchedule } from '../../lib/reconcile/run-reconcile.ts';
import { ACCOUNT, type Bed, type Fault, openBed, REGION, SELF_ROLE } from '../pipeline/bed.ts';
import { recordOf } from './records.ts';

let bed: Bed;
let began = 0;
/** How far behind the records the comparison runs, in milliseconds: CloudTrail must have settled. */
const LATER = 3_600_000;
const clock = () => new Date(Date.now() + LATER);

beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());
beforeEach(async () => {
  bed.gateway.faults.clear();
  bed.gateway.denials.clear();
  await bed.readInbox();
  // Records have whole seconds: what the test before did must not be in the window of this one.
  const second = Math.floor(Date.now() / 1000);
  while (Math.floor(Date.now() / 1000) === second) await new Promise((resolve) => setTimeout(resolve, 20));
  began = (second + 1) * 1000;
});

const text = (time: number) => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
const windowNow = (): Window => ({ from: text(began), to: text(Date.now() + 1000) });

function contextOf(pipeline: Pipeline, overrides: Partial<ReconcileContext> = {}): ReconcileContext {
  const writer = { owner: randomUUID(), recordedBy: 'keywarden test', leaseUntil: clock().getTime() + 1000 };
  return {
    pipeline,
    table: { client: bed.dynamo, table: bed.table },
    delivery: { writer, last: false },
    by: 'test',
    version: '0',
    outOfTime: () => false,
    ...overrides,
  };
}

const lookupSource = (outOfTime = () => false): RecordSource =>
  createLookupSource({
    account: ACCOUNT,
    region: REGION,
    lookUp: createLookUp(createCloudTrailClients({ endpoint: bed.gateway.url })),
    clock,
    pause: async () => undefined,
    outOfTime,
  });

/** A source that gives what it is told to; it covers everything. */
const sourceOf = (...parts: readonly ReadPart[]): RecordSource => ({
  source: 'archive',
  account: ACCOUNT,
  region: REGION,
  queries: ['everything'],
  notAsked: [],
  covers: () => true,
  async *read() {
    yield* parts;
  },
});

const start = (fault?: Fault) => bed.start(fault, {}, clock).pipeline;

/** What EventBridge would have delivered of a record. */
async function deliver(record: object): Promise<void> {
  const envelope = { 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.kms', detail: record };
  const action = readEvent(envelope, { origin: 'eventbridge', selfRoleArns: [SELF_ROLE] });
  await handleAction(start(), action, contextOf(start()).delivery);
}

const newest = (name: string) => {
  const record = bed.gateway.records().findLast(({ eventName }) => eventName === name);
  if (record === undefined) throw new Error(`There is no record of ${name}.`);
  return record;
};
const actionOf = async (subject: string, eventId: string) =>
  (await bed.readChain(subject)).find(
    (entry): entry is ActionEntry => entry.type === 'action' && entry.eventId === eventId,
  );

/** A key with which nothing is wrong, and the records of whose making have arrived. */
async function createKnownKey(): Promise<string> {
  const key = await bed.createKey(TIDY, true);
  await deliver(newest('CreateKey'));
  await deliver(newest('EnableKeyRotation'));
  return key;
}
const TIDY = { Tags: [{ TagKey: 'owner', TagValue: 'orders' }] };

describe('a comparison with Event history', () => {
  test('back-fills exactly what never arrived: judged, put right and told as it would have been', async () => {
    const key = await createKnownKey();
    await bed.kms.send(new DisableKeyRotationCommand({ KeyId: key }));
    await bed.kms.send(new UpdateKeyDescriptionCommand({ KeyId: key, Description: 'orders' }));
    await bed.readInbox();
    const lost = [newest('DisableKeyRotation'), newest('UpdateKeyDescription')].map(({ eventID }) => eventID);
    const statement = await reconcileWindow(contextOf(start()), lookupSource(), windowNow(), 'schedule');
    expect(statement).toMatchObject({
      source: 'lookup-events',
      occasion: 'schedule',
      counts: { expected: 4, recorded: 2, backfilled: 2, failed: 0, extra: 0 },
      gaps: [],
      complete: true,
    });
    expect(statement.missing.map(({ eventId }) => eventId).sort()).toEqual(lost.toSorted());
    const entry = await actionOf(key, lost[0] ?? '');
    expect(entry).toMatchObject({ action: { origin: 'reconcile', api: 'DisableKeyRotation' } });
    expect(entry?.verdicts).toContainEqual(
      expect.objectContaining({ control: 'rotation-enabled', verdict: 'violation' }),
    );
    const { KeyRotationEnabled } = await bed.kms.send(new GetKeyRotationStatusCommand({ KeyId: key }));
    expect(KeyRotationEnabled).toBe(true);
    const told = await bed.readInbox();
    expect(told.map(({ attributes: { control, state } }) => [control, state])).toContainEqual([
      'rotation-enabled',
      'remediated',
    ]);
    const [stated] = (await bed.readChain(COMPLETENESS)).slice(-1);
    expect(stated).toMatchObject({ type: 'statement', statement });

    const again = await reconcileWindow(contextOf(start()), lookupSource(), windowNow(), 'late');
    // Our own call that enabled the rotation is expected by now too; nothing delivered it here.
    expect(again).toMatchObject({ counts: { expected: 5, recorded: 4, backfilled: 1 }, complete: true });
    expect(again.missing).toMatchObject([{ api: 'EnableKeyRotation' }]);
    const third = await reconcileWindow(contextOf(start()), lookupSource(), windowNow(), 'late');
    expect(third).toMatchObject({ counts: { expected: 5, recorded: 5, backfilled: 0 }, missing: [], complete: true });
  });

  test('changes nothing that has been put right since', async () => {
    const key = await bed.createKey(TIDY, true);
    await bed.kms.send(new DisableKeyRotationCommand({ KeyId: key }));
    const { eventID } = newest('DisableKeyRotation');
    await bed.kms.send(new EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays: 365 }));
    const before = bed.gateway.records().length;
    await reconcileWindow(contextOf(start()), lookupSource(), windowNow(), 'schedule');
    expect(bed.gateway.records().slice(before)).toEqual([]);
    const entry = await actionOf(key, eventID);
    expect(entry?.verdicts).toContainEqual(
      expect.objectContaining({ control: 'rotation-enabled', verdict: 'compliant' }),
    );
  });

  test('waits when CloudTrail throttles, and goes on', async () => {
    await bed.createKey();
    bed.gateway.faults.add({ kind: 'throttle', service: 'cloudtrail', operation: 'LookupEvents', times: 4 });
    const statement = await reconcileWindow(contextOf(start()), lookupSource(), windowNow(), 'schedule');
    expect(statement).toMatchObject({ counts: { expected: 1, backfilled: 1 }, complete: true });
  });

  test('names what it was not allowed to look at, and accuses nobody of what it could not see', async () => {
    await deliver(recordOf({ eventTime: text(Date.now()) }));
    bed.gateway.denials.add({ action: 'cloudtrail:LookupEvents' });
    const statement = await reconcileWindow(contextOf(start()), lookupSource(), windowNow(), 'schedule');
    expect(statement).toMatchObject({ counts: { read: 0, extra: 0 }, complete: false });
    expect(statement.gaps).toHaveLength(4);
    expect(statement.gaps[0]).toMatchObject({
      what: expect.stringContaining('AttributeKey=ReadOnly,AttributeValue=false'),
      reason: expect.stringContaining('AccessDenied'),
    });
  });

  test('ends with a gap when its time is used up', async () => {
    const statement = await reconcileWindow(
      contextOf(start()),
      lookupSource(() => true),
      windowNow(),
      'schedule',
    );
    expect(statement.gaps[0]?.reason).toContain('the time of this run was used up');
    expect(statement.complete).toBe(false);
  });

  test('says that Event history has nothing of a window that is older than it is', async () => {
    const old = { from: '2025-01-01T09:00:00Z', to: '2025-01-01T10:00:00Z' };
    const statement = await reconcileWindow(contextOf(start()), lookupSource(), old, 'asked');
    expect(statement.gaps).toEqual([
      {
        what: 'events from 2025-01-01T09:00:00Z to 2025-01-01T10:00:00.000Z',
        reason: expect.stringContaining('keywarden reconcile --from 2025-01-01T09:00:00Z'),
      },
    ]);
    expect(statement.complete).toBe(false);
  });
});

describe('an entry that CloudTrail does not know', () => {
  test('is told once, as what somebody may have invented, and is in order again when CloudTrail delivers it', async () => {
    const key = await createKnownKey();
    const invented = recordOf({ eventTime: text(Date.now()), eventName: 'UpdateKeyDescription', ...about(key) });
    await deliver(invented);
    await bed.readInbox();
    const first = await reconcileWindow(contextOf(start()), lookupSource(), windowNow(), 'schedule');
    expect(first.extra).toMatchObject([
      { eventId: invented.eventID, api: 'UpdateKeyDescription', subject: key, seq: 3 },
    ]);
    expect(first.counts).toMatchObject({ extra: 1, backfilled: 0 });
    const [message, ...others] = await bed.readInbox();
    expect(others).toEqual([]);
    expect(message?.attributes).toMatchObject({
      control: 'event-in-cloudtrail',
      severity: 'critical',
      state: 'opened',
    });

    const second = await reconcileWindow(contextOf(start()), lookupSource(), windowNow(), 'late');
    expect(second.counts.extra).toBe(1);
    expect(await bed.readInbox()).toEqual([]);

    const made = [newest('CreateKey'), newest('EnableKeyRotation')].map((record) => ({ record }));
    const known = sourceOf({ record: invented }, ...made);
    bed.gateway.denials.add({ action: 'sns:Publish' });
    const untold = await reconcileWindow(contextOf(start()), known, windowNow(), 'late');
    bed.gateway.denials.clear();
    expect(untold).toMatchObject({ complete: false, counts: { recorded: 3 } });
    expect(untold.gaps).toEqual([
      { what: expect.stringContaining(String(invented.eventID)), reason: expect.anything() },
    ]);
    // The lease of whoever could not tell it has run out.
    const later = bed.start(undefined, {}, () => new Date(clock().getTime() + 60_000)).pipeline;
    const third = await reconcileWindow(contextOf(later), known, windowNow(), 'late');
    expect(third.counts).toMatchObject({ extra: 0, recorded: 3 });
    expect((await bed.readInbox()).map(({ attributes }) => attributes)).toMatchObject([
      { control: 'event-in-cloudtrail', state: 'resolved' },
    ]);
  });

  const about = (key: string) => ({
    requestParameters: { keyId: key },
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: key }],
  });

  test('is none when CloudTrail was not asked for it: of another Region, from KMS itself, or ordered by a person', async () => {
    const time = text(Date.now());
    const refused = {
      eventName: 'Decrypt',
      readOnly: true,
      errorCode: 'KMSInvalidStateException',
      errorMessage: 'x is pending deletion.',
    };
    await deliver(recordOf({ eventTime: time, ...refused }));
    await deliver(recordOf({ eventTime: time, awsRegion: 'us-west-2' }));
    const direct = {
      'detail-type': 'KMS CMK Deletion',
      source: 'aws.kms',
      account: ACCOUNT,
      region: REGION,
      time,
      resources: [`arn:aws:kms:${REGION}:${ACCOUNT}:key/99999999-2222-4333-8444-555555555555`],
      detail: { 'key-id': '99999999-2222-4333-8444-555555555555' },
    };
    const action = readEvent(direct, { origin: 'eventbridge', selfRoleArns: [] });
    await handleAction(start(), action, contextOf(start()).delivery);
    const order = { ...action, eventId: 'on-demand-1', origin: 'on-demand', eventSource: 'keywarden' } as const;
    await handleAction(start(), order, contextOf(start()).delivery, { kind: 'verify' });
    const look = { ...order, eventId: 'sweep-1', origin: 'sweep', kind: 'lifecycle' } as const;
    await handleAction(start(), look, contextOf(start()).delivery, { kind: 'sweep' });
    const statement = await reconcileWindow(contextOf(start()), lookupSource(), windowNow(), 'schedule');
    expect(statement).toMatchObject({ extra: [], counts: { extra: 0 } });
  });
});

describe('what goes wrong', () => {
  test('with one event keeps no other back, is named, and is tried again by the next run', async () => {
    const [one, other] = [await bed.createKey(), await bed.createKey()];
    bed.gateway.denials.add({ action: 'sns:Publish' });
    const failing = await reconcileWindow(contextOf(start()), lookupSource(), windowNow(), 'schedule');
    expect(failing.counts).toMatchObject({ expected: 2, failed: 2 });
    expect(failing.missing[0]).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(/denied|AuthorizationError|AccessDenied/i),
    });
    expect(failing.complete).toBe(false);
    bed.gateway.denials.clear();
    // Whoever recorded them is gone, and their leases have run out.
    const later = bed.start(undefined, {}, () => new Date(clock().getTime() + 60_000)).pipeline;
    const next = await reconcileWindow(contextOf(later), lookupSource(), windowNow(), 'retry');
    // What Keywarden itself did to the two keys (their tags, their rotation) is expected by now too.
    expect(next).toMatchObject({ counts: { expected: 6, recorded: 2, backfilled: 4, failed: 0 }, complete: true });
    for (const key of [one, other]) {
      expect(await bed.readChain(key)).toContainEqual(expect.objectContaining({ type: 'outcome', of: 1 }));
    }
  });

  test('is on record of every reading, also when AWS repeats a run under the same name', async () => {
    const key = await bed.createKey(TIDY, true);
    const window = windowNow();
    const context = contextOf(start());
    const failed = await reconcileWindow({ ...context, outOfTime: () => true }, lookupSource(), window, 'retry');
    const done = await reconcileWindow(context, lookupSource(), window, 'retry');
    expect([failed.complete, done.complete]).toEqual([false, true]);
    const statements = (await bed.readChain(COMPLETENESS)).flatMap((one) =>
      one.type === 'statement' ? [one.statement] : [],
    );
    expect(statements.slice(-2)).toEqual([failed, done]);
    expect(done.missing).toContainEqual(expect.objectContaining({ subject: key, result: 'backfilled' }));
  });

  test('with a record that nobody can read: its text is kept, and told once', async () => {
    const record = JSON.stringify(recordOf({ eventTime: 'yesterday' }));
    const source = sourceOf({ record });
    const first = await reconcileWindow(contextOf(start()), source, windowNow(), 'asked');
    expect(first.counts).toMatchObject({ expected: 1, backfilled: 1 });
    expect((await bed.readChain('malformed')).filter(({ type }) => type === 'malformed')).toMatchObject([
      { body: record },
    ]);
    expect(await bed.readInbox()).toHaveLength(1);
    const second = await reconcileWindow(contextOf(start()), source, windowNow(), 'asked');
    expect(second.counts).toMatchObject({ expected: 1, recorded: 1, backfilled: 0 });
    expect(await bed.readInbox()).toEqual([]);
  });

  test('with a record that nobody can read is none when the ledger has it from its event', async () => {
    const record = recordOf({ eventTime: 'yesterday' });
    const envelope = { 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.kms', detail: record };
    const message = { id: 'message', body: JSON.stringify(envelope), receives: 1 };
    const { writer } = contextOf(start()).delivery;
    expect(await handleBatch(start(), [message], { writer, maxReceives: 5 })).toEqual([]);
    const told = (await bed.readInbox()).length;
    const statement = await reconcileWindow(contextOf(start()), sourceOf({ record }), windowNow(), 'asked');
    expect(told).toBe(1);
    expect(statement.counts).toMatchObject({ expected: 1, recorded: 1, backfilled: 0 });
    expect(await bed.readInbox()).toEqual([]);
  });

  test('with an entry that somebody broke keeps no comparison from its end', async () => {
    const key = await createKnownKey();
    const resources = [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: key }];
    await deliver(recordOf({ eventTime: text(Date.now()), requestParameters: { keyId: key }, resources }));
    await bed.dynamo.send(
      new UpdateCommand({
        TableName: bed.table,
        Key: { pk: subjectKey(key), sk: seqKey(3) },
        ConditionExpression: 'attribute_exists(pk)',
        UpdateExpression: 'SET entry = :broken',
        ExpressionAttributeValues: { ':broken': '{' },
      }),
    );
    const invented = recordOf({ eventTime: text(Date.now()), eventName: 'UpdateKeyDescription' });
    await deliver(invented);
    const statement = await reconcileWindow(contextOf(start()), lookupSource(), windowNow(), 'schedule');
    expect(statement.extra).toMatchObject([{ eventId: invented.eventID }]);
  });

  test('is listed so far as an entry can hold it, and counted in full', async () => {
    const records = Array.from({ length: 230 }, () => ({ record: recordOf({ eventTime: text(Date.now()) }) }));
    const context = contextOf(start(), { outOfTime: () => true });
    const statement = await reconcileWindow(context, sourceOf(...records), windowNow(), 'asked');
    expect(statement).toMatchObject({ counts: { expected: 230, failed: 230 }, omitted: 30, complete: false });
    expect(statement.missing).toHaveLength(200);
  });
});

describe('the schedule', () => {
  test('begins with the ledger, or a day back in one that is older', async () => {
    const table = { client: bed.dynamo, table: bed.table };
    await bed.createKey(TIDY, true);
    await deliver(newest('CreateKey'));
    const now = Date.now();
    const first = await findFirstTime(table, new Date(now));
    expect(first).toBeInstanceOf(Date);
    expect(now - (first as Date).getTime()).toBeLessThan(600_000);
    expect(await findFirstTime(table, new Date(now + 3 * 86_400_000))).toBe('older');
    expect(await findFirstTime(table, new Date(now - 40 * 86_400_000))).toBeUndefined();
  });

  test('goes from run to run without a hole, and fails for all to see when a window is not complete', async () => {
    const key = await bed.createKey();
    const first = await runSchedule(contextOf(start()), lookupSource());
    expect(first.status).toBe('complete');
    expect(await actionOf(key, newest('CreateKey').eventID)).toBeDefined();
    const later = bed.start(undefined, {}, () => new Date(clock().getTime() + LATER)).pipeline;
    const tooShort = runSchedule(contextOf(later, { outOfTime: () => true }), lookupSource());
    await expect(tooShort).rejects.toThrow('The time was too short for');
    bed.gateway.denials.add({ action: 'cloudtrail:LookupEvents' });
    await expect(runSchedule(contextOf(later), lookupSource())).rejects.toThrow(ReconcileIncompleteError);
    bed.gateway.denials.clear();
    const next = await runSchedule(contextOf(later), lookupSource());
    expect(next.status).toBe('complete');
    expect(new Set(next.statements.map(({ occasion }) => occasion))).toEqual(new Set(['retry']));
    expect(await runSchedule(contextOf(later), lookupSource())).toMatchObject({ statements: [], status: 'complete' });
  });

  test('is left alone by whoever asks for a window, which is compared hour by hour', async () => {
    const window = { from: text(began - 2.5 * 3_600_000), to: text(began) };
    const { statements, notDone } = await runAsked(contextOf(start()), lookupSource(), window);
    expect(statements.map(({ occasion }) => occasion)).toEqual(['asked', 'asked', 'asked']);
    expect(statements.map(({ window: { from, to } }) => Date.parse(to) - Date.parse(from))).toEqual([
      3_600_000, 3_600_000, 1_800_000,
    ]);
    expect(notDone).toEqual([]);
    const none = await runAsked(contextOf(start(), { outOfTime: () => true }), lookupSource(), window);
    expect(none).toMatchObject({ status: 'incomplete', statements: [] });
    expect(none.notDone).toHaveLength(3);
    expect(none.message).toContain('too short for 3 windows');
  });
});
