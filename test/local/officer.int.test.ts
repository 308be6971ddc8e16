import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import type { ActionEntry, Entry } from '../../lib/ledger/entry.ts';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';

/**
 * What a security officer does when somebody orders the destruction of a key: reads the mail, and runs the command that stands
 * in it. Everything goes through the deployed stack, its function URL and the command as it is built.
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'keywarden-officer-'));
const people = new Map<string, { accessKeyId: string; secretAccessKey: string }>();
let aws: LocalAws;

beforeAll(async () => {
  const policy = join(folder, 'keywarden.policy.yml');
  writeFileSync(policy, writePolicy());
  aws = await startLocalAws({ policy, functionTimeout: 60 });
  const built = join(folder, 'built', 'cli');
  await promisify(execFile)(process.execPath, ['scripts/build-cli.ts', built], { cwd: ROOT });
  mkdirSync(join(folder, 'bin'));
  const command = join(folder, 'bin', 'keywarden');
  writeFileSync(command, `#!/bin/bash\nexec '${process.execPath}' '${join(built, 'keywarden.js')}' "$@"\n`);
  chmodSync(command, 0o755);
  for (const name of ['dana', 'eve', 'olivia', 'oscar']) people.set(name, await addPerson(name));
}, 240_000);
afterAll(async () => {
  await aws?.stop();
  rmSync(folder, { recursive: true });
});

const user = (name: string) => `arn:aws:iam::111122223333:user/${name}`;

/** Dana administers keys, Olivia and Oscar approve; whoever else orders a deletion is not authorised. Keywarden asks first. */
function writePolicy(): string {
  const policy = parse(readFileSync(join(ROOT, 'keywarden.policy.yml'), 'utf8'));
  policy.trust.administrators = [user('dana')];
  policy.deletion.approvers = [user('olivia'), user('oscar')];
  policy.approval.officers = [user('olivia'), user('oscar'), user('eve')];
  for (const control of ['deletion-authorized', 'deletion-waiting-period', 'deletion-key-unused'])
    policy.controls[control] = { mode: 'approve' };
  return stringify(policy);
}

async function addPerson(UserName: string) {
  const credentials = { accessKeyId: 'anyone', secretAccessKey: 'any' };
  const iam = new IAMClient({ endpoint: aws.url, region: aws.region, credentials });
  await iam.send(new CreateUserCommand({ UserName }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
}

const keysOf = (name: string) => people.get(name) ?? { accessKeyId: '', secretAccessKey: '' };
const kmsOf = (name: string) => new KMSClient({ endpoint: aws.url, region: aws.region, credentials: keysOf(name) });

/** Runs a line in a shell, as somebody. */
function run(name: string, line: string): Promise<{ code: number; out: string }> {
  const { accessKeyId, secretAccessKey } = keysOf(name);
  const env = {
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    HOME: folder,
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  return new Promise((resolve) => {
    execFile('bash', ['-c', line], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out: `${out}${err}` }),
    );
  });
}

async function addKey(): Promise<string> {
  const kms = kmsOf('dana');
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Tags: [{ TagKey: 'owner', TagValue: 'payments' }] }));
  const KeyId = KeyMetadata?.KeyId ?? '';
  await kms.send(new EnableKeyRotationCommand({ KeyId }));
  await aws.idle();
  return KeyId;
}

/** The command of the newest mail about a key that waits for an approval, as it stands in its text, with a reason. */
function readCommand(control: string, key: string): string {
  const mail = aws
    .messages()
    .filter(
      ({ attributes, text }) =>
        attributes.control === control && attributes.state === 'needs-approval' && text.includes(key),
    )
    .at(-1);
  const line = /^ *(keywarden approve .*)$/m.exec(mail?.text ?? '')?.[1];
  if (line === undefined) throw new Error(`No mail about ${control} of ${key} has a command:\n${mail?.text}`);
  return `${line.replace("'YOUR REASON'", "'Agreed with the owner'")} --yes`;
}

async function readStory(key: string): Promise<readonly Entry[]> {
  const { out } = await run('olivia', `keywarden ledger show ${key} --region ${aws.region} --format json`);
  return (JSON.parse(out) as { entries: readonly Entry[] }).entries;
}

const stateOf = async (KeyId: string) =>
  (await kmsOf('dana').send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState;
const isAction = (entry: Entry): entry is ActionEntry => entry.type === 'action';

describe('a deletion in 7 days by somebody who may not order it', () => {
  let key = '';
  let approve = '';
  const name = () => `deletion-authorized@${key} --region ${aws.region}`;

  beforeAll(async () => {
    key = await addKey();
    await kmsOf('eve').send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 }));
    await aws.idle();
  }, 120_000);

  test('reaches the officer with the exact command, and is left alone until somebody approves', async () => {
    approve = readCommand('deletion-authorized', key);
    expect(approve).toMatch(/^keywarden approve .*deletion-authorized@.* --plan [0-9a-f]{12,} /);
    expect(await stateOf(key)).toBe('PendingDeletion');
  });

  test('is not approved by who ordered it, though an officer', async () => {
    const { code, out } = await run('eve', approve);
    expect(out).toMatch(/caused/);
    expect(code).toBe(1);
    expect(await stateOf(key)).toBe('PendingDeletion');
  });

  test('is not approved by who proposed that', async () => {
    const proposed = await run('olivia', `keywarden remediate ${name()} --reason 'It must stay' --yes`);
    expect(proposed.out).toMatch(/proposed/);
    await aws.idle();
    approve = readCommand('deletion-authorized', key);
    const { code, out } = await run('olivia', approve);
    expect(out).toMatch(/proposed/);
    expect(code).toBe(1);
    expect(await stateOf(key)).toBe('PendingDeletion');
  });

  test('is cancelled when a second person approves: the key is back, enabled as before, and the finding is resolved', async () => {
    const { code, out } = await run('oscar', approve);
    expect({ code, out }).toMatchObject({ code: 0 });
    expect(await stateOf(key)).toBe('Enabled');
    await aws.idle();
    const finding = await run('olivia', `keywarden finding ${name()} --format json`);
    expect(JSON.parse(finding.out)).toMatchObject({ finding: { status: 'resolved' } });
    const [mail] = aws
      .messages()
      .filter(({ attributes, text }) => attributes.state === 'remediated' && text.includes(key))
      .slice(-1);
    expect(mail?.text).toMatch(/oscar/);
  });

  test('has the CloudTrail record of each call that Keywarden made as its confirmation', async () => {
    const entries = (await readStory(key)).filter(isAction);
    const approval = entries.find(({ action }) => action.api === 'ApproveRemediation');
    const confirmed = entries.filter(({ confirms }) => confirms?.seq === approval?.seq);
    expect(approval?.order?.by).toMatchObject({ arn: user('oscar'), verified: true });
    expect(confirmed.map(({ action }) => action.api).toSorted()).toEqual(['CancelKeyDeletion', 'EnableKey']);
    expect(confirmed.map(({ confirms }) => confirms?.how)).toEqual(['request-id', 'request-id']);
    expect(confirmed.every(({ action }) => action.actor.bySelf)).toBe(true);
  });

  test('is not ordered again by an undo, which says why', async () => {
    const { code, out } = await run('olivia', `keywarden undo ${name()} --reason 'The owner insists' --yes`);
    expect(out).toMatch(/never orders a deletion/);
    expect(out).toContain('schedule-key-deletion');
    expect(code).toBe(1);
    expect(await stateOf(key)).toBe('Enabled');
  });

  test('changes nothing when the same approval is given again', async () => {
    const before = await readStory(key);
    const { code, out } = await run('oscar', approve);
    expect({ code, out }).toMatchObject({ code: 0 });
    expect(await readStory(key)).toEqual(before);
    expect(await stateOf(key)).toBe('Enabled');
  });
});

test('an approval of what has changed since is refused, and the difference is shown', async () => {
  const key = await addKey();
  const eve = kmsOf('eve');
  await eve.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 }));
  await aws.idle();
  const approve = readCommand('deletion-authorized', key);
  // One after the other is recorded: the queue keeps no order, and CloudTrail's times have no fractions.
  await eve.send(new CancelKeyDeletionCommand({ KeyId: key }));
  await aws.idle();
  await eve.send(new EnableKeyCommand({ KeyId: key }));
  await aws.idle();
  await eve.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 9 }));
  await aws.idle();
  const { code, out } = await run('oscar', approve);
  expect(out).toMatch(/deletionAt was .* and is /);
  expect(code).toBe(1);
  expect(await stateOf(key)).toBe('PendingDeletion');
}, 120_000);
