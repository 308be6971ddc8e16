import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { connectKms } from '../../cli/connect.ts';
import { chooseTable, readOwnNames } from '../../cli/options.ts';

describe('the table', () => {
  test.each<[object, Record<string, string>, string]>([
    [{}, {}, 'keywarden-dev-ledger'],
    [{}, { KEYWARDEN_STAGE: 'prod' }, 'keywarden-prod-ledger'],
    [{}, { KEYWARDEN_STAGE: 'prod', KEYWARDEN_TABLE: 'mine' }, 'mine'],
    [{}, { KEYWARDEN_STAGE: '', KEYWARDEN_TABLE: '' }, 'keywarden-dev-ledger'],
    [{ stage: 'test' }, { KEYWARDEN_TABLE: 'mine' }, 'keywarden-test-ledger'],
    [{ stage: 'test', table: 'this' }, { KEYWARDEN_TABLE: 'mine' }, 'this'],
  ])('of %j in an environment of %j is %s', (options, environment, table) => {
    expect(chooseTable(options, environment)).toBe(table);
  });

  test('of a stage that is none is refused', () => {
    expect(() => chooseTable({}, { KEYWARDEN_STAGE: 'a b' })).toThrow('KEYWARDEN_STAGE is "a b"; a stage has letters');
  });

  test('says how the functions are called, unless it has another name', () => {
    const names = readOwnNames({ table: 'keywarden-prod-ledger' });
    expect([names.service, names.stage, names.nameOf('remediate')]).toEqual([
      'keywarden',
      'prod',
      'keywarden-prod-remediate',
    ]);
    expect(() => readOwnNames({ table: 'mine' })).toThrow('Name the stage with --stage in place of --table.');
  });
});

describe('a profile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keywarden-profile-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('that is named comes before keys in the environment, and brings its Region, as with the AWS CLI', async () => {
    writeFileSync(join(folder, 'credentials'), '[audit]\naws_access_key_id = AKIAAUDIT\naws_secret_access_key = any\n');
    writeFileSync(join(folder, 'config'), '[profile audit]\nregion = eu-central-1\n');
    process.env.AWS_SHARED_CREDENTIALS_FILE = join(folder, 'credentials');
    process.env.AWS_CONFIG_FILE = join(folder, 'config');
    process.env.AWS_ACCESS_KEY_ID = 'AKIAOTHER';
    process.env.AWS_SECRET_ACCESS_KEY = 'any';
    delete process.env.AWS_REGION;
    const { config } = connectKms({ profile: 'audit', table: 'x', format: 'text' });
    expect((await config.credentials()).accessKeyId).toBe('AKIAAUDIT');
    expect(await config.region()).toBe('eu-central-1');
  });
});
