import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Evidence } from '../../lib/facts/evidence.ts';
import { type KeyFacts, known, unread } from '../../lib/facts/key-facts.ts';
import { type Grant, judgeGrant } from '../../lib/iam/grant.ts';
import { trustOf } from '../../lib/policy/trust-of.ts';
import { type AwsRequest, type Plan, PlanOutdatedError } from '../../lib/remediations/remedy.ts';
import revokeGrant from '../../lib/remediations/revoke-grant.ts';
import { NOW, OWN_RESOURCES, OWN_ROLES } from '../controls/control-case.ts';
import { listing, making, PERSON, TRUSTING } from '../controls/grant-least-privilege.cases.ts';
import { ACCOUNT, factsOf, GONE, KEY_ARN, KEY_ID, keyWith, REGION, UNREADABLE } from '../facts/key.ts';
import { FOREIGN, GRANT_ID, grantOf, PARTNER, roleIn } from '../iam/grant-fixtures.ts';

const STRANGER = grantOf({ granteePrincipal: roleIn(FOREIGN), keyArn: KEY_ARN, name: 'partner' });
const UNLISTED: KeyFacts = { ...factsOf(), grant: known('missing') };

const evidenceOf = (facts: KeyFacts, overrides: Partial<Evidence> = {}): Evidence => ({
  action: making(),
  facts,
  policy: TRUSTING,
  now: NOW,
  ownRoles: OWN_ROLES,
  ownResources: OWN_RESOURCES,
  ...overrides,
});

function planFor(facts: KeyFacts = listing(STRANGER), overrides: Partial<Evidence> = {}): Plan {
  const planned = revokeGrant.plan(evidenceOf(facts, overrides));
  if (!planned.possible) throw new Error(planned.reason);
  return planned.plan;
}

const errorOf = (name: string) => Object.assign(new Error('KMS says no.'), { name });

/** A KMS that answers dry runs as it documents and keeps one grant. */
function startKms(
  options: { readonly dryRun?: Error | 'works'; readonly real?: Error; readonly there?: boolean } = {},
) {
  const { dryRun = errorOf('DryRunOperationException'), real, there = true } = options;
  const made: AwsRequest[] = [];
  let listed = there;
  return {
    made,
    read: async (): Promise<KeyFacts> => (listed ? listing(STRANGER) : UNLISTED),
    call: async (request: AwsRequest) => {
      const isDryRun = request.parameters.DryRun === true;
      const error = isDryRun ? dryRun : real;
      if (error instanceof Error) throw error;
      if (!isDryRun) {
        made.push(request);
        listed = false;
      }
      return { operation: request.operation, requestId: 'request' };
    },
  };
}

describe('the plan of revoke-grant', () => {
  test('revokes the grant by its id, and makes an equal one to undo it', () => {
    expect(planFor()).toEqual({
      remedy: 'revoke-grant',
      subject: KEY_ARN,
      summary: `Revoke grant ${GRANT_ID} of key ${KEY_ID}, by which ${roleIn(FOREIGN)} may Decrypt.`,
      requests: [
        {
          service: 'kms',
          operation: 'RevokeGrant',
          region: REGION,
          parameters: { KeyId: KEY_ARN, GrantId: GRANT_ID },
        },
      ],
      undo: [
        {
          service: 'kms',
          operation: 'CreateGrant',
          region: REGION,
          parameters: {
            KeyId: KEY_ARN,
            GranteePrincipal: roleIn(FOREIGN),
            Operations: ['Decrypt'],
            Constraints: { EncryptionContextSubset: { department: 'billing' } },
            Name: 'partner',
          },
        },
      ],
      before: { grant: STRANGER, listed: true },
      notes: expect.arrayContaining(['Grant tokens of the old grant stay invalid.']),
    });
  });

  test('is plain JSON, as it will be recorded', () => {
    const plan = planFor();
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test('says that KMS did not list the grant, when only its record tells of it', () => {
    const request = { keyId: KEY_ARN, granteePrincipal: roleIn(FOREIGN), operations: ['Decrypt'] };
    const plan = planFor(UNLISTED, { action: making({ request }) });
    expect(plan.before).toMatchObject({ listed: false, grant: { granteePrincipal: roleIn(FOREIGN) } });
  });

  test.each<[string, KeyFacts, string]>([
    ['breaks no rule', listing(grantOf()), 'breaks no rule'],
    ['is not listed any more', UNLISTED, 'KMS does not list it any more'],
    ['could not be read', { ...factsOf(), grant: unread('kms:ListGrants was denied') }, 'kms:ListGrants was denied'],
    ['is on a key that is gone', GONE, 'no longer exists'],
    ['is on a key that could not be read', UNREADABLE, 'kms:DescribeKey'],
    [
      'says no operations, so that it could not be restored',
      listing(grantOf({ granteePrincipal: roleIn(FOREIGN), operations: [] })),
      'cannot be restored',
    ],
  ])('is refused for a grant that %s', (_name, facts, reason) => {
    const action = making({ time: '2026-08-03T08:00:00Z' });
    const planned = revokeGrant.plan(evidenceOf(facts, { action }));
    expect(planned).toEqual({ possible: false, reason: expect.stringContaining(reason) });
    expect(planned).toMatchObject({ reason: expect.stringMatching(/[^.]\.$/) });
  });

  test('exists only for a grant that its judgement lets go, whoever holds it and whoever made it', () => {
    const texts = fc.constantFrom(
      roleIn(ACCOUNT),
      roleIn(FOREIGN),
      roleIn(PARTNER),
      'dynamodb.amazonaws.com',
      'AWS Internal',
      '*',
      `arn:aws:iam::${FOREIGN}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
      `arn:aws:sts::${FOREIGN}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`,
    );
    const operations = fc.subarray(['Decrypt', 'CreateGrant', 'DescribeKey'], { minLength: 1 });
    const callers = fc.constantFrom<Record<string, string>>(
      {},
      { invokedBy: 'ec2.amazonaws.com' },
      { invokedBy: 'AWS Internal' },
      { sourceIp: 'dynamodb.amazonaws.com' },
    );
    fc.assert(
      fc.property(texts, operations, callers, fc.boolean(), (granteePrincipal, allowed, caller, trusting) => {
        const grant: Grant = { ...grantOf({ granteePrincipal, operations: allowed }), keyArn: KEY_ARN };
        const policy = trusting ? TRUSTING : { ...TRUSTING, trust: { ...TRUSTING.trust, accounts: [] } };
        const action = making({ actor: { ...PERSON, ...caller } });
        const planned = revokeGrant.plan(evidenceOf(listing(grant), { action, policy }));
        const { recognition, revoke } = judgeGrant(grant, {
          trust: trustOf(policy, ACCOUNT),
          key: keyWith(),
          limits: { ttlDays: 365, requireConstraint: true },
          now: NOW,
          evidence: {
            actorType: PERSON.type,
            actorArn: String(PERSON.arn),
            accountId: ACCOUNT,
            sessionIssuer: String(PERSON.sessionIssuer),
            sourceIp: String(PERSON.sourceIp),
            ...caller,
          },
        });
        expect(planned.possible).toBe(revoke !== undefined);
        if (planned.possible) expect(recognition.kind).toBe('person');
        if (planned.possible && !trusting) expect(granteePrincipal).not.toContain(FOREIGN);
      }),
      { numRuns: 300 },
    );
  });
});

describe('revoking a grant', () => {
  test('asks KMS in a dry run first, makes the call once, and is confirmed when KMS does not list it', async () => {
    const kms = startKms();
    const plan = planFor();
    expect(revokeGrant.confirm(plan, await kms.read())).toMatchObject({
      confirmed: false,
      reason: `KMS still lists grant ${GRANT_ID}.`,
    });
    expect(await revokeGrant.apply(plan, kms.call, kms.read)).toEqual([
      { operation: 'RevokeGrant', requestId: 'request' },
    ]);
    expect(kms.made).toEqual(plan.requests);
    expect(revokeGrant.confirm(plan, await kms.read())).toEqual({ confirmed: true, after: { grant: 'gone' } });
  });

  test.each(['AccessDeniedException', 'KMSInvalidStateException'])(
    'changes nothing and passes on what AWS throws when the dry run ends in %s',
    async (name) => {
      const kms = startKms({ dryRun: errorOf(name) });
      await expect(revokeGrant.apply(planFor(), kms.call, kms.read)).rejects.toMatchObject({ name });
      expect(kms.made).toEqual([]);
    },
  );

  test('stops when KMS answers the dry run as if it had done it', async () => {
    const kms = startKms({ dryRun: 'works' });
    await expect(revokeGrant.apply(planFor(), kms.call, kms.read)).rejects.toThrow(PlanOutdatedError);
    expect(kms.made).toEqual([]);
  });

  test.each(['NotFoundException', 'InvalidGrantIdException'])(
    'is nothing to do when a grant that was listed is gone (%s)',
    async (name) => {
      const before = startKms({ dryRun: errorOf(name), there: false });
      expect(await revokeGrant.apply(planFor(), before.call, before.read)).toEqual([]);
      const between = startKms({ real: errorOf(name), there: false });
      expect(await revokeGrant.apply(planFor(), between.call, between.read)).toEqual([]);
    },
  );

  test.each<[string, boolean, KeyFacts['grant']]>([
    ['KMS still lists it', true, known(STRANGER)],
    ['KMS never listed it', false, known('missing')],
    ['nobody can look', true, unread('kms:ListGrants was denied')],
  ])('is to be tried again when KMS does not find the grant, and %s', async (_name, listed, grant) => {
    const kms = startKms({ dryRun: errorOf('NotFoundException') });
    const plan = { ...planFor(), before: { listed } };
    const attempt = revokeGrant.apply(plan, kms.call, async () => ({ ...factsOf(), grant }));
    await expect(attempt).rejects.toMatchObject({ name: 'GrantNotSettledError' });
    await expect(attempt).rejects.toThrow(GRANT_ID);
  });

  test('is not confirmed by a look that was refused', () => {
    const facts = { ...factsOf(), grant: unread('kms:ListGrants was denied') };
    expect(revokeGrant.confirm(planFor(), facts)).toEqual({
      confirmed: false,
      reason: `Grant ${GRANT_ID} could not be looked up: kms:ListGrants was denied.`,
    });
  });
});
