import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { canonicalText } from '../../../lib/ledger/chain.ts';
import {
  type Checkpoint,
  digestOfCheckpoint,
  readPublicKey,
  type SignedCheckpoint,
  writeCheckpoint,
} from '../../../lib/ledger/checkpoint.ts';
import type { Entry } from '../../../lib/ledger/entry.ts';
import { openExport } from '../../../lib/ledger/export/folder-source.ts';
import { subjectKey } from '../../../lib/ledger/keys.ts';
import type { StoredEntry } from '../../../lib/ledger/read.ts';
import type { ChainEnd } from '../../../lib/ledger/source.ts';
import { judgeVerification, type Verification } from '../../../lib/ledger/verification.ts';
import { verifyCheckpoints } from '../../../lib/ledger/verify-checkpoints.ts';
import { type VerifyOptions, verifySource } from '../../../lib/ledger/verify-source.ts';
import { KINDS } from '../drafts.ts';
import { alterEverything, endOf, rechain, rehash } from './attacker.ts';
import { createSigner, exportModel, type Model, type Signer, sourceOf } from './model.ts';

/** A ledger that is to be tampered with, and what was known when it was written. */
export interface Ledger {
  readonly model: Model;
  readonly signer: Signer;
  /** The last entry of each chain that each checkpoint covers. */
  readonly cuts: readonly number[];
  /** How many entries each chain has. */
  readonly length: number;
}

/** Verifies a ledger as an export in files; whoever tampered with it made manifest and digests fit. */
async function verifyModel(model: Model, options: VerifyOptions & { manifest?: string } = {}): Promise<Verification> {
  const { folder } = await exportModel(model);
  try {
    return await verifySource(await openExport(folder, options.manifest), options);
  } finally {
    await rm(dirname(folder), { recursive: true });
  }
}

/** Without the entries, which no checkpoint has to wait for. */
const verifyCheckpointsOnly = (checkpoints: readonly SignedCheckpoint[], { model, signer }: Ledger) =>
  verifyCheckpoints(
    sourceOf({ ...model, checkpoints }),
    new Map([[signer.fingerprint, readPublicKey(signer.pem).key]]),
  );

const isOf = (subject: string) => (item: StoredEntry) => item.pk === subjectKey(subject);

/** Puts other chains in place of some. */
function replaceChains(
  model: Model,
  chains: ReadonlyMap<string, { readonly items: readonly StoredEntry[]; readonly end: ChainEnd | undefined }>,
): Model {
  const subjects = model.ends.map(({ subject }) => subject);
  const bySubject = new Map<string, StoredEntry[]>(subjects.map((subject) => [subject, []]));
  for (const item of model.entries) bySubject.get(String(item.pk).slice(subjectKey('').length))?.push(item);
  return {
    ...model,
    entries: subjects.flatMap((subject) => chains.get(subject)?.items ?? bySubject.get(subject) ?? []),
    ends: model.ends.flatMap((end) => {
      const other = chains.get(end.subject);
      if (other === undefined) return [end];
      return other.end === undefined ? [] : [other.end];
    }),
  };
}

/** What somebody does to one chain, and the entry that must be named. */
interface Deed {
  readonly name: string;
  readonly at: number;
  act(items: readonly StoredEntry[], end: ChainEnd): { items: readonly StoredEntry[]; end: ChainEnd | undefined };
}

/** Each deed on a chain of its own, as many at a time as there are chains: the first that is named of each must be the right one. */
async function findMissed({ model, signer }: Ledger, deeds: readonly Deed[]): Promise<string[]> {
  const missed: string[] = [];
  const known = new Set(model.ends.map(({ subject }) => subject));
  for (let done = 0; done < deeds.length; done += model.ends.length) {
    const batch = deeds.slice(done, done + model.ends.length);
    const chains = new Map(
      batch.map((deed, place) => {
        const end = model.ends[place] as ChainEnd;
        return [end.subject, deed.act(model.entries.filter(isOf(end.subject)), end)];
      }),
    );
    const { problems } = await verifyModel(replaceChains(model, chains), { publicKeys: [signer.pem] });
    for (const [place, { name, at }] of batch.entries()) {
      const subject = model.ends[place]?.subject;
      const first = problems.find((problem) => problem.subject === subject);
      if (first?.seq !== at) missed.push(`${name}: ${at} expected, ${first?.seq}: ${first?.what}`);
    }
    const innocent = new Set(model.ends.slice(batch.length).map(({ subject }) => subject));
    for (const { subject, seq, what } of problems) {
      if (known.has(subject) && innocent.has(subject)) missed.push(`${subject} ${seq} was blamed: ${what}`);
    }
  }
  return missed;
}

/** Writes the chain anew behind a change, head and all. */
const rewrite = (items: readonly StoredEntry[], from: number, { subject }: ChainEnd) => {
  const written = rechain(items, from);
  return { items: written, end: endOf(subject, written) };
};

/** Thousands of transactions on a machine that does other things too, in milliseconds. */
const MAKING = 600_000;

/** Registers the tests that tamper with a ledger of thousands of entries in every way, and expect each to be found. */
export function describeTampering(open: () => Promise<Ledger>): void {
  let ledger: Ledger;
  beforeAll(async () => {
    ledger = await open();
  }, MAKING);

  const textAt = (seq: number): string => String(ledger.model.entries[seq - 1]?.entry);

  describe('an untouched export', () => {
    test('is whole, covered up to the last checkpoint, and says what is not', async () => {
      const { model, signer, cuts, length } = ledger;
      const last = cuts.at(-1) ?? 0;
      const chains = model.ends.length;
      expect(chains * length).toBeGreaterThan(2_000);
      const verification = await verifyModel(model, { publicKeys: [signer.pem] });
      expect(verification).toMatchObject({
        chains,
        entries: chains * length,
        problems: [],
        omitted: 0,
        unchecked: [],
        noted: [],
        coverage: {
          checkpoints: cuts.length,
          covered: chains * last,
          uncovered: chains * (length - last),
          trusted: true,
          last: { number: cuts.length, sha256: digestOfCheckpoint(model.checkpoints.at(-1) as SignedCheckpoint) },
        },
      });
      expect(judgeVerification(verification)).toBe('whole');
    });

    test('gives every entry in order, each with the checkpoint that covers it', async () => {
      const { model, cuts } = ledger;
      const seen: string[] = [];
      const onEntry: VerifyOptions['onEntry'] = ({ subject, seq }, _stored, { problem, checkpoint }) => {
        const expected = cuts.findIndex((cut) => seq <= cut) + 1;
        expect([problem, checkpoint ?? 0]).toEqual([undefined, expected]);
        seen.push(`${subject} ${seq}`);
      };
      await verifyModel(model, { onEntry });
      expect(seen).toEqual(
        model.entries.map(({ entry }) => {
          const { subject, seq } = JSON.parse(String(entry)) as Entry;
          return `${subject} ${seq}`;
        }),
      );
    });

    test('without a key from elsewhere is only proven to agree with itself', async () => {
      const { coverage } = await verifyModel(ledger.model);
      expect(coverage).toMatchObject({ trusted: false, signedBy: [ledger.signer.fingerprint] });
    });
  });

  describe.each(KINDS.map((kind, place) => [kind, place + KINDS.length + 1] as const))(
    'of an entry of the kind %s, every value of the text',
    (kind, seq) => {
      const deedsOf = (act: (item: StoredEntry, text: string) => StoredEntry, isLast = false): Deed[] =>
        alterEverything(textAt(seq)).map(({ name, text }) => ({
          name: `${kind} ${name}`,
          at: seq,
          act: (items, end) => {
            const altered = items.with(seq - 1, act(items[seq - 1] as StoredEntry, text));
            return isLast ? rewrite(altered, seq, end) : { items: altered, end };
          },
        }));

      test('shows when it is changed or taken out', async () => {
        const deeds = deedsOf((item, entry) => ({ ...item, entry }));
        expect(deeds.length).toBeGreaterThan(15);
        expect(await findMissed(ledger, deeds)).toEqual([]);
      });

      test('shows when all beside the text is made to fit', async () => {
        expect(await findMissed(ledger, deedsOf(rehash))).toEqual([]);
      });

      test('shows when all that follows is written anew, and the head', async () => {
        expect(await findMissed(ledger, deedsOf(rehash, true))).toEqual([]);
      });
    },
  );

  test('every attribute of every kind of item shows when it is changed, taken out or added', async () => {
    const deeds = KINDS.flatMap((kind, place) => {
      const seq = place + KINDS.length + 1;
      const item = ledger.model.entries[seq - 1] as StoredEntry;
      const others: [string, (item: StoredEntry) => StoredEntry][] = [
        ...Object.keys(item).flatMap((name): [string, (item: StoredEntry) => StoredEntry][] => [
          [`${name} changed`, (one) => ({ ...one, [name]: `${String(one[name])}x` })],
          [`${name} is a number`, (one) => ({ ...one, [name]: 7 })],
          [`${name} taken out`, (one) => Object.fromEntries(Object.entries(one).filter(([key]) => key !== name))],
        ]),
        ['an attribute more', (one) => ({ ...one, zzz: 1 })],
      ];
      return others.map(
        ([name, act]): Deed => ({
          name: `${kind} ${name}`,
          at: seq,
          act: (items, end) => ({ items: items.with(seq - 1, act(items[seq - 1] as StoredEntry)), end }),
        }),
      );
    });
    expect(await findMissed(ledger, deeds)).toEqual([]);
  });

  /** The places of a chain that differ: ends of the chain and of the ranges, the middle, and what no checkpoint covers yet. */
  const placesOf = ({ cuts, length }: Ledger): number[] => {
    const ends = cuts.flatMap((cut) => [cut, cut + 1]);
    return [...new Set([1, 2, Math.floor((cuts[0] ?? 2) / 2), ...ends, length - 1, length])].sort((a, b) => a - b);
  };
  const strange = (items: readonly StoredEntry[], seq: number): StoredEntry => {
    const text = String(items[seq - 1]?.entry);
    return rehash(items[seq - 1] as StoredEntry, canonicalText({ ...(JSON.parse(text) as object), eventId: 'forged' }));
  };
  const swap = (items: readonly StoredEntry[], seq: number): StoredEntry[] =>
    items.toSpliced(seq - 1, 2, items[seq] as StoredEntry, items[seq - 1] as StoredEntry);

  test('an entry that is missing, inserted, doubled, swapped, forked or cut off shows at every place', async () => {
    const deeds = placesOf(ledger).flatMap((at): Deed[] => [
      { name: 'missing', at, act: (items, end) => ({ items: items.toSpliced(at - 1, 1), end }) },
      {
        name: 'doubled',
        at,
        act: (items, end) => ({ items: items.toSpliced(at, 0, items[at - 1] as StoredEntry), end }),
      },
      { name: 'forked', at, act: (items, end) => ({ items: items.toSpliced(at, 0, strange(items, at)), end }) },
      { name: 'cut off', at, act: (items, end) => ({ items: items.slice(0, at - 1), end }) },
      ...(at === ledger.length
        ? []
        : [{ name: 'swapped', at, act: (items, end) => ({ items: swap(items, at), end }) } satisfies Deed]),
    ]);
    expect(await findMissed(ledger, deeds)).toEqual([]);
  });

  test('they are called by their names', async () => {
    const { model, signer } = ledger;
    const deeds: [RegExp, (items: readonly StoredEntry[]) => readonly StoredEntry[]][] = [
      [/^missing: entry 5 /, (items) => items.toSpliced(4, 1)],
      [/^inserted: entry 5 is there twice/, (items) => items.toSpliced(5, 0, items[4] as StoredEntry)],
      [/^forked: two different entries are number 5/, (items) => items.toSpliced(5, 0, strange(items, 5))],
      [/^reordered: entry 5 stands behind entry 6/, (items) => swap(items, 5)],
      [/^truncated: /, (items) => items.slice(0, 4)],
      [/^altered: checkpoint 1 was signed over another entry 5/, (items) => rechain(items.toSpliced(4, 1), 4)],
    ];
    const chains = new Map(
      deeds.map(([, act], place) => {
        const end = model.ends[place] as ChainEnd;
        const items = act(model.entries.filter(isOf(end.subject)));
        return [end.subject, { items, end: place === deeds.length - 1 ? endOf(end.subject, items) : end }];
      }),
    );
    const { problems } = await verifyModel(replaceChains(model, chains), { publicKeys: [signer.pem] });
    for (const [place, [expected]] of deeds.entries()) {
      const told = problems.filter(({ subject }) => subject === model.ends[place]?.subject).map(({ what }) => what);
      expect(told).toContainEqual(expect.stringMatching(expected));
    }
  });

  test('the same shows when all that follows is written anew with the heads, wherever a checkpoint covers it', async () => {
    const last = ledger.cuts.at(-1) ?? 0;
    const covered = placesOf(ledger).filter((at) => at <= last);
    expect(covered.length).toBeGreaterThan(5);
    const deeds = covered.flatMap((at): Deed[] => [
      { name: 'missing', at, act: (items, end) => rewrite(items.toSpliced(at - 1, 1), at - 1, end) },
      {
        name: 'inserted',
        at,
        act: (items, end) => rewrite(items.toSpliced(at - 1, 0, strange(items, at)), at - 1, end),
      },
      { name: 'another', at, act: (items, end) => rewrite(items.with(at - 1, strange(items, at)), at - 1, end) },
      { name: 'swapped', at, act: (items, end) => rewrite(swap(items, at), at - 1, end) },
      { name: 'cut off', at, act: (items, end) => rewrite(items.slice(0, at - 1), at - 1, end) },
      { name: 'cut off with its head', at, act: (items) => ({ items: items.slice(0, at - 1), end: undefined }) },
    ]);
    // The head that is gone is told too, and where the chain ends comes first.
    expect(await findMissed(ledger, deeds)).toEqual([]);
  });

  test('a whole chain that is gone shows, with its head and without', async () => {
    const deeds: Deed[] = [
      { name: 'entries', at: 1, act: (_items, end) => ({ items: [], end }) },
      { name: 'entries and head', at: 1, act: () => ({ items: [], end: undefined }) },
    ];
    expect(await findMissed(ledger, deeds)).toEqual([]);
  });

  test('an entry that was put into another chain shows in both', async () => {
    const { model, signer } = ledger;
    const [one, other] = model.ends.map(({ subject }) => model.entries.filter(isOf(subject)));
    const [from, to] = model.ends as [ChainEnd, ChainEnd];
    const chains = new Map([
      [from.subject, { items: (one ?? []).toSpliced(8, 1), end: from }],
      [to.subject, { items: (other ?? []).toSpliced(8, 0, { ...one?.[8], pk: subjectKey(to.subject) }), end: to }],
    ]);
    const { problems } = await verifyModel(replaceChains(model, chains), { publicKeys: [signer.pem] });
    const first = (subject: string) => problems.find((problem) => problem.subject === subject);
    expect(first(from.subject)).toMatchObject({ seq: 9, what: 'missing: entry 9 is not there' });
    expect(first(to.subject)).toMatchObject({ seq: 9, what: `moved: the entry belongs to ${from.subject}` });
  });

  test('chains in another order show', async () => {
    const { model, signer } = ledger;
    const [one, other, ...rest] = model.ends.map(({ subject }) => model.entries.filter(isOf(subject)));
    const entries = [...(other ?? []), ...(one ?? []), ...rest.flat()];
    const { problems } = await verifyModel({ ...model, entries }, { publicKeys: [signer.pem] });
    expect(problems.map(({ what }) => what)).toContainEqual(
      expect.stringMatching(/^inserted or reordered: it stands behind/),
    );
  });

  describe('entries that no checkpoint covers, written anew with the heads', () => {
    /** Nothing signed speaks for them: that is said, and the digest of the manifest still shows it. */
    test.each(['altered', 'missing', 'cut off'])(
      'are said to be uncovered, and the known manifest shows them: %s',
      async (what) => {
        const { model, signer, cuts, length } = ledger;
        const end = model.ends[0] as ChainEnd;
        const items = model.entries.filter(isOf(end.subject));
        const at = (cuts.at(-1) ?? 0) + 1;
        const acts: Record<string, readonly StoredEntry[]> = {
          altered: items.with(at - 1, strange(items, at)),
          missing: items.toSpliced(at - 1, 1),
          'cut off': items.slice(0, at - 1),
        };
        const tampered = replaceChains(model, new Map([[end.subject, rewrite(acts[what] ?? [], at - 1, end)]]));
        const { folder, manifestSha256 } = await exportModel(model);
        await rm(dirname(folder), { recursive: true });
        const verification = await verifyModel(tampered, { publicKeys: [signer.pem], manifest: manifestSha256 });
        const gone = { altered: 0, missing: 1, 'cut off': length - at + 1 }[what] ?? 0;
        expect(verification.coverage.uncovered).toBe(model.ends.length * (length - at + 1) - gone);
        expect(verification.problems.map(({ what: told }) => told)).toEqual([
          expect.stringMatching(/^altered: the sha256 of manifest\.json is /),
        ]);
      },
    );
  });

  describe('heads', () => {
    const altered: [string, number, (end: ChainEnd) => ChainEnd][] = [
      ['a lower number', 5, (end) => ({ ...end, head: { seq: 4, hash: end.head?.hash ?? '' } })],
      ['another hash', -1, (end) => ({ ...end, head: { seq: end.head?.seq ?? 0, hash: 'f'.repeat(64) } })],
      [
        'a higher number',
        -2,
        (end) => ({ ...end, head: { seq: (end.head?.seq ?? 0) + 1, hash: end.head?.hash ?? '' } }),
      ],
      ['a work item that names more', -2, (end) => ({ ...end, named: end.named + 1 })],
      ['no head', 0, ({ subject, named }) => ({ subject, named })],
    ];
    test.each(altered)('show %s', async (name, place, act) => {
      const at = place === -1 ? ledger.length : place === -2 ? ledger.length + 1 : place;
      expect(await findMissed(ledger, [{ name, at, act: (items, end) => ({ items, end: act(end) }) }])).toEqual([]);
    });

    test('show that one is gone, doubled or stands elsewhere', async () => {
      const { model, signer } = ledger;
      const [one, other, ...rest] = model.ends as [ChainEnd, ChainEnd, ...ChainEnd[]];
      for (const ends of [
        [other, ...rest],
        [one, one, other, ...rest],
        [other, one, ...rest],
      ]) {
        const { problems } = await verifyModel({ ...model, ends }, { publicKeys: [signer.pem] });
        expect(problems[0]?.subject).toBe(one.subject);
      }
    });
  });

  describe('checkpoints', () => {
    const numbers = (): number[] => [...ledger.cuts.keys()].map((place) => place + 1);
    const verifyWith = (
      checkpoints: readonly SignedCheckpoint[],
      options: VerifyOptions = {},
      keys?: readonly string[],
    ) =>
      verifyModel(
        { ...ledger.model, checkpoints, keys: keys ?? ledger.model.keys },
        { publicKeys: [ledger.signer.pem], ...options },
      );
    const firstOf = ({ problems }: Pick<Verification, 'problems'>) =>
      problems.find(({ subject }) => subject === 'checkpoints');

    test('show every value of their text that is changed or taken out', async () => {
      const { model } = ledger;
      for (const number of numbers()) {
        const one = model.checkpoints[number - 1] as SignedCheckpoint;
        // Of the thousand hashes in it, those of the first and the last range.
        const interesting = alterEverything(one.text).filter(
          ({ name }) => !/hashes\[(?!0\])/.test(name) && !/ranges\[[2-9]|ranges\[\d\d/.test(name),
        );
        expect(interesting.length).toBeGreaterThan(30);
        for (const { name, text } of interesting) {
          const verification = await verifyCheckpointsOnly(
            model.checkpoints.with(number - 1, { ...one, text }),
            ledger,
          );
          expect([name, firstOf(verification)?.seq]).toEqual([name, number]);
        }
      }
    });

    test('show a signature that was changed', async () => {
      const { model } = ledger;
      for (const number of numbers()) {
        const one = model.checkpoints[number - 1] as SignedCheckpoint;
        const bytes = Buffer.from(one.signature, 'base64');
        for (const place of number === 1 ? bytes.keys() : [0, bytes.length - 1]) {
          const changed = Buffer.from(bytes).fill((bytes[place] ?? 0) ^ 1, place, place + 1);
          const checkpoints = model.checkpoints.with(number - 1, { ...one, signature: changed.toString('base64') });
          expect(firstOf(await verifyCheckpointsOnly(checkpoints, ledger))).toMatchObject({ seq: number });
        }
        for (const signature of ['', `${one.signature} `, 'no base64!', one.signature.slice(4)]) {
          const checkpoints = model.checkpoints.with(number - 1, { ...one, signature });
          expect(firstOf(await verifyCheckpointsOnly(checkpoints, ledger))).toMatchObject({ seq: number });
        }
      }
    });

    test('show that one is missing, doubled or stands elsewhere', async () => {
      const { checkpoints } = ledger.model;
      const last = checkpoints.length;
      for (const number of numbers()) {
        const one = checkpoints[number - 1] as SignedCheckpoint;
        if (number < last) {
          expect(firstOf(await verifyWith(checkpoints.toSpliced(number - 1, 1)))).toMatchObject({
            seq: number,
            what: `missing: checkpoint ${number} is not there`,
          });
          const swapped = checkpoints.toSpliced(number - 1, 2, checkpoints[number] as SignedCheckpoint, one);
          expect(firstOf(await verifyWith(swapped))).toMatchObject({ seq: number });
        }
        expect(firstOf(await verifyWith(checkpoints.toSpliced(number, 0, one)))).toMatchObject({
          seq: number,
          what: `inserted or reordered: checkpoint ${number} stands where ${number + 1} belongs`,
        });
      }
    });

    test('that were cut off show by one that is known from elsewhere, and else by what is covered', async () => {
      const { checkpoints } = ledger.model;
      const last = checkpoints.at(-1) as SignedCheckpoint;
      const number = checkpoints.length;
      const lastCheckpoint = { number, sha256: digestOfCheckpoint(last) };
      const cutOff = await verifyWith(checkpoints.slice(0, -1), { lastCheckpoint });
      expect(firstOf(cutOff)).toMatchObject({ seq: number, what: expect.stringMatching(/^truncated: /) });
      const unknown = await verifyWith(checkpoints.slice(0, -1));
      expect(unknown).toMatchObject({ problems: [], coverage: { last: { number: number - 1 } } });
      const other = { number, sha256: 'e'.repeat(64) };
      expect(firstOf(await verifyWith(checkpoints, { lastCheckpoint: other }))).toMatchObject({ seq: number });
      expect(await verifyWith(checkpoints, { lastCheckpoint })).toMatchObject({ problems: [] });
    });

    /** All checkpoints signed anew over what is there, with a key that somebody made. */
    const resign = (from: number, stranger: Signer): SignedCheckpoint[] => {
      const signed: SignedCheckpoint[] = [];
      for (const [place, one] of ledger.model.checkpoints.entries()) {
        const before = signed.at(-1);
        const { previous, ...checkpoint } = JSON.parse(one.text) as Checkpoint;
        const link = before === undefined ? previous : digestOfCheckpoint(before);
        const text = canonicalText({ ...checkpoint, key: stranger.fingerprint, previous: link });
        signed.push(place + 1 < from ? one : stranger.sign(text));
      }
      return signed;
    };

    test('that somebody signed anew with another key prove nothing to whoever has the key', async () => {
      const stranger = createSigner();
      for (const number of numbers()) {
        const keys = [...ledger.model.keys, stranger.pem];
        const verification = await verifyWith(resign(number, stranger), {}, keys);
        expect(judgeVerification(verification)).toBe('not-checked');
        expect(verification.unchecked[0]).toMatchObject({ subject: 'checkpoints', seq: number });
        expect(verification.coverage.last?.number).toBe(number === 1 ? undefined : number - 1);
      }
      const alone = await verifyWith(resign(1, stranger), {}, [stranger.pem]);
      expect(alone.coverage).toMatchObject({ covered: 0 });
      expect(judgeVerification(alone)).toBe('not-checked');
    });

    test('that name a key and were signed with another are forged', async () => {
      const stranger = createSigner();
      for (const number of numbers()) {
        const one = ledger.model.checkpoints[number - 1] as SignedCheckpoint;
        const checkpoints = ledger.model.checkpoints.with(number - 1, stranger.sign(one.text));
        expect(firstOf(await verifyWith(checkpoints))).toMatchObject({
          seq: number,
          what: 'forged: the signature does not belong to the text',
        });
      }
    });

    test('of an older key are proven by those of the newer one that follow them', async () => {
      const { checkpoints } = ledger.model;
      const newer = createSigner();
      const signed = resign(checkpoints.length, newer);
      const keys = [...ledger.model.keys, newer.pem];
      const verification = await verifyWith(signed, { publicKeys: [newer.pem] }, keys);
      expect(judgeVerification(verification)).toBe('whole');
      expect(verification.coverage.last?.number).toBe(checkpoints.length);
      expect(verification.coverage.signedBy).toEqual([ledger.signer.fingerprint, newer.fingerprint]);
    });

    test('cover each entry once, and leave none out', async () => {
      const { model, signer } = ledger;
      const change = (act: (checkpoint: Checkpoint) => Pick<Checkpoint, 'ranges'>) => {
        const {
          entries: _entries,
          root: _root,
          v: _v,
          algorithm: _algorithm,
          ...draft
        } = JSON.parse(model.checkpoints.at(-1)?.text ?? '') as Checkpoint;
        const whole = { ...draft, ...act(JSON.parse(model.checkpoints.at(-1)?.text ?? '') as Checkpoint) };
        return [...model.checkpoints.slice(0, -1), signer.sign(writeCheckpoint(whole))];
      };
      const [later, again, unsorted] = [
        change(({ ranges: [one, ...rest] }) => ({
          ranges: one === undefined ? rest : [{ ...one, from: one.from + 1, hashes: one.hashes.slice(1) }, ...rest],
        })),
        change(({ ranges: [one, ...rest] }) => ({ ranges: one === undefined ? rest : [{ ...one, from: 1 }, ...rest] })),
        change(({ ranges }) => ({ ranges: ranges.toReversed() })),
      ];
      expect(firstOf(await verifyWith(later ?? []))?.what).toMatch(/^forged: it covers .* and nothing covers entry/);
      expect(firstOf(await verifyWith(again ?? []))?.what).toMatch(/^forged: it covers entry 1 of .* a second time/);
      expect(firstOf(await verifyWith(unsorted ?? []))?.what).toMatch(/is covered twice or out of order$/);
    });
  });
}
