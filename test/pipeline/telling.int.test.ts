import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Channel } from '../../lib/alert/channels/channel.ts';
import { createTelling } from '../../lib/alert/channels/telling.ts';
import { createStorm } from '../../lib/alert/storm.ts';
import { sendDueDigests } from '../../lib/digest.ts';
import type { OutcomeEntry } from '../../lib/ledger/entry.ts';
import { handleAction, type Pipeline } from '../../lib/pipeline.ts';
import { type Bed, type Fault, openBed } from './bed.ts';
import { readAction, writeEvent } from './events.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

const outcomeOf = async (key: string) =>
  (await bed.readChain(key)).findLast(({ type }) => type === 'outcome') as OutcomeEntry;

describe('an action whose news does not reach the chat', () => {
  const chat: Channel = {
    name: 'chat',
    forPeople: true,
    send: async () => Promise.reject(new Error('The topic is gone')),
  };
  const events: Channel = { name: 'events', forPeople: false, send: async () => 'event-1' };

  test('is put right and told to the officer; the ledger names the way that failed, and nothing comes again', async () => {
    const key = await bed.createKey();
    await bed.readInbox();
    const { pipeline } = bed.start();
    const failed: string[] = [];
    const telling = createTelling({
      officer: pipeline.tell,
      channels: [chat, events],
      failed: ({ channel, reason }) => failed.push(`${channel}: ${reason}`),
      clock: pipeline.clock,
    });
    const action = readAction(writeEvent('DisableKeyRotation', key));
    await handleAction({ ...pipeline, ...telling }, action, bed.deliver());
    expect(await bed.readInbox()).toHaveLength(1);
    expect((await outcomeOf(key)).told).toMatchObject([
      { state: 'remediated', also: { chat: 'not told: Error: The topic is gone', events: 'event-1' } },
    ]);
    expect(failed).toEqual(['chat: Error: The topic is gone']);
    const again = await handleAction({ ...pipeline, ...telling }, action, bed.deliver());
    expect([again.alreadyDone, await bed.readInbox()]).toEqual([true, []]);
  });
});

describe('an action whose news is held in a storm', () => {
  /** Nothing is little enough: the first message is held. */
  const withStorm = (pipeline: Pipeline): Pipeline => {
    const { records: table, later, pause } = pipeline;
    return { ...pipeline, storm: createStorm({ table, limit: { messages: 0, minutes: 15 }, later, pause }) };
  };

  /** Each test has a window of its own: a digest that was sent closes its window. */
  let now = Date.parse('2026-09-01T09:00:00Z');
  const nextWindow = () => {
    now += 24 * 3_600_000;
  };

  /** One delivery that dies at the fault, or ends. */
  async function deliver(body: string, fault: Fault): Promise<readonly string[]> {
    const { pipeline, calls, died } = bed.start(fault, {}, () => new Date(now));
    await Promise.race([handleAction(withStorm(pipeline), readAction(body), bed.deliver()), died]);
    return calls;
  }

  /** What people were told by the time that the look of the hour has come by, of this finding. */
  async function countTold(): Promise<{ single: number; held: number }> {
    const { pipeline } = bed.startAt(() => new Date(now + 3_600_000), {});
    await sendDueDigests(withStorm(pipeline), bed.deliver());
    const messages = await bed.readInbox();
    const digests = messages.filter(({ json }) => json.state === 'digest');
    return {
      single: messages.length - digests.length,
      held: digests.reduce((sum, { json }) => sum + Number(json.count), 0),
    };
  }

  test('is in the digest, and the ledger says in which', async () => {
    const key = await bed.createKey();
    await bed.readInbox();
    await deliver(writeEvent('DisableKeyRotation', key), () => undefined);
    expect((await outcomeOf(key)).told[0]?.messageId).toMatch(/^in the digest of the messages from \d{4}-.*Z$/);
    expect(await countTold()).toEqual({ single: 0, held: 1 });
  });

  test('reaches people once wherever the function dies, and at least once whatever answer is lost', async () => {
    nextWindow();
    const trial = await bed.createKey();
    const calls = await deliver(writeEvent('DisableKeyRotation', trial), () => undefined);
    await countTold();
    const places = calls.map((operation, at) => ({ operation, number: at + 1 }));
    expect(calls).not.toContain('Publish');
    expect(places.length).toBeGreaterThan(12);
    for (const { number, operation } of places) {
      for (const what of ['crash', 'lose-response'] as const) {
        nextWindow();
        const body = writeEvent('DisableKeyRotation', await bed.createKey());
        await deliver(body, (call) => (call.number === number ? what : undefined)).catch(() => undefined);
        await deliver(body, () => undefined);
        const { single, held } = await countTold();
        // What may be held, or may not, is told at once: it can be told twice, and never not at all.
        const told = what === 'crash' ? single + held : Math.min(single + held, 1);
        expect([what, number, operation, told]).toEqual([what, number, operation, 1]);
      }
    }
  }, 120_000);
});
