import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { handleBatch } from '../../lib/batch.ts';
import { POLICY, WAIVERS } from '../../lib/ledger/keys.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { handleAction } from '../../lib/pipeline.ts';
import type { Policy, Waiver } from '../../lib/policy/policy.ts';
import { ARMED } from '../policy/armed.ts';
import { type Bed, openBed } from './bed.ts';
import { readAction, writeEvent } from './events.ts';

let bed: Bed;
let day = Date.parse('2027-01-01T08:00:00Z');
beforeAll(async () => {
  bed = await openBed();
});
// Every test has days of its own, because a day is told once.
afterEach(async () => {
  day += 30 * 86_400_000;
  await bed.readInbox();
});
afterAll(() => bed.stop());

const dateAt = (days: number) => new Date(day + days * 86_400_000).toISOString().slice(0, 10);
const waiverOf = (subject: string, lastDay: number): Waiver => ({
  control: 'rotation-enabled',
  subject,
  owner: 'olivia@example.com',
  ticket: 'SEC-42',
  expires: dateAt(lastDay),
});

let messages = 0;
/** The schedule fires, so many days from today; the policy names somebody in every list, unless it says otherwise. */
async function fire(policy: Partial<Policy>, { days = 0, pipeline = {}, receives = 1 } = {}) {
  messages += 1;
  const now = day + days * 86_400_000;
  const started = bed.startAt(() => new Date(now), { ...ARMED, ...policy });
  const context = {
    writer: { owner: `daily-${messages}`, recordedBy: 'keywarden test', leaseUntil: now },
    maxReceives: 5,
  };
  const message = { id: `m-${messages}`, body: '{ "daily": {} }', receives };
  return handleBatch({ ...started.pipeline, ...pipeline }, [message], context);
}

const tellsOf = async (control: string) =>
  (await bed.readInbox()).filter(({ attributes }) => attributes.control === control);

describe('once a day', () => {
  test('nothing is told and nothing recorded while no waiver is due', async () => {
    const key = await bed.createKey();
    const before = (await bed.readChain(WAIVERS)).length;
    expect(await fire({ waivers: [waiverOf(key, 100)] })).toEqual([]);
    expect(await bed.readInbox()).toEqual([]);
    expect(await bed.readChain(WAIVERS)).toHaveLength(before);
  });

  test('the officer is told of all due waivers in one message, once however often the schedule fires', async () => {
    const [one, other] = [await bed.createKey(), await bed.createKey()];
    const waivers = [waiverOf(one, 3), waiverOf(other, 0)];
    const before = (await bed.readChain(WAIVERS)).length;
    for (const _time of ['first', 'second', 'third']) expect(await fire({ waivers })).toEqual([]);
    expect(await bed.readInbox()).toMatchObject([
      { attributes: { control: 'waivers', state: 'expires-soon' }, json: { count: 2 } },
    ]);
    const entries = (await bed.readChain(WAIVERS)).slice(before);
    expect(entries).toMatchObject([
      { type: 'action', action: { api: 'ReviewWaivers', request: { due: [{ days: 3 }, { days: 0 }] } } },
      { type: 'outcome', told: [{ control: 'rotation-enabled' }, { control: 'rotation-enabled' }] },
    ]);
  });

  test('and again the next day, while it is due', async () => {
    const waivers = [waiverOf(await bed.createKey(), 3)];
    await fire({ waivers });
    await fire({ waivers }, { days: 1 });
    expect(await tellsOf('waivers')).toHaveLength(2);
  });

  test('a key whose waiver has ended is a finding again, once', async () => {
    const key = await bed.createKey();
    const waivers = [waiverOf(key, 0)];
    const { pipeline } = bed.startAt(() => new Date(day), { waivers });
    await handleAction(pipeline, readAction(writeEvent('DisableKeyRotation', key)), {
      writer: { owner: `w-${day}`, recordedBy: 'keywarden test', leaseUntil: day },
      last: false,
    });
    await fire({ waivers });
    expect(await tellsOf('rotation-enabled')).toEqual([]);

    for (const days of [1, 1, 2]) expect(await fire({ waivers }, { days })).toEqual([]);
    const inbox = await bed.readInbox();
    expect(inbox.filter(({ attributes }) => attributes.control === 'waivers')).toMatchObject([
      { attributes: { state: 'expired', severity: 'medium' } },
      { attributes: { state: 'expired' } },
    ]);
    expect(inbox.filter(({ attributes }) => attributes.control === 'rotation-enabled')).toMatchObject([
      { json: { finding: { subject: key, status: 'open' } } },
    ]);
    const verifications = (await bed.readChain(key)).filter(
      (entry) => entry.type === 'action' && entry.action.api === 'VerifyKey',
    );
    expect(verifications).toMatchObject([
      {
        action: {
          actor: { person: 'keywarden (waiver expired)' },
          request: { reason: expect.stringContaining('rotation-enabled (SEC-42, until ') },
        },
      },
    ]);
  });

  test('what is not a key here is told, and not verified here', async () => {
    const elsewhere = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const store = 'arn:aws:cloudhsm:eu-west-1:111122223333:cluster/cluster-1a2b3c4d';
    const { subject: _none, ...byTag } = waiverOf('', -1);
    const waivers = [waiverOf(elsewhere, -1), waiverOf(store, -1), { ...byTag, tag: { key: 'Class', value: 'old' } }];
    expect(await fire({ waivers })).toEqual([]);
    expect(await tellsOf('waivers')).toMatchObject([{ json: { count: 3 } }]);
    expect(await bed.readChain(elsewhere)).toEqual([]);
    expect(await bed.readChain(store)).toEqual([]);
  });

  test('a message that could not be sent returns to the queue, and the next delivery sends it', async () => {
    const waivers = [waiverOf(await bed.createKey(), 3)];
    const tell = () => Promise.reject(new Error('SNS is away'));
    expect(await fire({ waivers }, { pipeline: { tell } })).toHaveLength(1);
    expect(await bed.readInbox()).toEqual([]);
    expect(await fire({ waivers }, { receives: 2 })).toEqual([]);
    expect(await tellsOf('waivers')).toHaveLength(1);
  });

  test('one key that cannot be verified now keeps none of the others back, and is tried again', async () => {
    const [stuck, fine] = [await bed.createKey(), await bed.createKey()];
    const waivers = [waiverOf(stuck, -1), waiverOf(fine, -1)];
    const { pipeline } = bed.start();
    const factsOf = (arn: string, onTransient: 'throw' | 'unread', item?: string) => {
      if (arn === stuck) throw new Error('KMS is busy');
      return pipeline.factsOf(arn, onTransient, item);
    };
    expect(await fire({ waivers }, { pipeline: { factsOf } })).toHaveLength(1);
    expect(await bed.readChain(fine)).not.toEqual([]);
    expect(await fire({ waivers }, { receives: 2 })).toEqual([]);
    expect(await bed.readChain(stuck)).not.toEqual([]);
    expect(await tellsOf('waivers')).toHaveLength(1);
  });
});

describe('lists that the policy leaves empty', () => {
  const NONE = { trust: { accounts: [], organizations: [], administrators: [] } };
  const digestOf = (letter: string) => ({ policyDigest: letter.repeat(64) });
  const entriesOf = async (letter: string) =>
    (await bed.readChain(POLICY)).filter(({ eventId }) => eventId === `policy-${letter.repeat(64)}`);

  test('are told once, with the controls that judge less, and then never again while the policy stays as it is', async () => {
    for (const days of [0, 0, 1, 30]) expect(await fire(NONE, { days, pipeline: digestOf('a') })).toEqual([]);
    expect(await bed.readInbox()).toMatchObject([
      {
        attributes: { control: 'policy', state: 'lists-empty' },
        json: {
          count: 2,
          policy: 'a'.repeat(64),
          unarmed: [
            { settings: ['trust.accounts', 'trust.organizations'] },
            { settings: ['trust.administrators'], controls: expect.arrayContaining(['key-policy-least-privilege']) },
          ],
        },
      },
    ]);
    expect(await entriesOf('a')).toMatchObject([
      { type: 'action', action: { api: 'ReviewPolicy', step: '8', request: { unarmed: [{}, {}] } } },
      { type: 'outcome', told: [{ control: 'policy', state: 'lists-empty' }] },
    ]);
  });

  test('are told anew when the policy file changes, and not when nothing is empty any more', async () => {
    await fire(NONE, { pipeline: digestOf('b') });
    await fire({}, { pipeline: digestOf('c') });
    expect(await tellsOf('policy')).toMatchObject([{ json: { policy: 'b'.repeat(64) } }]);
    expect(await entriesOf('c')).toEqual([]);
  });

  test('are told by the next delivery when the message could not be sent, and recorded once', async () => {
    const tell = () => Promise.reject(new Error('SNS is away'));
    expect(await fire(NONE, { pipeline: { ...digestOf('d'), tell } })).toHaveLength(1);
    expect(await fire(NONE, { pipeline: digestOf('d'), receives: 2 })).toEqual([]);
    expect(await tellsOf('policy')).toHaveLength(1);
    expect((await entriesOf('d')).map(({ type }) => type)).toEqual(['action', 'outcome']);
  });

  test('that cannot be told now keep no waiver back', async () => {
    const waivers = [waiverOf(await bed.createKey(), 3)];
    const { pipeline } = bed.start();
    const tell: typeof pipeline.tell = (message) =>
      message.attributes.control === 'policy' ? Promise.reject(new Error('SNS is away')) : pipeline.tell(message);
    expect(await fire({ ...NONE, waivers }, { pipeline: { ...digestOf('e'), tell } })).toHaveLength(1);
    expect((await bed.readInbox()).map(({ attributes }) => attributes.control)).toEqual(['waivers']);
  });

  test('after all of this the ledger is whole', async () => {
    expect((await verifyLedger({ client: bed.dynamo, table: bed.table })).problems).toEqual([]);
  });
});
