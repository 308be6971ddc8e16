import { randomUUID } from 'node:crypto';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { runHourly } from '../../lib/hourly.ts';
import type { ActionEntry } from '../../lib/ledger/entry.ts';
import { CHANGE, requestKey } from '../../lib/ledger/keys.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { handleAction } from '../../lib/pipeline.ts';
import { type Bed, type Fault, openBed, SELF_ROLE } from '../pipeline/bed.ts';
import { personOf, readAction, writeEvent } from '../pipeline/events.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
/** Every test has a day of its own, so that none sees what another one waits for. */
let now = Date.parse('2026-08-03T09:00:00Z');
const clock = () => new Date(now);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
afterEach(async () => {
  now += 48 * HOUR;
  await runHourly(start().pipeline, deliver());
  now += 48 * HOUR;
  bed.gateway.denials.clear();
  await bed.readInbox();
});
afterAll(() => bed.stop());

const start = (fault?: Fault) => bed.start(fault, {}, clock);

function deliver(last = false) {
  return { writer: { owner: randomUUID(), recordedBy: 'keywarden test', leaseUntil: now }, last };
}

/** One delivery in an invocation of its own, a minute after the one before. */
async function handle(body: string, { fault, last }: { fault?: Fault; last?: boolean } = {}) {
  now += MINUTE;
  const { pipeline, calls } = start(fault);
  return { ...(await handleAction(pipeline, readAction(body), deliver(last))), calls };
}

const SELF = personOf('keywarden-dev-lifecycle', SELF_ROLE.split('/')[1] ?? '');
const timeNow = () => `${clock().toISOString().slice(0, 19)}Z`;

/** The record of a call with Keywarden's role, of now. */
const writeOwn = (api: string, key: string, overrides: object = {}) =>
  writeEvent(api, key, { userIdentity: SELF, eventTime: timeNow(), ...overrides });

/** Switches the rotation of a new key off, which Keywarden puts right. */
async function remediate() {
  const key = await bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'orders' }] });
  const { entry, remediations } = await handle(writeEvent('DisableKeyRotation', key, { eventTime: timeNow() }));
  await bed.readInbox();
  const requestId = remediations[0]?.requestIds[0] ?? '';
  return { key, entry, requestId };
}

const changeOf = async (requestId: string) =>
  (await bed.dynamo.send(new GetCommand({ TableName: bed.table, Key: { pk: requestKey(requestId), sk: CHANGE } })))
    .Item;

const ownVerdicts = (entry: ActionEntry | undefined) =>
  (entry?.verdicts ?? [])
    .filter(({ control }) => control.startsWith('own-change-'))
    .map(({ control, verdict }) => [control, verdict]);

/** What the officer was told of our own changes since it was read last. */
const told = async () =>
  (await bed.readInbox())
    .map(({ attributes: { control, severity, state } }) => ({ control, severity, state }))
    .filter(({ control }) => control?.startsWith('own-change-'));

/** The schedule fires, so many hours after what happened last. */
async function fire(hours: number) {
  now += hours * HOUR;
  const { pipeline, calls } = start();
  await runHourly(pipeline, deliver());
  return calls;
}

describe("the record of Keywarden's own change", () => {
  test('confirms the remediation that made it, in the same read and transaction, and is told to nobody', async () => {
    const { key, entry: decided, requestId } = await remediate();
    expect(await changeOf(requestId)).toMatchObject({
      ...{ subject: key, seq: 1, eventId: decided?.eventId, remedy: 'enable-key-rotation' },
      ...{ operation: 'EnableKeyRotation', status: 'awaited', gsiOpen: 'AWAITED' },
      gsiTime: expect.stringMatching(new RegExp(`Z#${requestId}$`)),
    });
    const own = writeOwn('EnableKeyRotation', key, { requestID: requestId });
    const { entry, calls } = await handle(own);
    expect(entry?.confirms).toEqual({
      ...{ seq: 1, eventId: decided?.eventId, remedy: 'enable-key-rotation' },
      ...{ requestId, how: 'request-id' },
    });
    expect(ownVerdicts(entry)).toEqual([]);
    expect(calls.filter((call) => /^(BatchGetItem|GetItem|Query|TransactWriteItems)$/.test(call))).toEqual([
      'BatchGetItem',
      'TransactWriteItems',
    ]);
    const confirmed = await changeOf(requestId);
    expect(confirmed).toMatchObject({ status: 'confirmed', confirmedBy: entry?.eventId, seq: 1 });
    expect(confirmed).not.toHaveProperty('gsiOpen');
    expect((await handle(own)).calls).toEqual(['BatchGetItem']);
    await fire(7);
    expect(await told()).toEqual([]);
  });

  test('confirms by the intent on record when it comes before the outcome, which leaves it confirmed', async () => {
    const key = await bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'orders' }] });
    const { pipeline } = start();
    let requestId = '';
    let early: ActionEntry | undefined;
    const overtaken: typeof pipeline = {
      ...pipeline,
      call: async (request) => {
        const receipt = await pipeline.call(request);
        requestId = receipt.requestId;
        return receipt;
      },
      tell: async (message) => {
        const parameters = { requestParameters: { keyId: key, rotationPeriodInDays: 365 }, requestID: requestId };
        const record = readAction(writeOwn('EnableKeyRotation', key, parameters));
        early ??= (await handleAction(start().pipeline, record, deliver())).entry;
        return pipeline.tell(message);
      },
    };
    const action = readAction(writeEvent('DisableKeyRotation', key, { eventTime: timeNow() }));
    await handleAction(overtaken, action, deliver());
    expect(early?.confirms).toMatchObject({ seq: 1, requestId, how: 'intent' });
    expect((await bed.readChain(key)).map(({ type }) => type)).toEqual(['action', 'action', 'outcome']);
    expect(await changeOf(requestId)).toMatchObject({ status: 'confirmed', confirmedBy: early?.eventId });
    await fire(7);
    expect(await told()).toEqual([]);
  });

  test('confirms by the intent on record when a crash lost the request id', async () => {
    const key = await bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'orders' }] });
    const body = writeEvent('DisableKeyRotation', key, { eventTime: timeNow() });
    const { pipeline, died } = start(({ operation }) => (operation === 'EnableKeyRotation' ? 'crash' : undefined));
    const crashed = handleAction(pipeline, readAction(body), deliver());
    expect(await Promise.race([crashed, died])).toBe('died');
    const own = writeOwn('EnableKeyRotation', key);
    expect((await handle(body)).remediations).toMatchObject([{ status: 'already-so', requestIds: [] }]);
    const { entry } = await handle(own);
    expect(entry?.confirms).toMatchObject({ seq: 1, remedy: 'enable-key-rotation', how: 'intent' });
    expect(ownVerdicts(entry)).toEqual([]);
  });

  test('is none when it tells of another operation under the same request id', async () => {
    const { key, requestId } = await remediate();
    const { entry } = await handle(writeOwn('DisableKeyRotation', key, { requestID: requestId }));
    expect(entry?.confirms).toBeUndefined();
    expect(ownVerdicts(entry)).toEqual([['own-change-accounted', 'violation']]);
    expect(await changeOf(requestId)).toMatchObject({ status: 'awaited' });
  });

  test('of a call that AWS refused is accounted for by its request id, although it names no key', async () => {
    const key = await bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'orders' }] });
    bed.gateway.denials.add({ action: 'kms:EnableKeyRotation' });
    const { remediations } = await handle(writeEvent('DisableKeyRotation', key, { eventTime: timeNow() }));
    const [call] = remediations[0]?.calls ?? [];
    expect(call).toMatchObject({ operation: 'EnableKeyRotation', refused: true });
    await bed.readInbox();
    const { entry } = await handle(writeRefused('EnableKeyRotation', { requestID: call?.requestId }));
    expect(entry).toMatchObject({ action: { outcome: 'denied', keys: [] } });
    expect(entry?.confirms).toBeUndefined();
    expect(ownVerdicts(entry)).toEqual([]);
    await fire(7);
    expect(await told()).toEqual([]);
  });
});

/** What CloudTrail writes when AWS denies a call: nothing of the request. */
const writeRefused = (api: string, overrides: object = {}) =>
  writeOwn(api, '', {
    errorCode: 'AccessDenied',
    errorMessage: 'User is not authorized to perform this on this resource',
    requestParameters: null,
    responseElements: null,
    resources: undefined,
    ...overrides,
  });

describe("a call with Keywarden's role that nobody decided", () => {
  test('is a critical finding of its own, told once, and not closed by what Keywarden does right', async () => {
    const { key, requestId } = await remediate();
    now += HOUR;
    const stolen = writeOwn('DisableKey', key, { sourceIPAddress: '192.0.2.66' });
    const { entry, remediations } = await handle(stolen);
    expect(entry?.verdicts.find(({ control }) => control === 'own-change-accounted')).toMatchObject({
      ...{ verdict: 'violation', severity: 'critical', step: '4.1.3', item: entry?.eventId },
      reason: expect.stringMatching(
        /^DisableKey was made with arn:aws:iam::111122223333:role\/keywarden-dev-lifecycle at .*, and no entry of the ledger decided it\.$/,
      ),
    });
    expect(remediations).toEqual([]);
    expect(await told()).toEqual([{ control: 'own-change-accounted', severity: 'critical', state: 'opened' }]);
    await handle(stolen);
    await handle(writeOwn('EnableKeyRotation', key, { requestID: requestId }));
    expect(await told()).toEqual([]);
    const id = `own-change-accounted#${entry?.eventId}`;
    expect((await start().pipeline.ledger.look('none', key, [id])).findings.get(id)).toMatchObject({ status: 'open' });
    const { KeyMetadata } = await bed.kms.send(new DescribeKeyCommand({ KeyId: key }));
    expect(KeyMetadata?.KeyState).toBe('Enabled');
  });

  test('is found also when Keywarden decided the same before, and had finished', async () => {
    const { key } = await remediate();
    now += 2 * MINUTE;
    const { entry } = await handle(writeOwn('EnableKeyRotation', key));
    expect(ownVerdicts(entry)).toEqual([['own-change-accounted', 'violation']]);
  });

  test('waits for the request id when it names no key, and is found in the end', async () => {
    const refused = writeRefused('DisableKey');
    await expect(handle(refused)).rejects.toThrow('is a DisableKey by Keywarden whose outcome is not on record yet');
    const { entry } = await handle(refused, { last: true });
    expect(entry?.subject).toMatch(/:unidentified$/);
    expect(entry?.verdicts.find(({ control }) => control === 'own-change-accounted')?.reason).toContain(
      'DisableKey was tried (denied) with',
    );
    const old = writeRefused('DisableKey');
    now += HOUR;
    expect(ownVerdicts((await handle(old)).entry)).toEqual([['own-change-accounted', 'violation']]);
  });

  test.each([
    ['CreateGrant', 'dynamodb.amazonaws.com', 'not-applicable'],
    ['RetireGrant', 'sns.eu-west-1.amazonaws.com', 'not-applicable'],
    ['CreateGrant', 'ec2-frontend-api.amazonaws.com', 'violation'],
    ['CreateGrant', 'dynamodb.amazonaws.com.example.com', 'violation'],
    ['ScheduleKeyDeletion', 'dynamodb.amazonaws.com', 'violation'],
  ])('through a service, %s by %s, is %s', async (api, invokedBy, verdict) => {
    const key = await bed.createKey();
    const { entry } = await handle(writeOwn(api, key, { userIdentity: { ...SELF, invokedBy } }));
    expect(ownVerdicts(entry)).toEqual([['own-change-accounted', verdict]]);
  });

  test('is no use and no reading of a key', async () => {
    const key = await bed.createKey();
    for (const api of ['Decrypt', 'DescribeKey']) {
      expect(ownVerdicts((await handle(writeOwn(api, key, { readOnly: true }))).entry)).toEqual([]);
    }
  });
});

describe('a change of Keywarden that CloudTrail does not record in time', () => {
  test('is told once, and resolved by the record when it comes after all', async () => {
    const { key, requestId } = await remediate();
    await fire(5);
    expect(await told()).toEqual([]);
    await fire(2);
    expect(await told()).toEqual([{ control: 'own-change-recorded', severity: 'high', state: 'opened' }]);
    expect(await changeOf(requestId)).toMatchObject({ status: 'unrecorded', gsiOpen: 'UNRECORDED' });
    const opened = (await bed.readChain(key)).find(({ eventId }) => eventId === `own-change-${requestId}`);
    expect(opened).toMatchObject({
      verdicts: [
        {
          item: requestId,
          reason: expect.stringContaining(`EnableKeyRotation (request ${requestId}, decided in entry 1)`),
        },
      ],
    });
    await fire(1);
    expect(await told()).toEqual([]);

    const action = readAction(writeOwn('EnableKeyRotation', key, { requestID: requestId }));
    now += MINUTE;
    const { entry } = await handleAction(start().pipeline, { ...action, origin: 'reconcile' }, deliver());
    expect(entry?.confirms).toMatchObject({ seq: 1, requestId, how: 'request-id' });
    expect(await told()).toEqual([{ control: 'own-change-recorded', severity: 'high', state: 'resolved' }]);
    expect(await changeOf(requestId)).toMatchObject({ status: 'confirmed', confirmedBy: entry?.eventId });
  });

  test('is found in the ledger when its record came first and could not be known', async () => {
    const key = await bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'orders' }] });
    const requestId = randomUUID();
    const { entry } = await handle(writeOwn('EnableKeyRotation', key, { requestID: requestId }));
    expect(await told()).toEqual([{ control: 'own-change-accounted', severity: 'critical', state: 'opened' }]);
    const { pipeline } = start();
    const call: typeof pipeline.call = async (request) => ({ ...(await pipeline.call(request)), requestId });
    const action = readAction(writeEvent('DisableKeyRotation', key, { eventTime: timeNow() }));
    await handleAction({ ...pipeline, call }, action, deliver());
    await bed.readInbox();
    await fire(7);
    expect(await told()).toEqual([{ control: 'own-change-accounted', severity: 'critical', state: 'resolved' }]);
    expect(await changeOf(requestId)).toMatchObject({ status: 'confirmed', confirmedBy: entry?.eventId });
    const found = (await bed.readChain(key)).find(({ eventId }) => eventId === `own-change-${requestId}-found`);
    expect(found).toMatchObject({ confirms: { seq: 3, requestId, how: 'request-id' } });
    await fire(1);
    expect(await told()).toEqual([]);
  });

  test('keeps no other from being told when its message cannot be sent, and is told the next time', async () => {
    await remediate();
    await remediate();
    now += 7 * HOUR;
    const { pipeline } = start();
    let count = 0;
    const tell: typeof pipeline.tell = (message) => {
      count += 1;
      return count === 1 ? Promise.reject(new Error('SNS is away')) : pipeline.tell(message);
    };
    await expect(runHourly({ ...pipeline, tell }, deliver())).rejects.toThrow('SNS is away');
    expect(await told()).toHaveLength(1);
  });
});

test('after all of this the ledger is whole', async () => {
  expect((await verifyLedger({ client: bed.dynamo, table: bed.table })).problems).toEqual([]);
});
