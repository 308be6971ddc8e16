import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  type GrantListEntry,
  ListGrantsCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { handleBatch } from '../../lib/batch.ts';
import type { OwnMessage, Pipeline } from '../../lib/context.ts';
import { known } from '../../lib/facts/key-facts.ts';
import type { ActionEntry, OutcomeEntry } from '../../lib/ledger/entry.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { handleAction } from '../../lib/pipeline.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { recheck } from '../../lib/recheck.ts';
import { ACCOUNT, type Bed, type Fault, openBed } from './bed.ts';
import { personOf, readAction, writeEvent } from './events.ts';

const STRANGER = 'arn:aws:iam::444455556666:role/app';
const PARTNER = '777788889999';
const CONTEXT = { EncryptionContextSubset: { department: 'billing' } };
const VOLUME = { EncryptionContextSubset: { 'aws:ebs:id': 'vol-0123456789abcdef0' } };

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterEach(async () => {
  bed.gateway.denials.clear();
  await bed.readInbox();
});
afterAll(() => bed.stop());

const TRUSTING: Partial<Policy> = {
  trust: { accounts: [PARTNER], organizations: [], administrators: [] },
  safeguards: {
    sameRemedy: { changes: 3, hours: 24 },
    changesPerHour: 1000,
    waiverWarningDays: 14,
    confirmWithinHours: 6,
  },
};

/** A grant that is there, and the record of the call that made it. */
interface Made {
  readonly id: string;
  readonly body: string;
}

async function makeGrant(
  key: string,
  input: Partial<CreateGrantCommandInput> = {},
  identity: Readonly<Record<string, unknown>> = {},
): Promise<Made> {
  const request = {
    KeyId: key,
    GranteePrincipal: STRANGER,
    Operations: ['Decrypt', 'CreateGrant'] as CreateGrantCommandInput['Operations'],
    ...input,
  };
  const { GrantId: id = '' } = await bed.kms.send(new CreateGrantCommand(request));
  const { KeyId: keyId, GranteePrincipal: granteePrincipal, Operations: operations } = request;
  const body = writeEvent('CreateGrant', key, {
    requestParameters: { keyId, granteePrincipal, operations },
    responseElements: { grantId: id, keyId: key },
    ...identity,
  });
  return { id, body };
}

const BY_EC2 = {
  userIdentity: { ...personOf('dana@example.com', 'KeyAdmin'), invokedBy: 'ec2-frontend-api.amazonaws.com' },
  sourceIPAddress: 'ec2-frontend-api.amazonaws.com',
};

const makeVolumeGrant = (key: string) =>
  makeGrant(
    key,
    {
      GranteePrincipal: `arn:aws:sts::${ACCOUNT}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`,
      Constraints: VOLUME,
    },
    BY_EC2,
  );

const listGrants = async (key: string): Promise<GrantListEntry[]> =>
  (await bed.kms.send(new ListGrantsCommand({ KeyId: key }))).Grants ?? [];

const listIds = async (key: string) => (await listGrants(key)).map(({ GrantId }) => GrantId);

interface Options {
  readonly policy?: Partial<Policy>;
  readonly fault?: Fault;
  readonly last?: boolean;
  /** Changes what the pipeline works with. */
  readonly change?: (pipeline: Pipeline) => Partial<Pipeline>;
}

/** One delivery in an invocation of its own, and the messages that it sent to itself. */
function deliver(body: string, { policy = {}, fault, last, change = () => ({}) }: Options = {}) {
  const { pipeline, calls, died } = bed.start(fault, { ...TRUSTING, ...policy });
  const handled = handleAction({ ...pipeline, ...change(pipeline) }, readAction(body), bed.deliver(last));
  return { handled, calls, died };
}

const handle = (body: string, options: Options = {}) => deliver(body, options).handled;

/** The message that comes back after five minutes, as the queue hands it to the function. */
async function lookAgain(key: string, body: string, options: { pipeline?: Pipeline; receives?: number } = {}) {
  const { pipeline = bed.start(undefined, TRUSTING).pipeline, receives = 1 } = options;
  const message: OwnMessage = { recheck: { eventId: readAction(body).eventId, subject: key } };
  const { writer } = bed.deliver();
  return handleBatch(pipeline, [{ id: 'again', body: JSON.stringify(message), receives }], { writer, maxReceives: 5 });
}

/** KMS takes the call and does not do it, as it seems for minutes where the news has not arrived. */
const keepsGrant = ({ call }: Pipeline): Partial<Pipeline> => ({
  call: async (request) =>
    request.parameters.DryRun === true || request.operation !== 'RevokeGrant'
      ? call(request)
      : { operation: request.operation, requestId: 'taken' },
});

const findingOf = async (key: string, id: string) => {
  const name = `grant-least-privilege#${id}`;
  return (await bed.start().pipeline.ledger.look('none', key, [name])).findings.get(name);
};

describe("a person's grant to an untrusted account that may be passed on", () => {
  test('is revoked at once, and the one that EC2 has for a volume stays', async () => {
    const key = await bed.createKey();
    const volume = await makeVolumeGrant(key);
    const grant = await makeGrant(key);
    const { calls, handled } = deliver(grant.body);
    await handled;
    expect(calls).toEqual([
      'BatchGetItem',
      'DescribeKey',
      'ListGrants',
      'ListResourceTags',
      'GetParameter',
      'TransactWriteItems',
      'RevokeGrant',
      'ListAliases',
      'Publish',
      'SendMessage',
      'TransactWriteItems',
    ]);
    const spared = await handle(volume.body);

    expect(await listIds(key)).toEqual([volume.id]);
    expect(spared.entry?.verdicts).toMatchObject([{ item: volume.id, verdict: 'compliant' }]);
    const [action, outcome] = (await bed.readChain(key)) as [ActionEntry, OutcomeEntry];
    expect(action.verdicts).toMatchObject([{ item: grant.id, verdict: 'violation', severity: 'critical' }]);
    expect(outcome.remediations).toMatchObject([
      { remedy: 'revoke-grant', status: 'pending', requestIds: [expect.any(String)] },
    ]);
    expect(await bed.readInbox()).toMatchObject([
      {
        attributes: { severity: 'critical', control: 'grant-least-privilege', state: 'remediated' },
        json: { remediation: { undo: [{ operation: 'CreateGrant', parameters: { GranteePrincipal: STRANGER } }] } },
      },
    ]);
  });

  test('is given back by its undo as an equal grant', async () => {
    const key = await bed.createKey();
    const { id, body } = await makeGrant(key, {
      Constraints: CONTEXT,
      Name: 'partner',
      RetiringPrincipal: `arn:aws:iam::${ACCOUNT}:role/ops`,
    });
    const [before] = await listGrants(key);
    const { remediations } = await handle(body);
    expect(await listIds(key)).toEqual([]);
    const undo = remediations[0]?.undo[0];
    expect(undo).toMatchObject({ service: 'kms', operation: 'CreateGrant', region: 'eu-west-1' });
    await bed.kms.send(new CreateGrantCommand(undo?.parameters as unknown as CreateGrantCommandInput));
    const [after, ...others] = await listGrants(key);
    expect(others).toEqual([]);
    const comparable = (grant: GrantListEntry | undefined) => ({ ...grant, GrantId: '', CreationDate: '' });
    expect(comparable(after)).toEqual(comparable(before));
    expect(after?.GrantId).not.toBe(id);
  });

  test('is judged by its record while KMS does not list it yet', async () => {
    const key = await bed.createKey();
    const made = await makeGrant(key);
    const { remediations } = await handle(fresh(made.body), { change: hidesGrant });
    expect(remediations).toMatchObject([{ status: 'pending', before: { listed: false } }]);
    expect(await listIds(key)).toEqual([]);
  });

  test('is tried again later when KMS neither lists nor revokes it yet', async () => {
    const key = await bed.createKey();
    const { id, body } = await makeGrant(key);
    const [grant] = await listGrants(key);
    await bed.kms.send(new RevokeGrantCommand({ KeyId: key, GrantId: id }));
    expect(grant?.GrantId).toBe(id);
    const failed = handle(fresh(body), { change: hidesGrant });
    await expect(failed).rejects.toThrow(`KMS does not know grant ${id} everywhere yet`);
    expect((await bed.readChain(key)).map(({ type }) => type)).toEqual(['action']);
    const { remediations } = await handle(body, { last: true });
    expect(remediations).toMatchObject([{ status: 'already-so' }]);
  });

  test('is only reported while no trusted account is named', async () => {
    const key = await bed.createKey();
    const { id, body } = await makeGrant(key);
    const trust = { accounts: [], organizations: [], administrators: [] };
    const { entry, told } = await handle(body, { policy: { trust } });
    expect(entry?.decisions).toMatchObject([
      { decision: 'tell', item: id, reason: expect.stringContaining('while no trusted account is named') },
    ]);
    expect(told).toMatchObject([{ state: 'opened' }]);
    expect(await listIds(key)).toEqual([id]);
  });

  test('that somebody revokes before Keywarden can is nothing to do', async () => {
    const key = await bed.createKey();
    const { id, body } = await makeGrant(key);
    const { remediations, told } = await handle(body, {
      change: ({ stopped }) => ({
        stopped: async (onTransient) => {
          await bed.kms.send(new RevokeGrantCommand({ KeyId: key, GrantId: id }));
          return stopped(onTransient);
        },
      }),
    });
    expect(remediations).toMatchObject([{ status: 'already-so', requestIds: [], after: { grant: 'gone' } }]);
    expect(told).toMatchObject([{ state: 'remediated' }]);
  });

  test('stays and is told when KMS denies the dry run', async () => {
    const key = await bed.createKey();
    const { id, body } = await makeGrant(key);
    bed.gateway.denials.add({ action: 'kms:RevokeGrant' });
    const { remediations, told } = await handle(body);
    expect(remediations).toMatchObject([
      { status: 'failed', requestIds: [], reason: expect.stringContaining('AccessDenied') },
    ]);
    expect(told).toMatchObject([{ state: 'not-remediated' }]);
    expect(await listIds(key)).toEqual([id]);
    expect(await findingOf(key, id)).toMatchObject({ status: 'open' });
  });

  test('that a person ended resolves what was found', async () => {
    const key = await bed.createKey();
    const { id, body } = await makeGrant(key);
    await handle(body, { policy: { controls: { 'grant-least-privilege': { mode: 'observe' } } } });
    expect(await findingOf(key, id)).toMatchObject({ status: 'open' });
    await bed.kms.send(new RevokeGrantCommand({ KeyId: key, GrantId: id }));
    const revoked = writeEvent('RevokeGrant', key, { requestParameters: { keyId: key, grantId: id } });
    expect((await handle(revoked)).told).toMatchObject([{ state: 'resolved' }]);
    expect(await findingOf(key, id)).toMatchObject({ status: 'resolved' });
  });
});

/** The same record, of now by the clock of the pipeline. */
function fresh(body: string): string {
  const event = JSON.parse(body) as { detail: Record<string, unknown> };
  const eventTime = bed.start().pipeline.clock().toISOString();
  return JSON.stringify({ ...event, detail: { ...event.detail, eventTime } });
}

/** ListGrants of a KMS that does not know the grant yet. */
const hidesGrant = ({ factsOf }: Pipeline): Partial<Pipeline> => ({
  factsOf: (...which) => {
    const reader = factsOf(...which);
    const hide = async (read: ReturnType<typeof reader.read>) => ({
      ...(await read),
      grant: known('missing' as const),
    });
    return { read: (names) => hide(reader.read(names)), reread: (names) => hide(reader.reread(names)) };
  },
});

describe('looking again five minutes later', () => {
  const typesOf = async (key: string) => (await bed.readChain(key)).map(({ type }) => type);
  const lastOutcome = async (key: string) => (await bed.readChain(key)).at(-1) as OutcomeEntry;

  test('is asked of our own queue with that delay', async () => {
    const key = await bed.createKey();
    const { body } = await makeGrant(key);
    const sent: Parameters<Pipeline['later']>[] = [];
    const delayed = async () =>
      Number(
        (
          await bed.sqs.send(
            new GetQueueAttributesCommand({
              QueueUrl: bed.queueUrl,
              AttributeNames: ['ApproximateNumberOfMessagesDelayed'],
            }),
          )
        ).Attributes?.ApproximateNumberOfMessagesDelayed,
      );
    const before = await delayed();
    await handle(body, {
      change: ({ later }) => ({
        later: (message, seconds) => {
          sent.push([message, seconds]);
          return later(message, seconds);
        },
      }),
    });
    expect(sent).toEqual([[{ recheck: { eventId: readAction(body).eventId, subject: key } }, 300]]);
    expect(await delayed()).toBe(before + 1);
  });

  test('confirms that the grant is gone, tells nobody, and is done; a second message changes nothing', async () => {
    const key = await bed.createKey();
    const { id, body } = await makeGrant(key);
    await handle(body);
    await bed.readInbox();
    expect(await lookAgain(key, body)).toEqual([]);
    expect(await typesOf(key)).toEqual(['action', 'outcome', 'outcome']);
    expect((await lastOutcome(key)).remediations).toMatchObject([{ status: 'confirmed', after: { grant: 'gone' } }]);
    expect(await lookAgain(key, body)).toEqual([]);
    expect(await typesOf(key)).toHaveLength(3);
    expect(await bed.readInbox()).toEqual([]);
    expect(await findingOf(key, id)).toMatchObject({ status: 'resolved' });
  });

  test('tells once of a grant that KMS still lists, and its finding is open again', async () => {
    const key = await bed.createKey();
    const { id, body } = await makeGrant(key);
    await handle(body, { change: keepsGrant });
    expect(await findingOf(key, id)).toMatchObject({ status: 'resolved' });
    await bed.readInbox();
    expect(await lookAgain(key, body)).toEqual([]);
    expect(await lookAgain(key, body)).toEqual([]);
    expect((await lastOutcome(key)).remediations).toMatchObject([
      { status: 'unconfirmed', reason: expect.stringContaining(`KMS still lists grant ${id}`) },
    ]);
    expect(await bed.readInbox()).toMatchObject([
      { attributes: { state: 'not-remediated' }, json: { finding: { status: 'open' } } },
    ]);
    expect(await findingOf(key, id)).toMatchObject({
      status: 'open',
      reason: expect.stringContaining(`KMS still lists grant ${id}`),
    });
  });

  test('leaves a finding alone that a newer action has changed', async () => {
    const key = await bed.createKey();
    const { id, body } = await makeGrant(key);
    await handle(body, { change: keepsGrant });
    const newer = writeEvent('CreateGrant', key, { responseElements: { grantId: id, keyId: key } });
    await handle(newer, { policy: { controls: { 'grant-least-privilege': { mode: 'observe' } } } });
    expect(await lookAgain(key, body)).toEqual([]);
    expect(await findingOf(key, id)).toMatchObject({ status: 'open', eventId: readAction(newer).eventId });
    expect((await findingOf(key, id))?.reason).not.toContain('still lists');
  });

  test('never takes a look that was refused for the proof', async () => {
    const key = await bed.createKey();
    const { id, body } = await makeGrant(key);
    await handle(body);
    bed.gateway.denials.add({ action: 'kms:ListGrants' });
    await bed.readInbox();
    expect(await lookAgain(key, body)).toEqual([]);
    expect((await lastOutcome(key)).remediations).toMatchObject([
      { status: 'unconfirmed', reason: expect.stringContaining(`Grant ${id} could not be looked up`) },
    ]);
    expect(await bed.readInbox()).toMatchObject([{ attributes: { state: 'not-remediated' } }]);
  });

  test('is left to the event itself when its outcome was never recorded', async () => {
    const key = await bed.createKey();
    const { body } = await makeGrant(key);
    const { handled, died } = deliver(body, {
      fault: ({ operation }) => (operation === 'SendMessage' ? 'crash' : undefined),
    });
    await Promise.race([handled, died]);
    expect(await lookAgain(key, body)).toEqual([]);
    expect(await typesOf(key)).toEqual(['action']);
    await handle(body);
    expect(await typesOf(key)).toEqual(['action', 'outcome']);
  });

  test.each(
    (['crash', 'lose-response'] as const).flatMap((fault) =>
      Array.from({ length: 8 }, (_unused, index) => [fault, index + 1] as const),
    ),
  )('after a %s behind its call %i is finished by the next delivery, and told', async (fault, number) => {
    const key = await bed.createKey();
    const { id, body } = await makeGrant(key);
    await handle(body, { change: keepsGrant });
    await bed.readInbox();
    const first = bed.start((call) => (call.number === number ? fault : undefined), TRUSTING);
    const message: OwnMessage = { recheck: { eventId: readAction(body).eventId, subject: key } };
    const attempt = recheck(first.pipeline, message, bed.deliver());
    const ended = await Promise.race([
      attempt.then(
        () => 'done' as const,
        () => 'threw' as const,
      ),
      first.died,
    ]);
    const goesOn = fault === 'lose-response' && first.calls[number - 1] === 'ListAliases';
    expect(ended).toBe(goesOn ? 'done' : fault === 'crash' ? 'died' : 'threw');
    expect(await lookAgain(key, body)).toEqual([]);
    expect(await typesOf(key)).toEqual(['action', 'outcome', 'outcome']);
    expect((await bed.readInbox()).length).toBeGreaterThanOrEqual(1);
    expect(await findingOf(key, id)).toMatchObject({ status: 'open' });
  });
});

describe('whatever goes wrong while a grant is revoked', () => {
  const CALLS = 11;
  test.each(
    (['crash', 'lose-response'] as const).flatMap((fault) =>
      Array.from({ length: CALLS }, (_unused, index) => [fault, index + 1] as const),
    ),
  )('a %s after call %i loses nothing and repeats no change', async (fault, number) => {
    const key = await bed.createKey();
    const { id, body } = await makeGrant(key);
    const first = deliver(body, { fault: (call) => (call.number === number ? fault : undefined) });
    const ended = await Promise.race([
      first.handled.then(
        () => 'done' as const,
        () => 'threw' as const,
      ),
      first.died,
    ]);
    const goesOn = fault === 'lose-response' && first.calls[number - 1] === 'ListAliases';
    expect(ended).toBe(goesOn ? 'done' : fault === 'crash' ? 'died' : 'threw');
    const second = deliver(body);
    await second.handled;

    expect((await bed.readChain(key)).map(({ type }) => type)).toEqual(['action', 'outcome']);
    const changes = [...first.calls, ...second.calls].filter((call) => call === 'RevokeGrant');
    expect(changes).toHaveLength(1);
    expect(await listIds(key)).toEqual([]);
    expect((await bed.readInbox()).length).toBeGreaterThanOrEqual(1);
    expect(await findingOf(key, id)).toMatchObject({ status: 'resolved' });
  });
});

describe('a storm of violating grants', () => {
  test('is stopped at the limit of the hour: one digest, and nothing lost', async () => {
    const [GRANTS, LIMIT] = [24, 8];
    const keys = await Promise.all(Array.from({ length: 4 }, () => bed.createKey()));
    const made = await Promise.all(
      Array.from({ length: GRANTS }, async (_unused, place) => {
        const key = keys[place % keys.length] ?? '';
        return { key, ...(await makeGrant(key)) };
      }),
    );
    // A clock of its own hour, so that what other tests changed does not count.
    const now = Date.parse('2031-01-01T10:00:00Z');
    const safeguards = {
      sameRemedy: { changes: 3, hours: 24 },
      changesPerHour: LIMIT,
      waiverWarningDays: 14,
      confirmWithinHours: 6,
    };
    const { pipeline } = bed.startAt(() => new Date(now), { ...TRUSTING, safeguards });
    let open = made.map(({ id, body }) => ({ id, body, receives: 1 }));
    for (let round = 0; open.length > 0 && round < 20; round += 1) {
      const writer = { owner: `storm-${round}`, recordedBy: 'keywarden test', leaseUntil: now - 1 };
      const returned = await handleBatch(pipeline, open, { writer, maxReceives: 50 });
      open = open.filter(({ id }) => returned.includes(id));
    }
    expect(open).toEqual([]);
    const left = (await Promise.all(keys.map(listIds))).flat();
    expect(left).toHaveLength(GRANTS - LIMIT);
    const inbox = await bed.readInbox();
    const about = (control: string) => inbox.filter(({ attributes }) => attributes.control === control);
    expect(about('changes-per-hour')).toHaveLength(1);
    expect(about('grant-least-privilege')).toHaveLength(LIMIT);
    const entries = (await Promise.all(keys.map((key) => bed.readChain(key)))).flat();
    const recorded = entries.filter((entry) => entry.type === 'action').map(({ verdicts }) => verdicts[0]?.item);
    expect(recorded.sort()).toEqual(made.map(({ id }) => id).sort());
    const findings = await Promise.all(made.map(({ key, id }) => findingOf(key, id)));
    expect(findings.filter((finding) => finding?.status === 'open')).toHaveLength(GRANTS - LIMIT);
  });
});

test('after all of this the ledger is whole', async () => {
  expect((await verifyLedger({ client: bed.dynamo, table: bed.table })).problems).toEqual([]);
});
