import { ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { handleBatch } from '../../lib/batch.ts';
import type { ActionEntry, MalformedEntry } from '../../lib/ledger/entry.ts';
import { MALFORMED } from '../../lib/ledger/keys.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { type Bed, openBed } from './bed.ts';
import { writeEvent } from './events.ts';
import { rotationOf } from './verdicts.ts';

const MOST = 5;
let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterEach(async () => {
  bed.gateway.denials.clear();
  bed.gateway.faults.clear();
  await bed.readInbox();
});
afterAll(() => bed.stop());

/** Delivers one batch; `receives` says how often the queue has handed it out. */
async function deliver(bodies: readonly string[], receives = 1) {
  const { pipeline, calls } = bed.start();
  const { writer } = bed.deliver();
  const messages = bodies.map((body, place) => ({ id: `m-${place}`, body, receives }));
  const failed = await handleBatch(pipeline, messages, { writer, maxReceives: MOST });
  return { failed, calls };
}

const NOT_EVENTS: [string, string, RegExp][] = [
  ['text that is no JSON', 'the key was deleted', /expected a JSON object/],
  ['a list', '[]', /expected a JSON object/],
  [
    'another detail type',
    JSON.stringify({ source: 'aws.kms', 'detail-type': 'EC2 Instance State-change Notification' }),
    /detail-type is "EC2 Instance/,
  ],
  [
    'another sender',
    JSON.stringify({ source: 'shop', 'detail-type': 'AWS API Call via CloudTrail', detail: {} }),
    /source is "shop"/,
  ],
  [
    'no detail',
    JSON.stringify({ source: 'aws.kms', 'detail-type': 'AWS API Call via CloudTrail' }),
    /detail is missing/,
  ],
];

describe('an event that cannot be read', () => {
  test.each(NOT_EVENTS)('%s is kept with its body, told, and not delivered again', async (_name, body, why) => {
    expect((await deliver([body])).failed).toEqual([]);
    const kept = (await bed.readChain(MALFORMED)).findLast((entry) => entry.type === 'malformed') as MalformedEntry;
    expect(kept).toMatchObject({ body, bodyBytes: Buffer.byteLength(body) });
    expect(kept.error.message).toMatch(why);
    expect(await bed.readInbox()).toMatchObject([{ attributes: { control: 'event-readable' } }]);
  });

  test('is told once for a whole batch, and does not stop the others', async () => {
    const key = await bed.createKey({}, true);
    const bodies = ['one', 'two', writeEvent('EnableKeyRotation', key), 'three'].map((body) =>
      body.startsWith('{') ? body : `batch ${body}`,
    );
    expect((await deliver(bodies)).failed).toEqual([]);
    expect(await bed.readChain(key)).toHaveLength(1);
    expect(await bed.readInbox()).toMatchObject([{ json: { events: [{}, {}, {}] } }]);
  });

  test('is kept and told once, however often it is delivered', async () => {
    const before = (await bed.readChain(MALFORMED)).length;
    for (let receives = 1; receives <= 3; receives += 1) await deliver(['again and again'], receives);
    expect((await bed.readChain(MALFORMED)).slice(before).map(({ type }) => type)).toEqual(['malformed', 'outcome']);
    expect(await bed.readInbox()).toHaveLength(1);
  });

  test('comes back until the officer could be told', async () => {
    const fault = bed.gateway.faults.add({ service: 'sns', operation: 'Publish', kind: 'server-error' });
    expect((await deliver(['nobody to tell'])).failed).toEqual(['m-0']);
    bed.gateway.faults.remove(fault);
    expect((await deliver(['nobody to tell'], 2)).failed).toEqual([]);
    expect(await bed.readInbox()).toHaveLength(1);
  });
});

describe('a key that cannot be looked at', () => {
  const lastEntry = async (key: string) =>
    (await bed.readChain(key)).find(({ type }) => type === 'action') as ActionEntry;

  test('because KMS denies it, is unknown: told, never remediated, never compliant', async () => {
    const key = await bed.createKey();
    bed.gateway.denials.add({ action: 'kms:DescribeKey', resource: key });
    expect((await deliver([writeEvent('DisableKeyRotation', key)])).failed).toEqual([]);
    const entry = await lastEntry(key);
    expect(rotationOf(entry).map(({ verdict }) => verdict)).toEqual(['unknown', 'unknown']);
    expect(rotationOf(entry)[0]?.reason).toContain('kms:DescribeKey');
    expect(entry.decisions.map(({ decision }) => decision)).toEqual(['tell', 'tell']);
    expect(await bed.readInbox()).toHaveLength(2);
  });

  test('because KMS throttles, waits: the message returns, and is handled when KMS answers', async () => {
    const key = await bed.createKey({}, true);
    const body = writeEvent('EnableKeyRotation', key);
    const fault = bed.gateway.faults.add({ service: 'kms', operation: 'DescribeKey', kind: 'throttle' });
    expect((await deliver([body])).failed).toEqual(['m-0']);
    expect(await bed.readChain(key)).toEqual([]);
    bed.gateway.faults.remove(fault);
    expect((await deliver([body], 2)).failed).toEqual([]);
    expect(rotationOf(await lastEntry(key)).map(({ verdict }) => verdict)).toEqual(Array(3).fill('compliant'));
  });

  test('not even on the last delivery, is recorded as unknown and told instead of lost', async () => {
    const key = await bed.createKey({}, true);
    bed.gateway.faults.add({ service: 'kms', operation: 'DescribeKey', kind: 'server-error' });
    expect((await deliver([writeEvent('EnableKeyRotation', key)], MOST)).failed).toEqual([]);
    expect(rotationOf(await lastEntry(key)).map(({ verdict }) => verdict)).toEqual(Array(3).fill('unknown'));
    expect(await bed.readInbox()).toHaveLength(3);
  });

  test('because nobody knows it, is judged by nothing and recorded', async () => {
    const key = 'arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000000';
    expect((await deliver([writeEvent('DisableKeyRotation', key)])).failed).toEqual([]);
    expect(rotationOf(await lastEntry(key)).map(({ verdict }) => verdict)).toEqual([
      'not-applicable',
      'not-applicable',
    ]);
  });

  test('because it is pending deletion by now, needs no rotation', async () => {
    const key = await bed.createKey();
    await bed.kms.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 30 }));
    await deliver([writeEvent('DisableKeyRotation', key)]);
    const verdicts = rotationOf(await lastEntry(key));
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['not-applicable', 'not-applicable']);
    expect(verdicts[0]?.reason).toMatch(/pending deletion|PendingDeletion/);
  });

  test('because it belongs to another account, is unknown without a call', async () => {
    const key = 'arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const { calls } = await deliver([writeEvent('DisableKeyRotation', key)]);
    expect(calls.filter((call) => call === 'DescribeKey')).toEqual([]);
    expect(rotationOf(await lastEntry(key))[0]).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringContaining('444455556666'),
    });
  });
});

describe('a remedy that AWS refuses', () => {
  test('is told with the reason and the command, and the finding stays open', async () => {
    const key = await bed.createKey();
    bed.gateway.denials.add({ action: 'kms:EnableKeyRotation', resource: key });
    expect((await deliver([writeEvent('DisableKeyRotation', key)])).failed).toEqual([]);
    expect((await bed.readChain(key))[1]).toMatchObject({
      remediations: [{ status: 'failed', reason: expect.stringContaining('AccessDenied') }],
      told: [{ state: 'not-remediated' }],
    });
    expect(await bed.readInbox()).toMatchObject([
      { json: { finding: { status: 'open' } }, attributes: { state: 'not-remediated' } },
    ]);
  });

  test('for the moment only, is tried again by the next delivery', async () => {
    const key = await bed.createKey();
    const body = writeEvent('DisableKeyRotation', key);
    const fault = bed.gateway.faults.add({ service: 'kms', operation: 'EnableKeyRotation', kind: 'throttle' });
    expect((await deliver([body])).failed).toEqual(['m-0']);
    expect((await bed.readChain(key)).map(({ type }) => type)).toEqual(['action']);
    bed.gateway.faults.remove(fault);
    expect((await deliver([body], 2)).failed).toEqual([]);
    expect((await bed.readChain(key))[1]).toMatchObject({ remediations: [{ status: 'confirmed' }] });
  });
});

describe('answers of DynamoDB that are lost on the way', () => {
  test.each([1, 2])('are found by the SDK asking again: transaction %i', async (number) => {
    const key = await bed.createKey();
    bed.gateway.faults.add({
      service: 'dynamodb',
      operation: 'TransactWriteItems',
      kind: 'lost-response',
      after: number - 1,
      times: 1,
    });
    const { failed, calls } = await deliver([writeEvent('DisableKeyRotation', key)]);
    expect(failed).toEqual([]);
    expect((await bed.readChain(key)).map(({ type }) => type)).toEqual(['action', 'outcome']);
    expect(calls.filter((call) => call === 'EnableKeyRotation')).toHaveLength(1);
  });
});

describe('an operation that nobody has heard of', () => {
  test('is recorded, and told once', async () => {
    const key = await bed.createKey();
    const future = { eventName: 'TeleportKey' };
    expect((await deliver([writeEvent('TeleportKey', key, future)])).failed).toEqual([]);
    expect((await bed.readChain(key))[0]).toMatchObject({
      action: { api: 'TeleportKey', kind: 'unrecognised' },
      verdicts: [{ control: 'operation-recognised', verdict: 'unknown' }],
    });
    expect(await bed.readInbox()).toMatchObject([{ attributes: { control: 'operation-recognised' } }]);
    await deliver([writeEvent('TeleportKey', key, future)]);
    expect(await bed.readInbox()).toEqual([]);
  });
});

describe('a very large event', () => {
  test('of 256 KB is recorded whole', async () => {
    const key = await bed.createKey({}, true);
    const body = writeEvent('EnableKeyRotation', key, { requestParameters: { keyId: key, note: 'x'.repeat(250_000) } });
    expect(Buffer.byteLength(body)).toBeGreaterThan(250_000);
    expect((await deliver([body])).failed).toEqual([]);
    expect((await bed.readChain(key))[0]).toMatchObject({ action: { request: { note: 'x'.repeat(250_000) } } });
  });

  test('that does not fit into an item is recorded without what is too large, and says so', async () => {
    const key = await bed.createKey({}, true);
    const body = writeEvent('EnableKeyRotation', key, { requestParameters: { keyId: key, note: '"'.repeat(250_000) } });
    expect((await deliver([body])).failed).toEqual([]);
    expect((await bed.readChain(key))[0]).toMatchObject({
      action: { request: {}, digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      omitted: ['action.response', 'action.request'],
    });
  });
});

test('after all of this the ledger is whole', async () => {
  expect((await verifyLedger({ client: bed.dynamo, table: bed.table })).problems).toEqual([]);
});
