import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FileReport, Place } from '../../../lib/audit/read/file-report.ts';
import { LONGEST_RECORD } from '../../../lib/audit/read/record-scanner.ts';
import { LISTED_PROBLEMS, scanFile } from '../../../lib/audit/read/scan-file.ts';
import { AUDITED_SOURCES } from '../../../lib/audit/read/wanted.ts';
import { fileOf, named, recordOf } from './records.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keywarden-read-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Read {
  readonly report: FileReport;
  readonly records: Record<string, unknown>[];
  /** The calls of the records, in the order in which they were handed over. */
  readonly names: unknown[];
  readonly places: Place[];
}

async function readPath(file: string): Promise<Read> {
  const records: Record<string, unknown>[] = [];
  const places: Place[] = [];
  const report = await scanFile({ kind: 'source', file }, AUDITED_SOURCES, (record, place) => {
    records.push(record as Record<string, unknown>);
    places.push(place);
  });
  return { report, records, names: records.map(({ eventName }) => eventName), places };
}

let written = 0;
async function readContent(content: string | Uint8Array): Promise<Read> {
  written += 1;
  const file = join(folder, `log-${written}`);
  await writeFile(file, content);
  return readPath(file);
}

const lines = (records: readonly unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const abc = named('A', 'B', 'C');

describe('records are found in', () => {
  const other = recordOf({ eventSource: 'ec2.amazonaws.com' });
  const envelope = { version: '0', 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.kms', detail: abc[0] };
  const direct = { version: '0', 'detail-type': 'KMS CMK Deletion', source: 'aws.kms', detail: { 'key-id': 'x' } };
  const text = fileOf(...abc, other);

  test.each<[string, string | Uint8Array, number]>([
    ['a log file', text, 3],
    ['a log file with line breaks', JSON.stringify({ Records: [...abc, other] }, null, 2), 3],
    ['a gzip, whatever its name is', gzipSync(text), 3],
    ['a gzip of several members', Buffer.concat([gzipSync(text.slice(0, 300)), gzipSync(text.slice(300))]), 3],
    ['several log files in one', `${text}${text}\n${text}`, 9],
    ['a text with a byte order mark', `\ufeff${text}`, 3],
    ['a list', JSON.stringify([...abc, other]), 3],
    ['lines', lines([...abc, other]), 3],
    ['lines that end as on Windows', lines([...abc, other]).replaceAll('\n', '\r\n'), 3],
    ['lines without an end behind the last one', lines([...abc, other]).trimEnd(), 3],
    ['a file of one record', JSON.stringify(abc[0]), 1],
    ['one event of EventBridge', JSON.stringify(envelope), 1],
    ['events of EventBridge in lines', lines([envelope, direct]), 2],
    ['events of EventBridge in a list', JSON.stringify([envelope, direct]), 2],
    ['an empty list', fileOf(), 0],
    ['an empty file', '', 0],
    ['an empty gzip', gzipSync(''), 0],
    ['nothing but white space', ' \n\n', 0],
  ])('%s', async (_name, content, wanted) => {
    const { report, records } = await readContent(content);
    expect(report.problems).toEqual([]);
    expect(report.wanted).toBe(wanted);
    expect(records).toHaveLength(wanted);
    expect(report.compressedBytes).toBe(Buffer.byteLength(content));
  });

  test('a file of any size, with their places and all counts', async () => {
    const many = Array.from({ length: 4000 }, (_, at) =>
      recordOf({ eventName: `Call${at}`, eventSource: at % 4 === 0 ? 'kms.amazonaws.com' : 's3.amazonaws.com' }),
    );
    const content = fileOf(...many);
    const { report, records, places } = await readContent(gzipSync(content));
    expect(records).toEqual(many.filter((_, at) => at % 4 === 0));
    expect(places.map(({ index }) => index)).toEqual(records.map((_, at) => at * 4));
    const texts = places.map(({ byte }, at) => content.startsWith(JSON.stringify(records[at]), byte));
    expect(texts).not.toContain(false);
    expect(report).toMatchObject({ bytes: content.length, records: 4000, wanted: 1000, problems: [] });
    expect(report.compressedBytes).toBeLessThan(content.length / 5);
  });

  test('an event of EventBridge, which is handed over whole', async () => {
    const { records } = await readContent(JSON.stringify(envelope));
    expect(records).toEqual([envelope]);
  });
});

describe('records are not taken for wanted', () => {
  test.each<[string, Record<string, unknown>]>([
    ['when they are of another service', recordOf({ eventSource: 'ec2.amazonaws.com' })],
    [
      'when only their caller is a service',
      recordOf({ eventSource: 'ec2.amazonaws.com', x: { eventSource: 'kms.amazonaws.com' } }),
    ],
    [
      'when they carry a text that looks like a record',
      recordOf({ eventSource: 'ec2.amazonaws.com', x: fileOf(abc[0]) }),
    ],
    [
      'when records are in their parameters',
      recordOf({ eventSource: 'ec2.amazonaws.com', requestParameters: { Records: abc, list: [{ a: abc }] } }),
    ],
    [
      'when their own name is before that of KMS',
      { eventSource: 's3.amazonaws.com', detail: abc[0], 'detail-type': 'x' },
    ],
  ])('%s', async (_name, record) => {
    for (const content of [fileOf(record), JSON.stringify([record]), lines([record, record])]) {
      const { report } = await readContent(content);
      expect(report).toMatchObject({ wanted: 0, problems: [] });
      expect(report.records).toBeGreaterThan(0);
    }
  });

  test('by the first eventSource, when there is a second: JSON takes the last', async () => {
    const twice = '{"eventSource":"kms.amazonaws.com","eventSource":"s3.amazonaws.com"}';
    const last = '{"eventSource":"s3.amazonaws.com","eventSource":"kms.amazonaws.com"}';
    const { report, records } = await readContent(`[${twice},${last}]`);
    expect(report).toMatchObject({ records: 2, wanted: 1 });
    expect(records).toEqual([{ eventSource: 'kms.amazonaws.com' }]);
  });
});

describe('what cannot be read is told with its place', () => {
  test('when the file is not there', async () => {
    const { report } = await readPath(join(folder, 'none.json'));
    expect(report).toMatchObject({ records: 0, problems: [{ byte: 0, message: 'The file does not exist.' }] });
  });

  test('when the file is a folder', async () => {
    const { report } = await readPath(folder);
    expect(report.problems).toEqual([{ byte: 0, message: 'The file is a folder.' }]);
  });

  test.each<[string, string, number]>([
    ['it is text', 'hello', 0],
    ['it is binary', '\u0001\u0002\u0003{', 0],
    ['it is a number', ' 17', 1],
    ['it is another object', '{"a":1}', 0],
    ['it is a list of other things', '[1,"{",[2]]', 1],
  ])('when %s', async (_name, content, byte) => {
    const { report } = await readContent(content);
    expect(report.records).toBe(0);
    expect(report.problems[0]?.byte).toBe(byte);
  });

  test('when a gzip is cut off; what was before is read', async () => {
    const content = fileOf(...Array.from({ length: 900 }, (_, at) => recordOf({ eventName: `Call${at}` })));
    const packed = gzipSync(content);
    const { report, records } = await readContent(packed.subarray(0, packed.length / 2));
    expect(records.length).toBeGreaterThan(100);
    expect(records.length).toBeLessThan(900);
    expect(report.problems).toHaveLength(1);
    const [problem] = report.problems;
    expect(problem?.message).toMatch(/gzip that is cut off: it ends after \d+ bytes/);
    expect(problem?.byte).toBe(report.bytes);
    expect(records.at(-1)).toEqual(recordOf({ eventName: `Call${records.length - 1}` }));
  });

  test('when a gzip is damaged; what was before is read', async () => {
    const content = fileOf(
      ...Array.from({ length: 3000 }, (_, at) => recordOf({ eventName: `Call${at}${'x'.repeat(at % 97)}` })),
    );
    const packed = gzipSync(content);
    packed.fill(0xff, packed.length - 2000, packed.length - 1900);
    const { report, records } = await readContent(packed);
    expect(records.length).toBeGreaterThan(100);
    expect(report.problems.at(-1)?.message).toMatch(/gzip that is damaged here or before: /);
    expect(report.problems.at(-1)?.byte).toBe(report.bytes);
  });

  test('when something follows a gzip', async () => {
    const { report, names } = await readContent(Buffer.concat([gzipSync(fileOf(...abc)), Buffer.from('and more')]));
    expect(names).toEqual(['A', 'B', 'C']);
    expect(report.problems).toHaveLength(1);
    expect(report.problems[0]?.message).toMatch(/gzip that is damaged here or before/);
  });

  test('when a log file ends before its last record does', async () => {
    const content = fileOf(...abc);
    const { report, names } = await readContent(content.slice(0, -10));
    expect(names).toEqual(['A', 'B']);
    const begin = content.lastIndexOf('{"eventVersion"');
    expect(report.problems).toEqual([
      { byte: content.length - 10, message: `The text ends in the middle of what begins at byte ${begin}.` },
    ]);
  });

  test('when a log file ends before its list does', async () => {
    const content = fileOf(...abc).slice(0, -2);
    const { report, names } = await readContent(content);
    expect(names).toEqual(['A', 'B', 'C']);
    expect(report.problems).toEqual([
      { byte: content.length, message: 'The text ends before the list of records is closed.' },
    ]);
  });

  const [a = '', b = '', c = ''] = abc.map((record) => JSON.stringify(record));

  test.each<[string, string, string[], number]>([
    ['in the middle of a string', `${a}\n${b.slice(0, 25)}\n${c}\n`, ['A', 'C'], a.length + 26],
    ['behind a comma', `${a}\n{"eventVersion":"1.11",\n${c}\n`, ['A', 'C'], a.length + 25],
    ['behind a colon', `${a}\n{"eventVersion":\n${b}\n${c}\n`, ['A', 'B', 'C'], a.length + 19 + b.length],
    ['behind an opening bracket', `${a}\n{"x":[\n${b}\n${c}\n`, ['A', 'B', 'C'], a.length + 9 + b.length],
    ['too late', `${a}\n${b}}\n${c}\n`, ['A', 'B', 'C'], a.length + 1 + b.length],
    ['with the wrong bracket', `${a}\n{"x":[}\n${c}\n`, ['A', 'C'], a.length + 7],
    ['as no JSON', `${a}\n{"eventSource":nothing}\n${c}\n`, ['A', 'C'], a.length + 1],
    ['as something else', `${a}\nhello\n${c}\n`, ['A', 'C'], a.length + 1],
  ])('when a line ends %s; the others are read', async (_name, content, expected, byte) => {
    const { report, names } = await readContent(content);
    expect(names).toEqual(expected);
    expect(report.problems.map((problem) => problem.byte)).toEqual([byte]);
  });

  test.each<[string, string, string[], number]>([
    ['lacks a comma', `{"Records":[${a}${b},${c}]}`, ['A', 'B', 'C'], 12 + a.length],
    ['has a comma too many', `{"Records":[${a},,${b},${c}]}`, ['A', 'B', 'C'], 13 + a.length],
    ['has a comma behind the last record', `{"Records":[${a},${b},${c},]}`, ['A', 'B', 'C'], 15 + 3 * a.length],
    ['has a number in it', `{"Records":[${a},7,${c}]}`, ['A', 'C'], 13 + a.length],
    ['has a list in it', `{"Records":[${a},[${b}],${c}]}`, ['A', 'C'], 13 + a.length],
    ['has a record with the wrong bracket', `{"Records":[${a},{"x":[}},${c}]}`, ['A', 'C'], 19 + a.length],
    ['has a record with a line break in a string', `{"Records":[${a},{"x":"\n"},${c}]}`, ['A', 'C'], 19 + a.length],
    ['ends with the wrong bracket', `{"Records":[${a},${b}}`, ['A', 'B'], 13 + 2 * a.length],
    ['has something odd around it', `{"Records":[${a}],"x":nothing}`, ['A'], 25 + a.length],
    ['has its records twice', `{"Records":[${a}],"Records":[${b}]}`, ['A', 'B'], 24 + a.length],
  ])('when a log file %s; the rest is read', async (_name, content, expected, byte) => {
    const { report, names } = await readContent(content);
    expect(names).toEqual(expected);
    expect(report.problems.map((problem) => problem.byte)).toEqual([byte]);
  });

  test('when a record is longer than any can be; the rest is read', async () => {
    const huge = `{"eventSource":"kms.amazonaws.com","x":"${'x'.repeat(LONGEST_RECORD)}"}`;
    const { report, names } = await readContent(`{"Records":[${a},${huge},${c}]}`);
    expect(names).toEqual(['A', 'C']);
    expect(report.problems).toEqual([{ byte: 13 + a.length, message: expect.stringMatching(/longer than 16 MB/) }]);
  });

  test('when a record is nested without end; the rest is read', async () => {
    const deep = `{"eventSource":"kms.amazonaws.com","x":${'['.repeat(5000)}`;
    const { report, names } = await readContent(`{"Records":[${a},${deep},${c}]}`);
    expect(names).toEqual(['A', 'C']);
    expect(report.problems[0]?.message).toMatch(/nested more than 1024 deep/);
  });

  test('also a record of the other services, whose fields are not looked at', async () => {
    const broken = '{"eventSource":"ec2.amazonaws.com","x":{]}';
    const { report, names } = await readContent(`{"Records":[${a},${broken},${c}]}`);
    expect(names).toEqual(['A', 'C']);
    expect(report.problems).toHaveLength(1);
  });

  test('for a while: a file of nothing else does not fill the memory', async () => {
    const { report, names } = await readContent(`${'{"a":1}\n'.repeat(1000)}${a}\n`);
    expect(names).toEqual(['A']);
    expect(report.problems).toHaveLength(LISTED_PROBLEMS + 1);
    expect(report.problems.at(-1)).toEqual({
      byte: 999 * 8,
      message: `There are ${1000 - LISTED_PROBLEMS} more problems, the last one at this byte.`,
    });
  });
});

describe('reading', () => {
  test.each(['plain', 'gzip'])('of a %s file ends with what the taker of records throws', async (form) => {
    const content = fileOf(...abc);
    const file = join(folder, `thrown-${form}`);
    await writeFile(file, form === 'gzip' ? gzipSync(content) : content);
    const taken: unknown[] = [];
    const reading = scanFile({ kind: 'source', file }, AUDITED_SOURCES, (record) => {
      taken.push(record);
      throw new Error('no more, please');
    });
    await expect(reading).rejects.toThrow('no more, please');
    expect(taken).toHaveLength(1);
  });

  test('of two files at a time keeps them apart', async () => {
    const texts = [named('A1', 'A2'), named('B1')];
    const reads = await Promise.all(texts.map((records) => readContent(fileOf(...records))));
    expect(reads.map(({ names }) => names)).toEqual([['A1', 'A2'], ['B1']]);
  });

  test('of a file that is being written takes what is there', async () => {
    const file = join(folder, 'growing');
    await writeFile(file, lines(named('A')));
    await appendFile(file, lines(named('B')));
    expect((await readPath(file)).names).toEqual(['A', 'B']);
  });
});
