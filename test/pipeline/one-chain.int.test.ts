import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { handleAction } from '../../lib/pipeline.ts';
import { type Bed, openBed } from './bed.ts';
import { readAction, writeEvent } from './events.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

/** Invocations of one moment: nobody's lease ends while another waits for the chain. */
const NOW = Date.parse('2026-08-03T09:05:00Z');
const handleAtOnce = async (bodies: readonly string[]) => {
  const attempts = bodies.map((body, place) => {
    const { pipeline, calls } = bed.startAt(() => new Date(NOW), {});
    const writer = { owner: `at-once-${place}`, recordedBy: 'keywarden test', leaseUntil: NOW + 60_000 };
    return handleAction(pipeline, readAction(body), { writer, last: false }).then(() => calls);
  });
  return Promise.all(attempts);
};

test('Forty invocations that append to one chain at once leave one unbroken chain with every event once', async () => {
  const key = await bed.createKey({}, true);
  const bodies = Array.from({ length: 40 }, () => writeEvent('EnableKeyRotation', key));
  await handleAtOnce(bodies);
  const chain = await bed.readChain(key);
  expect(chain.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_none, place) => place + 1));
  expect(new Set(chain.map(({ eventId }) => eventId))).toEqual(new Set(bodies.map((body) => readAction(body).eventId)));
  expect((await verifyLedger({ client: bed.dynamo, table: bed.table })).problems).toEqual([]);
}, 120_000);
