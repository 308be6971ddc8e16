import { CreateAliasCommand, GetKeyRotationStatusCommand, TagResourceCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionEntry } from '../../lib/ledger/entry.ts';
import { obey } from '../../lib/orders/obey.ts';
import type { OrderDone } from '../../lib/orders/order.ts';
import { type Bed, openBed } from '../pipeline/bed.ts';

let bed: Bed;
let orders = 0;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

async function order(input: unknown, orderId = `order-${++orders}`) {
  const { pipeline, calls } = bed.start();
  const result = await obey(input, { pipeline, kms: bed.kms, delivery: bed.deliver(), orderId });
  return { result, calls };
}

const ASK = { action: 'verify', reason: 'Quarterly review', requestedBy: 'olivia@example.com' };
const isRotating = async (key: string) =>
  (await bed.kms.send(new GetKeyRotationStatusCommand({ KeyId: key }))).KeyRotationEnabled;

/** A key that is in order but for its rotation. */
const OWNED = { Tags: [{ TagKey: 'owner', TagValue: 'payments-team' }] };

describe('an order', () => {
  test('to verify a healthy key says so, and is recorded with who asked and why', async () => {
    const key = await bed.createKey(OWNED, true);
    const { result } = await order({ ...ASK, key });
    expect(result).toMatchObject({ status: 'verified', key, dryRun: false, remediations: [] });
    expect((result as OrderDone).verdicts.filter(({ verdict }) => verdict === 'violation')).toEqual([]);
    expect((await bed.readChain(key))[0]).toMatchObject({
      eventId: `on-demand-order-${orders}`,
      action: {
        api: 'VerifyKey',
        origin: 'on-demand',
        actor: { person: 'olivia@example.com' },
        request: { reason: 'Quarterly review' },
      },
    });
  });

  test('to verify a bad key shows the plan and changes nothing', async () => {
    const key = await bed.createKey(OWNED);
    const { result } = await order({ ...ASK, key });
    expect(result).toMatchObject({
      status: 'verified',
      decisions: [{ decision: 'ask', plan: { requests: [{ operation: 'EnableKeyRotation' }] } }],
    });
    expect(await isRotating(key)).toBe(false);
  });

  test('to remediate puts a bad key right, reads it back, and records it', async () => {
    const key = await bed.createKey(OWNED);
    const { result } = await order({ ...ASK, key, action: 'remediate' });
    expect(result).toMatchObject({
      status: 'remediated',
      remediations: [{ status: 'confirmed', requestIds: [expect.any(String)] }],
    });
    expect(await isRotating(key)).toBe(true);
    expect((await bed.readChain(key)).map(({ type }) => type)).toEqual(['action', 'outcome']);
  });

  test('to remediate does not touch a protected key', async () => {
    const key = await bed.createKey(OWNED);
    await bed.kms.send(
      new TagResourceCommand({ KeyId: key, Tags: [{ TagKey: 'keywarden:protected', TagValue: 'yes' }] }),
    );
    const { result } = await order({ ...ASK, key, action: 'remediate' });
    expect(result).toMatchObject({
      status: 'verified',
      decisions: [{ decision: 'tell', reason: expect.stringContaining('keywarden:protected') }],
    });
    expect(await isRotating(key)).toBe(false);
  });

  test('as a dry run shows the plan: nothing is changed, recorded or sent', async () => {
    const key = await bed.createKey(OWNED);
    await bed.readInbox();
    const { result, calls } = await order({ ...ASK, key, action: 'remediate', dryRun: true });
    expect(result).toMatchObject({
      status: 'verified',
      dryRun: true,
      decisions: [
        {
          decision: 'act',
          plan: { requests: [{ operation: 'EnableKeyRotation' }], undo: [{ operation: 'DisableKeyRotation' }] },
        },
      ],
    });
    expect(calls.filter((call) => !/^(BatchGet|Describe|Get|List|Query)/.test(call))).toEqual([]);
    expect(await isRotating(key)).toBe(false);
    expect(await bed.readChain(key)).toEqual([]);
    expect(await bed.readInbox()).toEqual([]);
  });

  test.each(['id', 'alias name', 'alias ARN'])('names the key by its %s as well as by its ARN', async (form) => {
    const key = await bed.createKey(OWNED, true);
    const name = `alias/by-${form.replace(' ', '-')}`;
    await bed.kms.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: key }));
    const names: Record<string, string> = {
      id: key.slice(key.lastIndexOf('/') + 1),
      'alias name': name,
      'alias ARN': `arn:aws:kms:eu-west-1:111122223333:${name}`,
    };
    expect((await order({ ...ASK, key: names[form] })).result).toMatchObject({ status: 'verified', key });
  });

  test('that is sent twice is carried out once, and answered the same', async () => {
    const key = await bed.createKey(OWNED);
    const first = await order({ ...ASK, key, action: 'remediate' }, 'same');
    const { result } = await order({ ...ASK, key, action: 'remediate' }, 'same');
    expect(result).toMatchObject({
      status: 'remediated',
      message: expect.stringContaining('carried out before'),
      ledger: (first.result as OrderDone).ledger,
      remediations: (first.result as OrderDone).remediations,
    });
    expect((await bed.readChain(key)).filter((entry): entry is ActionEntry => entry.type === 'action')).toHaveLength(1);
  });
});

describe('bad input', () => {
  const key = '1234abcd-12ab-34cd-56ef-1234567890ab';
  const finding = `rotation-enabled@${key}`;
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'The input is undefined, not an object.'],
    ['a text', 'verify all', 'The input is "verify all", not an object.'],
    ['no key', { ...ASK }, 'finding is missing, and key too'],
    ['no reason', { key, action: 'verify', requestedBy: 'olivia@example.com' }, 'reason is missing.'],
    ['nobody who asks', { key, action: 'verify', reason: 'Review' }, 'requestedBy is missing'],
    ['an empty reason', { ...ASK, key, reason: ' ' }, 'reason is " "'],
    ['another action', { ...ASK, key, action: 'destroy' }, 'action is "destroy"'],
    ['an unknown field', { ...ASK, key, force: true }, '"force" is not a field.'],
    ['a dry run that is no boolean', { ...ASK, key, dryRun: 'no' }, 'dryRun is "no"'],
    ['a key and a finding', { ...ASK, key, finding }, 'finding and key are both given'],
    ['a finding and a control', { ...ASK, finding, control: 'key-owner-tagged' }, 'leave out control and item'],
    ['a finding without a key', { ...ASK, finding: 'rotation-enabled' }, 'finding is "rotation-enabled"'],
    [
      'a control that is none',
      { ...ASK, key, control: 'rotation' },
      'control is "rotation", and there is no such control',
    ],
    ['an item of no control', { ...ASK, key, item: 'grant' }, 'control is missing: an item is one of a control'],
    [
      'an approval of a whole key',
      { ...ASK, key, action: 'approve' },
      'control is missing: approve is about one finding',
    ],
    ['a plan for a verification', { ...ASK, key, plan: 'a'.repeat(64) }, 'plan is for the approval or rejection'],
    [
      'a plan that is no digest',
      { ...ASK, finding, action: 'approve', plan: 'Enable rotation' },
      'plan is "Enable rotation"',
    ],
    ['a waiver without end', { ...ASK, finding, action: 'waive' }, 'until is missing'],
    ['a last day that is none', { ...ASK, finding, action: 'waive', until: '31.12.2026' }, 'until is "31.12.2026"'],
    [
      'a last day of a verification',
      { ...ASK, finding, until: '2026-12-31' },
      'until is for waive, and action is verify',
    ],
    ['a lot that is verified', { ...ASK, baseline: 'sweep-1' }, 'baseline is for approve'],
    ['a key that is none', { ...ASK, key: 'payments key' }, '"payments key" is no key id'],
    [
      'an ARN that nobody knows',
      { ...ASK, key: 'arn:aws:iam::111122223333:role/App' },
      'the ledger has nothing under this name',
    ],
    [
      'a key of another account',
      { ...ASK, key: `arn:aws:kms:eu-west-1:444455556666:key/${key}` },
      'Ask the Keywarden there.',
    ],
    [
      'a key of another Region',
      { ...ASK, key: `arn:aws:kms:us-east-1:111122223333:key/${key}` },
      'is in account 111122223333, us-east-1',
    ],
    ['a key that is not there', { ...ASK, key }, `There is no key "${key}" in account 111122223333, eu-west-1.`],
    ['an alias that is not there', { ...ASK, key: 'alias/nothing' }, 'There is no key "alias/nothing"'],
  ])('%s is refused with a sentence that says what to send', async (_name, input, message) => {
    const { result } = await order(input);
    expect(result).toMatchObject({ status: 'refused', why: 'input' });
    expect(result.message).toContain(message);
    expect(result.message).toMatch(
      /Send |Ask the Keywarden there|List the keys with|List them with|There are: |Leave it out/,
    );
  });
});
