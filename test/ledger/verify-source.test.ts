import { describe, expect, test } from '@jest/globals';
import { GENESIS, sealEntry } from '../../lib/ledger/chain.ts';
import { digestOfCheckpoint, FIRST_PREVIOUS, writeCheckpoint } from '../../lib/ledger/checkpoint.ts';
import { createCoveredHashes } from '../../lib/ledger/covered-hashes.ts';
import type { Entry } from '../../lib/ledger/entry.ts';
import { entryItem } from '../../lib/ledger/items.ts';
import { judgeVerification, listProblems } from '../../lib/ledger/verification.ts';
import { verifySource } from '../../lib/ledger/verify-source.ts';
import { ACCOUNT, keyArn, REGION } from './drafts.ts';
import { rehash } from './export/attacker.ts';
import {
  createSigner,
  draftFor,
  hashesOf,
  type Model,
  ORIGIN,
  sealLedger,
  signCheckpoints,
  sourceOf,
} from './export/model.ts';

const signer = createSigner();

describe('a ledger', () => {
  test('of another version of Keywarden is neither whole nor broken', async () => {
    const subject = keyArn(1);
    const seal = { subject, eventId: 'event-1', recordedAt: '2026-08-03T09:00:00.000Z', recordedBy: 'keywarden 9' };
    const draft = { ...draftFor(subject, 1), v: 2 };
    const sealed = sealEntry(draft, seal, GENESIS);
    const model: Model = {
      entries: [entryItem(sealed)],
      ends: [{ subject, head: { seq: 1, hash: sealed.hash }, named: 1 }],
      checkpoints: [],
      keys: [],
    };
    const verification = await verifySource(sourceOf(model));
    expect(verification).toMatchObject({
      problems: [],
      unchecked: [{ subject, seq: 1, what: 'layout 2 is of another version of Keywarden; update Keywarden' }],
    });
    expect(judgeVerification(verification)).toBe('not-checked');
  });

  test('of which the given key proves nothing is not whole, as after all checkpoints were taken out', async () => {
    const stripped = { ...sealLedger(1, 3, [2], signer), checkpoints: [] };
    const verification = await verifySource(sourceOf(stripped), { publicKeys: [signer.pem] });
    expect(verification).toMatchObject({
      problems: [],
      unchecked: [{ subject: 'checkpoints', seq: 0, what: expect.stringMatching(/^no checkpoint is here/) }],
    });
    expect(judgeVerification(verification)).toBe('not-checked');
    expect(judgeVerification(await verifySource(sourceOf(stripped)))).toBe('whole');
  });

  test('gives what it verified of it, entry by entry, and says which ones are not to be believed', async () => {
    const model = sealLedger(1, 6, [4], signer);
    const altered = rehash(model.entries[2] ?? {}, String(model.entries[2]?.entry).replace('not-json', 'no-json!'));
    const seen: [number, string | undefined, number | undefined][] = [];
    await verifySource(sourceOf({ ...model, entries: model.entries.with(2, altered) }), {
      onEntry: ({ seq }: Entry, stored, { problem, checkpoint }) => {
        expect(stored.hash).toMatch(/^[0-9a-f]{64}$/);
        seen.push([seq, problem, checkpoint]);
      },
    });
    expect(seen).toEqual([
      [1, undefined, 1],
      [2, undefined, 1],
      [3, 'altered: checkpoint 1 was signed over another entry 3', undefined],
      [4, 'altered: it does not follow the entry before it', undefined],
      [5, undefined, undefined],
      [6, undefined, undefined],
    ]);
  });

  test('is read on while somebody waits for what to do with an entry', async () => {
    const order: string[] = [];
    await verifySource(sourceOf(sealLedger(1, 3, [], signer)), {
      onEntry: async ({ seq }) => {
        order.push(`begin ${seq}`);
        await Promise.resolve();
        order.push(`end ${seq}`);
      },
    });
    expect(order).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3']);
  });

  test('says how far it was read, every thousand entries and at the end', async () => {
    const told: number[] = [];
    await verifySource(sourceOf(sealLedger(2, 600, [], signer)), { onProgress: (entries) => told.push(entries) });
    expect(told).toEqual([1_000, 1_200]);
  });

  test('closes what it reads from, also when that fails', async () => {
    const model = sealLedger(2, 3, [2], signer);
    const closed: string[] = [];
    const source = {
      ...sourceOf(model),
      async *ends() {
        try {
          yield* model.ends;
        } finally {
          closed.push('ends');
        }
      },
      async *entries() {
        yield* model.entries.slice(0, 5);
        throw new Error('the network is gone');
      },
    };
    await expect(verifySource(source)).rejects.toThrow('the network is gone');
    expect(closed).toEqual(['ends']);
  });

  test('refuses a public key that is none', async () => {
    await expect(verifySource(sourceOf(sealLedger(1, 1, [], signer)), { publicKeys: ['none'] })).rejects.toThrow();
  });

  test('tells what a checkpoint says was wrong when it was made, once', async () => {
    const model = sealLedger(1, 4, [], signer);
    const [[subject = '', hashes = []] = []] = [...hashesOf(model.entries)];
    const place = {
      table: ORIGIN.table,
      account: ACCOUNT,
      region: REGION,
      recordedBy: 'test',
      key: signer.fingerprint,
    };
    const problems = [{ subject, seq: 3, what: 'altered: the hash does not belong to the text' }];
    const ranges = [{ subject, from: 1, hashes: hashes.slice(0, 2) }];
    const at = (hour: number) => `2026-08-03T1${hour}:00:00.000Z`;
    const first = signer.sign(
      writeCheckpoint({ ...place, number: 1, previous: FIRST_PREVIOUS, at: at(0), ranges, problems }),
    );
    const second = signer.sign(
      writeCheckpoint({ ...place, number: 2, previous: digestOfCheckpoint(first), at: at(1), ranges: [], problems }),
    );
    const verification = await verifySource(sourceOf({ ...model, checkpoints: [first, second] }));
    expect(verification.noted).toEqual([
      {
        subject,
        seq: 3,
        what: 'altered: the hash does not belong to the text (so says checkpoint 1 of 2026-08-03T10:00:00.000Z)',
      },
    ]);
    expect(verification.coverage).toMatchObject({ covered: 2, uncovered: 2, last: { number: 2 } });
    expect(judgeVerification(verification)).toBe('whole');
  });

  test('that is rotten everywhere is told by some of its places, and by how many there are', async () => {
    const model = sealLedger(1, 50, [], signer);
    const entries = model.entries.map((item) => ({ ...item, gsiDay: 'never' }));
    const { problems, omitted } = await verifySource(sourceOf({ ...model, entries }));
    expect([problems.length, omitted]).toEqual([10, 40]);
    expect(problems[0]).toMatchObject({ seq: 1, what: 'altered: gsiDay does not agree with the text' });
  });
});

describe('the list of problems', () => {
  test('keeps the first of every chain, up to ten thousand', () => {
    const list = listProblems();
    for (let chain = 0; chain < 10_001; chain += 1) list.add({ subject: `chain ${chain}`, seq: 1, what: 'altered' });
    expect([list.problems.length, list.omitted]).toEqual([10_000, 1]);
  });
});

describe('covered hashes', () => {
  test('are told apart by chain and place, over ranges and over many of them', () => {
    const hashes = createCoveredHashes();
    const hash = (number: number) => number.toString(16).padStart(64, '0');
    const many = Array.from({ length: 40_000 }, (_, place) => hash(place));
    hashes.add({ subject: 'b', from: 1, hashes: many }, 1);
    hashes.add({ subject: 'a', from: 1, hashes: [hash(7)] }, 1);
    hashes.add({ subject: 'b', from: 40_001, hashes: [hash(1), hash(2)] }, 2);
    expect([hashes.lastOf('a'), hashes.lastOf('b'), hashes.lastOf('c')]).toEqual([1, 40_002, 0]);
    const known = [0, 1, 40_000, 40_001, 40_002, 40_003].map((seq) => hashes.hashOf('b', seq));
    expect(known).toEqual([undefined, hash(0), hash(39_999), hash(1), hash(2), undefined]);
    expect(hashes.hashOf('c', 1)).toBeUndefined();
    const chain = hashes.take('b');
    expect(chain).toMatchObject({ last: 40_002, lastNumber: 2 });
    for (const [seq, number, value] of [
      [1, 1, 0],
      [33_000, 1, 32_999],
      [40_000, 1, 39_999],
      [40_001, 2, 1],
      [40_002, 2, 2],
    ] as const) {
      expect([seq, chain?.at(seq)?.number, chain?.at(seq)?.isHash(hash(value))]).toEqual([seq, number, true]);
      expect(chain?.at(seq)?.isHash(hash(50_000))).toBe(false);
    }
    expect(chain?.at(2)?.isHash(hash(1))).toBe(true);
    expect([chain?.at(0), chain?.at(40_003), hashes.take('b')]).toEqual([undefined, undefined, undefined]);
    expect([...hashes.rest()]).toEqual(['a']);
  });
});

describe('checkpoints over chains that end at different places', () => {
  test('cover each as far as it went', async () => {
    const model = sealLedger(2, 6, [], signer);
    const chains = new Map(
      [...hashesOf(model.entries)].map(([subject, hashes], place) => [subject, hashes.slice(0, 3 + place)]),
    );
    const checkpoints = signCheckpoints(chains, [2, 4], signer);
    const { coverage, problems } = await verifySource(sourceOf({ ...model, checkpoints }));
    expect(problems).toEqual([]);
    expect(coverage).toMatchObject({ covered: 7, uncovered: 5 });
  });

  test('may cover entries again when it was forgotten that they are covered, but never as others', async () => {
    const model = sealLedger(1, 6, [4], signer);
    const [first] = model.checkpoints;
    const [[subject, hashes] = ['', []]] = hashesOf(model.entries);
    const cover = (from: number, covered: readonly string[]) =>
      signer.sign(
        writeCheckpoint({
          ...{ table: ORIGIN.table, account: ACCOUNT, region: REGION, recordedBy: 'keywarden 9', problems: [] },
          ...{ number: 2, at: '2026-08-03T10:00:00.000Z', key: signer.fingerprint },
          previous: digestOfCheckpoint(first ?? { text: '' }),
          ranges: [{ subject, from, hashes: covered }],
        }),
      );
    const verify = (last: ReturnType<typeof cover>) =>
      verifySource(sourceOf({ ...model, checkpoints: [...model.checkpoints, last] }));
    for (const from of [1, 3, 4]) {
      expect(await verify(cover(from, hashes.slice(from - 1)))).toMatchObject({
        problems: [],
        coverage: { covered: 6, uncovered: 0 },
      });
    }
    expect(await verify(cover(2, hashes.slice(1, 3)))).toMatchObject({ problems: [], coverage: { covered: 4 } });
    expect((await verify(cover(3, [...hashes.slice(2, 3), 'f'.repeat(64), ...hashes.slice(4)]))).problems).toEqual([
      {
        subject: 'checkpoints',
        seq: 2,
        what: `forged: it covers entry 3 of ${subject} a second time, and as another one`,
      },
    ]);
  });
});
