import { randomUUID } from 'node:crypto';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionEntry } from '../../lib/ledger/entry.ts';
import { createHistoryReader } from '../../lib/ledger/history.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { handleAction, type Pipeline } from '../../lib/pipeline.ts';
import { ACCOUNT, type Bed, openBed, REGION } from './bed.ts';
import { personOf, readAction, writeEvent } from './events.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

const DETAIL_TYPES = {
  RotateKey: 'KMS CMK Rotation',
  DeleteExpiredKeyMaterial: 'KMS Imported Key Material Expiration',
  DeleteKey: 'KMS CMK Deletion',
} as const;
type Api = keyof typeof DETAIL_TYPES;
type Fields = Readonly<Record<string, unknown>>;

/** The happenings of these tests are in the clock of the machine, as the keys are. */
const TIME = Date.now();
const at = (seconds: number) => `${new Date(TIME + seconds * 1000).toISOString().slice(0, 19)}Z`;

/** What CloudTrail records of something that KMS did by itself. */
const logged = (api: Api, key: string, seconds: number, overrides: Fields = {}) =>
  writeEvent(api, key, {
    eventTime: at(seconds),
    userIdentity: { accountId: ACCOUNT, invokedBy: 'AWS Internal' },
    sourceIPAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    requestParameters: null,
    requestID: undefined,
    responseElements: { keyId: key },
    serviceEventDetails: { keyId: key.slice(key.lastIndexOf('/') + 1) },
    eventType: 'AwsServiceEvent',
    ...overrides,
  });

/** The event of KMS itself about the same. */
const sent = (api: Api, key: string, seconds: number, detail: Fields = {}) =>
  JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': DETAIL_TYPES[api],
    source: 'aws.kms',
    account: ACCOUNT,
    time: at(seconds),
    region: REGION,
    resources: [key],
    detail: { 'key-id': key.slice(key.lastIndexOf('/') + 1), ...detail },
  });

let deliveries = 0;
/** One delivery in an invocation of its own, minutes after what happened. */
function prepare(overrides: (pipeline: Pipeline) => Partial<Pipeline> = () => ({})) {
  deliveries += 1;
  const now = TIME + 600_000 + deliveries;
  const { pipeline, calls } = bed.startAt(() => new Date(now), {});
  const writer = { owner: `same-${deliveries}`, recordedBy: 'keywarden test', leaseUntil: now + 60_000 };
  const handle = async (body: string) => ({
    ...(await handleAction({ ...pipeline, ...overrides(pipeline) }, readAction(body), { writer, last: false })),
    calls,
  });
  return handle;
}
const handle = (body: string) => prepare()(body);

async function readActions(key: string): Promise<ActionEntry[]> {
  return (await bed.readChain(key)).filter((entry) => entry.type === 'action');
}

/** Number of happenings that a chain tells of. */
const countOf = (entries: readonly ActionEntry[]) => entries.filter(({ sameAs }) => sameAs === undefined).length;

describe('something that KMS does by itself', () => {
  test.each([
    ['RotateKey', 'first by KMS', [sent, logged]],
    ['RotateKey', 'first by CloudTrail', [logged, sent]],
    ['DeleteExpiredKeyMaterial', 'first by KMS', [sent, logged]],
    ['DeleteKey', 'first by CloudTrail', [logged, sent]],
  ] as const)(
    '(%s), told twice, %s, is judged and told once, and both records are kept',
    async (api, _which, [one, other]) => {
      const key = await bed.createKey();
      await bed.readInbox();
      const first = await handle(one(api, key, 0));
      const told = await bed.readInbox();
      const second = await handle(other(api, key, 17));

      expect(first.entry?.verdicts).not.toEqual([]);
      expect(second.entry).toMatchObject({ verdicts: [], decisions: [] });
      expect(second.entry?.sameAs).toEqual({ seq: first.entry?.seq, eventId: first.entry?.eventId, how: 'twin' });
      expect(first.told).toHaveLength(told.length);
      expect(second).toMatchObject({ told: [], remediations: [] });
      expect(await bed.readInbox()).toEqual([]);
      expect(second.calls).toEqual(['BatchGetItem', 'Query', 'TransactWriteItems']);
      expect(countOf(await readActions(key))).toBe(1);
    },
  );

  test('that is told twice at the same moment is still one action, whichever is appended first', async () => {
    const key = await bed.createKey();
    const [slow, fast] = [logged('RotateKey', key, 0), sent('RotateKey', key, 5)];
    let overtaken = false;
    const handleSlow = prepare(({ ledger }) => ({
      ledger: {
        ...ledger,
        record: async (...args: Parameters<typeof ledger.record>) => {
          if (!overtaken) await handle(fast);
          overtaken = true;
          return ledger.record(...args);
        },
      },
    }));
    const second = await handleSlow(slow);
    const [first] = await readActions(key);
    expect(first?.sameAs).toBeUndefined();
    expect(second.entry).toMatchObject({
      seq: expect.any(Number),
      verdicts: [],
      sameAs: { seq: first?.seq, how: 'twin' },
    });
    expect(countOf(await readActions(key))).toBe(1);
  });

  test('many times over, in any order and all at once, is as many actions as happened', async () => {
    const key = await bed.createKey();
    const rotations = [0, 120, 240, 360];
    const bodies = rotations.flatMap((seconds) => [
      sent('RotateKey', key, seconds + 3),
      logged('RotateKey', key, seconds),
    ]);
    const shuffled = [5, 0, 7, 2, 3, 6, 1, 4].map((place) => bodies[place] ?? '');
    await Promise.all(shuffled.map(handle));
    const entries = await readActions(key);
    expect(entries).toHaveLength(8);
    expect(countOf(entries)).toBe(4);
    const matched = entries.flatMap(({ sameAs }) => sameAs?.seq ?? []);
    expect(new Set(matched).size).toBe(4);
    expect(new Set(entries.map(({ eventId }) => eventId)).size).toBe(8);
  });

  test('is matched by its material and not by what is near, when the records name it', async () => {
    const key = await bed.createKey();
    const [one, other] = ['a'.repeat(64), 'b'.repeat(64)];
    const details = (currentKeyMaterialId: string) => ({ serviceEventDetails: { currentKeyMaterialId } });
    await handle(logged('RotateKey', key, 0, details(one)));
    await handle(logged('RotateKey', key, 60, details(other)));
    await handle(sent('RotateKey', key, 59, { 'current-key-material-id': one }));
    const [first, , twin] = await readActions(key);
    expect(twin?.sameAs).toMatchObject({ seq: first?.seq, eventId: first?.eventId });
  });

  test('is judged again by the record that says what became of the material in a cluster', async () => {
    const key = await bed.createKey();
    await handle(sent('DeleteKey', key, 0));
    const backingKeysDeletionStatus = '[{"keyHandle":"01","deletionStatus":"FAILURE"}]';
    const second = await handle(logged('DeleteKey', key, 2, { additionalEventData: { backingKeysDeletionStatus } }));
    expect(second.entry?.sameAs).toMatchObject({ how: 'twin' });
    expect(second.entry?.verdicts).toContainEqual(
      expect.objectContaining({ control: 'deletion-completed', verdict: 'violation' }),
    );
    expect(second.told).toContainEqual(expect.objectContaining({ control: 'deletion-completed' }));
    expect(countOf(await readActions(key))).toBe(1);
  });

  test('does not take the material away a second time, when it came back between the two records', async () => {
    const key = await bed.createKey();
    await handle(logged('DeleteExpiredKeyMaterial', key, 0));
    await handle(writeEvent('ImportKeyMaterial', key, { eventTime: at(10) }));
    await handle(sent('DeleteExpiredKeyMaterial', key, 17));
    const past = await createHistoryReader({ client: bed.dynamo, table: bed.table })(key);
    expect(past).toMatchObject({ known: true, value: { imported: { api: 'ImportKeyMaterial' } } });
    expect(past.known && past.value.materialLost).toBeUndefined();
  });

  test('is judged for itself when the entry of the first record was altered, which is no proof of anything', async () => {
    const key = await bed.createKey();
    const first = await handle(sent('DeleteKey', key, 0));
    await bed.dynamo.send(
      new UpdateCommand({
        TableName: bed.table,
        Key: { pk: `SUBJECT#${key}`, sk: 'SEQ#000000000001' },
        UpdateExpression: 'SET entry = :entry',
        ExpressionAttributeValues: { ':entry': JSON.stringify({ ...first.entry, verdicts: [] }) },
      }),
    );
    expect((await handle(logged('DeleteKey', key, 2))).entry?.verdicts).not.toEqual([]);
  });
});

describe('a record that CloudTrail amends', () => {
  const amend = (original: string, api: string, key: string, overrides: Fields = {}) =>
    writeEvent(api, key, {
      addendum: { reason: 'UPDATED_DATA', updatedFields: 'responseElements', originalEventID: idOf(original) },
      ...overrides,
    });
  const idOf = (body: string) => readAction(body).eventId;

  test('without a change that controls could see is kept, and nothing more', async () => {
    const key = await bed.createKey({}, true);
    const original = writeEvent('EnableKeyRotation', key);
    const first = await handle(original);
    const second = await handle(amend(original, 'EnableKeyRotation', key));
    expect(second.entry).toMatchObject({
      verdicts: [],
      sameAs: { seq: first.entry?.seq, eventId: idOf(original), how: 'addendum' },
      action: { addendum: { reason: 'UPDATED_DATA', originalEventId: idOf(original) } },
    });
    expect(countOf(await readActions(key))).toBe(1);
  });

  test('is judged like a new action when it tells that somebody else did it', async () => {
    const key = await bed.createKey({}, true);
    const original = writeEvent('EnableKeyRotation', key);
    await handle(original);
    const userIdentity = personOf('eve@example.com', 'Contractor');
    const second = await handle(amend(original, 'EnableKeyRotation', key, { userIdentity }));
    expect(second.entry?.sameAs).toMatchObject({ how: 'addendum' });
    expect(second.entry?.verdicts.map(({ control }) => control)).toContain('rotation-enabled');
    expect(countOf(await readActions(key))).toBe(1);
  });

  test('that this ledger never had is the action itself', async () => {
    const key = await bed.createKey({}, true);
    const { entry } = await handle(amend(writeEvent('EnableKeyRotation', key), 'EnableKeyRotation', key));
    expect(entry?.sameAs).toBeUndefined();
    expect(entry?.verdicts).not.toEqual([]);
  });

  test('about another key is the action itself', async () => {
    const [key, other] = [await bed.createKey({}, true), await bed.createKey({}, true)];
    const original = writeEvent('EnableKeyRotation', other);
    await handle(original);
    const { entry } = await handle(amend(original, 'EnableKeyRotation', key));
    expect(entry?.sameAs).toBeUndefined();
    expect(entry?.verdicts).not.toEqual([]);
  });

  test('and only came late is an action as any other', async () => {
    const key = await bed.createKey({}, true);
    const late = writeEvent('EnableKeyRotation', key, { addendum: { reason: 'DELIVERY_DELAY' } });
    const { entry } = await handle(late);
    expect(entry).toMatchObject({ action: { addendum: { reason: 'DELIVERY_DELAY' } } });
    expect(entry?.verdicts).not.toEqual([]);
  });
});

describe('a record whose clock was wrong', () => {
  test.each(['RotateKey', 'DeleteKey', 'DeleteExpiredKeyMaterial'] as const)(
    '(%s) is kept with the time that it names, years ahead or behind, and judged',
    async (api) => {
      const key = await bed.createKey();
      for (const eventTime of ['2099-12-31T23:59:59Z', '1999-01-01T00:00:00Z']) {
        const { entry } = await handle(logged(api, key, 0, { eventTime }));
        expect(entry?.action.time).toBe(eventTime);
        expect(entry?.sameAs).toBeUndefined();
        expect(entry?.verdicts).not.toEqual([]);
      }
    },
  );
});

test('A record whose clock was years ahead does not outdo what happened after it was recorded', async () => {
  const key = await bed.createKey();
  const past = createHistoryReader({ client: bed.dynamo, table: bed.table });
  await handle(writeEvent('DisableKey', key, { eventTime: '2099-12-31T23:59:59Z' }));
  expect(await past(key)).toMatchObject({ known: true, value: { enabled: false } });
  await handle(writeEvent('EnableKey', key, { eventTime: at(700) }));
  expect(await past(key)).toMatchObject({ known: true, value: { enabled: true } });
});

test('Every chain of these tests but the altered one is whole', async () => {
  const { problems } = await verifyLedger({ client: bed.dynamo, table: bed.table });
  expect(problems.filter(({ what }) => !what.startsWith('altered'))).toEqual([]);
});
