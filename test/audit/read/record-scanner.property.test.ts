import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createEngine } from '../../../lib/audit/read/engine.ts';
import type { Problem } from '../../../lib/audit/read/file-report.ts';
import { createRecordScanner, type RecordScanner, type ScanEvents } from '../../../lib/audit/read/record-scanner.ts';
import { VARYING } from './odd-json.ts';
import { type Handed, readPlainly } from './plain-reader.ts';
import { type Text, textsOfAlike, textsOfObjects } from './texts.ts';

const WANTED = new Set(['kms.amazonaws.com', 'iam.amazonaws.com']);

/** One for all texts, as when many files are read: nothing of one may be left for the next. */
const plain = createEngine(WANTED);

/** Reads bytes in pieces of these lengths, over and over. */
function scan(bytes: Buffer, lengths: readonly number[]) {
  const handed: Handed[] = [];
  const problems: Problem[] = [];
  plain.structure.reset();
  const events: ScanEvents = {
    onRecord: (record, index, byte) => handed.push({ record: JSON.stringify(record), index, byte }),
    onProblem: (problem) => problems.push(problem),
  };
  const scanner = createRecordScanner(WANTED, events, plain);
  writeAll(scanner, bytes, lengths);
  return { handed, problems, records: scanner.countRecords() };
}

function writeAll(scanner: RecordScanner, bytes: Buffer, lengths: readonly number[]): void {
  for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? bytes.length;
    scanner.write(bytes.subarray(from, from + length));
    from += length;
  }
  scanner.end();
}

let handed: Handed[] = [];
const byKinds = createEngine(WANTED, {
  varying: VARYING,
  learn: (record) => record as object,
  take: (known, textOf, { index, byte }) => {
    const values = VARYING.flatMap((name) => {
      const text = textOf(name);
      return text === undefined ? [] : [[name, JSON.parse(text)]];
    });
    handed.push({ record: JSON.stringify({ ...known, ...Object.fromEntries(values) }), index, byte });
    return true;
  },
});

/** The same with a short cut, which puts the values that vary into the record that it knows, of this text or one before. */
function scanByKinds(bytes: Buffer, lengths: readonly number[]) {
  handed = [];
  const events: ScanEvents = {
    onRecord: (record, index, byte) => handed.push({ record: JSON.stringify(record), index, byte }),
    onKind: (kind, index, byte) => byKinds.kinds?.take(kind, { file: '', index, byte }) ?? false,
    onProblem: () => undefined,
  };
  byKinds.structure.reset();
  const scanner = createRecordScanner(WANTED, events, byKinds);
  writeAll(scanner, bytes, lengths);
  return { handed, records: scanner.countRecords() };
}

const lengths = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 }),
  fc.constant([1_000_000]),
);

describe('a text is read', () => {
  test('as JSON.parse reads it, whatever its spelling, its layout and its pieces', () => {
    fc.assert(
      fc.property(textsOfObjects, lengths, (text, pieces) => {
        const { handed, records, problems } = scan(text.bytes, pieces);
        const expected = readPlainly(text, WANTED);
        expect({ handed, records }).toEqual({ handed: expected.handed, records: expected.records });
        expect(problems.map(({ byte }) => byte)).toEqual(expected.odd);
      }),
      { numRuns: 1500 },
    );
  });

  test('as JSON.parse reads it, when records are known by their kind', () => {
    fc.assert(
      fc.property(textsOfAlike, lengths, (text, pieces) => {
        const { handed, records } = scanByKinds(text.bytes, pieces);
        const expected = readPlainly(text, WANTED);
        expect({ handed, records }).toEqual({ handed: expected.handed, records: expected.records });
      }),
      { numRuns: 1500 },
    );
  });

  test('up to where it was cut off, with every record that is complete and no other', () => {
    fc.assert(
      fc.property(textsOfObjects, lengths, fc.nat(), (text, pieces, somewhere) => {
        const cut = somewhere % (text.bytes.length + 1);
        const { handed, records, problems } = scan(text.bytes.subarray(0, cut), pieces);
        const expected = readPlainly(cutOff(text, cut), WANTED);
        expect({ handed, records }).toEqual({ handed: expected.handed, records: expected.records });
        const bytes = problems.map(({ byte }) => byte);
        // White space between records is no loss, so the text may be over there too.
        const over = mayEnd(text, cut);
        expect(bytes.filter((byte) => byte !== cut)).toEqual(expected.odd.filter((byte) => byte !== cut));
        expect(bytes.includes(cut)).toBe(!over);
      }),
      { numRuns: 1500 },
    );
  });
});

const cutOff = ({ bytes, units, ends }: Text, cut: number): Text => ({
  bytes: bytes.subarray(0, cut),
  units: units.filter(({ to }) => to <= cut),
  ends,
});

/** Whether nothing but white space is between a place where the text may end, and the cut. */
function mayEnd({ bytes, ends }: Text, cut: number): boolean {
  const end = ends.findLast((one) => one <= cut) ?? 0;
  return /^(?:\ufeff)?\s*$/.test(bytes.toString('utf8', end, cut)) || cut < (ends[0] ?? 0);
}
