import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateAliasCommand } from '@aws-sdk/client-kms';
import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findingKey, seqKey, subjectKey } from '../../lib/ledger/keys.ts';
import { handleAction } from '../../lib/pipeline.ts';
import { type Bed, openBed } from '../pipeline/bed.ts';
import { readAction, writeEvent } from '../pipeline/events.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

let bed: Bed;
beforeAll(async () => {
  // The command as it is installed: `npm ci` builds it, and a change of its source must be tested too.
  await promisify(execFile)(process.execPath, ['scripts/build-cli.ts'], { cwd: PROJECT });
  bed = await openBed();
});
afterAll(() => bed.stop());

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command as a user does. */
function keywarden(...args: string[]): Promise<Ran> {
  const env = {
    PATH: process.env.PATH,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: bed.gateway.url,
    KEYWARDEN_TABLE: bed.table,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, ['dist/cli/keywarden.js', ...args], { cwd: PROJECT, env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

/** A key whose rotation was switched off and put right. */
async function playStory(): Promise<string> {
  const key = await bed.createKey();
  await handleAction(bed.start().pipeline, readAction(writeEvent('DisableKeyRotation', key)), bed.deliver());
  return key;
}

describe('keywarden ledger show', () => {
  test('tells who did what, what was judged, decided and done, and how to undo it', async () => {
    const key = await playStory();
    const { code, out } = await keywarden('ledger', 'show', key);
    expect(code).toBe(0);
    expect(out).toMatch(/^arn:aws:kms:eu-west-1:111122223333:key\//);
    expect(out).toContain('DisableKeyRotation succeeded');
    expect(out).toMatch(/who +dana@example\.com as arn:aws:iam::111122223333:role\/KeyAdmin from 192\.0\.2\.10/);
    expect(out).toMatch(/ids +event [0-9a-f-]{36}, request [0-9a-f-]{36}/);
    expect(out).toMatch(/WRONG +rotation-enabled: /);
    expect(out).toMatch(/act +rotation-enabled: /);
    expect(out).toMatch(/did +enable-key-rotation: confirmed, request \S+/);
    expect(out).toContain(`aws kms disable-key-rotation --key-id ${key} --region eu-west-1`);
    expect(out).toMatch(/told +the officer: rotation-enabled remediated, message /);
    expect(out).not.toContain('\u001b');
  });

  test('links the record of our own change to the outcome by the request id', async () => {
    const key = await bed.createKey();
    const { pipeline } = bed.start();
    const { remediations } = await handleAction(
      pipeline,
      readAction(writeEvent('DisableKeyRotation', key)),
      bed.deliver(),
    );
    const requestID = remediations[0]?.requestIds[0];
    const role = 'keywarden-dev-lifecycle';
    const userIdentity = {
      type: 'AssumedRole',
      arn: `arn:aws:sts::111122223333:assumed-role/${role}/${role}`,
      sessionContext: { sessionIssuer: { arn: `arn:aws:iam::111122223333:role/${role}` } },
    };
    const own = writeEvent('EnableKeyRotation', key, { requestID, userIdentity });
    await handleAction(pipeline, readAction(own), bed.deliver());
    const { out } = await keywarden('ledger', 'show', key);
    expect(out).toContain('This is Keywarden itself.');
    expect(out).toContain("CloudTrail's record of the change told in entry #2.");
  });

  test('finds a key by its id and by its alias', async () => {
    const key = await playStory();
    await bed.kms.send(new CreateAliasCommand({ AliasName: 'alias/shown', TargetKeyId: key }));
    const id = key.slice(key.lastIndexOf('/') + 1);
    expect((await keywarden('ledger', 'show', id)).out).toContain(key);
    expect((await keywarden('ledger', 'show', 'alias/shown')).out).toContain(key);
  });

  test('gives everything as JSON', async () => {
    const key = await playStory();
    const { out } = await keywarden('--format', 'json', 'ledger', 'show', key);
    expect(JSON.parse(out)).toMatchObject({
      subject: key,
      entries: [{ type: 'action' }, { type: 'outcome' }],
      problems: [],
    });
  });

  test('says what to give when there is no such key', async () => {
    const { code, err } = await keywarden('ledger', 'show', 'alias/nothing');
    expect(code).toBe(2);
    expect(err).toBe(
      'keywarden: KMS knows no key "alias/nothing" here. Give a key id, key ARN, alias/name or alias ARN; for a key that is deleted, its ARN.\n',
    );
  });

  test('says that nothing is recorded about a key that nobody touched', async () => {
    const key = await bed.createKey();
    expect((await keywarden('ledger', 'show', key)).out).toContain('Nothing is recorded about it.');
  });
});

describe('keywarden findings', () => {
  test('lists what is open, with what waits for approval, and ends with 1 while something is', async () => {
    const key = await bed.createKey();
    const policy = { controls: { 'rotation-enabled': { mode: 'approve' } } } as const;
    const approve = bed.start(undefined, policy).pipeline;
    await handleAction(approve, readAction(writeEvent('DisableKeyRotation', key)), bed.deliver());
    const { code, out } = await keywarden('findings');
    expect(code).toBe(1);
    expect(out).toContain(`  ${key}\n`);
    expect(out).toMatch(
      /^HIGH {2}rotation-enabled@[0-9a-f-]{36}, open since 2026-\S+ \(\d+ days\), waits for approval\n/,
    );
    expect(out).toMatch(/1 open findings\.\n$/);
    const json = await keywarden('--format', 'json', 'findings');
    expect(JSON.parse(json.out)).toMatchObject({ subject: key, control: 'rotation-enabled', status: 'open' });
    await handleAction(bed.start().pipeline, readAction(writeEvent('DisableKeyRotation', key)), bed.deliver());
    expect(await keywarden('findings')).toMatchObject({ code: 0, out: 'No finding is open.\n' });
  });
});

describe('keywarden ledger verify', () => {
  test('finds an untouched ledger whole', async () => {
    await playStory();
    const { code, out } = await keywarden('ledger', 'verify');
    expect(out).toMatch(/^The ledger is whole: \d+ entries in \d+ chains of ledger, nothing altered/);
    expect(code).toBe(0);
  });

  const at = (key: string, sk: string) => ({ TableName: bed.table, Key: { pk: subjectKey(key), sk } });

  test.each<[string, (key: string) => Promise<unknown>, RegExp]>([
    [
      'an altered entry',
      (key) =>
        bed.dynamo.send(
          new UpdateCommand({
            ...at(key, seqKey(1)),
            UpdateExpression: 'SET entry = :x',
            ExpressionAttributeValues: { ':x': '{}' },
          }),
        ),
      /entry 1: altered/,
    ],
    [
      'an altered index attribute',
      (key) =>
        bed.dynamo.send(
          new UpdateCommand({
            ...at(key, seqKey(1)),
            UpdateExpression: 'SET gsiActor = :x',
            ExpressionAttributeValues: { ':x': 'nobody' },
          }),
        ),
      /entry 1: altered: gsiActor/,
    ],
    [
      'a missing first entry',
      (key) => bed.dynamo.send(new DeleteCommand(at(key, seqKey(1)))),
      /missing: entry 1 is not there/,
    ],
    [
      'a missing last entry',
      (key) => bed.dynamo.send(new DeleteCommand(at(key, seqKey(2)))),
      /truncated: the head names entry 2/,
    ],
    [
      'a missing head',
      (key) => bed.dynamo.send(new DeleteCommand(at(key, 'HEAD'))),
      /the head of the chain is missing/,
    ],
    [
      'a chain that was cut off together with its head',
      async (key) => {
        const { Item } = await bed.dynamo.send(new GetCommand(at(key, seqKey(1))));
        await bed.dynamo.send(new DeleteCommand(at(key, seqKey(2))));
        await bed.dynamo.send(new DeleteCommand(at(key, seqKey(1))));
        await bed.dynamo.send(
          new PutCommand({ TableName: bed.table, Item: { ...at(key, 'HEAD').Key, seq: 0, hash: String(Item?.hash) } }),
        );
      },
      /truncated: a work item names entry 1|does not name the last entry/,
    ],
    [
      'an inserted entry',
      async (key) => {
        const { Item } = await bed.dynamo.send(new GetCommand(at(key, seqKey(2))));
        await bed.dynamo.send(new PutCommand({ TableName: bed.table, Item: { ...Item, sk: seqKey(3) } }));
      },
      /moved: the entry is number 2/,
    ],
    [
      'a finding that was changed',
      (key) =>
        bed.dynamo.send(
          new UpdateCommand({
            ...at(key, findingKey('rotation-enabled')),
            UpdateExpression: 'SET reason = :x',
            ExpressionAttributeValues: { ':x': 'Nothing was wrong.' },
          }),
        ),
      /entry 2: altered: the finding rotation-enabled is resolved, and not as the chain says: resolved/,
    ],
    [
      'a finding that was hidden',
      (key) => bed.dynamo.send(new DeleteCommand(at(key, findingKey('rotation-enabled')))),
      /entry 2: altered: the finding rotation-enabled is not there; by the chain it is resolved/,
    ],
    [
      'a finding that was made up, as if the chain had grown',
      async (key) => {
        const { Item } = await bed.dynamo.send(new GetCommand(at(key, findingKey('rotation-enabled'))));
        const made = { ...Item, sk: findingKey('key-spec-approved'), control: 'key-spec-approved', seq: 99 };
        await bed.dynamo.send(new PutCommand({ TableName: bed.table, Item: made }));
      },
      /altered: the finding key-spec-approved is there, and no entry of the chain says so/,
    ],
  ])('finds %s, names it, and ends with 1', async (_name, tamper, expected) => {
    const key = await playStory();
    await tamper(key);
    const { code, out } = await keywarden('ledger', 'verify');
    expect(out).toMatch(/^THE LEDGER IS NOT WHOLE: /);
    expect(out.split('\n').find((line) => line.includes(key))).toMatch(expected);
    expect(code).toBe(1);
  });

  test('says which table it looked for when there is none', async () => {
    const { code, err } = await keywarden('--table', 'elsewhere', 'ledger', 'verify');
    expect(err).toContain(
      'There is no table elsewhere here. Name the stage with --stage or KEYWARDEN_STAGE (or the table with --table',
    );
    expect(code).toBe(2);
  });
});

describe('keywarden check', () => {
  const ROOT = {
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::111122223333:root' },
    Action: 'kms:*',
    Resource: '*',
  };
  const good = JSON.stringify({ Version: '2012-10-17', Statement: [ROOT] });
  const open = JSON.stringify({ Version: '2012-10-17', Statement: [ROOT, { ...ROOT, Principal: '*' }] });
  const account = ['--key-account', '111122223333'];
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keywarden-check-'));
    const files = { 'good.json': good, 'open.json': open, 'bad.json': '{', 'keys.yml': 'version: 7\n' };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Runs it where the files are, as a pipeline does: without any credentials, Region or network. */
  function check(args: readonly string[], { stdin = '', cwd = folder } = {}): Promise<Ran> {
    return new Promise((resolve) => {
      const command = [join(PROJECT, 'dist/cli/keywarden.js'), 'check', ...args];
      const child = execFile(process.execPath, command, { cwd, env: {} }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
      child.stdin?.end(stdin);
    });
  }

  test.each<[string[], number, string]>([
    [['key-policy', 'good.json', ...account], 0, 'Checked 1 key policy in 1 file: 1 in order'],
    [
      ['key-policy', 'good.json', 'open.json', ...account],
      1,
      'VIOLATION (critical) key-policy-not-public: Statement 2',
    ],
    [['key-policy', 'bad.json', 'open.json', ...account], 2, 'bad.json\n  NOT READ: The file is not JSON'],
    [['key-policy', 'bad.json', 'open.json', ...account], 2, 'VIOLATION (critical) key-policy-not-public: Statement 2'],
    [['key-policy', 'none.json', ...account], 2, 'There is no such file'],
    [['key-policy', '.', ...account], 2, 'It is a directory'],
    [['key-policy', 'good.json'], 2, 'Give it with --key-account'],
    [['key-policy', 'good.json', '--key-account', '1'], 2, 'An AWS account id has 12 digits'],
    [['key-policy', 'good.json', ...account, '--policy', 'none.yml'], 2, 'The policy file none.yml cannot be read'],
    [['key-policy', 'good.json', ...account, '--policy', 'keys.yml'], 2, 'keys.yml:1:10: version is 7; allowed: 1'],
    [['grant', 'good.json', '--key-spec', 'AES'], 2, 'Use one of SYMMETRIC_DEFAULT'],
    [['iam-policy'], 2, "missing required argument 'file'"],
    [['grant', '--help'], 0, 'aws kms list-grants --key-id alias/payments | keywarden check grant -'],
  ])('%j ends with %i and says %j', async (args, code, expected) => {
    const ran = await check(args);
    expect(ran.out + ran.err).toContain(expected);
    expect(ran.code).toBe(code);
  });

  test('reads standard input, and writes JSON lines', async () => {
    const { code, out } = await check(['key-policy', '-', ...account, '--format', 'json'], { stdin: open });
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual({
      file: '-',
      control: 'key-policy-not-public',
      verdict: 'violation',
      statement: { index: 1 },
      principal: '*',
      reason: expect.stringContaining('everybody'),
      severity: 'critical',
    });
    expect(code).toBe(1);
  });

  test('takes text that is not UTF-8 for what it is', async () => {
    await writeFile(join(folder, 'latin.json'), Buffer.from(good.replace('root', 'r\u00f6\u00f6t'), 'latin1'));
    const { code, out } = await check(['key-policy', 'latin.json', ...account]);
    expect(out).toContain('latin.json\n  NOT READ: The file is not UTF-8 text.');
    expect(code).toBe(2);
  });

  test('judges by the policy file where it is called, when there is one', async () => {
    const importing = open.replace('"Principal":"*"', '"Principal":{"AWS":"arn:aws:iam::444455556666:root"}');
    const shipped = await readFile(join(PROJECT, 'keywarden.policy.yml'), 'utf8');
    const trusting = await mkdtemp(join(folder, 'trusting-'));
    await writeFile(
      join(trusting, 'keywarden.policy.yml'),
      shipped.replace('  accounts: []', "  accounts: ['777788889999']"),
    );
    const verdictsIn = async (cwd: string) => {
      const { out } = await check(['key-policy', '-', ...account, '--format', 'json'], { stdin: importing, cwd });
      const lines = out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, string>);
      return lines.filter(({ reason = '' }) => reason.includes('trust.accounts')).length;
    };
    expect(await verdictsIn(folder)).toBeGreaterThan(0);
    expect(await verdictsIn(trusting)).toBe(0);
  });
});

describe('keywarden', () => {
  test.each([
    [['--help'], 0, 'Exit codes:'],
    [['ledger', 'show', '--help'], 0, 'keywarden ledger show alias/payments'],
    [['ledger', 'verify', '--help'], 0, 'keywarden ledger verify --table'],
    [['findings', '--help'], 0, 'keywarden findings --table'],
    [['--version'], 0, '0.1.0'],
    [['ledger', 'burn'], 2, "unknown command 'burn'"],
    [['--format', 'xml', 'ledger', 'verify'], 2, 'Allowed choices are text, json, ndjson.'],
    [['ledger', 'show'], 2, "missing required argument 'key'"],
  ])('%j ends with %i and says what it is about', async (args, code, expected) => {
    const ran = await keywarden(...args);
    expect(ran.code).toBe(code);
    expect(ran.out + ran.err).toContain(expected);
  });
});
