import { describe, expect, test } from '@jest/globals';
import type { Entry } from '../../lib/ledger/entry.ts';
import { findIntent } from '../../lib/own-changes/find-intent.ts';
import { actionOf, intentOf, KEY, outcomeOf } from './records.ts';

/** @param entries the newest first */
async function* chainOf(...entries: readonly (Entry | undefined)[]): AsyncGenerator<Entry | undefined> {
  yield* entries;
}

const find = (entries: readonly (Entry | undefined)[], overrides = {}, most = 100) =>
  findIntent(chainOf(...entries), actionOf(overrides), { longest: 6, most });

const NAMED = { entry: { seq: 1, eventId: 'event-1', subject: KEY }, remedy: 'enable-key-rotation' };

describe('a call of our own belongs to', () => {
  test('the decision whose outcome has its request id, whenever that was recorded', async () => {
    const late = outcomeOf(1, { requestIds: ['request-0', 'request-1'] }, '2026-08-03T11:00:00Z');
    expect(await find([late, intentOf(1)])).toEqual({ ...NAMED, how: 'request-id' });
  });

  test('the decision that has its request id and made this very operation', async () => {
    const made = { operation: 'EnableKeyRotation', region: 'eu-west-1', requestId: 'request-1' };
    const late = '2026-08-03T11:00:00Z';
    const right = outcomeOf(1, { requestIds: ['request-1'], calls: [made] }, late);
    expect(await find([right, intentOf(1)])).toEqual({ ...NAMED, how: 'request-id' });
    const wrong = outcomeOf(1, { requestIds: ['request-1'], calls: [{ ...made, operation: 'EnableKey' }] }, late);
    expect(await find([wrong, intentOf(1)])).toMatchObject({ how: 'intent' });
    expect(await find([wrong, intentOf(1)], { api: 'DisableKey', request: {} })).toBe('none');
  });

  test('the decision to make it, when its outcome has lost the request id', async () => {
    const outcome = outcomeOf(1, { status: 'already-so' });
    expect(await find([outcome, intentOf(1)])).toEqual({ ...NAMED, how: 'intent' });
  });

  test('the decision to make it, when the SDK made it twice and only the second has an answer', async () => {
    expect(await find([outcomeOf(1, { requestIds: ['request-2'] }), intentOf(1)])).toMatchObject({ how: 'intent' });
  });

  test('the decision that has no outcome yet', async () => {
    expect(await find([intentOf(1)])).toEqual({ ...NAMED, how: 'running' });
  });

  test('the one that has its request id rather than a newer one that decided the same', async () => {
    const newer = intentOf(3, { recordedAt: '2026-08-03T08:59:59Z' });
    const chain = [newer, outcomeOf(1, { requestIds: ['request-1'] }), intentOf(1)];
    expect(await find(chain)).toEqual({ ...NAMED, how: 'request-id' });
  });

  test('its decision although an entry in between is not what was written', async () => {
    expect(await find([undefined, intentOf(1)])).toMatchObject({ how: 'running' });
  });

  test('the first outcome of its decision: a later one only looked again', async () => {
    const looked = outcomeOf(1, {}, '2026-08-03T09:30:00Z');
    const first = outcomeOf(1, {}, '2026-08-03T09:00:01Z');
    expect(await find([looked, first, intentOf(1)], { time: '2026-08-03T09:20:00Z' })).toBe('none');
  });
});

describe('a call of our own belongs to no decision', () => {
  test('when the chain is empty, or has only others', async () => {
    expect(await find([])).toBe('none');
    expect(await find([intentOf(1)], { api: 'DisableKey', request: {} })).toBe('none');
  });

  test.each(['ask', 'tell', 'waived'])('that was to %s', async (decision) => {
    expect(await find([intentOf(1, { decision: { decision } })])).toBe('none');
  });

  test('that was made before it was decided', async () => {
    expect(await find([intentOf(1, { recordedAt: '2026-08-03T09:01:01Z' })])).toBe('none');
    expect(await find([intentOf(1, { recordedAt: '2026-08-03T09:00:59Z' })])).toMatchObject({ how: 'running' });
  });

  test('that was made after the remediation had ended', async () => {
    const outcome = outcomeOf(1, { requestIds: ['request-0'] }, '2026-08-03T08:58:59Z');
    const intent = intentOf(1, { recordedAt: '2026-08-03T08:58:50Z' });
    expect(await find([outcome, intent])).toBe('none');
    expect(await find([outcome, intent], { time: '2026-08-03T08:59:30Z' })).toMatchObject({ how: 'intent' });
  });

  test('that is older than a remediation may take', async () => {
    expect(await find([intentOf(1, { recordedAt: '2026-08-03T02:59:59Z' })])).toBe('none');
    expect(await find([intentOf(1, { recordedAt: '2026-08-03T03:00:01Z' })])).toMatchObject({ how: 'running' });
  });
});

test('a chain that goes on behind what was read proves nothing, unless what was read was enough', async () => {
  const others = [intentOf(9, { decision: { decision: 'ask' } }), intentOf(8, { decision: { decision: 'ask' } })];
  expect(await find(others, {}, 2)).toBe('not-read');
  expect(await find(others, {}, 3)).toBe('none');
  expect(await find([...others, intentOf(1, { recordedAt: '2026-08-02T09:00:00Z' })], {}, 3)).toBe('none');
});
