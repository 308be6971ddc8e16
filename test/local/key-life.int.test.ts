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

let policy: StoryPolicy;
let aws: LocalAws;
let dana: Person;
let olivia: Person;
let frank: Person;
let key = '';
let source: LedgerTable;
/** What the ledger tells of each step of the life, in the order of the steps. */
const life = new Map<string, readonly string[]>();

beforeAll(async () => {
  policy = await writeStoryPolicy({ account: LOCAL_ACCOUNT, region: REGION });
  aws = await startLocalAws({ region: REGION, policy: policy.file });
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
  const done = entry.remediations.map(({ remedy, status }) => `${remedy} ${status}`);
  const told = entry.told.map(({ control, state }) => `${control.split('#')[0]} ${state}`);
  return ['outcome', ...done, ...told].join(', ');
}

/** Keywarden's own calls come back as events while it still works, so that those and the outcome have no order. */
const byRole = (one: string, other: string): number => rank(one) - rank(other) || (one < other ? -1 : 1);
const rank = (line: string): number => (line.startsWith('outcome') ? 1 : line.startsWith('Keywarden') ? 2 : 0);

describe('a key, from its generation to its destruction', () => {
  test('has every action, verdict, change and message of its life in the ledger, in order', () => {
    expect(Object.fromEntries(life)).toEqual({});
  });

  test('leaves a chain that is whole', async () => {
    expect((await verifyLedger(source)).problems).toEqual([]);
  });
});
