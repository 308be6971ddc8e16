import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createStorm } from '../../lib/alert/storm.ts';
import { writeMark } from '../../lib/evidence/chain-marks.ts';
import { addPublicKey, noteFinished, noteLooked, noteProblem } from '../../lib/evidence/checkpoint-items.ts';
import { draftMalformed } from '../../lib/ledger/fit.ts';
import type { Work } from '../../lib/ledger/items.ts';
import { type Append, createLedger } from '../../lib/ledger/ledger.ts';
import type { OwnChange } from '../../lib/ledger/own-change.ts';
import { packageStack, TEMPLATE_FILE } from '../../local/package-stack.ts';
import { resolveValue, type Scope, type Template, type TemplateValue } from '../../local/resolve-template.ts';
import { authorise, type Request, type Statement } from './authorisation.ts';

const ACCOUNT = '111122223333';
const TABLE = `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/keywarden-dev-ledger`;
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

/** Statements by role, by the role's ARN, and those on the table itself. */
let roles: ReadonlyMap<string, { readonly arn: string; readonly statements: readonly Statement[] }>;
let onTable: readonly Statement[];

beforeAll(async () => {
  const packaged = await packageStack({ stage: 'dev', region: 'eu-west-1' });
  const template: Template = JSON.parse(await readFile(join(packaged, TEMPLATE_FILE), 'utf8'));
  const resources = Object.entries(template.Resources);
  const nameOf = ({ TableName, RoleName }: Readonly<Record<string, TemplateValue>>) => String(TableName ?? RoleName);
  const scope: Scope = {
    account: ACCOUNT,
    region: 'eu-west-1',
    types: new Map(resources.map(([id, { Type }]) => [id, Type])),
    physicalIds: new Map(
      resources.map(([id, { Properties = {} }]) => [id, nameOf(Properties) === 'undefined' ? id : nameOf(Properties)]),
    ),
  };
  const statementsOf = (document: TemplateValue | undefined) =>
    (resolveValue(document ?? {}, scope) as unknown as { Statement: Statement[] }).Statement;
  roles = new Map(
    resources
      .filter(([, { Type }]) => Type === 'AWS::IAM::Role')
      .map(([id, { Properties = {} }]) => {
        const policies = (Properties.Policies ?? []) as readonly Readonly<Record<string, TemplateValue>>[];
        const statements = policies.flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument));
        return [id, { arn: `arn:aws:iam::${ACCOUNT}:role/${String(Properties.RoleName)}`, statements }];
      }),
  );
  const policy = template.Resources.Ledger?.Properties?.ResourcePolicy as Readonly<Record<string, TemplateValue>>;
  onTable = statementsOf(policy.PolicyDocument);
});

const WITH_EVERYTHING: Statement = { Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' };
const ADMINISTRATOR = `arn:aws:iam::${ACCOUNT}:role/OrganizationAdmin`;

const ask = (operation: string, context: Request['context'] = {}, resource = TABLE): Request => ({
  action: `dynamodb:${operation}`,
  resource,
  context,
});
const onSubject = { 'dynamodb:LeadingKeys': [`SUBJECT#${KEY}`] };
const IN_TRANSACTION = { 'dynamodb:EnclosingOperation': ['TransactWriteItems'] };

/** What nothing of Keywarden may do to its ledger, and what AWS would be asked for it. */
const FORBIDDEN: readonly (readonly [what: string, request: Request])[] = [
  ['delete an entry', ask('DeleteItem', onSubject)],
  ['delete an entry in a transaction', ask('DeleteItem', { ...onSubject, ...IN_TRANSACTION })],
  ['put or delete many items at once', ask('BatchWriteItem', onSubject)],
  ['delete with a statement', ask('PartiQLDelete', onSubject)],
  ['insert with a statement', ask('PartiQLInsert', onSubject)],
  ['update with a statement', ask('PartiQLUpdate', onSubject)],
  ['put an item outside of a transaction', ask('PutItem', onSubject)],
  ['update an entry', ask('UpdateItem', { ...onSubject, 'dynamodb:Attributes': ['pk', 'sk', 'entry', 'hash'] })],
  ['update anything in a chain', ask('UpdateItem', { ...onSubject, 'dynamodb:Attributes': ['pk', 'sk', 'stage'] })],
  [
    'update it in a transaction',
    ask('UpdateItem', { ...onSubject, ...IN_TRANSACTION, 'dynamodb:Attributes': ['pk', 'sk', 'hash'] }),
  ],
  [
    'say of an event that another entry is its own',
    ask('UpdateItem', { 'dynamodb:LeadingKeys': ['EVENT#1'], 'dynamodb:Attributes': ['pk', 'sk', 'stage', 'seq'] }),
  ],
  [
    'update a checkpoint',
    ask('UpdateItem', { 'dynamodb:LeadingKeys': ['CHECKPOINT'], 'dynamodb:Attributes': ['pk', 'sk', 'signature'] }),
  ],
  ['delete the table', ask('DeleteTable')],
  ['change the table', ask('UpdateTable')],
  ['let items expire', ask('UpdateTimeToLive')],
  ['end the backups', ask('UpdateContinuousBackups')],
  ['delete a backup', ask('DeleteBackup', {}, `${TABLE}/backup/01489602797149-73d8d5bc`)],
  ['restore over it', ask('RestoreTableFromBackup')],
  ['restore over it to a moment', ask('RestoreTableToPointInTime')],
  ['import over it', ask('ImportTable')],
  ['change who may write', ask('PutResourcePolicy')],
  ['let everybody write', ask('DeleteResourcePolicy')],
];

describe('every role of Keywarden, whatever else it may be given,', () => {
  test.each(FORBIDDEN)('is refused to %s', (_what, request) => {
    const named = [...roles].map(([name, { statements }]) => [
      name,
      authorise([...statements, WITH_EVERYTHING], request),
    ]);
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter(([, answer]) => answer !== 'refused')).toEqual([]);
  });

  test('stays within the 10,240 characters that its policies may have together', () => {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    for (const [name, { statements }] of roles) {
      expect([name, JSON.stringify(statements).length < 10_000]).toEqual([name, true]);
    }
  });

  test('would be found out if it had no such refusals', () => {
    for (const [, request] of FORBIDDEN) expect(authorise([WITH_EVERYTHING], request)).toBe('allowed');
  });

  test('is named in the policy of the table when it may write', () => {
    const put = ask('PutItem', { ...onSubject, ...IN_TRANSACTION });
    const writers = [...roles.values()].filter(({ statements }) => authorise(statements, put) === 'allowed');
    expect(writers.length).toBeGreaterThan(1);
    for (const { arn } of writers) {
      const request = { ...put, context: { ...put.context, 'aws:PrincipalArn': [arn] } };
      expect([arn, authorise([...onTable, WITH_EVERYTHING], request)]).toEqual([arn, 'allowed']);
    }
  });
});

describe('the policy of the table', () => {
  const as = (arn: string, request: Request): Request => ({
    ...request,
    context: { ...request.context, 'aws:PrincipalArn': [arn] },
  });

  test('refuses everybody to delete or to write with statements, administrators and Keywarden included', () => {
    const principals = [ADMINISTRATOR, `arn:aws:iam::${ACCOUNT}:root`, ...[...roles.values()].map(({ arn }) => arn)];
    for (const operation of ['DeleteItem', 'BatchWriteItem', 'PartiQLDelete', 'PartiQLInsert', 'PartiQLUpdate']) {
      const answers = principals.map((arn) => authorise([...onTable, WITH_EVERYTHING], as(arn, ask(operation))));
      expect(new Set(answers)).toEqual(new Set(['refused']));
    }
  });

  test('refuses everybody else to write at all', () => {
    const others = [
      ADMINISTRATOR,
      `arn:aws:iam::${ACCOUNT}:root`,
      `arn:aws:iam::${ACCOUNT}:role/other-keywarden-dev-lifecycle`,
    ];
    for (const operation of ['PutItem', 'UpdateItem']) {
      for (const arn of others) {
        const request = as(arn, ask(operation, { ...onSubject, ...IN_TRANSACTION }));
        expect([arn, authorise([...onTable, WITH_EVERYTHING], request)]).toEqual([arn, 'refused']);
      }
      expect(authorise([...onTable, WITH_EVERYTHING], ask(operation, onSubject))).toBe('refused');
    }
  });

  test('locks nobody out: who administers the account reads, restores and changes the table and this policy', () => {
    const operations = ['GetItem', 'Query', 'Scan', 'UpdateTable', 'PutResourcePolicy', 'DeleteResourcePolicy'];
    for (const operation of [...operations, 'RestoreTableToPointInTime', 'ExportTableToPointInTime']) {
      expect([operation, authorise([...onTable, WITH_EVERYTHING], as(ADMINISTRATOR, ask(operation)))]).toEqual([
        operation,
        'allowed',
      ]);
    }
  });
});

describe('what Keywarden does itself', () => {
  const WRITER = { owner: 'w', recordedBy: 'keywarden test', leaseUntil: Date.parse('2026-08-03T09:10:00Z') };
  const APPEND: Append = {
    subject: KEY,
    eventId: 'e-1',
    draft: draftMalformed('{', { code: 'not-json', message: 'It is no JSON.' }),
    controls: [],
    findings: () => [],
    stage: () => 'recorded',
  };
  const WORK: Work = {
    eventId: 'e-1',
    stage: 'recorded',
    subject: KEY,
    seq: 1,
    leaseOwner: 'before',
    leaseUntil: 0,
    attempts: 1,
  };

  /** A table that takes everything, and what AWS would be asked for each thing that it was given. */
  function createWillingTable() {
    const requests: Request[] = [];
    const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-west-1' }));
    client.send = async ({ input }: { readonly input: Input }) => {
      for (const part of input.TransactItems ?? [input]) requests.push(...describePart(part, input));
      return { Responses: {}, Item: { entry: '{}' } };
    };
    return { client, requests };
  }

  interface Part {
    readonly Item?: Readonly<Record<string, unknown>>;
    readonly Key?: Readonly<Record<string, unknown>>;
    readonly Put?: Part;
    readonly Update?: Part;
    readonly UpdateExpression?: string;
    readonly ConditionExpression?: string;
    readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  }
  type Input = Part & { readonly TransactItems?: readonly Part[] };

  function describePart(part: Part, { TransactItems }: Input): Request[] {
    const {
      Item,
      Key,
      UpdateExpression,
      ConditionExpression,
      ExpressionAttributeNames = {},
    } = part.Put ?? part.Update ?? part;
    const enclosing = TransactItems === undefined ? {} : IN_TRANSACTION;
    if (Item !== undefined) {
      const context = { 'dynamodb:LeadingKeys': [String(Item.pk)], 'dynamodb:Attributes': Object.keys(Item) };
      return [ask('PutItem', { ...context, ...enclosing })];
    }
    if (UpdateExpression === undefined) return [];
    const words = `${UpdateExpression} ${ConditionExpression ?? ''}`.match(/[#:]?[A-Za-z_]\w*/g) ?? [];
    const names = words.flatMap((word) => (word.startsWith(':') ? [] : (ExpressionAttributeNames[word] ?? word)));
    const attributes = names.filter((name) => !/^(SET|ADD|AND|OR|attribute_(not_)?exists)$/.test(name));
    const context = { 'dynamodb:LeadingKeys': [String(Key?.pk)], 'dynamodb:Attributes': ['pk', 'sk', ...attributes] };
    return [ask('UpdateItem', { ...context, ...enclosing })];
  }

  test('with the ledger is allowed to the roles that use it', async () => {
    const { client, requests } = createWillingTable();
    const ledger = createLedger({
      client,
      table: 'ledger',
      clock: () => new Date('2026-08-03T09:00:00Z'),
      pause: async () => undefined,
    });
    await ledger.record({ ...APPEND, announces: { changes: 1, limit: 5 } }, WRITER);
    await ledger.record({ ...APPEND, reportsLimit: true }, WRITER);
    const change: OwnChange = {
      ...{ requestId: 'r-1', subject: KEY, seq: 1, eventId: 'e-1', remedy: 'enable-key', operation: 'EnableKey' },
      ...{ at: '2026-08-03T09:00:00Z', status: 'awaited' as const },
    };
    const ownChanges = () => [
      { change, replaces: undefined },
      { change: { ...change, status: 'confirmed' as const, confirmedBy: 'e-2' }, replaces: change },
    ];
    await ledger.record({ ...APPEND, requestIds: ['r-1'], ownChanges }, WRITER);
    await ledger.resume(WORK, WRITER);
    const looked = {
      work: { ...WORK, leaseOwner: 'w' },
      head: { seq: 1, hash: 'a' },
      findings: new Map(),
      waivers: new Map(),
    };
    await ledger.close(APPEND, WRITER, looked);
    expect(requests.map(({ action }) => action)).toContain('dynamodb:UpdateItem');
    expect(requests.length).toBeGreaterThan(10);
    for (const role of ['LifecycleRole', 'RemediateRole']) {
      const statements = roles.get(role)?.statements ?? [];
      const refused = requests.filter((request) => authorise(statements, request) !== 'allowed');
      expect(refused).toEqual([]);
    }
  });

  test('with what is held in a storm is allowed to the roles that tell of findings', async () => {
    const { client, requests } = createWillingTable();
    const storm = createStorm({
      table: { client, table: 'ledger' },
      // Nothing is enough: the first message is held.
      limit: { messages: -1, minutes: 15 },
      later: async () => undefined,
      pause: async () => undefined,
    });
    const news = { finding: 'f', control: 'c', state: 'opened', severity: 'low', reason: 'r', eventId: 'e-1' };
    const window = await storm.hold(news, new Date('2026-08-03T09:00:00Z'));
    await storm.settle(window ?? '');
    expect(requests.map(({ action }) => action)).toEqual([
      'dynamodb:UpdateItem',
      'dynamodb:PutItem',
      'dynamodb:PutItem',
    ]);
    for (const role of ['LifecycleRole', 'RemediateRole', 'ReconcileRole']) {
      const statements = roles.get(role)?.statements ?? [];
      expect(requests.filter((request) => authorise(statements, request) !== 'allowed')).toEqual([]);
    }
  });

  test('with checkpoints, their progress and what they cover is allowed to the role that makes them', async () => {
    const { client, requests } = createWillingTable();
    const table = { client, table: 'ledger' };
    await noteFinished(table, 2, 1);
    await noteLooked(table, '2026-08-03T09:00:00Z', '2026-08-03');
    await noteProblem(table, 'd'.repeat(64), '2026-08-03T09:00:00Z');
    await addPublicKey(table, 'f'.repeat(64), '-----BEGIN PUBLIC KEY-----');
    await writeMark(table, { subject: KEY, covered: { seq: 2, hash: 'a' }, at: '2026-08-03T09:00:00Z' });
    expect(requests).toHaveLength(5);
    const statements = roles.get('CheckpointRole')?.statements ?? [];
    expect(requests.filter((request) => authorise(statements, request) !== 'allowed')).toEqual([]);
  });
});
