import { DisableKeyRotationCommand, GetKeyRotationStatusCommand, TagResourceCommand } from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionEntry } from '../../lib/ledger/entry.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { handleAction } from '../../lib/pipeline.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { type Bed, openBed } from './bed.ts';
import { readAction, writeEvent } from './events.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterEach(async () => {
  await bed.setKillSwitch('off');
  await bed.readInbox();
});
afterAll(() => bed.stop());

const SAFEGUARDS = {
  sameRemedy: { changes: 3, hours: 24 },
  changesPerHour: 1000,
  waiverWarningDays: 14,
  confirmWithinHours: 6,
};
const isRotating = async (key: string) =>
  (await bed.kms.send(new GetKeyRotationStatusCommand({ KeyId: key }))).KeyRotationEnabled;

const handle = (key: string, policy: Partial<Policy> = {}) =>
  handleAction(
    bed.start(undefined, { safeguards: SAFEGUARDS, ...policy }).pipeline,
    readAction(writeEvent('DisableKeyRotation', key)),
    bed.deliver(),
  );

describe('a waiver', () => {
  const WAIVER = { control: 'rotation-enabled', owner: 'olivia@example.com', ticket: 'SEC-42', expires: '2099-12-31' };

  test('lets the violation be: recorded as what it is, told to nobody, changed by nobody', async () => {
    const key = await bed.createKey();
    const { entry, told } = await handle(key, { waivers: [{ ...WAIVER, subject: key }] });
    expect(entry?.verdicts).toContainEqual(
      expect.objectContaining({ control: 'rotation-enabled', verdict: 'violation' }),
    );
    expect(entry?.decisions).toMatchObject([{ decision: 'waived', reason: expect.stringContaining('SEC-42') }]);
    expect(told).toEqual([]);
    expect(await isRotating(key)).toBe(false);
  });

  test('by tag counts for a key that carries it', async () => {
    const key = await bed.createKey();
    await bed.kms.send(new TagResourceCommand({ KeyId: key, Tags: [{ TagKey: 'Class', TagValue: 'legacy' }] }));
    const { entry } = await handle(key, { waivers: [{ ...WAIVER, tag: { key: 'Class', value: 'legacy' } }] });
    expect(entry?.decisions).toMatchObject([{ decision: 'waived' }]);
  });

  test('that is over waives nothing', async () => {
    const key = await bed.createKey();
    const { remediations } = await handle(key, { waivers: [{ ...WAIVER, subject: key, expires: '2026-08-01' }] });
    expect(remediations).toMatchObject([{ status: 'confirmed' }]);
  });
});

describe('the kill switch', () => {
  test('stops every change, and everything else goes on', async () => {
    await bed.setKillSwitch('on');
    const key = await bed.createKey();
    const { entry, told } = await handle(key);
    expect(entry?.decisions).toMatchObject([{ decision: 'ask', reason: expect.stringContaining('kill switch is on') }]);
    expect(told).toMatchObject([{ state: 'needs-approval' }]);
    expect(await isRotating(key)).toBe(false);
  });

  test.each([
    ['holds nonsense', () => bed.setKillSwitch('maybe'), 'is "maybe"; set it to on or off'],
    [
      'cannot be read',
      async () => void bed.gateway.denials.add({ action: 'ssm:GetParameter' }),
      'could not be read (AccessDenied',
    ],
  ])('that %s counts as on', async (_name, prepare, reason) => {
    await prepare();
    const key = await bed.createKey();
    const { entry } = await handle(key);
    bed.gateway.denials.clear();
    expect(entry?.decisions).toMatchObject([{ decision: 'ask', reason: expect.stringContaining(reason) }]);
    expect(await isRotating(key)).toBe(false);
  });
});

test('The kill switch stops also what was recorded before it was put on, and not yet done', async () => {
  const key = await bed.createKey();
  const body = writeEvent('DisableKeyRotation', key);
  const first = bed.start(({ operation }) => (operation === 'TransactWriteItems' ? 'crash' : undefined));
  void handleAction(first.pipeline, readAction(body), bed.deliver());
  await first.died;
  await bed.setKillSwitch('on');
  const { remediations, told } = await handleAction(bed.start().pipeline, readAction(body), bed.deliver());
  expect(remediations).toMatchObject([{ status: 'failed', reason: 'The kill switch stopped it: it was put on.' }]);
  expect(told).toMatchObject([{ state: 'not-remediated' }]);
  expect(await isRotating(key)).toBe(false);
});

describe('a fight', () => {
  test('is left to a person after as many changes as the policy allows', async () => {
    const key = await bed.createKey();
    const runs = [];
    for (let round = 1; round <= 4; round += 1) {
      await bed.kms.send(new DisableKeyRotationCommand({ KeyId: key }));
      runs.push(await handle(key));
    }
    expect(runs.map(({ remediations }) => remediations.length)).toEqual([1, 1, 1, 0]);
    expect(runs[3]?.entry?.decisions).toMatchObject([
      { decision: 'ask', reason: expect.stringContaining('3 times within 24 hours') },
    ]);
    expect(runs[3]?.told).toMatchObject([{ state: 'needs-approval' }]);
    expect(await isRotating(key)).toBe(false);
  });
});

describe('a storm', () => {
  test('is stopped at the limit of the hour: one message, and everything recorded', async () => {
    const KEYS = 12;
    const keys = await Promise.all(Array.from({ length: KEYS }, () => bed.createKey()));
    // A clock of its own hour, so that what other tests changed does not count.
    const hour = { now: Date.parse('2031-01-01T10:00:00Z') };
    const policy = { safeguards: { ...SAFEGUARDS, changesPerHour: 5 } };
    const runs = await Promise.all(
      keys.map(async (key) => {
        const { pipeline } = bed.startAt(() => new Date(hour.now), policy);
        const writer = { owner: key, recordedBy: 'keywarden test', leaseUntil: hour.now + 60_000 };
        for (;;) {
          try {
            return await handleAction(pipeline, readAction(writeEvent('DisableKeyRotation', key)), {
              writer,
              last: false,
            });
          } catch (error) {
            // Transactions on the counter of the hour meet; the queue would deliver the message again.
            if (!(error instanceof Error) || error.name !== 'BusyError') throw error;
          }
        }
      }),
    );
    const rotating = await Promise.all(keys.map(isRotating));
    expect(rotating.filter(Boolean)).toHaveLength(5);
    const held = runs.flatMap(({ entry }) => entry?.decisions ?? []).filter((decision) => decision.held === true);
    expect(held).toHaveLength(KEYS - 5);
    const inbox = await bed.readInbox();
    expect(inbox.filter(({ attributes }) => attributes.control === 'changes-per-hour')).toHaveLength(1);
    expect(inbox.filter(({ attributes }) => attributes.control === 'rotation-enabled')).toHaveLength(5);
    const chains = await Promise.all(keys.map((key) => bed.readChain(key)));
    expect(chains.map(([entry]) => (entry as ActionEntry).action.api)).toEqual(keys.map(() => 'DisableKeyRotation'));
  });

  test('does not keep a person from ordering a remediation', async () => {
    const key = await bed.createKey();
    const { pipeline } = bed.start(undefined, { safeguards: { ...SAFEGUARDS, changesPerHour: 0 } });
    const action = { ...readAction(writeEvent('DisableKeyRotation', key)), origin: 'on-demand' as const };
    const { remediations } = await handleAction(pipeline, action, bed.deliver(), { kind: 'remediate' });
    expect(remediations).toMatchObject([{ status: 'confirmed' }]);
  });
});

test('after all of this the ledger is whole', async () => {
  expect((await verifyLedger({ client: bed.dynamo, table: bed.table })).problems).toEqual([]);
});
