import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { REMINDERS } from '../../lib/ledger/keys.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { handleAction, type Pipeline } from '../../lib/pipeline.ts';
import { remindOfOpen } from '../../lib/reminders/remind.ts';
import { type Bed, openBed } from '../pipeline/bed.ts';
import { readAction, writeEvent } from '../pipeline/events.ts';
import { ARMED } from '../policy/armed.ts';
import { ALERTS } from './due.ts';

const HOUR = 3_600_000;
const START = Date.parse('2027-03-01T08:20:00Z');
const QUICK = { critical: 2, high: 2, medium: 2, low: 2 };
const SLOW = { critical: 5, high: 5, medium: 5, low: 5 };
const OBSERVED = { controls: { 'rotation-enabled': { mode: 'observe' } } } as const;
const policy = { ...ARMED, ...OBSERVED, alerts: { ...ALERTS, remindAfterHours: QUICK, escalateAfterHours: SLOW } };

let bed: Bed;
let runs = 0;
beforeAll(async () => {
  bed = await openBed();
  const key = await bed.createKey();
  await handleAction(pipelineAt(0), readAction(writeEvent('DisableKeyRotation', key)), deliverAt(0));
  await bed.readInbox();
});
afterAll(() => bed.stop());

const pipelineAt = (hours: number, overrides: Partial<Pipeline> = {}): Pipeline => ({
  ...bed.startAt(() => new Date(START + hours * HOUR), policy).pipeline,
  ...overrides,
});

function deliverAt(hours: number) {
  runs += 1;
  const leaseUntil = START + hours * HOUR;
  return { writer: { owner: `run-${runs}`, recordedBy: 'keywarden test', leaseUntil }, last: false };
}

const remindAt = (hours: number, overrides: Partial<Pipeline> = {}) =>
  remindOfOpen(pipelineAt(hours, overrides), deliverAt(hours));

const statesTold = async () => (await bed.readInbox()).map(({ attributes }) => attributes.state);

test('nothing is told and nothing recorded while nothing is due', async () => {
  await remindAt(1);
  expect(await statesTold()).toEqual([]);
  expect(await bed.readChain(REMINDERS)).toEqual([]);
});

test('what is due is recorded and told once, however often the schedule fires in that hour', async () => {
  for (const _time of ['first', 'second', 'third']) await remindAt(3);
  const inbox = await bed.readInbox();
  expect(inbox).toMatchObject([
    { attributes: { state: 'reminder', control: 'reminders' }, json: { count: 1, findings: [{ decision: 'tell' }] } },
  ]);
  expect(await bed.readChain(REMINDERS)).toMatchObject([
    {
      type: 'action',
      eventId: 'reminder-2027-03-01T11',
      action: { api: 'RemindOfFindings', request: { reminders: { count: 1 }, escalations: { count: 0 } } },
    },
    { type: 'outcome', told: [{ control: 'rotation-enabled', state: 'reminder' }] },
  ]);
});

test('a message that could not be sent is sent by the next run, with what was recorded for it', async () => {
  const tell = () => Promise.reject(new Error('SNS is away'));
  await expect(remindAt(5, { tell })).rejects.toThrow('SNS is away');
  expect(await statesTold()).toEqual([]);
  const before = (await bed.readChain(REMINDERS)).length;
  await remindAt(5.5);
  const inbox = await bed.readInbox();
  expect(inbox).toMatchObject([{ json: { until: '2027-03-01T13:00:00.000Z' } }]);
  expect((await bed.readChain(REMINDERS)).slice(before)).toMatchObject([{ type: 'outcome' }]);
});

test('hours in which nothing ran are made up for in one message, and what is open for too long is escalated instead', async () => {
  await remindAt(30);
  const inbox = await bed.readInbox();
  expect(inbox).toMatchObject([{ attributes: { state: 'escalated', escalation: 'true' }, json: { count: 1 } }]);
});

test('after all of this the ledger is whole', async () => {
  const { client, table } = pipelineAt(31).records;
  expect((await verifyLedger({ client, table })).problems).toEqual([]);
});
