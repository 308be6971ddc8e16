import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { handleBatch } from '../../lib/batch.ts';
import { subjectKey, WAIVERS, waiverKey } from '../../lib/ledger/keys.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { ARMED } from '../policy/armed.ts';
import { ASKING, actionsOf, callerOf, OLIVIA, type Orders, OSCAR, openOrders } from './orders-bed.ts';

/** The bed begins in August 2026, and counts minutes. */
const UNTIL = '2026-09-15';

let at: Orders;
beforeAll(async () => {
  at = await openOrders();
});
afterEach(async () => {
  await at.bed.readInbox();
});
afterAll(() => at.bed.stop());

const by = { caller: OLIVIA };
const waive = (finding: string, more: object = {}) => ({ action: 'waive', finding, until: UNTIL, ...more });

/** The schedule fires on a day. */
async function fire(day: string): Promise<void> {
  const now = new Date(`${day}T08:00:00Z`);
  const { pipeline } = at.bed.startAt(() => now, { ...ARMED, ...ASKING });
  const writer = { owner: `daily-${day}`, recordedBy: 'keywarden test', leaseUntil: now.getTime() };
  const message = { id: `m-${day}`, body: '{"daily":{}}', receives: 1 };
  expect(await handleBatch(pipeline, [message], { writer, maxReceives: 5 })).toEqual([]);
}

describe('a waiver by order', () => {
  test('covers an open finding until its last day, and is told', async () => {
    const { key, finding } = await at.makeFinding();
    await at.bed.readInbox();
    const { result } = await at.order(waive(finding, { ticket: 'SEC-9', reason: 'The importer is replaced' }), by);
    expect(result).toMatchObject({ status: 'waived', decisions: [{ decision: 'waived' }] });
    expect(await at.findingOf(key)).toMatchObject({
      status: 'waived',
      waiver: { until: UNTIL, by: 'olivia@example.com', ticket: 'SEC-9' },
    });
    expect(await at.bed.readInbox()).toMatchObject([{ attributes: { state: 'waived' } }]);
    await at.happen('DisableKeyRotation', key);
    expect(await at.bed.readInbox()).toEqual([]);
    expect(await at.findingOf(key)).toMatchObject({ status: 'waived' });
  });

  test('may come before the finding: what happens then is waived, and nobody is told', async () => {
    const key = await at.bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'payments' }] });
    const order = { action: 'waive', key, control: 'rotation-enabled', until: UNTIL };
    expect((await at.order(order, by)).result.status).toBe('waived');
    await at.happen('DisableKeyRotation', key);
    expect(await at.findingOf(key)).toMatchObject({ status: 'waived', decision: 'waived' });
    expect(await at.bed.readInbox()).toEqual([]);
  });

  test('that was granted just so before is not recorded again; another one takes its place', async () => {
    const { key, finding } = await at.makeFinding();
    await at.order(waive(finding), by);
    const before = (await at.bed.readChain(key)).length;
    const again = await at.order(waive(finding), by);
    expect(again.result).toMatchObject({ status: 'waived', message: expect.stringContaining('waived so before') });
    expect(await at.bed.readChain(key)).toHaveLength(before);
    await at.order(waive(finding, { until: '2026-10-01' }), by);
    expect(await at.findingOf(key)).toMatchObject({ waiver: { until: '2026-10-01' } });
  });

  test.each([
    ['yesterday', '2026-08-02'],
    ['a day later than the policy allows', '2027-08-03'],
  ])('that ends %s is refused with the days that may be', async (_name, until) => {
    const { finding } = await at.makeFinding();
    const { result } = await at.order(waive(finding, { until }), { ...by, at: new Date('2026-08-03T12:00:00Z') });
    expect(result).toMatchObject({ status: 'refused', why: 'input' });
    expect(result.message).toContain('between 2026-08-03 and 2026-11-01');
  });

  test('is refused to who caused the finding, and to nobody in particular', async () => {
    const { key, finding } = await at.makeFinding();
    const own = await at.order(waive(finding), { caller: callerOf('dana@example.com', 'SecurityOfficer') });
    expect(own.result).toMatchObject({ status: 'refused', why: 'caller' });
    const unnamed = await at.order(waive(finding, { requestedBy: 'olivia@example.com' }));
    expect(unnamed.result).toMatchObject({ status: 'refused', why: 'caller' });
    expect(await at.findingOf(key)).toMatchObject({ status: 'open' });
  });

  test('as a dry run records nothing', async () => {
    const { key, finding } = await at.makeFinding();
    expect((await at.order(waive(finding, { dryRun: true }), by)).result).toMatchObject({ dryRun: true });
    expect(await at.findingOf(key)).toMatchObject({ status: 'open' });
  });
});

describe('its withdrawal', () => {
  test('judges anew in the same entry, so that the finding asks again', async () => {
    const { key, finding } = await at.makeFinding();
    await at.order(waive(finding), by);
    await at.bed.readInbox();
    const { result } = await at.order({ action: 'unwaive', finding }, { caller: OSCAR });
    expect(result).toMatchObject({
      status: 'unwaived',
      verdicts: [{ control: 'rotation-enabled', verdict: 'violation' }],
    });
    expect(await at.findingOf(key)).toMatchObject({ status: 'open', decision: 'ask' });
    expect(await at.findingOf(key)).not.toHaveProperty('waiver');
    expect(await at.bed.readInbox()).toMatchObject([{ attributes: { state: 'needs-approval' } }]);
    expect(actionsOf(await at.bed.readChain(key)).at(-1)?.order).toMatchObject({ kind: 'unwaive' });
    expect((await at.order({ action: 'approve', finding }, by)).result.status).toBe('remediated');
  });

  test('of what is not waived is refused', async () => {
    const { finding } = await at.makeFinding();
    const none = await at.order({ action: 'unwaive', finding }, by);
    expect(none.result).toMatchObject({ status: 'refused', message: expect.stringContaining('never waived by order') });
    await at.order(waive(finding), by);
    await at.order({ action: 'unwaive', finding }, by);
    const twice = await at.order({ action: 'unwaive', finding }, by);
    expect(twice.result).toMatchObject({ status: 'refused', message: expect.stringContaining('withdrawn') });
  });
});

describe('once a day', () => {
  test('a waiver that ends soon is told, and what one covered that has ended is a finding again, once', async () => {
    const { key, finding } = await at.makeFinding();
    await at.order(waive(finding, { until: '2026-08-20' }), by);
    await at.bed.readInbox();
    const tells = async () =>
      (await at.bed.readInbox()).map(({ attributes: { control, state } }) => `${control} ${state}`);
    await fire('2026-08-19');
    expect(await tells()).toContain('waivers expires-soon');
    expect(await at.findingOf(key)).toMatchObject({ status: 'waived' });
    await fire('2026-08-21');
    const told = await tells();
    expect(told).toContain('waivers expired');
    expect(told).toContain('rotation-enabled needs-approval');
    expect(await at.findingOf(key)).toMatchObject({ status: 'open', decision: 'ask' });
    await fire('2026-08-22');
    expect(await tells()).not.toContain('rotation-enabled needs-approval');
    expect(await at.bed.readChain(WAIVERS)).not.toEqual([]);
  });
});

describe('a verification of the ledger', () => {
  test('finds nothing wrong with waivers that nobody touched, and names one that somebody made longer', async () => {
    const { key, finding } = await at.makeFinding();
    await at.order(waive(finding), by);
    const table = { client: at.bed.dynamo, table: at.bed.table };
    expect((await verifyLedger(table)).problems).toEqual([]);
    await at.bed.dynamo.send(
      new UpdateCommand({
        TableName: at.bed.table,
        Key: { pk: subjectKey(key), sk: waiverKey('rotation-enabled') },
        UpdateExpression: 'SET #until = :until',
        ExpressionAttributeNames: { '#until': 'until' },
        ExpressionAttributeValues: { ':until': '2036-01-01' },
      }),
    );
    expect((await verifyLedger(table)).problems).toMatchObject([
      { subject: key, what: expect.stringContaining('altered: the waiver rotation-enabled') },
    ]);
  });
});
