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

const issuer = personOf('dana@example.com', 'Issuer');
const eve = personOf('eve@example.com', 'Contractor');
const { keyMaterial } = NAMED;

/** A use of a key, as the rule for reads delivers it. */
async function use(api: string, key: string, userIdentity: object) {
  const { pipeline } = bed.start(undefined, { keyMaterial });
  const body = writeEvent(api, key, { userIdentity, readOnly: true, responseElements: null });
  return handleAction(pipeline, readAction(body), bed.deliver());
}

const toldOf = async () =>
  (await bed.readInbox())
    .filter(({ attributes }) => attributes.control === 'key-material-not-exportable')
    .map(({ attributes }) => attributes.state);

test('Who takes private keys out is told once, and closed neither by others nor by a look at the key', async () => {
  const key = await bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'payments-team' }] }, true);
  await bed.readInbox();
  await use('GenerateDataKeyPair', key, eve);
  await use('GenerateDataKeyPair', key, issuer);
  await use('GenerateDataKeyPair', key, eve);
  expect(await toldOf()).toEqual(['opened']);

  const { pipeline } = bed.start(undefined, { keyMaterial });
  const order = { key, action: 'verify', reason: 'Quarterly review', requestedBy: 'olivia@example.com' };
  await obey(order, { pipeline, kms: bed.kms, delivery: bed.deliver(), orderId: 'material' });
  const id = `key-material-not-exportable#GenerateDataKeyPair arn:aws:iam::111122223333:role/Contractor`;
  const { findings } = await pipeline.ledger.look('none', key, [id]);
  expect(findings.get(id)).toMatchObject({ status: 'open', verdict: 'violation' });
});
