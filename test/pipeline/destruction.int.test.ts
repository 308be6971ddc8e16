import {
  CancelKeyDeletionCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  type KeyMetadata,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
} from '@aws-sdk/client-kms';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { controlIds } from '../../lib/controls/index.ts';
import type { ActionEntry, OutcomeEntry } from '../../lib/ledger/entry.ts';
import { createHistoryReader } from '../../lib/ledger/history.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { handleAction } from '../../lib/pipeline.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { APPROVAL, NAMING, TAG } from '../facts/deletion.ts';
import { type Bed, type Fault, openBed } from './bed.ts';
import { personOf, readAction, writeEvent } from './events.ts';

const DAY = 86_400_000;
const DANA = personOf('dana@example.com', 'KeyAdmin');
const OLIVIA = personOf('olivia@example.com', 'SecurityOfficer');
const EVE = personOf('eve@example.com', 'Contractor');
const SELF = personOf('keywarden-dev-lifecycle', 'keywarden-dev-lifecycle');
/** What is not about destruction is only told, so that nothing else changes the keys of these tests. */
const DESTRUCTION = ['key-available', 'deletion-authorized', 'deletion-key-unused', 'deletion-waiting-period'];
const QUIET: Partial<Policy> = {
  trust: NAMING.trust,
  deletion: NAMING.deletion,
  safeguards: { ...NAMING.safeguards, changesPerHour: 1000 },
  controls: {
    ...NAMING.controls,
    ...Object.fromEntries(
      controlIds.filter((id) => !DESTRUCTION.includes(id)).map((id) => [id, { mode: 'observe' as const }]),
    ),
  },
};

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterEach(() => bed.gateway.denials.clear());
afterAll(() => bed.stop());

/** KMS here has the clock of the machine, and CloudTrail no fractions of a second. */
let kmsNow = Date.now();
const timeOf = (milliseconds: number) => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;

interface Options {
  readonly policy?: Partial<Policy>;
  readonly fault?: Fault;
  readonly last?: boolean;
}

/** One delivery in an invocation of its own, a minute after what happened last. */
function deliver(body: string, { policy = {}, fault, last }: Options = {}) {
  const now = new Date(kmsNow + 60_000);
  const { pipeline, calls, died } = bed.start(fault, { ...QUIET, ...policy }, () => now);
  return { handled: handleAction(pipeline, readAction(body), bed.deliver(last)), calls, died };
}
const handle = (body: string, options: Options = {}) => deliver(body, options).handled;

const describeKey = async (key: string): Promise<KeyMetadata | undefined> =>
  (await bed.kms.send(new DescribeKeyCommand({ KeyId: key }))).KeyMetadata;
const stateOf = async (key: string) => (await describeKey(key))?.KeyState;
const daysLeft = async (key: string) =>
  Math.round((Number((await describeKey(key))?.DeletionDate?.getTime()) - kmsNow) / DAY);

/** A key that the ledger has known from the beginning, unless it is to know nothing. */
async function makeKey({
  known = true,
  tags = { owner: 'payments' } as Readonly<Record<string, string>>,
} = {}): Promise<string> {
  const Tags = Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
  const key = await bed.createKey({ Tags }, true);
  if (known) {
    const keyMetadata = { arn: key, keyId: key.slice(key.lastIndexOf('/') + 1), keyState: 'Enabled', enabled: true };
    await handle(
      writeEvent('CreateKey', key, { responseElements: { keyMetadata }, eventTime: timeOf(kmsNow - 30 * DAY) }),
    );
  }
  return key;
}

/** Writes the approval tag, and gives the record of it. */
async function approve(key: string, { by = OLIVIA, value = APPROVAL } = {}): Promise<string> {
  await bed.kms.send(new TagResourceCommand({ KeyId: key, Tags: [{ TagKey: TAG, TagValue: value }] }));
  return writeEvent('TagResource', key, {
    userIdentity: by,
    eventTime: timeOf(kmsNow - DAY),
    requestParameters: { keyId: key, tags: [{ tagKey: TAG, tagValue: value }] },
  });
}

/** Schedules the deletion, and gives the record of it, at the time of KMS. */
async function order(key: string, days: number, by: object = DANA): Promise<string> {
  const { DeletionDate } = await bed.kms.send(
    new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: days }),
  );
  kmsNow = Number(DeletionDate?.getTime()) - days * DAY;
  return writeEvent('ScheduleKeyDeletion', key, {
    userIdentity: by,
    eventTime: timeOf(kmsNow),
    requestParameters: { keyId: key, pendingWindowInDays: days },
  });
}

/** The record of a call that Keywarden made a second later. */
const ownCall = (api: string, key: string, requestParameters: object = { keyId: key }) =>
  writeEvent(api, key, { userIdentity: SELF, eventTime: timeOf(kmsNow + 1_000), requestParameters });

/** The records of the two calls by which Keywarden lengthens a wait, as a rule of one second. */
const ownReschedule = (key: string) =>
  [
    ownCall('CancelKeyDeletion', key),
    ownCall('ScheduleKeyDeletion', key, { keyId: key, pendingWindowInDays: 30 }),
  ] as const;

async function handleOwnReschedule(key: string, options: Options = {}): Promise<ActionEntry | undefined> {
  const [cancels, schedules] = ownReschedule(key);
  await handle(cancels, options);
  return (await handle(schedules, options)).entry;
}

const findingOf = async (key: string, id: string, entry: ActionEntry | undefined) =>
  (await bed.start().pipeline.ledger.look(entry?.eventId ?? '', key, [id])).findings.get(id);

const verdictsOf = (entry: ActionEntry | undefined) =>
  Object.fromEntries((entry?.verdicts ?? []).map(({ control, verdict }) => [control, verdict]));
const decisionsOf = (entry: ActionEntry | undefined) =>
  Object.fromEntries(
    (entry?.decisions ?? [])
      .filter(({ control }) => DESTRUCTION.includes(control))
      .map((one) => [one.control, one.decision]),
  );
const changesIn = (calls: readonly string[]) =>
  calls.filter((call) => ['CancelKeyDeletion', 'ScheduleKeyDeletion', 'EnableKey'].includes(call));
const toldAbout = async (ids: readonly string[]) =>
  (await bed.readInbox()).filter(({ attributes: { control = '' } }) => ids.includes(control));
const toldOf = async (control: string) =>
  (await bed.readInbox()).filter(({ attributes }) => attributes.control === control);

describe('a deletion that nobody approved', () => {
  test('is cancelled once, and the key is enabled again as the ledger knows it, also when it waits too short', async () => {
    const key = await makeKey();
    await bed.readInbox();
    const { handled, calls } = deliver(await order(key, 7, EVE));
    const { entry, remediations } = await handled;
    expect(await stateOf(key)).toBe('Enabled');
    expect(changesIn(calls)).toEqual(['CancelKeyDeletion', 'EnableKey']);
    expect(verdictsOf(entry)).toMatchObject({
      'deletion-authorized': 'violation',
      'deletion-waiting-period': 'violation',
    });
    expect(decisionsOf(entry)).toEqual({ 'deletion-authorized': 'act', 'deletion-waiting-period': 'act' });
    expect(remediations).toMatchObject([
      { remedy: 'cancel-key-deletion', status: 'confirmed', after: { key: { state: 'Enabled' } } },
    ]);
    expect(remediations[0]?.requestIds).toHaveLength(2);
    const [, outcome] = (await bed.readChain(key)).slice(-2) as [ActionEntry, OutcomeEntry];
    expect(outcome.remediations[0]?.undo).toMatchObject([
      { operation: 'ScheduleKeyDeletion', parameters: { KeyId: key, PendingWindowInDays: 7 } },
    ]);
    const [message] = await toldOf('deletion-authorized');
    expect(message?.attributes).toMatchObject({ state: 'remediated', severity: 'critical' });
    expect(message?.json).not.toHaveProperty('decision.plan.leftToDo');
  });

  test('of a key of which no record tells leaves it disabled, and the officer is told what to run', async () => {
    const key = await makeKey({ known: false });
    await bed.readInbox();
    const { handled, calls } = deliver(await order(key, 30, EVE));
    await handled;
    expect(await stateOf(key)).toBe('Disabled');
    expect(changesIn(calls)).toEqual(['CancelKeyDeletion']);
    const [message] = await toldOf('deletion-authorized');
    expect(message?.json).toMatchObject({
      state: 'remediated',
      decision: {
        plan: {
          leftToDo: {
            sentence: expect.stringContaining('no record shows whether it was enabled before'),
            requests: [{ operation: 'EnableKey', parameters: { KeyId: key } }],
          },
        },
      },
    });
  });

  test('of a key that was disabled before leaves it disabled', async () => {
    const key = await makeKey();
    await bed.kms.send(new DisableKeyCommand({ KeyId: key }));
    await handle(writeEvent('DisableKey', key, { eventTime: timeOf(kmsNow - DAY) }));
    await handle(await order(key, 30, EVE));
    expect(await stateOf(key)).toBe('Disabled');
  });

  test('on a protected key is left alone and told', async () => {
    const key = await makeKey({ tags: { owner: 'payments', 'keywarden:protected': '' } });
    const { entry, remediations } = await handle(await order(key, 30, EVE));
    expect(decisionsOf(entry)).toEqual({ 'deletion-authorized': 'tell' });
    expect(remediations).toEqual([]);
    expect(await stateOf(key)).toBe('PendingDeletion');
  });

  test('is told and never cancelled while the policy file names nobody', async () => {
    const key = await makeKey();
    const { trust, deletion } = NAMING;
    const policy = { trust: { ...trust, administrators: [] }, deletion: { ...deletion, approvers: [] } };
    const { entry } = await handle(await order(key, 30, EVE), { policy });
    expect(verdictsOf(entry)).toMatchObject({ 'deletion-authorized': 'unknown' });
    expect(await stateOf(key)).toBe('PendingDeletion');
  });

  test('in 7 days is two messages while nobody is named, and the records of making it 30 are none', async () => {
    const key = await makeKey();
    const { trust, deletion } = NAMING;
    const policy = { trust: { ...trust, administrators: [] }, deletion: { ...deletion, approvers: [] } };
    await bed.readInbox();
    await handle(await order(key, 7, EVE), { policy });
    const told = (await bed.readInbox()).map(({ attributes: { control, state } }) => [control, state]);
    expect(told.toSorted()).toEqual([
      ['deletion-authorized', 'opened'],
      ['deletion-waiting-period', 'remediated'],
    ]);
    await handleOwnReschedule(key, { policy });
    expect(await bed.readInbox()).toEqual([]);
    expect(await daysLeft(key)).toBe(30);
  });

  test('comes back as calls of Keywarden, which are recorded and change nothing', async () => {
    const key = await makeKey();
    const first = deliver(await order(key, 30, EVE));
    await first.handled;
    for (const api of ['CancelKeyDeletion', 'EnableKey']) {
      const { handled, calls } = deliver(ownCall(api, key));
      expect((await handled).entry?.action.actor.bySelf).toBe(true);
      expect(changesIn(calls)).toEqual([]);
    }
    expect(await stateOf(key)).toBe('Enabled');
  });
});

describe('a deletion that an administrator ordered and an approver approved', () => {
  test('is silent', async () => {
    const key = await makeKey();
    await handle(await approve(key));
    await bed.readInbox();
    const { handled, calls } = deliver(await order(key, 30));
    const { entry, told } = await handled;
    expect(verdictsOf(entry)).toMatchObject({
      'deletion-authorized': 'compliant',
      'deletion-key-unused': 'compliant',
      'deletion-waiting-period': 'compliant',
      'deletion-completed': 'not-applicable',
    });
    expect(changesIn(calls)).toEqual([]);
    expect(told).toEqual([]);
    expect(await bed.readInbox()).toEqual([]);
    expect(await stateOf(key)).toBe('PendingDeletion');
  });

  test('is unknown until the record of the approval comes, which may be later', async () => {
    const key = await makeKey();
    const approval = await approve(key);
    expect(verdictsOf((await handle(await order(key, 30))).entry)).toMatchObject({ 'deletion-authorized': 'unknown' });
    const { entry, told } = await handle(approval);
    expect(verdictsOf(entry)).toMatchObject({ 'deletion-authorized': 'compliant' });
    expect(told).toMatchObject([{ control: 'deletion-authorized', state: 'resolved' }]);
    expect(await stateOf(key)).toBe('PendingDeletion');
  });

  test('is cancelled when both are the same person', async () => {
    const key = await makeKey();
    const both = personOf('olivia@example.com', 'KeyAdmin');
    await handle(await approve(key, { by: OLIVIA }));
    const { entry } = await handle(await order(key, 30, both));
    expect(entry?.verdicts.find(({ control }) => control === 'deletion-authorized')?.reason).toContain(
      'who ordered the deletion too',
    );
    expect(await stateOf(key)).toBe('Enabled');
  });

  test('of a key in use waits for a person, and for longer than 7 days', async () => {
    const key = await makeKey();
    await handle(await approve(key));
    await bed.gateway.history.plantUse({
      key,
      region: 'eu-west-1',
      operation: 'Decrypt',
      at: new Date(kmsNow - 2 * DAY),
    });
    const { handled, calls } = deliver(await order(key, 7));
    const { entry } = await handled;
    expect(decisionsOf(entry)).toEqual({ 'deletion-key-unused': 'ask', 'deletion-waiting-period': 'act' });
    expect(changesIn(calls)).toEqual(['CancelKeyDeletion', 'ScheduleKeyDeletion']);
    expect(await daysLeft(key)).toBe(30);
    expect(entry?.decisions.find(({ control }) => control === 'deletion-key-unused')?.plan?.requests).toMatchObject([
      { operation: 'CancelKeyDeletion' },
      { operation: 'EnableKey' },
    ]);

    await bed.readInbox();
    await handleOwnReschedule(key);
    expect(await toldAbout(DESTRUCTION)).toEqual([]);
    expect(await findingOf(key, 'deletion-key-unused', entry)).toMatchObject({ status: 'open', decision: 'ask' });
  });

  test('in 7 days is scheduled anew in 30, and stays the order of the person', async () => {
    const key = await makeKey();
    await handle(await approve(key));
    const { handled, calls } = deliver(await order(key, 7));
    const { entry, remediations } = await handled;
    expect(changesIn(calls)).toEqual(['CancelKeyDeletion', 'ScheduleKeyDeletion']);
    expect(decisionsOf(entry)).toEqual({ 'deletion-waiting-period': 'act' });
    expect(remediations).toMatchObject([{ remedy: 'reschedule-key-deletion', status: 'confirmed' }]);
    expect(remediations[0]?.undo).toMatchObject([
      { operation: 'CancelKeyDeletion' },
      { operation: 'ScheduleKeyDeletion', parameters: { PendingWindowInDays: 7 } },
    ]);
    expect(await daysLeft(key)).toBe(30);

    await bed.readInbox();
    expect(verdictsOf(await handleOwnReschedule(key))).toMatchObject({
      'deletion-authorized': 'compliant',
      'deletion-waiting-period': 'compliant',
    });
    expect(await toldAbout(DESTRUCTION)).toEqual([]);
    expect(await daysLeft(key)).toBe(30);
  });

  test('is told as cancelled when AWS refuses to schedule it anew', async () => {
    const key = await makeKey();
    await handle(await approve(key));
    const body = await order(key, 7);
    bed.gateway.denials.add({ action: 'kms:ScheduleKeyDeletion' });
    const { remediations } = await handle(body);
    expect(remediations).toMatchObject([
      {
        status: 'failed',
        requestIds: [expect.any(String)],
        reason: expect.stringMatching(/refused.*AWS took CancelKeyDeletion before that/),
      },
    ]);
    expect(await stateOf(key)).toBe('Disabled');
  });

  test('stays the order of the person when the records of the two calls come in the wrong order', async () => {
    const key = await makeKey();
    await handle(await approve(key));
    await handle(await order(key, 7));
    await bed.readInbox();
    const [cancels, schedules] = ownReschedule(key);
    for (const body of [schedules, cancels]) {
      expect(verdictsOf((await handle(body)).entry)).toMatchObject({ 'deletion-authorized': 'compliant' });
    }
    expect(await toldAbout(DESTRUCTION)).toEqual([]);
  });

  test('does not make the officer forget that somebody needs the key', async () => {
    const key = await makeKey();
    await handle(await approve(key));
    await handle(await order(key, 7));
    const refused = await handle(
      writeEvent('Decrypt', key, {
        eventTime: timeOf(kmsNow + 500),
        readOnly: true,
        errorCode: 'KMSInvalidStateException',
        errorMessage: `${key} is pending deletion.`,
      }),
    );
    expect(verdictsOf(refused.entry)).toMatchObject({ 'pending-deletion-key-not-used': 'violation' });
    await bed.readInbox();
    await handleOwnReschedule(key);
    expect(await toldAbout(['pending-deletion-key-not-used'])).toEqual([]);
    expect(await findingOf(key, 'pending-deletion-key-not-used', refused.entry)).toMatchObject({ status: 'open' });
  });
});

/** Lets one delivery fail at a call, and says how it ended. */
async function failAt(body: string, number: number, fault: 'crash' | 'lose-response') {
  const { handled, calls, died } = deliver(body, {
    fault: (call) => (call.number === number ? fault : undefined),
  });
  const ended = await Promise.race([
    handled.then(
      () => 'done' as const,
      () => 'threw' as const,
    ),
    died,
  ]);
  return { ended, calls };
}

/** How many calls a delivery makes, tried on a key of its own. */
async function countCalls(prepare: () => Promise<string>): Promise<number> {
  const { handled, calls } = deliver(await prepare());
  await handled;
  return calls.length;
}

const FAULTS = ['crash', 'lose-response'] as const;

describe('whatever goes wrong while a deletion is cancelled', () => {
  const prepare = async () => {
    const key = await makeKey();
    return { key, body: await order(key, 30, EVE) };
  };

  test.each(FAULTS)('a %s after any call ends with an enabled key, and each change made once', async (fault) => {
    const most = await countCalls(async () => (await prepare()).body);
    expect(most).toBeGreaterThan(8);
    for (let number = 1; number <= most; number += 1) {
      const { key, body } = await prepare();
      const first = await failAt(body, number, fault);
      const { handled, calls } = deliver(body);
      await handled;
      const changes = changesIn([...first.calls, ...calls]);
      expect([number, await stateOf(key), changes]).toEqual([number, 'Enabled', ['CancelKeyDeletion', 'EnableKey']]);
      expect((await bed.readChain(key)).filter(({ type }) => type === 'outcome').at(-1)).toMatchObject({
        remediations: [{ status: expect.stringMatching(/^(confirmed|already-so)$/) }],
      });
    }
  });

  test('a key that a person disabled after the crash is not enabled', async () => {
    const { key, body } = await prepare();
    const { ended } = await failAtOperation(body, 'CancelKeyDeletion');
    expect(ended).toBe('died');
    kmsNow += 2_000;
    await bed.kms.send(new EnableKeyCommand({ KeyId: key }));
    await bed.kms.send(new DisableKeyCommand({ KeyId: key }));
    await handle(ownCall('CancelKeyDeletion', key));
    await handle(writeEvent('EnableKey', key, { eventTime: timeOf(kmsNow + 2_000) }));
    await handle(writeEvent('DisableKey', key, { eventTime: timeOf(kmsNow + 3_000) }));
    const { remediations } = await handle(body);
    expect(remediations).toMatchObject([
      { status: 'failed', reason: expect.stringContaining('The key stays disabled: dana@example.com') },
    ]);
    expect(await stateOf(key)).toBe('Disabled');
  });
});

/** Kills the delivery after the first call of an operation. */
function failAtOperation(body: string, operation: string) {
  let isOver = false;
  const { handled, calls, died } = deliver(body, {
    fault: (call) => {
      if (call.operation !== operation || isOver) return undefined;
      isOver = true;
      return 'crash';
    },
  });
  const ended = Promise.race([
    handled.then(
      () => 'done' as const,
      () => 'threw' as const,
    ),
    died,
  ]);
  return ended.then((how) => ({ ended: how, calls }));
}

describe('whatever goes wrong while a deletion is scheduled anew', () => {
  const prepare = async () => {
    const key = await makeKey({ known: false });
    await handle(await approve(key));
    return { key, body: await order(key, 7) };
  };

  test.each(FAULTS)('a %s after any call ends with a deletion in 30 days, ordered once', async (fault) => {
    const most = await countCalls(async () => (await prepare()).body);
    for (let number = 1; number <= most; number += 1) {
      const { key, body } = await prepare();
      const first = await failAt(body, number, fault);
      // The records of what Keywarden did come before the message returns.
      for (const api of changesIn(first.calls)) {
        await handle(
          ownCall(api, key, { keyId: key, ...(api === 'ScheduleKeyDeletion' ? { pendingWindowInDays: 30 } : {}) }),
        );
      }
      const { handled, calls } = deliver(body);
      await handled;
      const changes = changesIn([...first.calls, ...calls]);
      expect([number, await daysLeft(key), changes]).toEqual([
        number,
        30,
        ['CancelKeyDeletion', 'ScheduleKeyDeletion'],
      ]);
    }
  });

  test('nothing is scheduled while no record tells who cancelled the deletion, and the officer is told in the end', async () => {
    const { key, body } = await prepare();
    await failAtOperation(body, 'CancelKeyDeletion');
    await bed.readInbox();
    await expect(handle(body)).rejects.toThrow('whether Keywarden or a person cancelled it cannot be told');
    expect(await stateOf(key)).toBe('Disabled');
    const { remediations, told } = await handle(body, { last: true });
    expect(remediations).toMatchObject([
      { status: 'failed', reason: expect.stringContaining('Schedule the deletion again') },
    ]);
    expect(told).toMatchObject([{ control: 'deletion-waiting-period', state: 'not-remediated' }]);
    expect(await stateOf(key)).toBe('Disabled');
  });

  test('a deletion that a person cancelled is not scheduled anew', async () => {
    const { key, body } = await prepare();
    await failAtOperation(body, 'TransactWriteItems');
    await bed.kms.send(new CancelKeyDeletionCommand({ KeyId: key }));
    await handle(writeEvent('CancelKeyDeletion', key, { userIdentity: OLIVIA, eventTime: timeOf(kmsNow + 1_000) }));
    const { remediations } = await handle(body);
    expect(remediations).toMatchObject([
      {
        status: 'failed',
        reason: expect.stringContaining(
          'olivia@example.com as arn:aws:iam::111122223333:role/SecurityOfficer cancelled it',
        ),
      },
    ]);
    expect(await stateOf(key)).toBe('Disabled');
  });
});

describe('a key that is pending deletion', () => {
  test('is one finding when systems try to use it, with the commands that save it, until the deletion is cancelled', async () => {
    const key = await makeKey();
    await handle(await approve(key));
    await handle(await order(key, 30));
    await bed.readInbox();
    const attempt = (api: string, by: object) =>
      writeEvent(api, key, {
        userIdentity: by,
        readOnly: true,
        responseElements: null,
        errorCode: 'KMSInvalidStateException',
        errorMessage: `${key} is pending deletion.`,
        eventTime: timeOf(kmsNow + 1_000),
      });
    for (const body of [attempt('Decrypt', EVE), attempt('Decrypt', DANA), attempt('GenerateDataKey', EVE)]) {
      await handle(body);
    }
    const told = await toldOf('pending-deletion-key-not-used');
    expect(told).toHaveLength(1);
    expect(told[0]?.json).toMatchObject({
      state: 'opened',
      decision: { proposal: expect.stringContaining(`aws kms cancel-key-deletion --key-id ${key}`) },
    });
    await bed.kms.send(new CancelKeyDeletionCommand({ KeyId: key }));
    await handle(writeEvent('CancelKeyDeletion', key, { userIdentity: OLIVIA, eventTime: timeOf(kmsNow + 2_000) }));
    expect(await toldOf('pending-deletion-key-not-used')).toMatchObject([{ attributes: { state: 'resolved' } }]);
  });
});

describe('a key that somebody disabled', () => {
  test('waits for approval to be enabled when no administrator did it, and is closed by EnableKey', async () => {
    const key = await makeKey();
    await bed.kms.send(new DisableKeyCommand({ KeyId: key }));
    await bed.readInbox();
    const { entry } = await handle(writeEvent('DisableKey', key, { userIdentity: EVE, eventTime: timeOf(kmsNow) }));
    expect(decisionsOf(entry)).toMatchObject({ 'key-available': 'ask' });
    expect(await toldOf('key-available')).toMatchObject([{ attributes: { state: 'needs-approval' } }]);
    await bed.kms.send(new EnableKeyCommand({ KeyId: key }));
    await handle(writeEvent('EnableKey', key, { eventTime: timeOf(kmsNow + 1_000) }));
    expect(await toldOf('key-available')).toMatchObject([{ attributes: { state: 'resolved' } }]);
  });

  test('is enabled when the mode is enforce', async () => {
    const key = await makeKey();
    await bed.kms.send(new DisableKeyCommand({ KeyId: key }));
    const controls = { ...QUIET.controls, 'key-available': { mode: 'enforce' as const } };
    const { remediations } = await handle(
      writeEvent('DisableKey', key, { userIdentity: EVE, eventTime: timeOf(kmsNow) }),
      { policy: { controls } },
    );
    expect(remediations).toMatchObject([{ remedy: 'enable-key', status: 'confirmed' }]);
    expect(await stateOf(key)).toBe('Enabled');
  });
});

describe('what the ledger tells of a key', () => {
  const readHistory = (key: string, most?: number) =>
    createHistoryReader({ client: bed.dynamo, table: bed.table }, most)(key);

  test('is folded in the order of time, whatever the order of arrival', async () => {
    const key = await makeKey({ known: false });
    await handle(writeEvent('EnableKey', key, { eventTime: timeOf(kmsNow - DAY) }));
    await handle(writeEvent('DisableKey', key, { eventTime: timeOf(kmsNow - 2 * DAY) }));
    expect(await readHistory(key)).toMatchObject({ known: true, value: { enabled: true, tags: {} } });
    expect(await readHistory(key)).not.toHaveProperty('value.created');
  });

  test('is nothing for a key that has no entry', async () => {
    expect(await readHistory('arn:aws:kms:eu-west-1:111122223333:key/none')).toEqual({
      known: true,
      value: { tags: {} },
    });
  });

  test('begins later when the chain is longer than what is read', async () => {
    const key = await makeKey();
    await handle(writeEvent('DisableKey', key, { eventTime: timeOf(kmsNow - DAY) }));
    const { length } = await bed.readChain(key);
    expect(await readHistory(key, length)).toMatchObject({ value: { created: { api: 'CreateKey' }, enabled: false } });
    const shorter = await readHistory(key, length - 1);
    expect(shorter).toMatchObject({ known: true, value: { enabled: false } });
    expect(shorter).not.toHaveProperty('value.created');
  });

  test.each(['entry', 'hash'])('is not believed when the %s of one of them was changed', async (attribute) => {
    const key = await makeKey();
    await handle(writeEvent('DisableKey', key, { userIdentity: EVE, eventTime: timeOf(kmsNow - DAY) }));
    const forged = { ...(await bed.readChain(key))[0], eventId: 'forged' };
    const value = attribute === 'entry' ? JSON.stringify(forged) : 'f'.repeat(64);
    const keyOf = { pk: `SUBJECT#${key}`, sk: 'SEQ#000000000001' };
    const change = (what: string) =>
      bed.dynamo.send(
        new UpdateCommand({
          TableName: bed.table,
          Key: keyOf,
          UpdateExpression: 'SET #attribute = :value',
          ExpressionAttributeNames: { '#attribute': attribute },
          ExpressionAttributeValues: { ':value': what },
          ReturnValues: 'UPDATED_OLD',
        }),
      );
    const { Attributes } = await change(value);
    expect(await readHistory(key)).toEqual({ known: false, reason: expect.stringContaining('does not fit its hash') });
    const { entry } = await handle(await order(key, 30, EVE));
    expect(verdictsOf(entry)).toMatchObject({ 'deletion-authorized': 'unknown' });
    expect(await stateOf(key)).toBe('PendingDeletion');
    await change(String(Attributes?.[attribute]));
  });

  test('is whole after all of this', async () => {
    const { problems } = await verifyLedger({ client: bed.dynamo, table: bed.table });
    expect(problems).toEqual([]);
  });
});
