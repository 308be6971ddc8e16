import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { obey } from '../../lib/orders/obey.ts';
import { handleAction } from '../../lib/pipeline.ts';
import { NAMED } from '../controls/people.ts';
import { type Bed, openBed } from './bed.ts';
import { personOf, readAction, writeEvent } from './events.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

const dana = personOf('dana@example.com', 'KeyAdmin');
const eve = personOf('eve@example.com', 'Contractor');
const keywarden = personOf('keywarden-dev-lifecycle', 'keywarden-dev-lifecycle');
const { trust, generation } = NAMED;

async function handle(api: string, key: string, userIdentity: object, overrides: object = {}) {
  const { pipeline, calls } = bed.start(undefined, { trust, generation });
  const body = writeEvent(api, key, { userIdentity, ...overrides });
  return { ...(await handleAction(pipeline, readAction(body), bed.deliver())), calls };
}

/** What the officer was told about who administers keys, since the last call. */
const toldOf = async () =>
  (await bed.readInbox())
    .filter(({ attributes }) => attributes.control === 'key-administrator-authorized')
    .map(({ attributes }) => attributes.state);

const statusOf = async (key: string, item: string) => {
  const id = `key-administrator-authorized#${item}`;
  const { findings } = await bed.start().pipeline.ledger.look('none', key, [id]);
  return findings.get(id)?.status;
};

const makeKey = () => bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'payments-team' }] }, true);

test('What somebody did who is no administrator stays open until an administrator decides the same', async () => {
  const key = await makeKey();
  await bed.readInbox();
  await handle('DisableKey', key, eve);
  expect(await toldOf()).toEqual(['opened']);
  expect(await statusOf(key, 'state')).toBe('open');

  // Neither another decision of an administrator, nor Keywarden, nor a look at the key settles who disabled it.
  await handle('EnableKeyRotation', key, dana);
  await handle('EnableKey', key, keywarden);
  const order = { key, action: 'verify', reason: 'Quarterly review', requestedBy: 'olivia@example.com' };
  const { pipeline } = bed.start(undefined, { trust, generation });
  await obey(order, { pipeline, kms: bed.kms, delivery: bed.deliver(), orderId: 'administrators' });
  expect(await toldOf()).toEqual([]);
  expect(await statusOf(key, 'state')).toBe('open');

  await handle('EnableKey', key, dana);
  expect(await toldOf()).toEqual(['resolved']);
  expect(await statusOf(key, 'state')).toBe('resolved');
});

test('Two things that somebody did are two findings, and each is told once', async () => {
  const key = await makeKey();
  await bed.readInbox();
  await handle('PutKeyPolicy', key, eve);
  await handle('DeleteAlias', key, eve, { requestParameters: { aliasName: 'alias/payments' } });
  await handle('PutKeyPolicy', key, eve);
  expect(await toldOf()).toEqual(['opened', 'opened']);
  await handle('PutKeyPolicy', key, dana);
  expect(await statusOf(key, 'policy')).toBe('resolved');
  expect(await statusOf(key, 'alias/payments')).toBe('open');
});

test('The maker of a key may name its owner: the ledger knows who that was, and is asked for tags only', async () => {
  const key = await makeKey();
  const tags = { requestParameters: { keyId: key, tags: [{ tagKey: 'owner', tagValue: 'payments-team' }] } };
  await handle('CreateKey', key, eve, { requestParameters: {} });
  await bed.readInbox();
  const { entry } = await handle('TagResource', key, eve, tags);
  expect(entry?.verdicts).toContainEqual(
    expect.objectContaining({
      control: 'key-administrator-authorized',
      verdict: 'compliant',
      reason: expect.stringContaining('who made the key'),
    }),
  );
  await handle('TagResource', key, personOf('frank@example.com', 'App'), tags);
  expect(await toldOf()).toEqual(['opened']);
});

test('What an administrator did before, and only a comparison with CloudTrail finds, settles nothing that came after it', async () => {
  const key = await makeKey();
  await bed.readInbox();
  await handle('DisableKey', key, eve);
  expect(await toldOf()).toEqual(['opened']);

  const backFill = async (time: string) => {
    const { pipeline } = bed.start(undefined, { trust, generation });
    const action = readAction(writeEvent('EnableKey', key, { userIdentity: dana }));
    return handleAction(pipeline, { ...action, origin: 'reconcile', time }, bed.deliver());
  };
  await backFill('2020-01-01T00:00:00Z');
  expect(await toldOf()).toEqual([]);
  expect(await statusOf(key, 'state')).toBe('open');

  await backFill('2999-01-01T00:00:00Z');
  expect(await toldOf()).toEqual(['resolved']);
});
