import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { scanFile } from '../../../lib/audit/read/scan-file.ts';
import type { ShortCut } from '../../../lib/audit/read/short-cut.ts';
import { AUDITED_SOURCES } from '../../../lib/audit/read/wanted.ts';
import { fileOf, recordOf } from './records.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keywarden-short-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A short cut that notes what it is given: `learn` and `take` as they are asked. */
function noteKinds(varying: readonly string[], isKnown: (record: Record<string, unknown>) => boolean) {
  const taken: { readonly known: unknown; readonly texts: (string | undefined)[]; readonly index: number }[] = [];
  const shortCut: ShortCut<unknown> = {
    varying,
    learn: (record) =>
      isKnown(record as Record<string, unknown>) ? (record as { eventName: unknown }).eventName : undefined,
    take: (known, textOf, { index }) => {
      taken.push({ known, texts: varying.map(textOf), index });
      return true;
    },
  };
  return { taken, shortCut };
}

let written = 0;
async function read<T>(records: readonly unknown[], shortCut: ShortCut<T>) {
  written += 1;
  const file = join(folder, `${written}.json`);
  await writeFile(file, fileOf(...records));
  const handed: unknown[] = [];
  const report = await scanFile({ kind: 'source', file }, AUDITED_SOURCES, (record) => handed.push(record), shortCut);
  return { handed, report };
}

const uses = (count: number, fields: Readonly<Record<string, unknown>> = {}) =>
  Array.from({ length: count }, (_, at) =>
    recordOf({ eventName: 'Decrypt', eventTime: `2026-08-03T09:00:0${at}Z`, eventID: `id-${at}`, ...fields }),
  );

describe('a record is taken by its kind', () => {
  test('when one like it was handed over before, with the texts of what varies', async () => {
    const { taken, shortCut } = noteKinds(['eventTime', 'eventID', 'none'], () => true);
    const records = uses(3);
    const { handed, report } = await read(records, shortCut);
    expect(handed).toEqual([records[0]]);
    expect(taken).toEqual([
      { known: 'Decrypt', texts: ['"2026-08-03T09:00:01Z"', '"id-1"', undefined], index: 1 },
      { known: 'Decrypt', texts: ['"2026-08-03T09:00:02Z"', '"id-2"', undefined], index: 2 },
    ]);
    expect(report).toMatchObject({ records: 3, wanted: 3, problems: [] });
  });

  test('also when the one like it was in a file before', async () => {
    const { taken, shortCut } = noteKinds(['eventTime', 'eventID'], () => true);
    await read(uses(1), shortCut);
    const { handed } = await read(uses(1), shortCut);
    expect(handed).toEqual([]);
    expect(taken).toHaveLength(1);
  });

  test('with lists and objects that vary, and texts with escapes', async () => {
    const { taken, shortCut } = noteKinds(['eventTime', 'eventID', 'requestParameters', 'userAgent'], () => true);
    const parameters = [{ a: [1, { b: '}' }] }, 'a "text"', null, { a: 'another' }, [[]]];
    const records = parameters.map((requestParameters) => recordOf({ requestParameters, userAgent: 'x\\' }));
    await read(records, shortCut);
    expect(taken.map(({ texts }) => texts.slice(2))).toEqual(
      parameters.slice(1).map((value) => [JSON.stringify(value), '"x\\\\"']),
    );
  });
});

describe('a record is handed over', () => {
  test('when its kind is not to be known', async () => {
    const { taken, shortCut } = noteKinds(['eventTime', 'eventID'], () => false);
    const { handed } = await read(uses(3), shortCut);
    expect(handed).toHaveLength(3);
    expect(taken).toEqual([]);
  });

  test('when the short cut does not take it', async () => {
    const shortCut = { varying: ['eventTime', 'eventID'], learn: () => true, take: () => false };
    expect((await read(uses(3), shortCut)).handed).toEqual(uses(3));
  });

  test.each<[string, Record<string, unknown>]>([
    ['another member differs', { eventName: 'Encrypt' }],
    ['another member has another length', { awsRegion: 'eu-central-1' }],
    ['it has one more member', { errorCode: 'AccessDenied' }],
    ['its members are in another order', { recipientAccountId: undefined, z: 1 }],
    ['it has an escape that may spell anything', { sourceIPAddress: '\ud800' }],
  ])('when %s', async (_name, fields) => {
    const { taken, shortCut } = noteKinds(['eventTime', 'eventID'], () => true);
    const { handed } = await read([...uses(1), ...uses(1, fields)], shortCut);
    expect(handed).toHaveLength(2);
    expect(taken).toEqual([]);
  });

  test('when there were too many kinds, and the short cut is learned again', async () => {
    const { taken, shortCut } = noteKinds(['eventTime', 'eventID'], () => true);
    const many = Array.from({ length: 5000 }, (_, at) => uses(1, { x: at })).flat();
    const { handed } = await read([...many, ...uses(1, { x: 4999 }), ...uses(1, { x: 0 })], shortCut);
    expect(handed).toHaveLength(5001);
    expect(taken.map(({ index }) => index)).toEqual([5000]);
  });
});

test('a short cut for too many members, or for one whose name is not plain, is refused', async () => {
  const of = (...varying: string[]) => ({ varying, learn: () => true, take: () => true });
  await expect(read([], of(...Array.from({ length: 17 }, (_, at) => `m${at}`)))).rejects.toThrow('name 16 at most');
  await expect(read([], of('a"b'))).rejects.toThrow('"a\\"b" cannot vary');
  await expect(read([], of('x'.repeat(32)))).rejects.toThrow('31 plain characters');
});

test('a short cut may ask only for what it said varies', async () => {
  const shortCut: ShortCut<boolean> = {
    varying: ['eventTime', 'eventID'],
    learn: () => true,
    take: (_known, textOf) => textOf('x') === '',
  };
  await expect(read(uses(2), shortCut)).rejects.toThrow('The member x does not vary');
});
