import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EncryptCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
} from '@aws-sdk/client-kms';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Entry } from '../../lib/ledger/entry.ts';
import { type LedgerTable, readEntries } from '../../lib/ledger/read.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { logIn, type Person } from '../../local/demo/people.ts';
import { type StoryPolicy, writeStoryPolicy } from '../../local/demo/policy.ts';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { localClientConfig } from '../../local/local-client.ts';
import { LOCAL_ACCOUNT } from '../../local/moto.ts';

const REGION = 'eu-west-1';
const run = promisify(execFile);

let policy: StoryPolicy;
let aws: LocalAws;
let dana: Person;
let olivia: Person;
let frank: Person;
/** Records have whole seconds: in a life of a few seconds nobody could tell what came first. */
let minutes = 0;
let key = '';
let source: LedgerTable;
/** What the ledger tells of each step of the life, in the order of the steps. */
const life = new Map<string, readonly string[]>();

beforeAll(async () => {
  policy = await writeStoryPolicy({ account: LOCAL_ACCOUNT, region: REGION });
  aws = await startLocalAws({
    region: REGION,
    policy: policy.file,
    clock: () => new Date(Date.now() + minutes * 60_000),
  });
  const place = { url: aws.url, region: REGION, account: LOCAL_ACCOUNT };
  dana = await logIn('dana@example.com', 'KeyAdmin', place);
  olivia = await logIn('olivia@example.com', 'SecurityOfficer', place);
  frank = await logIn('frank@example.com', 'Developer', place);
  source = {
    client: DynamoDBDocumentClient.from(new DynamoDBClient(localClientConfig({ endpoint: aws.url, region: REGION }))),
    table: aws.table,
  };
  await live();
});
afterAll(async () => {
  await aws?.stop();
  await policy?.remove();
});

/** Each step is over before the next begins, so that its entries stand together in the chain. */
async function live(): Promise<void> {
  let seen = 0;
  for (const [name, step] of STEPS) {
    minutes += 1;
    await step();
    await aws.idle();
    const entries = await readChain();
    life.set(name, entries.slice(seen).map(tell).sort(byRole));
    seen = entries.length;
  }
}

async function makeKey() {
  const Tags = [{ TagKey: 'owner', TagValue: 'dana@example.com' }];
  const { KeyMetadata } = await dana.kms.send(new CreateKeyCommand({ Tags }));
  key = KeyMetadata?.Arn ?? '';
}

const shareKey = () =>
  dana.kms.send(
    new CreateGrantCommand({
      KeyId: key,
      GranteePrincipal: `arn:aws:iam::${LOCAL_ACCOUNT}:role/app`,
      Operations: ['Decrypt'],
      Constraints: { EncryptionContextEquals: { customer: '42' } },
    }),
  );

const approve = () =>
  olivia.kms.send(
    new TagResourceCommand({
      KeyId: key,
      Tags: [{ TagKey: 'keywarden:deletion-approval', TagValue: 'olivia@example.com SEC-42' }],
    }),
  );

const useKey = () =>
  expect(frank.kms.send(new EncryptCommand({ KeyId: key, Plaintext: Buffer.from('card') }))).rejects.toMatchObject({
    name: 'KMSInvalidStateException',
  });

const STEPS: ReadonlyArray<readonly [name: string, step: () => Promise<unknown>]> = [
  ['made, with an owner', makeKey],
  ['given a name', () => dana.kms.send(new CreateAliasCommand({ AliasName: 'alias/payments', TargetKeyId: key }))],
  ['shared with a role', shareKey],
  ['its rotation switched off', () => dana.kms.send(new DisableKeyRotationCommand({ KeyId: key }))],
  ['rotated', () => dana.kms.send(new RotateKeyOnDemandCommand({ KeyId: key }))],
  ['disabled by a stranger', () => frank.kms.send(new DisableKeyCommand({ KeyId: key }))],
  ['enabled', () => dana.kms.send(new EnableKeyCommand({ KeyId: key }))],
  [
    'to be deleted by a stranger',
    () => frank.kms.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 })),
  ],
  ['its deletion approved', approve],
  ['to be deleted', () => dana.kms.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 30 }))],
  ['used while it waits', useKey],
  ['deleted', () => aws.gateway.emit({ name: 'DeleteKey', key, region: REGION })],
];

async function readChain(): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const stored of readEntries(source, key)) entries.push(JSON.parse(String(stored.entry)) as Entry);
  return entries;
}

/** One entry in one line: what happened and what is wrong with it, or what was done and told. */
function tell(entry: Entry): string {
  if (entry.type === 'malformed') return `malformed ${entry.error.code}`;
  if (entry.type === 'action') {
    const { action, verdicts, decisions } = entry;
    const who = action.actor.bySelf ? 'Keywarden' : (action.actor.person ?? action.actor.type);
    const wrong = verdicts.filter(({ verdict }) => verdict === 'violation' || verdict === 'unknown');
    const decided = (control: string) => decisions.find((one) => one.control === control)?.decision;
    const judged = wrong.map(({ control, verdict }) => `${control} ${verdict}: ${decided(control)}`);
    return [`${who}: ${action.api} ${action.outcome}`, ...judged].join(', ');
  }
  if (entry.type !== 'outcome') return entry.type;
  const done = entry.remediations.map(({ remedy, status }) => `${remedy} ${status}`);
  const told = entry.told.map(({ control, state }) => `${control.split('#')[0]} ${state}`);
  return ['outcome', ...done, ...told].join(', ');
}

/** Keywarden's own calls come back as events while it still works, so that those and the outcome have no order. */
const byRole = (one: string, other: string): number => rank(one) - rank(other) || (one < other ? -1 : 1);
const rank = (line: string): number => (line.startsWith('outcome') ? 1 : line.startsWith('Keywarden') ? 2 : 0);

describe('a key, from its generation to its destruction', () => {
  test('has every action, verdict, change and message of its life in the ledger, in order', () => {
    expect([...life]).toEqual([
      [
        'made, with an owner',
        [
          'dana@example.com: CreateKey succeeded, rotation-enabled violation: act',
          'outcome, enable-key-rotation confirmed, rotation-enabled remediated',
          'Keywarden: EnableKeyRotation succeeded',
        ],
      ],
      ['given a name', ['dana@example.com: CreateAlias succeeded']],
      ['shared with a role', ['dana@example.com: CreateGrant succeeded']],
      [
        'its rotation switched off',
        [
          'dana@example.com: DisableKeyRotation succeeded, rotation-enabled violation: act',
          'outcome, enable-key-rotation confirmed, rotation-enabled remediated',
          'Keywarden: EnableKeyRotation succeeded',
        ],
      ],
      // KMS tells of a rotation twice, by CloudTrail and directly; both are recorded.
      [
        'rotated',
        [
          'AWSInternal: RotateKey succeeded',
          'AWSInternal: RotateKey succeeded',
          'dana@example.com: RotateKeyOnDemand succeeded',
        ],
      ],
      [
        'disabled by a stranger',
        [
          'frank@example.com: DisableKey succeeded, key-administrator-authorized violation: tell, key-available violation: ask',
          'outcome, key-administrator-authorized opened, key-available needs-approval',
        ],
      ],
      [
        'enabled',
        [
          'dana@example.com: EnableKey succeeded',
          'outcome, key-administrator-authorized resolved, key-available resolved',
        ],
      ],
      [
        'to be deleted by a stranger',
        [
          'frank@example.com: ScheduleKeyDeletion succeeded, deletion-authorized violation: act, deletion-waiting-period violation: act',
          'outcome, cancel-key-deletion confirmed, deletion-authorized remediated, deletion-waiting-period remediated',
          'Keywarden: CancelKeyDeletion succeeded',
          'Keywarden: EnableKey succeeded',
        ],
      ],
      ['its deletion approved', ['olivia@example.com: TagResource succeeded']],
      ['to be deleted', ['dana@example.com: ScheduleKeyDeletion succeeded']],
      [
        'used while it waits',
        [
          'frank@example.com: Encrypt failed, pending-deletion-key-not-used violation: tell',
          'outcome, pending-deletion-key-not-used opened',
        ],
      ],
      [
        'deleted',
        [
          'AWSInternal: DeleteKey succeeded',
          'AWSInternal: DeleteKey succeeded',
          'outcome, pending-deletion-key-not-used resolved',
        ],
      ],
    ]);
  });

  test('leaves a chain that is whole', async () => {
    expect((await verifyLedger(source)).problems).toEqual([]);
  });

  test('is judged the same by an audit of its CloudTrail files, or unknown with the reason', async () => {
    const audited = await auditRecords();
    const differing: string[] = [];
    let same = 0;
    const actions = (await readChain()).filter((entry) => entry.type === 'action');
    for (const entry of actions) {
      // What KMS tells directly is not in CloudTrail's files; its twin is, which was not judged again when it came second.
      const twin = actions.find(({ sameAs }) => sameAs?.seq === entry.seq);
      const line = audited.get(entry.eventId.startsWith('direct-') ? (twin?.eventId ?? '') : entry.eventId);
      for (const { control, verdict } of entry.verdicts) {
        const other = line?.verdicts.find((one) => one.control === control);
        if (other?.verdict === verdict) same += 1;
        else
          differing.push(
            `${entry.action.api} ${control}: ${verdict}, in the files ${other?.verdict}, ${other?.reason}`,
          );
      }
    }
    expect(differing).toEqual([
      // KMS counts uses since it began to; files of minutes say nothing of the weeks before.
      expect.stringMatching(/^ScheduleKeyDeletion deletion-key-unused: compliant, in the files unknown, .{40}/),
      expect.stringMatching(/^ScheduleKeyDeletion deletion-key-unused: compliant, in the files unknown, .{40}/),
      expect.stringMatching(/^DeleteKey key-use-logged: not-applicable, in the files unknown, .{40}/),
    ]);
    expect(same).toBeGreaterThan(40);
  });
});

interface AuditedAction {
  readonly eventId: string;
  readonly verdicts: ReadonlyArray<{ readonly control: string; readonly verdict: string; readonly reason: string }>;
}

/** Runs the command over what the local AWS recorded: it needs no AWS. */
async function auditRecords(): Promise<ReadonlyMap<string, AuditedAction>> {
  const folder = await mkdtemp(join(tmpdir(), 'keywarden-life-'));
  try {
    await aws.writeLogs(join(folder, 'logs'));
    await run(process.execPath, ['scripts/build-cli.ts', join(folder, 'cli')]);
    const self = ['lifecycle', 'remediate'].map((name) => `arn:aws:iam::${LOCAL_ACCOUNT}:role/keywarden-dev-${name}`);
    const args = ['audit', join(folder, 'logs'), '--format', 'ndjson', '--policy', policy.file, '--self', ...self];
    // It ends with 1, because the life has violations.
    const { stdout } = await run(process.execPath, [join(folder, 'cli', 'keywarden.js'), ...args]).catch(
      (error: { code?: number; stdout?: string; stderr?: string }) => {
        if (error.code !== 1) throw new Error(error.stderr);
        return { stdout: error.stdout ?? '' };
      },
    );
    const actions = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditedAction);
    return new Map(actions.map((action) => [action.eventId, action]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
