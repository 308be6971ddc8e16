import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestOfCheckpoint, type SignedCheckpoint } from '../../lib/ledger/checkpoint.ts';
import { createTableSource } from '../../lib/ledger/table-source.ts';
import { keyArn, REGION } from '../ledger/drafts.ts';
import { collect, createSigner, hashesOf, ORIGIN, signCheckpoints } from '../ledger/export/model.ts';
import { fillTable, openTable, putCheckpoints, type Table } from '../ledger/export/table.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

const signer = createSigner();
let table: Table;
let folder: string;
let last: SignedCheckpoint;
beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['scripts/build-cli.ts'], { cwd: PROJECT });
  table = await openTable();
  folder = await mkdtemp(join(tmpdir(), 'keywarden-ledger-'));
  await fillTable(table, 3, 9);
  const hashes = hashesOf(await collect(createTableSource(table).entries()));
  const checkpoints = signCheckpoints(hashes, [4, 7], signer);
  last = checkpoints.at(-1) as SignedCheckpoint;
  await putCheckpoints(table.client, checkpoints, signer);
  await writeFile(join(folder, 'key.pem'), signer.pem);
  await writeFile(join(folder, 'key.der'), createPublicKey(signer.pem).export({ type: 'spki', format: 'der' }));
  await writeFile(join(folder, 'other.pem'), createSigner().pem);
});
afterAll(async () => {
  await table.stop();
  await rm(folder, { recursive: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command as a user does. */
function run(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<Ran> {
  return new Promise((resolve) => {
    const command = [join(PROJECT, 'dist/cli/keywarden.js'), ...args];
    execFile(process.execPath, command, { cwd: folder, env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

const onAws = (...args: string[]): Promise<Ran> =>
  run(args, {
    PATH: process.env.PATH,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: table.url,
    KEYWARDEN_TABLE: ORIGIN.table,
  });

/** Without credentials, Region or network: what is verified offline must need none. */
const offline = (...args: string[]): Promise<Ran> => run(args, {});

describe('keywarden ledger export', () => {
  test('writes everything, says how to verify it, and that command finds it whole without AWS', async () => {
    const { code, out, err } = await onAws('ledger', 'export', 'whole', '--by', 'dana@example.com');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('Exported 27 entries in 3 chains and 2 checkpoints of keywarden-dev-ledger into whole.\n');
    const [, command = ''] = /^ {2}keywarden (ledger verify whole --manifest [0-9a-f]{64})$/m.exec(out) ?? [];
    const verified = await offline(...command.split(' '));
    expect(verified.out).toContain('The ledger is whole: 27 entries in 3 chains of whole, nothing altered');
    expect([verified.code, verified.err]).toEqual([0, '']);
    const manifest = JSON.parse(await readFile(join(folder, 'whole', 'manifest.json'), 'utf8')) as object;
    expect(manifest).toMatchObject({ account: '111122223333', region: REGION, by: 'dana@example.com' });
  });

  test('gives what it wrote as JSON', async () => {
    const { out } = await onAws('--format', 'json', 'ledger', 'export', 'as-json');
    expect(JSON.parse(out)).toMatchObject({ folder: 'as-json', entries: 27, chains: 3, checkpoints: 2 });
  });

  test.each<[string, string[], string]>([
    ['the folder is not empty', ['.'], 'keywarden: . is not empty. Give a folder that does not exist yet.\n'],
    ['there is no such table', ['new', '--table', 'elsewhere'], 'There is no table elsewhere here.'],
  ])('ends with 2 when %s', async (_name, args, expected) => {
    const { code, err } = await onAws('ledger', 'export', ...args);
    expect(err).toContain(expected);
    expect(code).toBe(2);
  });
});

describe('keywarden ledger verify', () => {
  beforeAll(async () => {
    expect(await onAws('ledger', 'export', 'export')).toMatchObject({ code: 0 });
  });
  const digest = () => digestOfCheckpoint(last);

  test('of an export says how far it is signed, and how to compare a key that nobody gave', async () => {
    const { code, out } = await offline('ledger', 'verify', 'export');
    expect(out).toContain(
      'Signed: 21 entries, up to checkpoint 2 of 2026-08-03T11:00:00.000Z, of table keywarden-dev-ledger',
    );
    expect(out).toContain('6 entries are not covered by it.');
    expect(out).toContain(`sha256 of the key: ${signer.fingerprint}`);
    expect(out).toContain("aws kms get-public-key --key-id 'alias/keywarden-dev-checkpoints'");
    expect(code).toBe(0);
  });

  test.each([['key.pem'], ['key.der']])('takes a public key from elsewhere: %s', async (file) => {
    const { code, out } = await offline('ledger', 'verify', 'export', '--public-key', file);
    expect(out).toMatch(/^The ledger is whole: /);
    expect(out).not.toContain('get-public-key');
    expect(code).toBe(0);
  });

  test('verifies the table by the same rules', async () => {
    const { code, out } = await onAws('ledger', 'verify', '--public-key', 'key.pem');
    expect(out).toContain('Signed: 21 entries, up to checkpoint 2');
    expect(code).toBe(0);
  });

  test('ends with 2 when nobody can say who signed', async () => {
    const { code, out } = await offline('ledger', 'verify', 'export', '--public-key', 'other.pem');
    expect(out).toMatch(/^THE LEDGER COULD NOT BE CHECKED: /);
    expect(out).toContain(`checkpoints number 1: unverified: the public key ${signer.fingerprint} that signed it`);
    expect(code).toBe(2);
  });

  test('knows by a checkpoint from elsewhere whether something was cut off', async () => {
    const args = ['ledger', 'verify', 'export', '--last-checkpoint'];
    expect(await offline(...args, `2:${digest()}`)).toMatchObject({ code: 0 });
    const { code, out } = await offline(...args, `3:${digest()}`);
    expect(out).toContain('checkpoints number 3: truncated: checkpoint 3 is known to exist, the last one here is 2');
    expect(code).toBe(1);
  });

  test('gives everything as JSON', async () => {
    const { out } = await offline('--format', 'json', 'ledger', 'verify', 'export');
    expect(JSON.parse(out)).toMatchObject({
      export: 'export',
      verdict: 'whole',
      whole: true,
      chains: 3,
      entries: 27,
      problems: [],
      coverage: { covered: 21, uncovered: 6, last: { number: 2, sha256: digest() } },
    });
  });

  test('names the entry that was altered, and ends with 1', async () => {
    expect(await onAws('ledger', 'export', 'altered')).toMatchObject({ code: 0 });
    const file = join(folder, 'altered', 'entries.jsonl');
    const lines = (await readFile(file, 'utf8')).split('\n');
    lines[4] = (lines[4] ?? '').replace('dana', 'eve');
    await writeFile(file, lines.join('\n').replace('CreateGrant', 'RetireGrant'));
    const { code, out } = await offline('ledger', 'verify', 'altered');
    expect(out).toMatch(/^THE LEDGER IS NOT WHOLE: /);
    expect(out).toContain('  export: altered: entries.jsonl is not the file that manifest.json describes\n');
    expect(out).toContain(`  ${keyArn(1)} entry 4: altered: the hash does not belong to the text\n`);
    expect(code).toBe(1);
  });

  test.each<[string[], string]>([
    [['nowhere'], 'nowhere is no whole export of a ledger: manifest.json cannot be read'],
    [['export.partial'], 'export.partial is an export that was not finished. Export the ledger again.'],
    [['export', '--public-key', 'none.pem'], 'The public key none.pem cannot be read'],
    [['export', '--public-key', 'export/manifest.json'], 'export/manifest.json is no public key. Give PEM or DER'],
    [['export', '--last-checkpoint', '7'], '--last-checkpoint is 7; give NUMBER:SHA256'],
    [['export', '--manifest', 'abc'], '--manifest is abc; give the sha256'],
    [['--manifest', 'a'.repeat(64)], '--manifest is about an export; give its folder too.'],
  ])('ends with 2 for %j', async (args, expected) => {
    const { code, err } = await offline('ledger', 'verify', ...args);
    expect(err).toContain(expected);
    expect(code).toBe(2);
  });
});
