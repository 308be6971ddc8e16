import {
  CreateGrantCommand,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  ListGrantsCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
} from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { resumeOrder } from '../../lib/orders/resume.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { NAMING } from '../facts/deletion.ts';
import { personOf } from '../pipeline/events.ts';
import { actionsOf, callerOf, modes, OLIVIA, type Orders, OSCAR, openOrders } from './orders-bed.ts';

const ENFORCED: Partial<Policy> = { controls: modes({ 'rotation-enabled': 'enforce' }) };
const UNTIL = '2026-09-30';

let at: Orders;
beforeAll(async () => {
  at = await openOrders();
});
afterEach(async () => {
  await at.bed.setKillSwitch('off');
  await at.bed.readInbox();
});
afterAll(() => at.bed.stop());

const around = { caller: OLIVIA, policy: ENFORCED };

/** A key that Keywarden switched the rotation of on, by itself. */
async function makeRemediated() {
  const made = await at.makeFinding(ENFORCED);
  expect(await at.isRotating(made.key)).toBe(true);
  return made;
}

/** The same, with a waiver: Keywarden would not do the same again. */
async function makeWaived() {
  const made = await makeRemediated();
  const waive = { action: 'waive', finding: made.finding, until: UNTIL };
  expect((await at.order(waive, around)).result.status).toBe('waived');
  await at.bed.readInbox();
  return made;
}

describe('an undo', () => {
  test('takes back what Keywarden did, reads that back, and tells it', async () => {
    const { key, finding } = await makeWaived();
    const { result, calls } = await at.order({ action: 'undo', finding, reason: 'It broke the import' }, around);
    expect(result).toMatchObject({
      status: 'undone',
      remediations: [{ remedy: 'enable-key-rotation', status: 'confirmed', undoes: 1 }],
    });
    expect(calls.filter((call) => call === 'DisableKeyRotation')).toHaveLength(1);
    expect(await at.isRotating(key)).toBe(false);
    expect(await at.findingOf(key)).toMatchObject({ status: 'waived', decision: 'waived' });
    expect(actionsOf(await at.bed.readChain(key)).at(-1)).toMatchObject({
      action: { api: 'UndoRemediation', actor: { arn: OLIVIA.arn } },
      order: { kind: 'undo', of: 1, by: { verified: true } },
      decisions: [{ decision: 'act', undoes: 1, plan: { requests: [{ operation: 'DisableKeyRotation' }] } }],
    });
    expect(await at.bed.readInbox()).toMatchObject([{ attributes: { state: 'undone' } }]);
  });

  test('a second time is refused: it was taken back', async () => {
    const { key, finding } = await makeWaived();
    await at.order({ action: 'undo', finding }, around);
    const before = (await at.bed.readChain(key)).length;
    const { result, calls } = await at.order({ action: 'undo', finding }, { ...around, caller: OSCAR });
    expect(result).toMatchObject({ status: 'refused', message: expect.stringContaining('taken back already') });
    expect(calls).not.toContain('DisableKeyRotation');
    expect(await at.bed.readChain(key)).toHaveLength(before);
  });

  test('of what an approval did leaves the finding open, in a mode that asks', async () => {
    const { key, finding } = await at.makeFinding();
    await at.order({ action: 'approve', finding }, { caller: OLIVIA });
    const { result } = await at.order({ action: 'undo', finding }, { caller: OSCAR });
    expect(result.status).toBe('undone');
    expect(await at.isRotating(key)).toBe(false);
    expect(await at.findingOf(key)).toMatchObject({ status: 'open', decision: 'undone' });
  });

  test('as a dry run shows the calls, and makes none', async () => {
    const { key, finding } = await makeWaived();
    const { result, calls } = await at.order({ action: 'undo', finding, dryRun: true }, around);
    expect(result).toMatchObject({
      dryRun: true,
      decisions: [{ plan: { requests: [{ operation: 'DisableKeyRotation' }] } }],
    });
    expect(calls).not.toContain('DisableKeyRotation');
    expect(await at.isRotating(key)).toBe(true);
  });

  test('of a revoked grant makes one equal grant', async () => {
    const policy: Partial<Policy> = {
      trust: { accounts: ['777788889999'], organizations: [], administrators: [] },
      controls: modes({ 'grant-least-privilege': 'approve' }),
    };
    const key = await at.bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'payments' }] }, true);
    const request = {
      KeyId: key,
      GranteePrincipal: 'arn:aws:iam::444455556666:role/app',
      Operations: ['Decrypt' as const, 'CreateGrant' as const],
    };
    const { GrantId = '' } = await at.bed.kms.send(new CreateGrantCommand(request));
    const requestParameters = {
      keyId: key,
      granteePrincipal: request.GranteePrincipal,
      operations: request.Operations,
    };
    const responseElements = { keyId: key, grantId: GrantId };
    await at.happen('CreateGrant', key, { requestParameters, responseElements }, policy);
    const finding = `grant-least-privilege#${GrantId}@${key}`;
    const grantsOf = async () => (await at.bed.kms.send(new ListGrantsCommand({ KeyId: key }))).Grants ?? [];
    expect((await at.order({ action: 'approve', finding }, { caller: OLIVIA, policy })).result.status).toBe(
      'remediated',
    );
    expect(await grantsOf()).toEqual([]);
    const { result } = await at.order({ action: 'undo', finding }, { caller: OSCAR, policy });
    expect(result.status).toBe('undone');
    expect(await grantsOf()).toMatchObject([
      { GranteePrincipal: request.GranteePrincipal, Operations: ['Decrypt', 'CreateGrant'], Name: 'keywarden-undo-3' },
    ]);
  });
});

describe('an undo is refused', () => {
  test('while Keywarden would do the same again, with the order that waives it', async () => {
    const { key, finding } = await makeRemediated();
    const { result } = await at.order({ action: 'undo', finding }, around);
    expect(result).toMatchObject({ status: 'refused', why: 'conflict' });
    expect(result.message).toContain(`keywarden waive ${finding}`);
    expect(await at.isRotating(key)).toBe(true);
  });

  test('when somebody changed what Keywarden left, with what is so now', async () => {
    const { key, finding } = await makeWaived();
    await at.bed.kms.send(new EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays: 180 }));
    const { result, calls } = await at.order({ action: 'undo', finding }, around);
    expect(result).toMatchObject({ status: 'refused', difference: expect.stringContaining('180 days') });
    expect(calls).not.toContain('DisableKeyRotation');
  });

  test('to who caused what was put right', async () => {
    const { finding } = await makeRemediated();
    const { result } = await at.order(
      { action: 'undo', finding },
      { ...around, caller: callerOf('dana@example.com', 'SecurityOfficer') },
    );
    expect(result).toMatchObject({ status: 'refused', why: 'caller' });
  });

  test.each([
    ['the kill switch is on', () => at.bed.setKillSwitch('on'), 'kill switch is on'],
    [
      'the key is protected',
      (key: string) =>
        at.bed.kms.send(
          new TagResourceCommand({ KeyId: key, Tags: [{ TagKey: 'keywarden:protected', TagValue: '' }] }),
        ),
      'keywarden:protected',
    ],
  ])('while %s', async (_name, prepare, why) => {
    const { key, finding } = await makeWaived();
    await prepare(key);
    const { result } = await at.order({ action: 'undo', finding }, around);
    expect(result).toMatchObject({ status: 'refused', message: expect.stringContaining(why) });
    expect(await at.isRotating(key)).toBe(true);
  });

  test('when Keywarden did nothing', async () => {
    const { finding } = await at.makeFinding();
    const { result } = await at.order({ action: 'undo', finding }, { caller: OLIVIA });
    expect(result).toMatchObject({ status: 'refused', message: expect.stringContaining('changed nothing') });
  });

  test('of a cancelled deletion: Keywarden never orders one, and shows the command for a person', async () => {
    const policy: Partial<Policy> = {
      trust: NAMING.trust,
      deletion: NAMING.deletion,
      controls: modes({ 'deletion-authorized': 'approve' }),
    };
    // KMS here has the clock of the machine.
    const now = new Date(Date.now() + 60_000);
    const eventTime = `${new Date().toISOString().slice(0, 19)}Z`;
    const key = await at.bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'payments' }] }, true);
    const keyMetadata = { arn: key, keyId: key.slice(key.lastIndexOf('/') + 1), keyState: 'Enabled', enabled: true };
    await at.happen('CreateKey', key, { eventTime, responseElements: { keyMetadata } }, policy, now);
    await at.bed.kms.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 }));
    const ordered = {
      eventTime,
      requestParameters: { keyId: key, pendingWindowInDays: 7 },
      userIdentity: personOf('eve@example.com', 'Contractor'),
    };
    await at.happen('ScheduleKeyDeletion', key, ordered, policy, now);
    const about = { key, control: 'deletion-authorized' };
    const stateOf = async () => (await at.bed.kms.send(new DescribeKeyCommand({ KeyId: key }))).KeyMetadata?.KeyState;
    expect(await stateOf()).toBe('PendingDeletion');
    const approved = await at.order({ action: 'approve', ...about }, { caller: OLIVIA, policy, at: now });
    expect(approved.result.status).toBe('remediated');
    expect(await stateOf()).toBe('Enabled');

    const { result, calls } = await at.order({ action: 'undo', ...about }, { caller: OSCAR, policy, at: now });
    expect(result).toMatchObject({ status: 'refused', why: 'conflict' });
    expect(result.message).toContain('Keywarden never orders a deletion');
    expect(result.message).toContain(`aws kms schedule-key-deletion --key-id ${key} --pending-window-in-days 7`);
    expect(calls).not.toContain('ScheduleKeyDeletion');
    expect(await stateOf()).toBe('Enabled');
  });
});

describe('an undo that dies half way', () => {
  test('is taken up again behind any call, and makes one change', async () => {
    const probe = at.begin({ action: 'undo', finding: (await makeWaived()).finding }, around);
    await probe.done;
    for (let number = 1; number <= probe.calls.length; number += 1) {
      const { key, finding } = await makeWaived();
      const first = at.begin(
        { action: 'undo', finding },
        { ...around, fault: (call) => (call.number === number ? 'crash' : undefined) },
      );
      await Promise.race([first.died, first.done]);
      const { pipeline, calls } = at.bed.start(undefined, ENFORCED);
      const resume = { eventId: `on-demand-${first.orderId}`, subject: key };
      await resumeOrder({ resume }, { pipeline, delivery: at.bed.deliver() });
      const again = await at.order({ action: 'undo', finding }, around);
      const changes = [...first.calls, ...calls, ...again.calls].filter((call) => call === 'DisableKeyRotation');
      expect([number, changes.length, await at.isRotating(key)]).toEqual([number, 1, false]);
      expect([number, (await at.findingOf(key))?.status]).toEqual([number, 'waived']);
    }
  }, 120_000);
});

test('after all of this the ledger is whole', async () => {
  const { problems } = await verifyLedger({ client: at.bed.dynamo, table: at.bed.table });
  expect(problems).toEqual([]);
});
