import {
  type CreateKeyCommandInput,
  DisableKeyCommand,
  ListKeyRotationsCommand,
  RotateKeyOnDemandCommand,
  TagResourceCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { obey } from '../../lib/orders/obey.ts';
import { handleAction } from '../../lib/pipeline.ts';
import { type Bed, type Fault, openBed } from './bed.ts';
import { personOf, readAction, writeEvent } from './events.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

/** A key of the past, rotating once a year since. */
async function createKey(createdAt: string, input: CreateKeyCommandInput = {}): Promise<string> {
  const key = await bed.createKey(input, true);
  await plant({ key, createdAt });
  return key;
}
const OLD = '2021-08-03T09:00:00Z';
const YOUNG = '2026-06-03T09:00:00Z';

async function plant(dates: { key: string; createdAt?: string; rotatedAt?: string }): Promise<void> {
  const body = JSON.stringify({ ...dates, region: 'eu-west-1' });
  const answer = await fetch(`${bed.gateway.url}/_keywarden/key-dates`, { method: 'POST', body });
  if (!answer.ok) throw new Error(await answer.text());
}

const rotationsOf = async (key: string) =>
  (await bed.kms.send(new ListKeyRotationsCommand({ KeyId: key }))).Rotations ?? [];

async function handle(body: string, fault?: Fault) {
  const { pipeline, calls } = bed.start(fault);
  const handled = await handleAction(pipeline, readAction(body), bed.deliver());
  return { ...handled, calls };
}

const kmsDid = (key: string, rotationType: string) =>
  writeEvent('RotateKey', key, {
    userIdentity: { accountId: '111122223333', invokedBy: 'AWS Internal' },
    eventType: 'AwsServiceEvent',
    requestParameters: null,
    responseElements: null,
    serviceEventDetails: { keyId: key.split('/').at(-1), rotationType },
  });

const verdictOn = (entry: { verdicts: readonly { control: string }[] } | undefined, control: string) =>
  entry?.verdicts.find((one) => one.control === control);

describe('a key whose material is too old', () => {
  test('is reported with a plan to rotate it, and not rotated: a rotation cannot be undone', async () => {
    const key = await createKey(OLD);
    await bed.readInbox();
    const { entry, remediations } = await handle(writeEvent('EnableKeyRotation', key));
    expect(verdictOn(entry, 'rotation-on-schedule')).toMatchObject({
      verdict: 'violation',
      reason: expect.stringContaining('was created on 2021-08-03, 1826 days ago'),
    });
    expect(entry?.decisions).toMatchObject([
      {
        control: 'rotation-on-schedule',
        decision: 'ask',
        remedy: 'rotate-key-on-demand',
        plan: { requests: [{ operation: 'RotateKeyOnDemand', parameters: { KeyId: key } }], undo: [] },
      },
    ]);
    expect(remediations).toEqual([]);
    expect(await rotationsOf(key)).toEqual([]);
    expect(await bed.readInbox()).toMatchObject([
      { attributes: { control: 'rotation-on-schedule', state: 'needs-approval', severity: 'high' } },
    ]);
  });

  test('is not rotated by itself in mode enforce either', async () => {
    const key = await createKey(OLD);
    const { pipeline } = bed.start(undefined, { controls: { 'rotation-on-schedule': { mode: 'enforce' } } });
    const { entry } = await handleAction(pipeline, readAction(writeEvent('EnableKeyRotation', key)), bed.deliver());
    expect(entry?.decisions).toMatchObject([
      { decision: 'ask', reason: expect.stringContaining('A rotation cannot be undone') },
    ]);
    expect(await rotationsOf(key)).toEqual([]);
  });

  test('is in order again when KMS tells that it was rotated, and the officer hears it once', async () => {
    const key = await createKey(OLD);
    await handle(writeEvent('EnableKeyRotation', key));
    await bed.readInbox();
    await plant({ key, rotatedAt: '2026-08-03T08:59:00Z' });
    const { entry, told } = await handle(kmsDid(key, 'AUTOMATIC'));
    expect(verdictOn(entry, 'rotation-on-schedule')).toMatchObject({
      verdict: 'compliant',
      reason: expect.stringContaining('was last rotated (AUTOMATIC) on 2026-08-03'),
    });
    expect(told).toMatchObject([{ control: 'rotation-on-schedule', state: 'resolved' }]);
    expect((await handle(kmsDid(key, 'AUTOMATIC'))).told).toEqual([]);
  });

  test('that is disabled or will be deleted is no longer late', async () => {
    const key = await createKey(OLD);
    await handle(writeEvent('EnableKeyRotation', key));
    await bed.kms.send(new DisableKeyCommand({ KeyId: key }));
    const { entry } = await handle(writeEvent('DisableKey', key));
    expect(verdictOn(entry, 'rotation-on-schedule')).toMatchObject({ verdict: 'not-applicable' });
  });
});

describe('a key whose material is young', () => {
  test.each([
    ['created', YOUNG, undefined],
    ['rotated', OLD, YOUNG],
  ])('because it was %s lately is compliant', async (how, createdAt, rotatedAt) => {
    const key = await createKey(createdAt);
    if (rotatedAt !== undefined) await plant({ key, rotatedAt });
    const { entry } = await handle(writeEvent('EnableKeyRotation', key));
    expect(verdictOn(entry, 'rotation-on-schedule')).toMatchObject({
      verdict: 'compliant',
      reason: expect.stringContaining(`${how}`),
    });
  });
});

describe('a key that KMS cannot rotate', () => {
  test('is reported when it is too old, with a proposal, and nothing is changed', async () => {
    const key = await bed.createKey({ KeySpec: 'RSA_4096', KeyUsage: 'SIGN_VERIFY' });
    await plant({ key, createdAt: OLD });
    const { entry, calls } = await handle(writeEvent('EnableKey', key));
    expect(verdictOn(entry, 'manual-rotation-on-schedule')).toMatchObject({ verdict: 'violation' });
    expect(verdictOn(entry, 'rotation-on-schedule')).toMatchObject({ verdict: 'not-applicable' });
    const decision = entry?.decisions.find(({ control }) => control === 'manual-rotation-on-schedule');
    expect(decision).toMatchObject({ decision: 'tell', proposal: expect.stringContaining('aws kms update-alias') });
    expect(calls).not.toContain('ListKeyRotations');
  });
});

describe('a person orders that an old key is put right', () => {
  let orders = 0;
  // One person is enough here; that somebody else approves is in test/orders.
  const ALONE = { approval: { differentPerson: false, officers: [], longestWaiverDays: 90 } };
  const order = (key: string, fault?: Fault, orderId = `rotation-${++orders}`) => {
    const { pipeline, calls, died } = bed.start(fault, ALONE);
    const input = { key, action: 'remediate', reason: 'It is too old.', requestedBy: 'olivia@example.com' };
    return { done: obey(input, { pipeline, kms: bed.kms, delivery: bed.deliver(), orderId }), calls, died, orderId };
  };

  test('it is rotated once, read back, and recorded without an undo', async () => {
    const key = await createKey(OLD, { Tags: [{ TagKey: 'owner', TagValue: 'payments' }] });
    expect(await order(key).done).toMatchObject({
      status: 'remediated',
      remediations: [
        {
          remedy: 'rotate-key-on-demand',
          status: 'confirmed',
          after: { type: 'ON_DEMAND' },
          undo: [],
          requestIds: [expect.any(String)],
        },
      ],
    });
    expect(await rotationsOf(key)).toMatchObject([{ RotationType: 'ON_DEMAND' }]);
  });

  test('a protected key is left alone', async () => {
    const key = await createKey(OLD, { Tags: [{ TagKey: 'owner', TagValue: 'payments' }] });
    const Tags = [{ TagKey: 'keywarden:protected', TagValue: '' }];
    await bed.kms.send(new TagResourceCommand({ KeyId: key, Tags }));
    expect(await order(key).done).toMatchObject({ remediations: [] });
    expect(await rotationsOf(key)).toEqual([]);
  });

  test('a key that somebody rotated in between is not rotated a second time', async () => {
    const key = await createKey(OLD, { Tags: [{ TagKey: 'owner', TagValue: 'payments' }] });
    const { pipeline } = bed.start(undefined, ALONE);
    const overtaken = {
      ...pipeline,
      stopped: async (onTransient: 'throw' | 'unread') => {
        if ((await rotationsOf(key)).length === 0) await bed.kms.send(new RotateKeyOnDemandCommand({ KeyId: key }));
        return pipeline.stopped(onTransient);
      },
    };
    const input = { key, action: 'remediate', reason: 'It is too old.', requestedBy: 'olivia@example.com' };
    await obey(input, { pipeline: overtaken, kms: bed.kms, delivery: bed.deliver(), orderId: 'rotation-overtaken' });
    expect(await rotationsOf(key)).toHaveLength(1);
  });

  test.each(['crash', 'lose-response'] as const)(
    'a %s after any call loses nothing and never rotates twice',
    async (kind) => {
      const key = await createKey(OLD, { Tags: [{ TagKey: 'owner', TagValue: 'payments' }] });
      const probe = order(key);
      await probe.done;
      const calls = probe.calls.length;
      expect(probe.calls.filter((call) => call === 'RotateKeyOnDemand')).toHaveLength(1);
      for (let number = 1; number <= calls; number += 1) {
        const old = await createKey(OLD, { Tags: [{ TagKey: 'owner', TagValue: 'payments' }] });
        const first = order(old, (call) => (call.number === number ? kind : undefined));
        await Promise.race([first.done.catch(() => undefined), first.died]);
        await order(old, undefined, first.orderId).done;
        expect([number, (await rotationsOf(old)).length]).toEqual([number, 1]);
        const types = (await bed.readChain(old)).map(({ type }) => type);
        expect([number, types]).toEqual([number, ['action', 'outcome']]);
      }
    },
  );
});

describe('our own rotation', () => {
  test('comes back as an event, is recorded as ours, and opens nothing about the rotation', async () => {
    const key = await createKey(OLD, { Tags: [{ TagKey: 'owner', TagValue: 'payments' }] });
    await bed.kms.send(new RotateKeyOnDemandCommand({ KeyId: key }));
    await bed.readInbox();
    const own = personOf('keywarden-dev-lifecycle', 'keywarden-dev-lifecycle');
    const { entry, told } = await handle(writeEvent('RotateKeyOnDemand', key, { userIdentity: own }));
    expect(entry?.action.actor.bySelf).toBe(true);
    expect(verdictOn(entry, 'rotation-on-schedule')).toMatchObject({ verdict: 'compliant' });
    // Nobody decided this one, which is another finding.
    expect(told).toMatchObject([{ control: expect.stringMatching(/^own-change-accounted#/) }]);
  });

  test('after all of this the ledger is whole', async () => {
    expect((await verifyLedger({ client: bed.dynamo, table: bed.table })).problems).toEqual([]);
  });
});
