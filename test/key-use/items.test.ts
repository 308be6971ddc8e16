import { describe, expect, test } from '@jest/globals';
import { fileKey, makeUseItems } from '../../lib/key-use/items.ts';
import { readLogFileName } from '../../lib/key-use/log-file.ts';
import { KEY, OTHER_KEY, ROLE, rowOf } from './rows.ts';

const ID = '111122223333_CloudTrail_eu-west-1_20260803T0905Z_0a1b2c3d4e5f6g7h';
const PATH = 'AWSLogs/111122223333/CloudTrail/eu-west-1/2026/08/03';

describe('the items of the rows of a file', () => {
  test('are one for each key and hour, found by both, and expire after the days that the policy says', () => {
    const rows = [
      rowOf(),
      rowOf({ operation: 'Encrypt' }),
      rowOf({ hour: '2026-08-03T10' }),
      rowOf({ key: OTHER_KEY }),
    ];
    const items = makeUseItems(ID, rows, 30);
    expect(items.map(({ pk, sk }) => [pk, sk])).toEqual([
      [`USE#${KEY}`, `2026-08-03T09#${ID}#000`],
      [`USE#${KEY}`, `2026-08-03T10#${ID}#000`],
      [`USE#${OTHER_KEY}`, `2026-08-03T09#${ID}#000`],
    ]);
    expect(items[0]?.expires).toBe(Date.parse('2026-09-02T09:00:00Z') / 1000);
  });

  test('are written as the documentation says', () => {
    expect(makeUseItems(ID, [rowOf({ via: 'lambda.amazonaws.com' })], 30)[0]?.rows).toBe(
      `[["${ROLE}","lambda.amazonaws.com","Decrypt","111122223333",1,0,0,0,"01:02","01:02","01:02","7c1f0b5e-0000-4000-8000-000000000001"]]`,
    );
  });

  test('tell the newest use that succeeded, and none when none did', () => {
    const [item] = makeUseItems(
      ID,
      [
        rowOf({ operation: 'Encrypt', lastUse: '2026-08-03T09:05:00Z' }),
        rowOf({ operation: 'Decrypt', lastUse: '2026-08-03T09:07:00Z' }),
        rowOf({ operation: 'Sign', lastUse: '2026-08-03T09:06:00Z' }),
      ],
      30,
    );
    expect(item).toMatchObject({ lastUse: '2026-08-03T09:07:00Z', lastOperation: 'Decrypt' });
    const { lastUse: _lastUse, ...denied } = rowOf({ succeeded: 0, denied: 1 });
    expect(makeUseItems(ID, [denied], 30)[0]).not.toHaveProperty('lastUse');
  });

  test('stay below the 400 KB that DynamoDB takes', () => {
    const rows = Array.from({ length: 5_000 }, (_, index) =>
      rowOf({ principal: `${ROLE}-${index}-${'x'.repeat(100)}` }),
    );
    const items = makeUseItems(ID, rows, 30);
    expect(items.map(({ sk }) => sk.slice(-3))).toEqual(items.map((_, index) => String(index).padStart(3, '0')));
    expect(items.length).toBeGreaterThan(2);
    for (const item of items) expect(Buffer.byteLength(JSON.stringify(item))).toBeLessThan(400_000);
  });
});

describe('the name of an object', () => {
  test.each<[string, string]>([
    ['of the account', `${PATH}/${ID}.json.gz`],
    ['below a prefix', `audit/${PATH}/${ID}.json.gz`],
    ['of an organisation', `${PATH.replace('AWSLogs/', 'AWSLogs/o-a1b2c3d4e5/')}/${ID}.json.gz`],
  ])('is read as that of a log file: %s', (_what, key) => {
    expect(readLogFileName('trail-bucket', key)).toEqual({
      bucket: 'trail-bucket',
      key,
      id: ID,
      account: '111122223333',
      region: 'eu-west-1',
      minute: '2026-08-03T09:05Z',
    });
  });

  test.each([
    `AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/08/03/111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_20260803T090000Z.json.gz`,
    `AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/2026/08/03/111122223333_CloudTrail-Insight_eu-west-1_20260803T0905Z_0a1b2c3d4e5f6g7h.json.gz`,
    `${PATH}/${ID}.json`,
    `${PATH}/notes.json.gz`,
    '',
  ])('is no log file: %s', (key) => {
    expect(readLogFileName('trail-bucket', key)).toBeUndefined();
  });

  test('says where what became of the file is kept', () => {
    const file = readLogFileName('trail-bucket', `${PATH}/${ID}.json.gz`);
    if (file === undefined) throw new Error('The name was not read.');
    expect(fileKey(file)).toEqual({ pk: 'FILES#2026-08-03', sk: `111122223333#eu-west-1#09:05Z#${ID}` });
    expect(fileKey({ key: 'notes.txt' })).toEqual({ pk: 'FILES#other', sk: 'notes.txt' });
  });
});
