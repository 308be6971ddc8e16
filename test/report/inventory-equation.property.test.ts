import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { balanceInventory, chooseLists, type Inventory, type KeyChange } from '../../lib/report/inventory-equation.ts';
import { ACCOUNT, REGION, WINDOW } from './story.ts';

const PLACE = { account: ACCOUNT, region: REGION };
const START = WINDOW.from;
const END = WINDOW.to;
const listAt = (at: string, keys: number, object = `inventory/${at}`): Inventory => ({
  ...{ ...PLACE, at, keys, unread: 0, examples: [], object, sha256: 'e'.repeat(64) },
});
const nameOf = (number: number) => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${number}`;
const change = (number: number, what: KeyChange['what'], time = '2026-07-10T00:00:00Z'): KeyChange => ({
  key: nameOf(number),
  what,
  time,
});

const keys = (numbers: readonly number[]) => ({ keys: new Set(numbers.map(nameOf)) });
const balance = (opening: readonly number[], changes: readonly KeyChange[], closing: readonly number[]) =>
  balanceInventory(PLACE, { start: listAt(START, opening.length), end: listAt(END, closing.length) }, changes, WINDOW, {
    start: keys(opening),
    end: keys(closing),
  });

/** A company: keys at the start, keys that are made, and which of both are destroyed. */
const world = fc
  .tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }), fc.infiniteStream(fc.boolean()))
  .map(([old, made, flags]) => {
    const all = Array.from({ length: old + made }, (_none, number) => number);
    const destroyed = all.filter(() => flags.next().value);
    return {
      opening: all.slice(0, old),
      made: all.slice(old),
      destroyed,
      closing: all.filter((one) => !destroyed.includes(one)),
    };
  });
const changesOf = ({ made, destroyed }: { made: readonly number[]; destroyed: readonly number[] }) => [
  ...made.map((one) => change(one, 'created', '2026-07-05T00:00:00Z')),
  ...destroyed.map((one) => change(one, 'destroyed', '2026-07-25T00:00:00Z')),
];

describe('keys at the start + made - destroyed = keys at the end', () => {
  test('holds whenever every key that comes or goes is recorded', () => {
    fc.assert(
      fc.property(world, (one) => {
        const equation = balance(one.opening, changesOf(one), one.closing);
        expect(equation).toMatchObject({ looked: true, balanced: true, differences: [], found: one.closing.length });
        if (equation.looked) {
          expect(equation.expected).toBe(one.opening.length + one.made.length - one.destroyed.length);
          expect(equation.start.keys + equation.created - equation.destroyed).toBe(equation.end.keys);
        }
      }),
    );
  });

  test('does not hold when one record is missing, and names that key alone', () => {
    const withChanges = world.filter(({ made, destroyed }) => made.length + destroyed.length > 0);
    fc.assert(
      fc.property(withChanges, fc.nat(), (one, pick) => {
        const changes = changesOf(one);
        const lost = changes[pick % changes.length];
        const both = changes.filter(({ key }) => key === lost?.key).length === 2;
        const equation = balance(
          one.opening,
          changes.filter((each) => each !== lost),
          one.closing,
        );
        // Of a key that was made and destroyed within the window, what is destroyed must have been made: only the order tells.
        if (!equation.looked) throw new Error('It was not looked at.');
        expect(equation.differences.map(({ key }) => key)).toEqual([lost?.key]);
        expect(equation.balanced).toBe(false);
        expect(both || equation.expected !== equation.found).toBe(true);
      }),
    );
  });

  test('does not hold when as many keys came without a record as went without one', () => {
    const equation = balance([1, 2], [], [1, 3]);
    expect(equation).toMatchObject({ looked: true, expected: 2, found: 2, balanced: false });
    expect(equation).toMatchObject({
      differences: [
        { key: nameOf(2), what: expect.stringContaining('no record says that it was destroyed') },
        { key: nameOf(3), what: expect.stringContaining('no record says that it was made') },
      ],
    });
  });

  test('names a key that is there although a record says that it was destroyed', () => {
    expect(balance([1], [change(1, 'destroyed')], [1])).toMatchObject({
      differences: [{ key: nameOf(1), what: expect.stringContaining('a record says that it was destroyed') }],
    });
  });

  test('names a key that was there before a record says that it was made', () => {
    expect(balance([1], [change(1, 'created')], [1])).toMatchObject({
      differences: [{ key: nameOf(1), what: expect.stringContaining('made after it') }],
    });
  });

  test('counts a key once that two records made or destroyed', () => {
    const twice = [change(2, 'created'), change(2, 'created'), change(1, 'destroyed'), change(1, 'destroyed')];
    expect(balance([1], twice, [2])).toMatchObject({ created: 1, destroyed: 1, balanced: true });
  });

  test('counts what lies between the two lists, and nothing before or after', () => {
    const changes = [change(8, 'created', '2026-06-30T23:59:59Z'), change(9, 'created', END)];
    expect(balance([1], changes, [1])).toMatchObject({ created: 0, balanced: true });
  });

  test('lists a hundred differences and says how many are left', () => {
    const many = Array.from({ length: 130 }, (_none, number) => number);
    const equation = balance(many, [], []);
    expect(equation.looked && [equation.differences.length, equation.differencesLeft]).toEqual([100, 30]);
  });
});

describe('without two lists there is no equation', () => {
  const unlooked = (lists: Parameters<typeof balanceInventory>[1], sets: Parameters<typeof balanceInventory>[4] = {}) =>
    balanceInventory(PLACE, lists, [change(1, 'created')], WINDOW, sets);

  test('and the reason says which list is missing', () => {
    expect(unlooked({})).toMatchObject({
      looked: false,
      created: 1,
      reason: expect.stringMatching(/of the start .* and none of the end/),
    });
    expect(unlooked({ start: listAt(START, 1) })).toMatchObject({
      looked: false,
      reason: expect.stringContaining('of the end'),
    });
  });

  test('when one list is nearest to both ends', () => {
    const list = listAt(START, 1);
    expect(unlooked({ start: list, end: list }, { start: keys([1]), end: keys([1]) })).toMatchObject({
      ...{ looked: false, reason: expect.stringContaining('the same list') },
    });
  });

  test('when a list cannot be read, with why', () => {
    const lists = { start: listAt(START, 1), end: listAt(END, 1) };
    expect(unlooked(lists, { start: { problem: 'it is not in the bucket' }, end: keys([1]) })).toMatchObject({
      ...{ looked: false, reason: 'Not looked at: the list at the start: it is not in the bucket.' },
    });
    expect(unlooked(lists, { start: keys([1]) })).toMatchObject({
      looked: false,
      reason: expect.stringContaining('the list at the end was not read'),
    });
  });
});

describe('the lists of a window', () => {
  const at = (text: string) => listAt(text, 1);

  test('are those nearest to its two ends', () => {
    const [first, second, third] = [
      at('2026-06-30T12:00:00.000Z'),
      at('2026-07-01T03:00:00.000Z'),
      at('2026-07-31T23:00:00.000Z'),
    ];
    expect(chooseLists(WINDOW, [third, first, second])).toEqual({ start: second, end: third });
  });

  test('are missing when the nearest is more than two days away', () => {
    expect(chooseLists(WINDOW, [at('2026-07-03T00:00:01.000Z')])).toEqual({});
    expect(chooseLists(WINDOW, [at('2026-07-03T00:00:00.000Z')])).toEqual({ start: at('2026-07-03T00:00:00.000Z') });
  });
});
