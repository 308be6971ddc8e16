import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { neutralise, writeCsvLine } from '../../lib/report/csv.ts';

/** A reader after RFC 4180, with another separator where a spreadsheet is set up so. */
function readCsv(text: string, separator = ','): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  let quoted = false;
  const endCell = () => {
    rows.at(-1)?.push(cell);
    cell = '';
  };
  for (let at = 0; at < text.length; at += 1) {
    const one = text[at] ?? '';
    if (quoted && one === '"' && text[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (one === '"' && (quoted || cell === '')) quoted = !quoted;
    else if (!quoted && one === separator) endCell();
    else if (!quoted && (one === '\n' || one === '\r')) {
      if (one === '\r' && text[at + 1] === '\n') at += 1;
      endCell();
      rows.push([]);
    } else cell += one;
  }
  if (cell !== '' || (rows.at(-1)?.length ?? 0) > 0) endCell();
  return rows.filter((row) => row.length > 0);
}

/** What spreadsheets take for a formula once they have stripped what they strip. */
const runs = (cell: string): boolean =>
  /^[=+\-@\uff1d\uff0b\uff0d\uff20\u2212]/.test(cell.replace(/^[\s\p{Cf}\p{Cc}"`]+/u, '')) || /^[\t\r]/.test(cell);

/** Text that is made of what hurts. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '=',
        '+',
        '-',
        '@',
        '\t',
        '\r',
        '\n',
        ';',
        '|',
        ',',
        '"',
        "'",
        ' ',
        '\u{ff1d}',
        '\u{ff0d}',
        '\u{202e}',
        '\u{a0}',
        'cmd',
        '1',
        '\u{feff}',
        '\u{2028}',
      ),
      fc.string(),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

describe('a cell of a CSV file', () => {
  test('never runs in a spreadsheet, whatever it says', () => {
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 1, maxLength: 4 }), (cells) => {
        for (const cell of readCsv(writeCsvLine(cells)).flat()) expect(runs(cell)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([';', '\t', '|'])('never runs either where %j separates the cells', (separator) => {
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 1, maxLength: 4 }), (cells) => {
        const text = cells.map(neutralise).join(' ');
        for (const cell of text.split(separator)) expect(runs(cell)).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('is what it was, once the apostrophes are taken away that were put in', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const [[cell = ''] = []] = readCsv(`${writeCsvLine([text, 'x'])}`);
        expect(cell.replaceAll("'", '')).toBe(text.replaceAll("'", ''));
      }),
    );
  });

  test('of an ordinary text is not changed', () => {
    for (const text of [
      'Encrypt',
      'arn:aws:kms:eu-west-1:111122223333:key/1',
      'a, b - c',
      'dana@example.com',
      '7 = 7',
      '',
    ]) {
      expect(neutralise(text)).toBe(text);
    }
  });

  test.each([
    ['=1+1', "'=1+1"],
    ['  @SUM(A1)', "'  @SUM(A1)"],
    ['"=1', '\'"=1'],
    ["'=1", "''=1"],
    ['\u{ff1d}1', "'\u{ff1d}1"],
    ['\u{202e}-1', "'\u{202e}-1"],
    ['a\n=1', "a\n'=1"],
    ['a;+1', "a;'+1"],
    ['\tplain', "'\tplain"],
  ])('that says %j is written as %j', (text, expected) => {
    expect(neutralise(text)).toBe(expected);
  });
});

describe('a line of a CSV file', () => {
  test('quotes every text, doubles quotes, leaves numbers and flags as they are, and ends with CR LF', () => {
    expect(writeCsvLine(['a"b', 'c,d', -3, true, null])).toBe('"a""b","c,d",-3,true,\r\n');
  });

  test('has as many cells as were given, whatever they say', () => {
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 2, maxLength: 5 }), (cells) => {
        const rows = readCsv(writeCsvLine(cells));
        expect(rows).toHaveLength(1);
        expect(rows[0]).toHaveLength(cells.length);
      }),
    );
  });
});
