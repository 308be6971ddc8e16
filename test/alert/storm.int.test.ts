import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createStorm, type HeldNews, type StormLimit, windowOf } from '../../lib/alert/storm.ts';
import { handleBatch } from '../../lib/batch.ts';
import type { OwnMessage } from '../../lib/context.ts';
import { sendDigest, sendDueDigests } from '../../lib/digest.ts';
import type { OutcomeEntry } from '../../lib/ledger/entry.ts';
import { DIGESTS } from '../../lib/ledger/keys.ts';
import type { Pipeline } from '../../lib/pipeline.ts';
import { tellNews } from '../../lib/tell-news.ts';
import { openBed } from '../pipeline/bed.ts';
import { KEY, noticeOf } from './channels/notices.ts';

let bed: Awaited<ReturnType<typeof openBed>>;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

const LIMIT: StormLimit = { messages: 30, minutes: 15 };
let now = Date.parse('2026-08-03T09:00:00Z');

/** Each test has windows of its own, and nothing that an earlier one left. */
beforeEach(async () => {
  now += 24 * 3_600_000;
  const { storm } = start();
  for (const window of await storm.listDue(clock())) await storm.settle(window);
  await bed.readInbox();
});

const clock = () => new Date(now);

/** An invocation that holds what is too much, and what it sent to itself. */
function start(limit = LIMIT) {
  const sent: [OwnMessage, number][] = [];
  const { pipeline } = bed.startAt(clock, {});
  const later: Pipeline['later'] = async (message, seconds) => {
    sent.push([message, seconds]);
  };
  const storm = createStorm({ table: pipeline.records, limit, later, pause: async () => undefined });
  return { pipeline: { ...pipeline, later, storm }, sent, storm };
}

const keyOf = (number: number) => `${KEY.slice(0, -4)}${String(number).padStart(4, '0')}`;

const newsOf = (number: number, severity = 'high', state: 'opened' | 'needs-approval' = 'opened') =>
  noticeOf({ state, finding: { subject: keyOf(number), severity, eventId: `e-${number}` } });

async function tellMany(pipeline: Pipeline, from: number, to: number, severity?: string) {
  const told = [];
  for (let number = from; number < to; number += 1) told.push(await tellNews(pipeline, newsOf(number, severity)));
  return told;
}

async function collect<One>(all: AsyncIterable<One>): Promise<One[]> {
  const list: One[] = [];
  for await (const one of all) list.push(one);
  return list;
}

const HELD = (window: string) => `in the digest of the messages from ${window}`;

describe('a storm of 200 findings', () => {
  test('is 30 messages and one digest, which counts and names what was held', async () => {
    const { pipeline, sent } = start();
    const window = windowOf(clock(), 15);
    const told = await tellMany(pipeline, 0, 200);
    expect(told.filter(({ messageId }) => messageId === HELD(window))).toHaveLength(170);
    expect(await bed.readInbox()).toHaveLength(30);
    expect(sent).toEqual([[{ digest: { window } }, 900]]);

    now += 15 * 60_000;
    await sendDigest(pipeline, window, bed.deliver());
    const [digest, ...others] = await bed.readInbox();
    expect(others).toEqual([]);
    expect(digest?.json).toMatchObject({
      state: 'digest',
      count: 170,
      bySeverity: { high: 170 },
      byState: { opened: 170 },
      byControl: { 'rotation-enabled': 170 },
    });
    expect(digest?.json.gravest).toHaveLength(20);
  }, 60_000);

  test('does not hide a critical one: those are counted apart', async () => {
    const { pipeline } = start();
    await tellMany(pipeline, 0, 40, 'low');
    await bed.readInbox();
    const told = await tellNews(pipeline, newsOf(40, 'critical'));
    expect(told.messageId).not.toContain('digest');
    expect(await bed.readInbox()).toMatchObject([{ attributes: { severity: 'critical' } }]);
  });

  test('of critical ones is told in a digest too, and they come first', async () => {
    const { pipeline, storm } = start({ messages: 1, minutes: 15 });
    await tellMany(pipeline, 0, 3, 'low');
    await tellMany(pipeline, 3, 6, 'critical');
    await tellNews(pipeline, newsOf(6, 'critical', 'needs-approval'));
    const held = await collect(storm.read(windowOf(clock(), 15)));
    expect(held.map(({ severity, state }: HeldNews) => `${severity} ${state}`)).toEqual([
      'critical needs-approval',
      'critical opened',
      'critical opened',
      'low opened',
      'low opened',
    ]);
    expect(held[0]).toMatchObject({ plan: 'abcdef0123456789'.repeat(4) });
  });

  test('is over when the window is: the next message is sent at once', async () => {
    const { pipeline } = start({ messages: 1, minutes: 5 });
    const [, second] = await tellMany(pipeline, 0, 2);
    expect(second?.messageId).toBe(HELD(windowOf(clock(), 5)));
    now += 5 * 60_000;
    const [third] = await tellMany(pipeline, 2, 3);
    expect(third?.messageId).not.toContain('digest');
  });
});

describe('the digest', () => {
  const limit = { messages: 1, minutes: 15 };

  test('is sent once, however often it is delivered, and is on record', async () => {
    const { pipeline } = start(limit);
    const window = windowOf(clock(), 15);
    await tellMany(pipeline, 0, 4);
    await bed.readInbox();
    const body = JSON.stringify({ digest: { window } });
    for (const id of ['first', 'second']) {
      const { writer } = bed.deliver();
      expect(await handleBatch(pipeline, [{ id, body, receives: 1 }], { writer, maxReceives: 5 })).toEqual([]);
    }
    expect(await bed.readInbox()).toMatchObject([{ json: { state: 'digest', count: 3 } }]);
    const entries = (await bed.readChain(DIGESTS)).filter(({ eventId }) => eventId === `digest-${window}`);
    expect(entries.map(({ type }) => type)).toEqual(['action', 'outcome']);
    expect((entries[1] as OutcomeEntry).told).toMatchObject([{ control: 'digest', state: '3 messages' }]);
  });

  test('is sent by the look of the hour when its own message never came, and only when its window has ended', async () => {
    const { pipeline } = start(limit);
    await tellMany(pipeline, 0, 3);
    await bed.readInbox();
    await sendDueDigests(pipeline, bed.deliver());
    expect(await bed.readInbox()).toEqual([]);
    now += 15 * 60_000;
    await sendDueDigests(pipeline, bed.deliver());
    expect(await bed.readInbox()).toMatchObject([{ json: { state: 'digest', count: 2 } }]);
    await sendDueDigests(pipeline, bed.deliver());
    expect(await bed.readInbox()).toEqual([]);
    expect(await pipeline.storm.listDue(clock())).toEqual([]);
  });

  test('closes its window: what comes later is told at once and not lost', async () => {
    const { pipeline } = start(limit);
    const window = windowOf(clock(), 15);
    await tellMany(pipeline, 0, 2);
    await sendDigest(pipeline, window, bed.deliver());
    await bed.readInbox();
    const [late] = await tellMany(pipeline, 2, 3);
    expect(late?.messageId).not.toContain('digest');
    expect(await bed.readInbox()).toHaveLength(1);
  });

  test('that could not be sent is sent by the next delivery, with everything in it', async () => {
    const { pipeline } = start(limit);
    const window = windowOf(clock(), 15);
    await tellMany(pipeline, 0, 4);
    await bed.readInbox();
    const away = { ...pipeline, tell: async () => Promise.reject(new Error('SNS is away')) };
    await expect(sendDigest(away, window, bed.deliver())).rejects.toThrow('SNS is away');
    now += 2 * 60_000;
    await sendDigest(pipeline, window, bed.deliver());
    expect(await bed.readInbox()).toMatchObject([{ json: { count: 3 } }]);
  });

  test('of nothing is no message: the window is closed all the same', async () => {
    const { pipeline } = start(limit);
    await sendDigest(pipeline, windowOf(clock(), 15), bed.deliver());
    expect(await bed.readInbox()).toEqual([]);
  });

  test('keeps no other back when one of several cannot be sent', async () => {
    const { pipeline } = start(limit);
    const first = windowOf(clock(), 15);
    await tellMany(pipeline, 0, 2);
    now += 15 * 60_000;
    const second = windowOf(clock(), 15);
    await tellMany(pipeline, 2, 4);
    now += 15 * 60_000;
    await bed.readInbox();
    const { read } = pipeline.storm;
    const broken = (window: string) => {
      if (window === first) throw new Error('cannot be read');
      return read(window);
    };
    const half = { ...pipeline, storm: { ...pipeline.storm, read: broken } };
    await expect(sendDueDigests(half, bed.deliver())).rejects.toThrow('cannot be read');
    expect(await bed.readInbox()).toMatchObject([{ json: { window: second } }]);
    await sendDueDigests(pipeline, bed.deliver());
    expect(await bed.readInbox()).toMatchObject([{ json: { window: first } }]);
  });
});

describe('when something fails on the way', () => {
  test('a delivery that comes again holds the same news once', async () => {
    const { pipeline, storm } = start({ messages: 1, minutes: 15 });
    await tellMany(pipeline, 0, 2);
    const [again] = await tellMany(pipeline, 1, 2);
    expect(again?.messageId).toContain('in the digest');
    expect(await collect(storm.read(windowOf(clock(), 15)))).toHaveLength(1);
  });

  test('a crash after the digest was ordered, and before anything was held, leaves a digest that is due', async () => {
    const { pipeline, storm } = start({ messages: 1, minutes: 15 });
    await tellMany(pipeline, 0, 1);
    let orders = 0;
    const dying = createStorm({
      table: pipeline.records,
      limit: { messages: 1, minutes: 15 },
      later: async () => {
        orders += 1;
        throw new Error('SQS is away');
      },
      pause: async () => undefined,
    });
    const told = await tellNews({ ...pipeline, storm: dying }, newsOf(1));
    expect([orders, told.messageId.includes('digest')]).toEqual([1, false]);
    const held = await tellNews(pipeline, newsOf(2));
    expect(held.messageId).toContain('in the digest');
    now += 15 * 60_000;
    expect(await storm.listDue(clock())).toHaveLength(1);
  });

  test('what cannot be counted is told at once', async () => {
    const { pipeline } = start({ messages: 1, minutes: 15 });
    const storm = createStorm({
      table: { ...pipeline.records, table: 'no-such-table' },
      limit: { messages: 1, minutes: 15 },
      later: pipeline.later,
      pause: async () => undefined,
    });
    const warnings: unknown[] = [];
    const log = { ...pipeline.log, warn: (message: string) => warnings.push(message) };
    for (const number of [0, 1, 2]) await tellNews({ ...pipeline, storm, log }, newsOf(number));
    expect(await bed.readInbox()).toHaveLength(3);
    expect(warnings).toEqual(['not held', 'not held', 'not held']);
  });
});
