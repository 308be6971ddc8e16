import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Problem } from '../../../lib/audit/read/file-report.ts';
import { createRecordScanner } from '../../../lib/audit/read/record-scanner.ts';
import { type Handed, readPlainly } from './plain-reader.ts';
import { type Text, textsOfObjects } from './texts.ts';

const WANTED = new Set(['kms.amazonaws.com', 'iam.amazonaws.com']);

/** Reads bytes in pieces of these lengths, over and over. */
function scan(bytes: Buffer, lengths: readonly number[]) {
  const handed: Handed[] = [];
  const problems: Problem[] = [];
  const scanner = createRecordScanner(WANTED, {
    onRecord: (record, index, byte) => handed.push({ record: JSON.stringify(record), index, byte }),
    onProblem: (problem) => problems.push(problem),
  });
  for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? bytes.length;
    scanner.write(bytes.subarray(from, from + length));
    from += length;
  }
  scanner.end();
  return { handed, problems, records: scanner.countRecords() };
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
        const plain = readPlainly(text, WANTED);
        expect({ handed, records }).toEqual({ handed: plain.handed, records: plain.records });
        expect(problems.map(({ byte }) => byte)).toEqual(plain.odd);
      }),
      { numRuns: 1500 },
    );
  });

  test('up to where it was cut off, with every record that is complete and no other', () => {
    fc.assert(
      fc.property(textsOfObjects, lengths, fc.nat(), (text, pieces, somewhere) => {
        const cut = somewhere % (text.bytes.length + 1);
        const { handed, records, problems } = scan(text.bytes.subarray(0, cut), pieces);
        const plain = readPlainly(cutOff(text, cut), WANTED);
        expect({ handed, records }).toEqual({ handed: plain.handed, records: plain.records });
        const bytes = problems.map(({ byte }) => byte);
        // White space between records is no loss, so the text may be over there too.
        const over = mayEnd(text, cut);
        expect(bytes.filter((byte) => byte !== cut)).toEqual(plain.odd.filter((byte) => byte !== cut));
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
