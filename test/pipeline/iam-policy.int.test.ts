import { randomUUID } from 'node:crypto';
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createIamClient } from '../../lib/aws/clients.ts';
import { handleAction } from '../../lib/pipeline.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { ACCOUNT, type Bed, openBed, REGION } from './bed.ts';
import { readAction } from './events.ts';

let bed: Bed;
let iam: ReturnType<typeof createIamClient>;
beforeAll(async () => {
  bed = await openBed();
  iam = createIamClient({ region: REGION, endpoint: bed.gateway.url });
});
afterEach(async () => {
  bed.gateway.denials.clear();
  await bed.readInbox();
});
afterAll(() => bed.stop());

const documentOf = (Action: unknown, Resource: unknown = '*') =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] });
const BAD = documentOf('kms:Decrypt');
const GOOD = documentOf('kms:Decrypt', `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`);
const CONTROL = 'iam-policy-kms-least-privilege';

async function createRole(): Promise<string> {
  const name = `App-${randomUUID().slice(0, 8)}`;
  await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: documentOf('sts:AssumeRole') }));
  return name;
}

/** Takes the newest record of an operation, as the gateway wrote it, through the pipeline. */
async function handleNewest(api: string, policy: Partial<Policy> = {}, last = false) {
  const detail = bed.gateway.records().findLast(({ eventName }) => eventName === api);
  const body = JSON.stringify({
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.iam',
    account: ACCOUNT,
    region: 'us-east-1',
    detail,
  });
  const { entry, ...handled } = await handleAction(
    bed.start(undefined, policy).pipeline,
    readAction(body),
    bed.deliver(last),
  );
  // What is done to roles is also looked at for Keywarden's own, which these are not.
  const verdicts = entry?.verdicts.filter(({ control }) => control !== 'audit-trail-intact') ?? [];
  return { ...handled, entry: entry === undefined ? undefined : { ...entry, verdicts } };
}

const put = (RoleName: string, PolicyDocument: string) =>
  iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'keys', PolicyDocument }));

describe('an inline policy that decrypts with all keys', () => {
  test('is told with a proposal, and nobody changes it; narrowing it resolves the finding', async () => {
    const role = await createRole();
    const subject = `arn:aws:iam::${ACCOUNT}:role/${role}`;
    await put(role, BAD);
    const { entry, told, remediations } = await handleNewest('PutRolePolicy');
    expect(entry).toMatchObject({
      subject,
      verdicts: [{ control: CONTROL, item: 'keys', verdict: 'violation', severity: 'high' }],
      decisions: [{ decision: 'tell', proposal: expect.stringContaining('key/<key id>') }],
    });
    expect(remediations).toEqual([]);
    expect(told).toMatchObject([{ control: `${CONTROL}#keys`, state: 'opened' }]);
    const [message] = await bed.readInbox();
    expect(message?.attributes).toMatchObject({ control: CONTROL, state: 'opened' });
    expect(message?.json).toMatchObject({ decision: { proposal: expect.stringContaining('kms:Decrypt') } });

    await put(role, GOOD);
    const narrowed = await handleNewest('PutRolePolicy');
    expect(narrowed.entry?.verdicts).toMatchObject([{ verdict: 'compliant' }]);
    expect(narrowed.told).toMatchObject([{ state: 'resolved' }]);
    expect(await bed.readChain(subject)).toHaveLength(4);
  });

  test('is judged as it is now: narrowed before the event arrived, it is in order', async () => {
    const role = await createRole();
    await put(role, BAD);
    const event = bed.gateway.records().findLast(({ eventName }) => eventName === 'PutRolePolicy');
    await put(role, GOOD);
    const { entry } = await handleNewest('PutRolePolicy');
    expect(event?.requestParameters).toMatchObject({ policyDocument: BAD });
    expect(entry?.verdicts).toMatchObject([{ verdict: 'compliant' }]);
  });

  test('and was deleted meanwhile is told by its record while IAM may be behind, and resolved by the deletion', async () => {
    const role = await createRole();
    await put(role, BAD);
    await iam.send(new DeleteRolePolicyCommand({ RoleName: role, PolicyName: 'keys' }));
    const written = await handleNewest('PutRolePolicy');
    expect(written.entry?.verdicts).toMatchObject([{ verdict: 'violation' }]);
    const deleted = await handleNewest('DeleteRolePolicy');
    expect(deleted.entry?.verdicts).toMatchObject([{ item: 'keys', verdict: 'not-applicable' }]);
    expect(deleted.told).toMatchObject([{ control: `${CONTROL}#keys`, state: 'resolved' }]);
  });

  test('is unknown when Keywarden may not look, and that is told', async () => {
    const role = await createRole();
    await put(role, BAD);
    bed.gateway.denials.add({ action: 'iam:GetRolePolicy' });
    const { entry, told } = await handleNewest('PutRolePolicy');
    expect(entry?.verdicts).toMatchObject([
      { verdict: 'unknown', reason: expect.stringContaining("was denied to Keywarden's role") },
    ]);
    expect(told).toMatchObject([{ state: 'opened' }]);
  });
});

describe('a managed policy', () => {
  const createPolicy = async (PolicyDocument: string) => {
    const PolicyName = `Keys-${randomUUID().slice(0, 8)}`;
    const { Policy: made } = await iam.send(new CreatePolicyCommand({ PolicyName, Path: '/teams/', PolicyDocument }));
    return made?.Arn ?? '';
  };

  test('is judged when it is made, told once however it spreads, and in order with a narrow version', async () => {
    const PolicyArn = await createPolicy(documentOf('kms:*'));
    const made = await handleNewest('CreatePolicy');
    expect(made.entry).toMatchObject({
      subject: PolicyArn,
      verdicts: [{ control: CONTROL, verdict: 'violation', severity: 'critical' }],
    });
    const role = await createRole();
    await iam.send(new AttachRolePolicyCommand({ RoleName: role, PolicyArn }));
    const attached = await handleNewest('AttachRolePolicy');
    expect(attached.entry).toMatchObject({ subject: PolicyArn, verdicts: [{ verdict: 'violation' }] });
    expect(attached.told).toEqual([]);
    await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: GOOD, SetAsDefault: true }));
    const narrowed = await handleNewest('CreatePolicyVersion');
    expect(narrowed.told).toMatchObject([{ control: CONTROL, state: 'resolved' }]);
  });

  test('that was made before Keywarden looked is judged when it is attached', async () => {
    const PolicyArn = await createPolicy(BAD);
    const role = await createRole();
    await iam.send(new AttachRolePolicyCommand({ RoleName: role, PolicyArn }));
    const { entry, told } = await handleNewest('AttachRolePolicy');
    expect(entry?.verdicts).toMatchObject([{ verdict: 'violation', reason: expect.stringContaining('kms:Decrypt') }]);
    expect(told).toMatchObject([{ state: 'opened' }]);
  });

  test('for administrators is in order until somebody else has it too', async () => {
    const admin = await createRole();
    const trust = { accounts: [], organizations: [], administrators: [`arn:aws:iam::${ACCOUNT}:role/ops/${admin}`] };
    const PolicyArn = await createPolicy(documentOf('kms:PutKeyPolicy', `arn:aws:kms:*:${ACCOUNT}:key/*`));
    await iam.send(new AttachRolePolicyCommand({ RoleName: admin, PolicyArn }));
    const first = await handleNewest('AttachRolePolicy', { trust });
    expect(first.entry?.verdicts).toMatchObject([{ verdict: 'compliant' }]);
    const role = await createRole();
    await iam.send(new AttachRolePolicyCommand({ RoleName: role, PolicyArn }));
    expect((await handleNewest('AttachRolePolicy', { trust })).entry?.verdicts).toMatchObject([
      { verdict: 'violation' },
    ]);
    await iam.send(new DetachRolePolicyCommand({ RoleName: role, PolicyArn }));
    const detached = await handleNewest('DetachRolePolicy', { trust });
    expect(detached.told).toMatchObject([{ state: 'resolved' }]);
  });

  test('of AWS is about the role that got it, and in order again when the role has it no more', async () => {
    const role = await createRole();
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
    await iam.send(new AttachRolePolicyCommand({ RoleName: role, PolicyArn }));
    const attached = await handleNewest('AttachRolePolicy');
    expect(attached.entry).toMatchObject({
      subject: `arn:aws:iam::${ACCOUNT}:role/${role}`,
      verdicts: [{ item: PolicyArn, verdict: 'violation', severity: 'critical' }],
    });
    await iam.send(new DetachRolePolicyCommand({ RoleName: role, PolicyArn }));
    const detached = await handleNewest('DetachRolePolicy');
    expect(detached.entry?.verdicts).toMatchObject([{ verdict: 'not-applicable' }]);
    expect(detached.told).toMatchObject([{ control: `${CONTROL}#${PolicyArn}`, state: 'resolved' }]);
  });
});

test('A read that is throttled returns the message; on the last delivery it is recorded as unknown', async () => {
  const role = await createRole();
  await put(role, BAD);
  const id = bed.gateway.faults.add({ kind: 'throttle', service: 'iam', operation: 'GetRolePolicy' });
  await expect(handleNewest('PutRolePolicy')).rejects.toMatchObject({ name: 'TransientReadError' });
  const { entry } = await handleNewest('PutRolePolicy', {}, true);
  bed.gateway.faults.remove(id);
  expect(entry?.verdicts).toMatchObject([{ verdict: 'unknown', reason: expect.stringContaining('may succeed later') }]);
});
