import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateKeyCommand } from '@aws-sdk/client-kms';
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { createSigner } from '../../lib/aws/signer.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { runHourly } from '../../lib/evidence/run-hourly.ts';
import { canonicalText } from '../../lib/ledger/chain.ts';
import { digestOfCheckpoint, FIRST_PREVIOUS } from '../../lib/ledger/checkpoint.ts';
import { CHECKPOINT, checkpointKey, publicKeyKey, REPORTS } from '../../lib/ledger/keys.ts';
import { createTableSource } from '../../lib/ledger/table-source.ts';
import { createKeyLists } from '../../lib/report/key-lists.ts';
import { makeReport, type Reporter } from '../../lib/report/make-report.ts';
import type { PackData } from '../../lib/report/pack-data.ts';
import { renderPage } from '../../lib/report/page/page.ts';
import { verifyPack } from '../../lib/report/verify-pack.ts';
import { type Bed, type Fault, openBed, REGION, type World } from '../evidence/bed.ts';
import { createSigner as createStranger } from '../ledger/export/model.ts';
import { POLICY, POLICY_TEXT } from './example-pack.ts';
import { actionDraft, actionWith, KEY, verdictWith } from './story.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'keywarden-report-test-'));
const WINDOW = { from: '2026-08-03', to: '2026-08-04' };

let bed: Bed;
let world: World;
let newKey: string;

async function recordAction(action: KeyAction): Promise<void> {
  const { evidence, writer } = world.start(undefined, {}, 0);
  const append = {
    subject: action.subject,
    eventId: action.eventId,
    controls: [],
    findings: () => [],
    stage: () => 'done' as const,
  };
  await evidence.ledger.record({ ...append, draft: actionDraft(action, [verdictWith()]) }, writer);
}

beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['scripts/build-cli.ts', join(root, 'cli')], { cwd: PROJECT });
  bed = await openBed();
  world = await bed.openWorld();
  const first = world.start();
  await runHourly(first.evidence, first.writer);
  const { KeyMetadata } = await world.kms.send(new CreateKeyCommand({ Description: '=cmd' }));
  newKey = KeyMetadata?.Arn ?? '';
  await recordAction(actionWith({ eventId: 'a-1', api: 'CreateKey', time: '2026-08-03T09:00:00Z', subject: newKey }));
  await recordAction(
    actionWith({ eventId: 'a-2', api: 'EnableKeyRotation', time: '2026-08-03T09:01:00Z', subject: newKey }),
  );
  await recordAction(actionWith({ eventId: 'a-3', api: 'DisableKey', time: '2026-01-07T09:00:00Z', subject: KEY }));
  const next = world.start(undefined, {}, 24);
  await runHourly(next.evidence, next.writer);
});

afterAll(async () => {
  await bed.stop();
  rmSync(root, { recursive: true });
});

/** A ledger of its own with two checkpoints. */
async function openSigned(): Promise<World> {
  const there = await bed.openWorld();
  for (const _hour of [1, 2]) {
    await there.append('key/one', 2);
    const { evidence, writer } = there.start();
    await runHourly(evidence, writer);
  }
  return there;
}

/** What the function works with, in an invocation of its own. */
function openReporter(
  fault?: Fault,
  there: World = world,
): {
  reporter: Reporter;
  writer: ReturnType<World['start']>['writer'];
  died: Promise<'died'>;
} {
  const { evidence, writer, died } = there.start(fault, {}, 0);
  const { table, store } = evidence;
  const reporter = {
    ...evidence,
    ...{ source: createTableSource(table), keyLists: createKeyLists(store), policy: POLICY, policyText: POLICY_TEXT },
    ...{ renderPage, version: '0.1.0', by: 'keywarden-dev-report', folder: root },
    keyUse: { problem: 'no table of key use was given.' },
  };
  return { reporter, writer, died };
}

async function unpack(object: string): Promise<string> {
  const body = await world.start(undefined, {}, 0).evidence.store.get(object);
  const folder = mkdtempSync(join(root, 'pack-'));
  for (const [path, content] of Object.entries(unzipSync(body ?? new Uint8Array()))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const readPack = (folder: string): PackData => JSON.parse(readFileSync(join(folder, 'data.json'), 'utf8'));

describe('the function that makes evidence packs', () => {
  test('puts a signed pack into the evidence bucket, tells the officer where, and records that it did', async () => {
    await world.readInbox();
    const { reporter, writer } = openReporter();
    const result = await makeReport(reporter, { ...WINDOW, requestedBy: 'olivia@example.com' }, 'order-1', writer);
    if (result.status !== 'made') throw new Error(result.message);
    expect(result).toMatchObject({ ledger: 'whole', actions: 2, openFindings: 0, complete: false });
    expect(result).not.toHaveProperty('unsigned');

    const folder = await unpack(result.object);
    const { pem } = await createSigner(world.kms, world.keyArn).publicKey();
    const { problems, signature, manifestSha256 } = await verifyPack(folder, pem);
    expect({ problems, signature, manifestSha256 }).toEqual({
      problems: [],
      signature: 'given',
      manifestSha256: result.manifestSha256,
    });

    const entries = await world.readChain(REPORTS);
    expect(entries).toMatchObject([
      {
        report: {
          window: { from: '2026-08-03T00:00:00.000Z' },
          manifestSha256: result.manifestSha256,
          object: result.object,
          by: 'keywarden-dev-report for olivia@example.com',
        },
      },
    ]);
    const [message] = await world.readInbox();
    expect(message?.json).toMatchObject({
      object: result.object,
      zipSha256: result.zipSha256,
      manifestSha256: result.manifestSha256,
    });
    expect(readdirSync(root).filter((name) => name.startsWith('keywarden-report-'))).toEqual([]);
  });

  test('reports what the ledger and the lists of keys in the bucket say', async () => {
    const { reporter, writer } = openReporter();
    const result = await makeReport(reporter, WINDOW, 'order-2', writer);
    if (result.status !== 'made') throw new Error(result.message);
    const data = readPack(await unpack(result.object));
    const here = data.inventory.find(({ region }) => region === REGION);
    expect(here).toMatchObject({ looked: true, balanced: true, created: 1, destroyed: 0 });
    const keys = data.populations.find(({ id }) => id === 'keys-at-end')?.rows.map(({ id }) => id);
    expect(keys).toContain(newKey);
    expect(here?.looked === true && here.found).toBe(keys?.length);
    expect(data.integrity).toMatchObject({ state: 'whole', checkpoints: expect.any(Number), keysGiven: true });
    expect(data.integrity.lastCheckpoint).toBeDefined();
  });

  test('makes one pack for one order, however often it is delivered', async () => {
    const { reporter, writer } = openReporter();
    await makeReport(reporter, WINDOW, 'order-3', writer);
    const again = openReporter();
    expect(await makeReport(again.reporter, WINDOW, 'order-3', again.writer)).toMatchObject({ status: 'already-made' });
  });

  test('makes the pack of the month before when the schedule calls it, once', async () => {
    const { reporter, writer } = openReporter();
    expect(await makeReport(reporter, { monthly: {} }, 'schedule-1', writer)).toMatchObject({
      ...{ status: 'made', window: { from: '2026-07-01T00:00:00.000Z', to: '2026-08-01T00:00:00.000Z' }, actions: 0 },
    });
    const again = openReporter();
    expect(await makeReport(again.reporter, { monthly: {} }, 'schedule-2', again.writer)).toMatchObject({
      status: 'already-made',
    });
  });

  test('after a crash between the message and the entry makes the pack anew, and records one', async () => {
    const before = (await world.readChain(REPORTS)).length;
    const crash = openReporter(({ operation }) => (operation === 'Publish' ? 'crash' : undefined));
    const dead = makeReport(crash.reporter, WINDOW, 'order-4', crash.writer);
    expect(await Promise.race([dead, crash.died])).toBe('died');
    const { reporter, writer } = openReporter();
    expect(await makeReport(reporter, WINDOW, 'order-4', writer)).toMatchObject({ status: 'made' });
    expect(await world.readChain(REPORTS)).toHaveLength(before + 1);
  });

  test('has the room that a run took which was ended from outside', async () => {
    const { reporter, writer } = openReporter();
    const folder = mkdtempSync(join(root, 'places-'));
    const [ended, running] = [900_000, 899_000].map((ago) => `keywarden-report-${reporter.clock().getTime() - ago}-x`);
    for (const name of [ended, running]) {
      mkdirSync(join(folder, String(name), 'pack'), { recursive: true });
      writeFileSync(join(folder, String(name), 'pack', 'data.json'), '{}');
    }
    expect(await makeReport({ ...reporter, folder }, WINDOW, 'order-6', writer)).toMatchObject({ status: 'made' });
    expect(readdirSync(folder)).toEqual([running]);
  });

  test('makes an unsigned pack when the key cannot be used, and says so to the officer', async () => {
    await world.readInbox();
    const { reporter, writer } = openReporter();
    const signer = createSigner(world.kms, world.keyArn.replace(/[0-9a-f]{8}$/, '00000000'));
    const result = await makeReport({ ...reporter, signer }, WINDOW, 'order-5', writer);
    expect(result).toMatchObject({ status: 'made', unsigned: expect.stringContaining('NotFoundException') });
    expect((await world.readInbox())[0]?.text).toContain('NotFoundException');
  });

  describe('measures the table by what the bucket keeps', () => {
    const before = { from: '2026-08-02', to: '2026-08-03' };

    const put = ({ dynamo, table }: World, item: Record<string, unknown>) =>
      dynamo.send(new PutCommand({ TableName: table.table, Item: { pk: CHECKPOINT, ...item } }));

    test('so that checkpoints that somebody signed anew with a key of their own prove nothing', async () => {
      const there = await openSigned();
      const stranger = createStranger();
      let previous = FIRST_PREVIOUS;
      for (const checkpoint of await there.readCheckpoints()) {
        const forged = stranger.sign(canonicalText({ ...checkpoint, key: stranger.fingerprint, previous }));
        await put(there, { sk: checkpointKey(checkpoint.number), ...forged });
        previous = digestOfCheckpoint(forged);
      }
      await put(there, { sk: publicKeyKey(stranger.fingerprint), pem: stranger.pem });
      const { reporter, writer } = openReporter(undefined, there);
      expect(await makeReport(reporter, before, 'order-1', writer)).toMatchObject({ ledger: 'not-whole' });
    });

    test('so that a table that lost its newest checkpoint is not whole', async () => {
      const there = await openSigned();
      const Key = { pk: CHECKPOINT, sk: checkpointKey(2) };
      await there.dynamo.send(new DeleteCommand({ TableName: there.table.table, Key }));
      const { reporter, writer } = openReporter(undefined, there);
      const result = await makeReport(reporter, before, 'order-1', writer);
      expect(result).toMatchObject({ ledger: 'not-whole' });
      if (result.status !== 'made') throw new Error(result.message);
      const body = await there.start(undefined, {}, 0).evidence.store.get(result.object);
      const text = Buffer.from(unzipSync(body ?? new Uint8Array())['data.json'] ?? []).toString('utf8');
      expect((JSON.parse(text) as PackData).integrity.problems).toContainEqual({
        ...{ subject: 'checkpoints', seq: 2 },
        what: 'truncated: checkpoint 2 is known to exist, the last one here is 1',
      });
    });
  });

  test.each<[string, unknown]>([
    ['nothing', null],
    ['a text', 'July'],
    ['no window', {}],
    ['a field that there is not', { ...WINDOW, too: '2026-08-04' }],
    ['days in the wrong order', { from: WINDOW.to, to: WINDOW.from }],
    ['time to come', { from: '2026-08-03', to: '2026-09-01' }],
  ])('refuses %s with what to send', async (_what, input) => {
    const { reporter, writer } = openReporter();
    expect(await makeReport(reporter, input, 'order-9', writer)).toMatchObject({
      ...{ status: 'refused', message: expect.stringContaining('Send { "from"') },
    });
  });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command as a user does. */
function keywarden(...args: string[]): Promise<Ran> {
  const env = {
    PATH: process.env.PATH,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: bed.options.endpoint,
    KEYWARDEN_TABLE: world.table.table,
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(root, 'cli', 'keywarden.js'), ...args],
      { cwd: PROJECT, env },
      (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      },
    );
  });
}

const JANUARY = ['--from', '2026-01-01', '--to', '2026-02-01'];

describe('keywarden ledger show', () => {
  test.each([
    ['reports', 'vidence pack'],
    ['inventory', 'keys'],
  ])('tells of %s what a README of a pack sends an auditor to it for', async (subject, words) => {
    const { code, out } = await keywarden('ledger', 'show', subject);
    expect([code, out]).toEqual([0, expect.stringContaining(words)]);
  });
});

describe('keywarden report', () => {
  test('writes a pack of the table and an archive of it, and verifies and samples it', async () => {
    const out = join(root, 'january');
    const { evidence } = world.start(undefined, {}, 0);
    const made = await keywarden(
      'report',
      ...JANUARY,
      '--out',
      out,
      '--signing-key',
      world.keyArn,
      '--evidence-bucket',
      evidence.bucket,
    );
    expect(made.err).toBe('');
    expect(made.code).toBe(0);
    expect(made.out).toContain('1 actions');
    expect(made.out).toContain(`Signed by ${world.keyArn}`);
    expect(made.out).toContain('Not looked at: no list of the keys was recorded within two days');
    const zip = unzipSync(readFileSync(`${out}.zip`));
    expect(
      createHash('sha256')
        .update(zip['manifest.json'] ?? '')
        .digest('hex'),
    ).toBe(/manifest: (\w+)/.exec(made.out)?.[1]);

    const verified = await keywarden('report', 'verify', out, '--public-key', join(out, 'public-key.pem'));
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining('Signed by the key that you gave') });
    const sample = await keywarden(
      'report',
      'sample',
      '--population',
      join(out, 'populations/actions.csv'),
      '--size',
      '25',
      '--seed',
      'x',
      '--format',
      'json',
    );
    expect(JSON.parse(sample.out)).toMatchObject({ population: 1, rows: [{ row: { eventId: 'a-3' } }] });

    writeFileSync(join(out, 'populations/actions.csv'), '');
    expect(await keywarden('report', 'verify', out)).toMatchObject({
      code: 1,
      out: expect.stringContaining('altered: populations/actions.csv'),
    });
  });

  test('measures the table by what the evidence bucket keeps: checkpoints that were cut off are missed', async () => {
    const there = await openSigned();
    const named = ['--table', there.table.table, '--evidence-bucket', there.start(undefined, {}, 0).evidence.bucket];
    const verify = (...args: string[]) => keywarden('ledger', 'verify', ...args);
    const whole = await verify(...named);
    expect(whole).toMatchObject({ code: 0, out: expect.not.stringContaining('the ledger itself names') });
    const Key = { pk: CHECKPOINT, sk: checkpointKey(2) };
    await there.dynamo.send(new DeleteCommand({ TableName: there.table.table, Key }));
    expect(await verify('--table', there.table.table)).toMatchObject({ code: 0 });
    const cutOff = 'truncated: checkpoint 2 is known to exist, the last one here is 1';
    expect(await verify(...named)).toMatchObject({ code: 1, out: expect.stringContaining(cutOff) });
    const made = await keywarden('report', ...JANUARY, ...named, '--out', join(root, 'cut-off'), '--no-sign');
    expect(made).toMatchObject({ code: 1, out: expect.stringContaining('THE LEDGER IS NOT WHOLE') });
  });

  test('writes the same populations from an export, without AWS', async () => {
    const [folder, fromTable, fromExport] = ['ledger', 'from-table', 'from-export'].map((name) => join(root, name)) as [
      string,
      string,
      string,
    ];
    expect(await keywarden('ledger', 'export', folder)).toMatchObject({ code: 0 });
    expect(await keywarden('report', ...JANUARY, '--out', fromTable, '--no-sign')).toMatchObject({
      code: 0,
      out: expect.stringContaining('NOT SIGNED'),
    });
    const made = await keywarden(
      'report',
      ...JANUARY,
      '--out',
      fromExport,
      '--no-sign',
      '--export',
      folder,
      '--endpoint-url',
      'http://127.0.0.1:9',
    );
    expect(made).toMatchObject({ code: 0, err: '' });
    for (const name of readdirSync(join(fromTable, 'populations'))) {
      const read = (pack: string) => readFileSync(join(pack, 'populations', name), 'utf8');
      expect([name, read(fromExport)]).toEqual([name, read(fromTable)]);
    }
    expect(await keywarden('report', 'verify', fromExport)).toMatchObject({
      code: 2,
      out: expect.stringContaining('NOT SIGNED'),
    });
  });

  test('of an export that was changed says so, and counts nothing that does not verify', async () => {
    const [folder, out] = [join(root, 'changed'), join(root, 'of-changed')];
    await keywarden('ledger', 'export', folder);
    const entries = join(folder, 'entries.jsonl');
    writeFileSync(entries, readFileSync(entries, 'utf8').replaceAll('DisableKey', 'EnableKey '));
    const made = await keywarden('report', ...JANUARY, '--out', out, '--no-sign', '--export', folder);
    expect(made).toMatchObject({ code: 1, out: expect.stringContaining('THE LEDGER IS NOT WHOLE') });
    expect(made.out).toContain('  0 actions');
    expect(readFileSync(join(out, 'verification.txt'), 'utf8')).toContain('What is wrong');
    expect(readFileSync(join(out, 'populations/unverified.jsonl'), 'utf8')).toContain('"a-3"');
  });

  test.each<[string, string[], string]>([
    ['no window', ['--out', 'x'], '--from is missing'],
    [
      'a day that does not exist',
      ['--from', '2026-02-30', '--to', '2026-03-01', '--out', 'x'],
      '--from is "2026-02-30"',
    ],
    ['no folder', JANUARY, '--out is missing'],
    ['a folder with something in it', [...JANUARY, '--out', 'docs'], 'docs is there and not empty'],
    [
      'a policy file that is not there',
      [...JANUARY, '--out', 'x', '--policy', 'none.yml'],
      'The policy file none.yml cannot be read',
    ],
    ['an export that is none', [...JANUARY, '--out', 'x', '--export', 'docs'], 'docs'],
    ['a key that is none', [...JANUARY, '--out', 'x', '--public-key', 'README.md'], 'README.md is no public key'],
  ])('refuses %s, and says what to do', async (_what, args, message) => {
    const { code, err } = await keywarden('report', ...args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});
