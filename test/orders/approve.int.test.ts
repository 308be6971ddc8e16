import { EnableKeyRotationCommand, GetKeyRotationStatusCommand, TagResourceCommand } from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { handleBatch } from '../../lib/batch.ts';
import { SWEEPS } from '../../lib/ledger/keys.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { obey } from '../../lib/orders/obey.ts';
import { resumeOrder } from '../../lib/orders/resume.ts';
import { handleAction } from '../../lib/pipeline.ts';
import { ACCOUNT } from '../pipeline/bed.ts';
import { personOf, readAction, writeEvent } from '../pipeline/events.ts';
import {
  ASKING,
  actionsOf,
  approvalWith,
  asDone,
  callerOf,
  OLIVIA,
  type Orders,
  OSCAR,
  openOrders,
} from './orders-bed.ts';

let at: Orders;
beforeAll(async () => {
  at = await openOrders();
});
afterEach(async () => {
  await at.bed.setKillSwitch('off');
  await at.bed.readInbox();
});
afterAll(() => at.bed.stop());

const approve = (finding: string, more: object = {}) => ({ action: 'approve', finding, ...more });

describe('an approval by another person', () => {
  test('carries out the plan that was asked about, and is on record with who AWS says it was', async () => {
    const { key, finding } = await at.makeFinding();
    await at.bed.readInbox();
    const { result } = await at.order(approve(finding, { ticket: 'SEC-7' }), { caller: OLIVIA });
    expect(result).toMatchObject({
      status: 'remediated',
      key,
      remediations: [{ remedy: 'enable-key-rotation', status: 'confirmed' }],
    });
    expect(await at.isRotating(key)).toBe(true);
    expect(await at.findingOf(key)).toMatchObject({ status: 'resolved' });
    const [, order] = actionsOf(await at.bed.readChain(key));
    expect(order).toMatchObject({
      action: {
        api: 'ApproveRemediation',
        actor: { type: 'AssumedRole', arn: OLIVIA.arn, person: 'olivia@example.com', sourceIp: '192.0.2.20' },
      },
      order: {
        kind: 'approve',
        finding: 'rotation-enabled',
        of: 1,
        plan: expect.stringMatching(/^[0-9a-f]{64}$/),
        by: { name: 'olivia@example.com', arn: OLIVIA.arn, verified: true },
        ticket: 'SEC-7',
      },
    });
    expect(await at.bed.readInbox()).toMatchObject([{ attributes: { state: 'remediated' } }]);
  });

  test('of a plan by its first digits is one of that plan; of another plan it is refused, with the plan of now', async () => {
    const { key, finding } = await at.makeFinding();
    const { plan = '' } = (await at.findingOf(key)) ?? {};
    const other = await at.order(approve(finding, { plan: 'abcdefabcdef' }), { caller: OLIVIA });
    expect(other.result).toMatchObject({ status: 'refused', why: 'conflict', plan });
    expect(other.result.message).toContain(plan.slice(0, 12));
    expect(await at.bed.readChain(key)).toHaveLength(2);
    const right = await at.order(approve(finding, { plan: plan.slice(0, 12) }), { caller: OLIVIA });
    expect(right.result.status).toBe('remediated');
  });

  test('as a dry run shows what would be done, and does nothing', async () => {
    const { key, finding } = await at.makeFinding();
    const { result } = await at.order(approve(finding, { dryRun: true }), { caller: OLIVIA });
    expect(result).toMatchObject({ status: 'verified', dryRun: true, decisions: [{ decision: 'act' }] });
    expect(await at.isRotating(key)).toBe(false);
    expect(await at.bed.readChain(key)).toHaveLength(2);
  });

  test('a second time changes nothing, records nothing, and answers with what was done', async () => {
    const { key, finding } = await at.makeFinding();
    const first = asDone((await at.order(approve(finding), { caller: OLIVIA })).result);
    const { plan } = actionsOf(await at.bed.readChain(key))[1]?.order ?? {};
    const before = (await at.bed.readChain(key)).length;
    for (const again of [approve(finding), approve(finding, { plan })]) {
      const { result, calls } = await at.order(again, { caller: OSCAR });
      expect(result).toMatchObject({ status: 'remediated', ledger: first.ledger, remediations: first.remediations });
      expect(result.message).toContain('olivia@example.com ordered this before');
      expect(calls).not.toContain('EnableKeyRotation');
    }
    expect(await at.bed.readChain(key)).toHaveLength(before);
  });

  test('at the same moment as another makes one change, and both hear of it', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { key, finding } = await at.makeFinding();
      const both = [OLIVIA, OSCAR].map((caller) => at.begin(approve(finding), { caller }));
      const results = await Promise.all(both.map(({ done }) => done));
      const changes = both.flatMap(({ calls }) => calls.filter((call) => call === 'EnableKeyRotation'));
      expect(changes).toHaveLength(1);
      expect(results.map(({ status }) => status)).toContain('remediated');
      expect(actionsOf(await at.bed.readChain(key)).filter(({ order }) => order?.kind === 'approve')).toHaveLength(1);
    }
  });

  test('is refused when something else would be done by now, with the difference, and nothing is recorded', async () => {
    const key = await at.bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'payments' }] });
    const setPeriod = (RotationPeriodInDays: number) =>
      at.bed.kms.send(new EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays }));
    await setPeriod(1000);
    await at.happen('EnableKeyRotation', key, { requestParameters: { keyId: key, rotationPeriodInDays: 1000 } });
    const finding = `rotation-period-annual@${key}`;
    await setPeriod(800);
    const { result, calls } = await at.order(approve(finding), { caller: OLIVIA });
    expect(result).toMatchObject({
      status: 'refused',
      why: 'conflict',
      difference: expect.stringContaining('rotation.periodInDays was 1000 and is 800.'),
    });
    expect(calls).not.toContain('EnableKeyRotation');
    expect(await at.bed.readChain(key)).toHaveLength(2);

    // What is so now is put on record by a verification, and can be approved then.
    expect((await at.order({ action: 'verify', finding }, { caller: OLIVIA })).result.status).toBe('verified');
    expect((await at.order(approve(finding), { caller: OLIVIA })).result.status).toBe('remediated');
    const status = await at.bed.kms.send(new GetKeyRotationStatusCommand({ KeyId: key }));
    expect(status.RotationPeriodInDays).toBe(365);
  });

  test('of what is in order meanwhile resolves the finding, and changes nothing', async () => {
    const { key, finding } = await at.makeFinding();
    await at.bed.kms.send(new EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays: 180 }));
    const { result, calls } = await at.order(approve(finding), { caller: OLIVIA });
    expect(result).toMatchObject({ status: 'verified', message: expect.stringContaining('in order meanwhile') });
    expect(calls).not.toContain('EnableKeyRotation');
    expect(await at.findingOf(key)).toMatchObject({ status: 'resolved' });
  });

  test.each([
    ['the kill switch is on', () => at.bed.setKillSwitch('on'), 'kill switch'],
    [
      'the key is protected',
      (key: string) =>
        at.bed.kms.send(
          new TagResourceCommand({ KeyId: key, Tags: [{ TagKey: 'keywarden:protected', TagValue: '' }] }),
        ),
      'keywarden:protected',
    ],
  ])('does nothing while %s, and says so', async (_name, prepare, why) => {
    const { key, finding } = await at.makeFinding();
    await prepare(key);
    const { result } = await at.order(approve(finding), { caller: OLIVIA });
    expect(result).toMatchObject({ status: 'refused', why: 'conflict', message: expect.stringContaining(why) });
    expect(await at.isRotating(key)).toBe(false);
    expect(await at.bed.readChain(key)).toHaveLength(2);
  });
});

describe('an approval is refused', () => {
  test.each([
    ['to who caused the finding', callerOf('dana@example.com', 'KeyAdmin'), 'is the same person'],
    ['to who caused it, in another role', callerOf('dana@example.com', 'SecurityOfficer'), 'is the same person'],
    ['to who caused it, with a name in another case', callerOf('Dana@Example.com', 'Officer'), 'is the same person'],
    ['to somebody in the role of who caused it', callerOf('eve@example.com', 'KeyAdmin'), 'may be one person'],
  ])('%s, and nothing is recorded', async (_name, caller, why) => {
    const { key, finding } = await at.makeFinding();
    const { result } = await at.order(approve(finding), { caller });
    expect(result).toMatchObject({ status: 'refused', why: 'caller', message: expect.stringContaining(why) });
    expect(result.message).toContain('Anybody else may');
    expect(await at.isRotating(key)).toBe(false);
    expect(await at.bed.readChain(key)).toHaveLength(2);
  });

  test('to nobody of IAM Identity Center but the person who caused it', async () => {
    const role = 'AWSReservedSSO_KeyAdmin_0123456789abcdef';
    const { finding } = await at.makeFinding(ASKING, personOf('dana@example.com', role));
    const same = await at.order(approve(finding), { caller: callerOf('dana@example.com', role) });
    expect(same.result).toMatchObject({ status: 'refused', why: 'caller' });
    const other = await at.order(approve(finding), { caller: callerOf('olivia@example.com', role) });
    expect(other.result.status).toBe('remediated');
  });

  test('to who proposed it, and not to anybody else', async () => {
    const key = await at.bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'payments' }] });
    const proposed = await at.order({ action: 'remediate', key, control: 'rotation-enabled' }, { caller: OLIVIA });
    expect(proposed.result).toMatchObject({ status: 'proposed', remediations: [] });
    expect(await at.isRotating(key)).toBe(false);
    const own = await at.order({ action: 'approve', key, control: 'rotation-enabled' }, { caller: OLIVIA });
    expect(own.result).toMatchObject({ status: 'refused', why: 'caller' });
    expect(own.result.message).toContain('olivia@example.com proposed the change');
    const other = await at.order({ action: 'approve', key, control: 'rotation-enabled' }, { caller: OSCAR });
    expect(other.result.status).toBe('remediated');
  });

  test('to a direct invocation, which does not tell who the caller is', async () => {
    const { finding } = await at.makeFinding();
    const { result } = await at.order(approve(finding, { requestedBy: 'olivia@example.com' }));
    expect(result).toMatchObject({
      status: 'refused',
      why: 'caller',
      message: expect.stringContaining('function URL'),
    });
  });

  test.each([
    ["to one of Keywarden's own roles", callerOf('anything', 'keywarden-dev-lifecycle'), 'role of Keywarden itself'],
    ['to the root user', { arn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT }, 'The root user is no person'],
  ])('%s', async (_name, caller, why) => {
    const { finding } = await at.makeFinding();
    const { result } = await at.order(approve(finding), { caller });
    expect(result).toMatchObject({ status: 'refused', why: 'caller', message: expect.stringContaining(why) });
  });

  test('to whom approval.officers does not name; by its role a session is named, whatever the path', async () => {
    const policy = approvalWith({ officers: [`arn:aws:iam::${ACCOUNT}:role/security/SecurityOfficer`] });
    const { key, finding } = await at.makeFinding();
    const { result } = await at.order(approve(finding), { caller: OSCAR, policy });
    expect(result).toMatchObject({
      status: 'refused',
      why: 'caller',
      message: expect.stringContaining('approval.officers'),
    });
    for (const action of ['remediate', 'unwaive']) {
      const other = await at.order({ action, finding }, { caller: OSCAR, policy });
      expect(other.result).toMatchObject({ status: 'refused', why: 'caller' });
    }
    expect((await at.order({ action: 'verify', key }, { caller: OSCAR, policy })).result.status).toBe('verified');
    expect((await at.order(approve(finding), { caller: OLIVIA, policy })).result.status).toBe('remediated');
  });

  test('when there is no such finding, and when it asks for nothing', async () => {
    const key = await at.bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'payments' }] }, true);
    const none = await at.order({ action: 'approve', key, control: 'rotation-enabled' }, { caller: OLIVIA });
    expect(none.result).toMatchObject({ status: 'refused', message: expect.stringContaining('There is no finding') });
    const { finding } = await at.makeFinding({ ...ASKING, controls: {} });
    const enforced = await at.order(approve(finding), { caller: OLIVIA });
    expect(enforced.result).toMatchObject({ status: 'refused', message: expect.stringContaining('is resolved') });
  });

  test('unless the policy is content with one person', async () => {
    const { finding } = await at.makeFinding();
    const { result } = await at.order(approve(finding, { requestedBy: 'dana@example.com' }), {
      policy: approvalWith({ differentPerson: false }),
    });
    expect(result.status).toBe('remediated');
  });
});

describe('an approval that dies half way', () => {
  test.each(['crash', 'lose-response'] as const)(
    'is taken up again after a %s behind any call, and makes one change',
    async (kind) => {
      const probe = at.begin(approve((await at.makeFinding()).finding), { caller: OLIVIA });
      await probe.done;
      for (let number = 1; number <= probe.calls.length; number += 1) {
        const { key, finding } = await at.makeFinding();
        const first = at.begin(approve(finding), {
          caller: OLIVIA,
          fault: (call) => (call.number === number ? kind : undefined),
        });
        await Promise.race([first.died, first.done.catch(() => undefined)]);
        const { pipeline, calls } = at.bed.start(undefined, ASKING);
        const resume = { eventId: `on-demand-${first.orderId}`, subject: key };
        await resumeOrder({ resume }, { pipeline, delivery: at.bed.deliver() });
        // Whoever approves again finds it done, or does it.
        const again = await at.order(approve(finding), { caller: OLIVIA });
        const changes = [...first.calls, ...calls, ...again.calls].filter((call) => call === 'EnableKeyRotation');
        expect([number, again.result.status, await at.isRotating(key)]).toEqual([number, 'remediated', true]);
        expect([number, (await at.findingOf(key))?.status]).toEqual([number, 'resolved']);
        // A lost answer of KMS is asked for again by the SDK or found read back; either way the state is set once.
        expect([number, changes.length]).toEqual([number, 1]);
        expect(actionsOf(await at.bed.readChain(key)).filter(({ order }) => order?.kind === 'approve')).toHaveLength(1);
      }
    },
    240_000,
  );
});

describe('a rejection', () => {
  test('is recorded and told, keeps the finding open, and the same plan asks nobody again', async () => {
    const { key, finding } = await at.makeFinding();
    await at.bed.readInbox();
    const { result } = await at.order({ action: 'reject', finding, reason: 'Rotated by hand' }, { caller: OLIVIA });
    expect(result).toMatchObject({ status: 'rejected', decisions: [{ decision: 'rejected' }] });
    expect(await at.findingOf(key)).toMatchObject({ status: 'open', decision: 'rejected' });
    expect(await at.bed.readInbox()).toMatchObject([{ attributes: { state: 'rejected' } }]);

    await at.happen('DisableKeyRotation', key);
    expect(await at.findingOf(key)).toMatchObject({ decision: 'rejected' });
    const after = await at.order(approve(finding), { caller: OSCAR });
    expect(after.result).toMatchObject({ status: 'refused', message: expect.stringContaining('was rejected') });

    const before = (await at.bed.readChain(key)).length;
    const again = await at.order({ action: 'reject', finding, reason: 'Rotated by hand' }, { caller: OLIVIA });
    expect(again.result).toMatchObject({ status: 'rejected', message: expect.stringContaining('before') });
    expect(await at.bed.readChain(key)).toHaveLength(before);
  });

  test('of what waits for nobody, or of another plan, is refused', async () => {
    const { finding } = await at.makeFinding();
    const other = await at.order({ action: 'reject', finding, plan: 'abcdefabcdef' }, { caller: OLIVIA });
    expect(other.result).toMatchObject({ status: 'refused', why: 'conflict' });
    await at.order(approve(finding), { caller: OLIVIA });
    const done = await at.order({ action: 'reject', finding }, { caller: OSCAR });
    expect(done.result).toMatchObject({ status: 'refused', message: expect.stringContaining('waits for no approval') });
  });
});

describe('the approval of a lot', () => {
  const BASELINE = 'sweep-2026-08-03';
  const context = (owner: string) => ({
    writer: { owner, recordedBy: 'keywarden test', leaseUntil: Date.parse('2027-01-01T00:00:00Z') },
    maxReceives: 5,
  });

  /** What a first look at all keys finds. */
  async function findFirst(key: string): Promise<void> {
    const { pipeline } = at.bed.start(undefined, ASKING);
    const action = readAction(writeEvent('DisableKeyRotation', key));
    const look = { ...action, eventId: `${BASELINE}-${key}`, origin: 'sweep', api: 'LookAtKey' } as const;
    await handleAction(pipeline, look, at.bed.deliver(), {
      kind: 'sweep',
      control: 'rotation-enabled',
      baseline: BASELINE,
    });
  }

  test('is one order, carried out for each finding in the background, and once however often it is delivered', async () => {
    const keys = await Promise.all(
      [1, 2, 3].map(() => at.bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'payments' }] })),
    );
    for (const key of keys) await findFirst(key);
    const { pipeline, calls } = at.bed.start(undefined, ASKING);
    const sent: object[] = [];
    const later = async (message: object) => void sent.push(message);
    const around = { pipeline: { ...pipeline, later }, kms: at.bed.kms, caller: OLIVIA };
    const order = { action: 'approve', baseline: BASELINE, reason: 'Reviewed', orderId: 'lot-of-august' };
    const result = await obey(order, { ...around, delivery: at.bed.deliver(), orderId: 'a' });
    expect(result).toMatchObject({ status: 'accepted', key: BASELINE, ledger: { subject: SWEEPS } });
    const again = await obey(order, { ...around, delivery: at.bed.deliver(), orderId: 'b' });
    expect(again).toMatchObject({ status: 'accepted', message: expect.stringContaining('carried out before') });
    expect((await at.bed.readChain(SWEEPS)).map(({ type }) => type)).toEqual(['action', 'outcome']);

    const lots = sent.filter((message) => 'order' in message);
    expect(lots).toHaveLength(3);
    const messages = [...lots, ...lots].map((content, place) => ({
      id: `m-${place}`,
      body: JSON.stringify(content),
      receives: 1,
    }));
    for (const message of messages) {
      expect(await handleBatch(pipeline, [message], context(`lot-${message.id}`))).toEqual([]);
    }
    expect(await Promise.all(keys.map(at.isRotating))).toEqual([true, true, true]);
    expect(calls.filter((call) => call === 'EnableKeyRotation')).toHaveLength(3);
    const [first = ''] = keys;
    expect(actionsOf(await at.bed.readChain(first))[1]?.order).toMatchObject({
      kind: 'approve',
      by: { arn: OLIVIA.arn },
    });
  });

  test('is refused when nothing of it waits', async () => {
    const { result } = await at.order({ action: 'approve', baseline: 'sweep-none' }, { caller: OLIVIA });
    expect(result).toMatchObject({ status: 'refused', why: 'conflict' });
  });

  test('leaves to a person what changed after it', async () => {
    const key = await at.bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'payments' }] });
    await findFirst(key);
    const { pipeline } = at.bed.start(undefined, ASKING);
    const seq = (await at.findingOf(key))?.seq ?? 0;
    await at.order({ action: 'reject', key, control: 'rotation-enabled' }, { caller: OSCAR });
    const body = JSON.stringify({ order: { lot: 1, subject: key, finding: 'rotation-enabled', seq } });
    expect(await handleBatch(pipeline, [{ id: 'm', body, receives: 1 }], context('late'))).toEqual([]);
    expect(await at.isRotating(key)).toBe(false);
  });
});

test('after all of this the ledger is whole', async () => {
  const { problems } = await verifyLedger({ client: at.bed.dynamo, table: at.bed.table });
  expect(problems).toEqual([]);
});
