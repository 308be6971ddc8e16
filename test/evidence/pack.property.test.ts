import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MOST_BYTES, type Pack, pack } from '../../lib/evidence/pack.ts';
import type { Uncovered } from '../../lib/evidence/read-uncovered.ts';
import { writeCheckpoint } from '../../lib/ledger/checkpoint.ts';

const HASH = 'a'.repeat(64);

async function packAll(chains: readonly Uncovered[], most?: number): Promise<Pack[]> {
  async function* read(): AsyncGenerator<Uncovered> {
    yield* chains;
  }
  const packs: Pack[] = [];
  for await (const one of pack(read(), most)) packs.push(one);
  return packs;
}

const rangeOf = (subject: string, from: number, count: number): Uncovered => ({
  range: { subject, from, hashes: Array.from({ length: count }, (_, place) => String(place).padStart(64, '0')) },
});

const textOf = ({ ranges, problems }: Pack): string =>
  writeCheckpoint({
    number: 1,
    previous: HASH,
    at: '2026-08-03T09:10:00.000Z',
    table: 'keywarden-dev-ledger',
    account: '111122223333',
    region: 'eu-west-1',
    recordedBy: 'keywarden test',
    ranges,
    problems,
    key: HASH,
  });

describe('what checkpoints say is distributed over them', () => {
  test('so that nothing is lost, doubled or moved, and none is larger than it may be', async () => {
    const subject = fc.string({ maxLength: 60 });
    const chain: fc.Arbitrary<Uncovered> = fc.oneof(
      fc
        .tuple(subject, fc.integer({ min: 1, max: 999 }), fc.integer({ min: 1, max: 80 }))
        .map((one) => rangeOf(...one)),
      fc.record({ subject, seq: fc.nat(), what: fc.string({ maxLength: 100 }) }).map((problem) => ({ problem })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(chain, { maxLength: 20 }), async (chains) => {
        const most = 2_000;
        const packs = await packAll(chains, most);
        const problems = packs.flatMap((one) => one.problems);
        expect(problems).toEqual(chains.flatMap(({ problem }) => problem ?? []));
        const covered = packs.flatMap(({ ranges }) =>
          ranges.flatMap(({ subject, from, hashes }) => hashes.map((hash, place) => [subject, from + place, hash])),
        );
        expect(covered).toEqual(
          chains.flatMap(({ range }) =>
            (range?.hashes ?? []).map((hash, place) => [range?.subject, (range?.from ?? 0) + place, hash]),
          ),
        );
        for (const one of packs) {
          expect(one.ranges.length + one.problems.length).toBeGreaterThan(0);
          expect(Buffer.byteLength(textOf(one)) - Buffer.byteLength(textOf({ ranges: [], problems: [] }))).toBeLessThan(
            most + 100,
          );
        }
      }),
    );
  });

  test('of a chain of 10,000 entries over three that fit into items of the table', async () => {
    const packs = await packAll([rangeOf('key/one', 5, 10_000)]);
    expect(packs.map(({ ranges }) => ranges.map(({ from, hashes }) => [from, hashes.length]))).toEqual([
      [[5, expect.any(Number)]],
      [[expect.any(Number), expect.any(Number)]],
      [[expect.any(Number), expect.any(Number)]],
    ]);
    for (const one of packs) expect(Buffer.byteLength(textOf(one))).toBeLessThan(MOST_BYTES + 1_000);
  });

  test('and is none when there is nothing to say', async () => {
    expect(await packAll([{}, {}])).toEqual([]);
  });
});
