import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Work } from '../../lib/ledger/items.ts';
import { type FindRecorded, readWindow } from '../../lib/reconcile/read-window.ts';
import type { ReadPart } from '../../lib/reconcile/record-source.ts';
import { ACCOUNT, OWN_RESOURCES, recordOf } from './records.ts';

const WINDOW = { from: '2026-08-03T09:00:00Z', to: '2026-08-03T10:00:00Z' };
const NOW = new Date('2026-08-03T12:00:00Z');
const pipeline = { account: ACCOUNT, selfRoleArns: [], ownResources: OWN_RESOURCES, clock: () => NOW };

async function* give(parts: readonly ReadPart[]): AsyncGenerator<ReadPart> {
  yield* parts;
}

const workOf = (eventId: string, overrides: Partial<Work> = {}): Work => ({
  eventId,
  stage: 'done',
  subject: 'any',
  seq: 1,
  leaseOwner: 'another',
  leaseUntil: NOW.getTime() - 1,
  attempts: 1,
  ...overrides,
});

/** A ledger that has these events. */
const having =
  (works: readonly Work[]): FindRecorded =>
  async (ids) => {
    if (ids.length > 100) throw new RangeError(`${ids.length} keys are more than DynamoDB takes.`);
    return new Map(works.filter(({ eventId }) => ids.includes(eventId)).map((work) => [work.eventId, work]));
  };

const idsOf = (list: readonly { readonly eventId: string }[]) => list.map(({ eventId }) => eventId).sort();

/** Events of the window and around it, some of them repeated, some of them lost on their way to the ledger. */
const histories = fc
  .array(
    fc.record({
      id: fc.uuid(),
      second: fc.integer({ min: -600, max: 4200 }),
      isLost: fc.boolean(),
      repeats: fc.integer({ min: 1, max: 3 }),
      name: fc.constantFrom('DisableKey', 'CreateGrant', 'Decrypt', 'AnOperationOfTomorrow'),
      asText: fc.boolean(),
    }),
    { maxLength: 350 },
  )
  .map((events) => [...new Map(events.map((event) => [event.id, event])).values()]);

describe('readWindow', () => {
  test('finds exactly what was lost, whatever was lost, in whatever order and however often it is given', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.infiniteStream(fc.nat()), async (events, order) => {
        const parts = events.flatMap(({ id, second, repeats, name, asText }) => {
          const record = recordOf({
            eventID: id,
            eventName: name,
            readOnly: name === 'Decrypt',
            eventTime: new Date(Date.parse(WINDOW.from) + second * 1000).toISOString().replace('.000Z', 'Z'),
          });
          return Array.from({ length: repeats }, () => ({ record: asText ? JSON.stringify(record) : record }));
        });
        const shuffled = parts.map((part) => [order.next().value, part] as const).toSorted(([a], [b]) => a - b);
        const inWindow = events.filter(({ second, name }) => second >= 0 && second < 3600 && name !== 'Decrypt');
        const recorded = events.filter(({ isLost }) => !isLost).map(({ id }) => workOf(id));
        const content = await readWindow(give(shuffled.map(([, part]) => part)), WINDOW, pipeline, having(recorded));
        expect(idsOf(content.missing)).toEqual(
          inWindow
            .filter(({ isLost }) => isLost)
            .map(({ id }) => id)
            .sort(),
        );
        expect([...content.known].sort()).toEqual(events.map(({ id }) => id).sort());
        expect(content).toMatchObject({ read: parts.length, expected: inWindow.length, unfinished: [], gaps: [] });
      }),
      { numRuns: 40 },
    );
  });

  test('counts what could not be read as a gap, and goes on', async () => {
    const gap = { what: 'a page', reason: 'AccessDenied' };
    const record = recordOf();
    const content = await readWindow(give([{ gap }, { record }]), WINDOW, pipeline, having([]));
    expect(content).toMatchObject({ gaps: [gap], read: 1, missing: [{ eventId: record.eventID }] });
  });

  test('knows what the ledger need not have, of the services that it has records of, and of no others', async () => {
    const [trail, table, instance] = [
      recordOf({ eventSource: 'cloudtrail.amazonaws.com', eventName: 'AddTags' }),
      recordOf({ eventSource: 'dynamodb.amazonaws.com', eventName: 'CreateTable' }),
      recordOf({ eventSource: 'ec2.amazonaws.com', eventName: 'RunInstances' }),
    ];
    const parts = [trail, table, instance].map((record) => ({ record }));
    const content = await readWindow(give(parts), WINDOW, pipeline, having([]));
    expect(content).toMatchObject({ read: 3, expected: 0, missing: [] });
    expect([...content.known]).toEqual([trail.eventID, table.eventID]);
  });

  test('leaves out records of another account', async () => {
    const record = recordOf({ recipientAccountId: '444455556666' });
    expect(await readWindow(give([{ record }]), WINDOW, pipeline, having([]))).toMatchObject({ read: 1, expected: 0 });
  });

  test('takes a record that the ledger must have and that cannot be read for missing, by what it says', async () => {
    const record = recordOf({ eventTime: 'yesterday' });
    const content = await readWindow(give([{ record }, { record }]), WINDOW, pipeline, having([]));
    expect(content.expected).toBe(1);
    const [one] = content.missing;
    expect(one).toMatchObject({
      eventId: expect.stringMatching(/^malformed-[0-9a-f]{64}$/),
      body: JSON.stringify(record),
    });
    const again = await readWindow(give([{ record }]), WINDOW, pipeline, having([workOf(one?.eventId ?? '')]));
    expect(again.missing).toEqual([]);
  });

  test('takes text that is no record for missing, because it may have been one', async () => {
    const content = await readWindow(give([{ record: '{"eventSource":' }]), WINDOW, pipeline, having([]));
    expect(content.missing).toMatchObject([{ body: '{"eventSource":', error: { code: 'not-json' } }]);
  });

  test.each<[string, Partial<Work>, number]>([
    ['names an event whose work was begun and left', { stage: 'recorded' }, 1],
    ['leaves an event alone that somebody works on', { stage: 'recorded', leaseUntil: NOW.getTime() + 1 }, 0],
    ['leaves an event alone that is looked at again later', { stage: 'recheck' }, 0],
  ])('%s', async (_name, overrides, count) => {
    const record = recordOf();
    const work = workOf(String(record.eventID), overrides);
    const content = await readWindow(give([{ record }]), WINDOW, pipeline, having([work]));
    expect(content.unfinished).toHaveLength(count);
    expect(content.missing).toEqual([]);
  });
});
