import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { createKeyLists } from '../../lib/report/key-lists.ts';
import type { Row } from '../../lib/report/pack-data.ts';
import { ACCOUNT, KEY, OTHER_KEY, REGION } from './story.ts';

const LINE = {
  ...{ arn: KEY, state: 'Enabled', manager: 'CUSTOMER', spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' },
  ...{ origin: 'AWS_KMS', createdAt: '2026-01-02T03:04:05.000Z', multiRegion: false, aliases: ['alias/a', 'alias/b'] },
};
const write = (...lines: unknown[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
const hash = (text: string) => createHash('sha256').update(text).digest('hex');

async function read(
  text: string,
  sha256 = hash(text),
  body: Uint8Array | 'none' | Error = gzipSync(text),
): Promise<Row[]> {
  const store = {
    get: async () => (body instanceof Error ? Promise.reject(body) : body === 'none' ? undefined : body),
  };
  const inventory = {
    at: '2026-07-01T00:10:00.000Z',
    account: ACCOUNT,
    region: REGION,
    keys: 2,
    unread: 0,
    examples: [],
  };
  const rows: Row[] = [];
  for await (const row of createKeyLists(store).read({ ...inventory, object: 'inventory/1', sha256 })) rows.push(row);
  return rows;
}

describe('a list of keys in the evidence bucket', () => {
  test('is read into a row for each key, those that could not be described too', async () => {
    const rows = await read(write(LINE, { arn: OTHER_KEY, unread: 'kms:DescribeKey was denied' }));
    expect(rows).toMatchObject([
      { id: KEY, state: 'Enabled', multiRegion: false, aliases: 'alias/a alias/b' },
      { id: OTHER_KEY, unread: 'kms:DescribeKey was denied' },
    ]);
  });

  test('without a key has no row', async () => {
    expect(await read('')).toEqual([]);
  });

  test.each<[string, Promise<unknown>, string]>([
    ['is not what the ledger names', read(write(LINE), hash('another')), 'is not the list that the ledger names'],
    ['is not there', read('', hash(''), 'none'), 'inventory/1 is not in the evidence bucket'],
    [
      'may not be read',
      read('', hash(''), Object.assign(new Error('no'), { name: 'AccessDenied' })),
      'AccessDenied: no',
    ],
    ['is no gzip file', read('', hash(''), Buffer.from('x')), 'inventory/1 is no gzip file'],
    ['names no key', read(write({ state: 'Enabled' })), 'has a line that names no key'],
  ])('is refused when it %s', async (_when, reading, message) => {
    await expect(reading).rejects.toThrow(message);
  });
});
