import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createKeyRecord, type JsonRecord, recordOf } from '../audit/records.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

const home = mkdtempSync(join(tmpdir(), 'keywarden-audit-test-'));
/** Where the package lies, as npm puts it, and nothing that it depends on. */
const installed = join(home, 'node_modules', 'keywarden');
const temporary = join(home, 'tmp');
const command = join(installed, 'dist/cli/keywarden.js');

/** What npm packs, unpacked into an empty folder: the command must need nothing else. */
beforeAll(async () => {
  const source = join(home, 'package-source');
  mkdirSync(source);
  mkdirSync(installed, { recursive: true });
  mkdirSync(temporary);
  for (const file of ['package.json', 'keywarden.policy.yml', 'LICENSE', 'README.md', 'CHANGELOG.md']) {
    cpSync(join(PROJECT, file), join(source, file));
  }
  await run(process.execPath, ['scripts/build-cli.ts', join(source, 'dist/cli')], { cwd: PROJECT });
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', home], { cwd: source });
  const archive = readdirSync(home).find((name) => name.endsWith('.tgz')) ?? 'no archive';
  await run('tar', ['-xzf', join(home, archive), '-C', installed, '--strip-components=1']);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const ENVIRONMENT = { PATH: process.env.PATH, TMPDIR: temporary };

/** Runs the installed command in the empty folder; it has no credentials and no Region. */
function audit(args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [command, 'audit', ...args],
      { cwd: home, env: ENVIRONMENT, maxBuffer: 1 << 28 },
      (_error, out, err) => resolve({ code: child.exitCode, out, err }),
    );
    child.stdin?.end(input);
  });
}

const at = (second: number): string => `2026-08-03T09:00:${String(second).padStart(2, '0')}Z`;

let files = 0;
function nameFile(): string {
  files += 1;
  return `${files}.json`;
}

function writeRecords(records: readonly unknown[], name = nameFile()): string {
  const file = join(home, name);
  const text = JSON.stringify({ Records: records });
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
  return file;
}

const GOOD: readonly JsonRecord[] = [
  createKeyRecord(at(0), { keySpec: 'RSA_4096', customerMasterKeySpec: 'RSA_4096', keyUsage: 'SIGN_VERIFY' }),
  recordOf('DescribeKey', at(1), { readOnly: true }),
];
const BAD: readonly JsonRecord[] = [createKeyRecord(at(0)), recordOf('DisableKeyRotation', at(2))];

const linesOf = (out: string): { readonly eventId: string; readonly eventTime: string }[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('keywarden audit, installed alone', () => {
  test('ends with 0 when nothing is wrong, and says by which policy it judged', async () => {
    const { code, out, err } = await audit([writeRecords(GOOD)]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^No violation was found in 1 lifecycle action;/);
    expect(out).toContain('Judged by the policy that ships with Keywarden');
    expect(out).toContain('2 records, of which 2 of KMS');
    expect(out).toContain('They prove nothing about what is not');
  });

  test('ends with 1 when a violation was found, which comes first', async () => {
    const { code, out } = await audit([writeRecords(BAD)]);
    expect(code).toBe(1);
    expect(out).toMatch(/^\d+ violations on 1 subject/);
    expect(out).toContain('HIGH 4.4.1 rotation-enabled');
  });

  test('ends with 2 when something could not be read, says where, and judges the rest', async () => {
    const broken = join(home, 'broken.json');
    writeFileSync(broken, `{"Records":[${JSON.stringify(recordOf('DisableKey', at(3)))},{"eventVersion":`);
    const { code, out } = await audit([broken, writeRecords(BAD), join(home, 'absent.json')]);
    expect(code).toBe(2);
    expect(out).toContain('NOT EVERYTHING COULD BE READ');
    expect(out).toMatch(/NOT READ: .*broken\.json, byte \d+: /);
    expect(out).toMatch(/NOT READ: .*absent\.json, byte 0: There is no such file/);
    expect(out).toContain('rotation-enabled');
  });

  test('ends with 2 when a record is malformed, and names file, byte and reason on the error output beside ndjson', async () => {
    const file = writeRecords([...BAD, recordOf('DisableKey', 'yesterday')]);
    const { code, out, err } = await audit([file, '--format', 'ndjson']);
    expect(code).toBe(2);
    expect(linesOf(out).map(({ eventTime }) => eventTime)).toEqual([at(0), at(2)]);
    expect(err).toMatch(/^keywarden: not judged: .*\.json, record at byte \d+: eventTime is "yesterday"/);
  });

  test('reads folders and gzip, and judges an event once', async () => {
    const folder = join(home, 'AWSLogs');
    mkdirSync(join(folder, 'CloudTrail'), { recursive: true });
    writeRecords(BAD.slice(0, 1), 'AWSLogs/CloudTrail/a.json.gz');
    writeRecords(BAD, 'AWSLogs/CloudTrail/b.json');
    const { code, out } = await audit([folder, '--format', 'ndjson']);
    expect(code).toBe(1);
    expect(linesOf(out)).toHaveLength(2);
  });

  test('reads the standard input, one record per line', async () => {
    const lines = BAD.map((record) => `${JSON.stringify(record)}\n`).join('');
    const { code, out } = await audit(['-', '--format', 'ndjson'], lines);
    expect(code).toBe(1);
    expect(linesOf(out)).toHaveLength(2);
  });

  test('writes one line for each action with the fields in their order', async () => {
    const { out } = await audit([writeRecords(BAD), '--format', 'ndjson']);
    const [line] = linesOf(out);
    expect(Object.keys(line ?? {})).toEqual([
      ...['eventId', 'eventTime', 'api', 'step', 'subject', 'keys', 'actor', 'outcome', 'verdicts'],
    ]);
    expect(line).toMatchObject({
      actor: { type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/ops/anna', name: 'anna' },
      verdicts: expect.arrayContaining([
        { control: 'rotation-enabled', verdict: 'violation', reason: expect.stringMatching(/rotation is off\.$/) },
      ]),
    });
  });

  test('writes the same bytes with one thread and with four', async () => {
    const many = [1, 2, 3, 4, 5].map((number) =>
      writeRecords([createKeyRecord(at(number)), recordOf('DisableKeyRotation', at(number + 10))]),
    );
    const one = await audit([...many, '--format', 'ndjson', '--threads', '1']);
    const four = await audit([...many.toReversed(), '--format', 'ndjson', '--threads', '4']);
    expect(linesOf(one.out)).toHaveLength(10);
    expect(four.out).toBe(one.out);
  });

  test('respects a waiver of the policy file that lies here', async () => {
    const policy = join(installed, 'keywarden.policy.yml');
    const waived = join(home, 'waived.yml');
    const { readFileSync } = await import('node:fs');
    const waivers = ['rotation-enabled', 'key-owner-tagged'].map(
      (control) =>
        `  - { control: ${control}, subject: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab', owner: olivia, ticket: SEC-42, expires: 2026-12-31 }`,
    );
    writeFileSync(waived, readFileSync(policy, 'utf8').replace('waivers: []', `waivers:\n${waivers.join('\n')}`));
    const { code, out } = await audit([writeRecords(BAD), '--policy', waived]);
    expect(code).toBe(0);
    expect(out).toContain('WAIVED by the policy file');
    expect(out).toContain('It is waived until 2026-12-31 (SEC-42, olivia).');
    expect(out).toContain(`Judged by the policy file ${waived}.`);
  });

  test.each<[string, readonly string[], RegExp]>([
    ['the format json', ['x.json', '--format', 'json'], /use --format ndjson/],
    ['a policy file that is not there', ['x.json', '--policy', 'absent.yml'], /absent\.yml cannot be read/],
    ['no thread', ['x.json', '--threads', '0'], /--threads is 0; use a whole number/],
    ['no path', [], /missing required argument 'path'/],
  ])('refuses %s and says what to do', async (_name, args, message) => {
    const { code, out, err } = await audit(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });

  test('ends quietly when nobody reads on', async () => {
    const file = writeRecords(Array.from({ length: 500 }, (_none, number) => createKeyRecord(at(number % 60))));
    const { stdout, stderr } = await run(
      'sh',
      ['-c', `"${process.execPath}" "${command}" audit "${file}" --format ndjson | head -n 1`],
      {
        cwd: home,
        env: ENVIRONMENT,
      },
    );
    expect(linesOf(stdout)).toHaveLength(1);
    expect(stderr).toBe('');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'leaves no temporary file behind when it is stopped by %s',
    async (signal) => {
      const child = spawn(process.execPath, [command, 'audit', '-'], {
        cwd: home,
        env: ENVIRONMENT,
        stdio: ['pipe', 'ignore', 'pipe'],
      });
      child.stdin.on('error', () => {});
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      const text = `${JSON.stringify(recordOf('DisableKey', at(1), { userAgent: 'x'.repeat(20_000) }))}\n`;
      for (let number = 0; number < 1_200; number += 1) child.stdin.write(text);
      const isThere = () => readdirSync(temporary).some((name) => readdirSync(join(temporary, name)).length > 0);
      for (let tries = 0; tries < 600 && !isThere(); tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(isThere()).toBe(true);
      child.kill(signal);
      expect(await ended).toBe(signal === 'SIGINT' ? 130 : 143);
      expect(readdirSync(temporary)).toEqual([]);
    },
  );

  test('needs no temporary folder for little', async () => {
    await audit([writeRecords(BAD)]);
    expect(existsSync(temporary)).toBe(true);
    expect(readdirSync(temporary)).toEqual([]);
  });
});
