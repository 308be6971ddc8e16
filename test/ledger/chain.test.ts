import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GENESIS, type Head, hashText, type SealedEntry, sealEntry } from '../../lib/ledger/chain.ts';
import type { Draft } from '../../lib/ledger/entry.ts';
import { draftMalformed } from '../../lib/ledger/fit.ts';
import { entryItem } from '../../lib/ledger/items.ts';
import { seqKey } from '../../lib/ledger/keys.ts';
import { verifyEntry } from '../../lib/ledger/verify.ts';

const SUBJECT = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const SEAL = { subject: SUBJECT, eventId: 'e-1', recordedAt: '2026-08-03T09:00:00.000Z', recordedBy: 'keywarden test' };
const draft = (body: string): Draft => draftMalformed(body, { code: 'not-json', message: 'It is no JSON.' });

function chainOf(bodies: readonly string[]): SealedEntry[] {
  let head: Head = GENESIS;
  return bodies.map((body) => {
    const sealed = sealEntry(draft(body), SEAL, head);
    head = { seq: sealed.entry.seq, hash: sealed.hash };
    return sealed;
  });
}

/** The first thing that is wrong with these items, in this order. */
function firstProblem(items: readonly Record<string, unknown>[]): string | undefined {
  let head = GENESIS;
  for (const item of items) {
    const verified = verifyEntry(SUBJECT, item, head);
    if (verified.problem !== undefined) return verified.problem;
    head = verified.head;
  }
  return undefined;
}

describe('a chain', () => {
  test('starts with number 1 behind 64 zeros, and each entry names the hash of the one before', () => {
    const [first, second] = chainOf(['a', 'b']);
    expect(first?.entry).toMatchObject({ v: 1, seq: 1, prevHash: '0'.repeat(64) });
    expect(second?.entry).toMatchObject({ seq: 2, prevHash: first?.hash });
    expect(first?.hash).toBe(hashText(first?.text ?? ''));
  });

  test('of whatever was recorded is whole', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 8 }), (bodies) => {
        expect(firstProblem(chainOf(bodies).map(entryItem))).toBeUndefined();
      }),
    );
  });

  test('shows the alteration of any attribute of any entry', () => {
    fc.assert(
      fc.property(
        fc.nat(4),
        fc.constantFrom('pk', 'sk', 'hash', 'entry', 'gsiDay', 'gsiTime', 'gsiActor', 'extra'),
        fc.string(),
        (place, name, value) => {
          const items = chainOf(['a', 'b', 'c', 'd', 'e']).map(entryItem);
          fc.pre(items[place]?.[name] !== value);
          items[place] = { ...items[place], [name]: value };
          expect(firstProblem(items)).toBeDefined();
        },
      ),
    );
  });

  test('shows any character changed in the text, also when the hash is made to fit', () => {
    fc.assert(
      fc.property(fc.nat(3), fc.nat(), (place, at) => {
        const items = chainOf(['a', 'b', 'c', 'd', 'e']).map(entryItem);
        const text = String(items[place]?.entry);
        const position = at % text.length;
        const changed = `${text.slice(0, position)}${text[position] === 'x' ? 'y' : 'x'}${text.slice(position + 1)}`;
        items[place] = { ...items[place], entry: changed, hash: hashText(changed) };
        expect(firstProblem(items)).toBeDefined();
      }),
    );
  });

  test('shows an entry without the time that the index is made from, and does not fail at it', () => {
    const [item = {}] = chainOf(['a']).map(entryItem);
    const entry = String(item.entry).replace('"recordedAt":"2026-08-03T09:00:00.000Z",', '');
    expect(firstProblem([{ ...item, entry, hash: hashText(entry) }])).toBe('altered: the text is no entry of a ledger');
  });

  test('shows a missing, a doubled and a swapped entry', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), (place) => {
        const items = chainOf(['a', 'b', 'c', 'd', 'e']).map(entryItem);
        const [one = {}, next = {}] = items.slice(place, place + 2);
        expect(firstProblem(items.toSpliced(place, 1))).toMatch(/missing/);
        expect(firstProblem(items.toSpliced(place, 0, one))).toMatch(/inserted|altered/);
        expect(firstProblem(items.toSpliced(place, 2, next, one))).toMatch(/missing|reordered/);
      }),
    );
  });

  test('shows an entry that was put into another chain', () => {
    const [item = {}] = chainOf(['a']).map(entryItem);
    expect(verifyEntry('arn:aws:kms:eu-west-1:111122223333:key/other', item, GENESIS).problem).toMatch(/moved/);
  });

  test('counts no further than its keys can sort', () => {
    expect(seqKey(42)).toBe('SEQ#000000000042');
    expect(() => seqKey(0)).toThrow(RangeError);
    expect(() => seqKey(10 ** 12)).toThrow(/counts from 1 to 999999999999/);
  });
});

describe('a body that could not be read', () => {
  test('is kept whole with its digest', () => {
    expect(draft('{"a":')).toMatchObject({ body: '{"a":', bodyBytes: 5, bodySha256: hashText('{"a":') });
  });

  test.each([
    ['a megabyte of text', 'x'.repeat(1_000_000)],
    ['quotes, which grow in JSON', '"'.repeat(300_000)],
    ['control characters, which grow most', '\u0001'.repeat(300_000)],
    ['characters of four bytes', '🔑'.repeat(150_000)],
  ])('fits into one item of 400 KB, as much of it as goes: %s', (_name, body) => {
    const [sealed] = [sealEntry(draft(body), SEAL, GENESIS)];
    const bytes = Buffer.byteLength(JSON.stringify(entryItem(sealed).entry));
    expect(Buffer.byteLength(String(entryItem(sealed).entry))).toBeLessThan(390_000);
    expect(bytes).toBeGreaterThan(300_000);
    expect(sealed.entry).toMatchObject({ bodyBytes: Buffer.byteLength(body), bodySha256: hashText(body) });
  });
});
