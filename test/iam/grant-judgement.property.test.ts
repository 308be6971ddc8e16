import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Grant, GrantConstraints, GrantContext, GrantEvidence, GrantJudgement } from '../../lib/iam/grant.ts';
import { judgeGrant } from '../../lib/iam/grant.ts';
import { ACCOUNT, contextOf, FOREIGN, grantOf, openGrantOf, PARTNER, roleIn } from './grant-fixtures.ts';

const OPERATIONS = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'DescribeKey',
  'Sign',
  'CreateGrant',
  'RetireGrant',
  'New',
];

const principals = fc.oneof(
  fc.constantFrom(
    '*',
    'AWS Internal',
    ACCOUNT,
    FOREIGN,
    'AROAEXAMPLEEXAMPLE001',
    'AROAEXAMPLEEXAMPLE001:x',
    'nonsense',
  ),
  fc.constantFrom('dynamodb.amazonaws.com', 'mq.us-west-2.amazonaws.com', 'newservice.amazonaws.com'),
  fc
    .constantFrom(ACCOUNT, FOREIGN, PARTNER)
    .chain((account) =>
      fc.constantFrom(
        roleIn(account),
        roleIn(account, 'reader-1'),
        `arn:aws:iam::${account}:root`,
        `arn:aws:iam::${account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
        `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`,
        `arn:aws:sts::${account}:assumed-role/orders-role/orders`,
      ),
    ),
);

const contexts = fc.dictionary(
  fc.constantFrom('department', 'aws:ebs:id', 'aws:dynamodb:tableName', 'aws:lambda:FunctionArn'),
  fc.constantFrom('x', `arn:aws:lambda:us-west-2:${ACCOUNT}:function:orders`),
  { minKeys: 1, noNullPrototype: true },
);

const sourceArns = fc.constantFrom(
  `arn:aws:dynamodb:us-west-2:${ACCOUNT}:table/t`,
  `arn:aws:dynamodb:us-west-2:${FOREIGN}:table/t`,
  'arn:aws:dynamodb:*:*:table/t',
  'arn:aws:s3:::invoices',
);

const constraints = fc.oneof(
  fc.record({ encryptionContextSubset: contexts }),
  fc.record({ encryptionContextEquals: contexts }),
  fc.record({ sourceArn: sourceArns }),
  fc.record({ encryptionContextEquals: contexts, sourceArn: sourceArns }),
);

const grants: fc.Arbitrary<Grant> = fc
  .record(
    {
      granteePrincipal: principals,
      granteeServicePrincipal: fc.constantFrom('dynamodb.amazonaws.com', 'newservice.amazonaws.com'),
      retiringPrincipal: principals,
      constraints,
      createdAt: fc.constantFrom('2026-08-01T00:00:00Z', '2020-01-01T00:00:00Z'),
    },
    { requiredKeys: [] },
  )
  .chain((fields) =>
    fc.subarray(OPERATIONS, { minLength: 1 }).map((operations) => {
      const { granteePrincipal: _default, createdAt: _date, ...bare } = openGrantOf({ operations });
      return { ...bare, ...fields };
    }),
  );

const evidences: fc.Arbitrary<GrantEvidence> = fc.record(
  {
    actorType: fc.constantFrom('AssumedRole', 'IAMUser', 'AWSService', 'AWSAccount', 'Unknown', 'Root'),
    accountId: fc.constantFrom(ACCOUNT, FOREIGN),
    invokedBy: fc.constantFrom(
      ...['dynamodb', 'lambda', 'states', 'cloudformation', 'newservice', 'signin'].map(
        (name) => `${name}.amazonaws.com`,
      ),
      'AWS Internal',
    ),
    sourceIp: fc.constantFrom('192.0.2.10', 'm2.us-west-2.amazonaws.com', 'AWS Internal'),
    userAgent: fc.constantFrom('aws-cli/2.31.0', 'dynamodb.amazonaws.com', 'AWS Internal'),
    sessionIssuer: fc.constantFrom(
      roleIn(ACCOUNT),
      `arn:aws:iam::${ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
    ),
  },
  { requiredKeys: ['actorType'] },
);

const judgeContexts: fc.Arbitrary<GrantContext> = fc
  .record({
    evidence: fc.option(evidences, { nil: undefined }),
    spec: fc.constantFrom('SYMMETRIC_DEFAULT', 'RSA_4096', undefined),
    trustedAccounts: fc.subarray([PARTNER]),
    trustedOrganizations: fc.subarray(['o-a1b2c3d4e5']),
    exists: fc.constantFrom(
      { known: true, value: true },
      { known: false, reason: 'iam:GetRole was denied' } as const,
      undefined,
    ),
  })
  .map(({ evidence, spec, trustedAccounts, trustedOrganizations, exists }) => {
    const { granteeExists: _default, ...context } = contextOf({
      trust: { keyAccount: ACCOUNT, trustedAccounts, trustedOrganizations, administrators: [] },
      key: { manager: 'CUSTOMER', ...(spec !== undefined && { spec }) },
    });
    return {
      ...context,
      ...(evidence !== undefined && { evidence }),
      ...(exists !== undefined && { granteeExists: exists as NonNullable<GrantContext['granteeExists']> }),
    };
  });

const SAFETY: readonly GrantJudgement['verdict'][] = ['compliant', 'unknown', 'violation'];
const rankOf = ({ verdict }: GrantJudgement): number => SAFETY.indexOf(verdict);

describe('the judgement of any grant', () => {
  test('never has a request to revoke what was recognised as a service’s or as undecidable', () => {
    fc.assert(
      fc.property(grants, judgeContexts, (grant, context) => {
        const { recognition, revoke, verdict } = judgeGrant(grant, context);
        if (recognition.kind !== 'person') expect(revoke).toBeUndefined();
        if (revoke !== undefined) expect(verdict).toBe('violation');
      }),
      { numRuns: 3000 },
    );
  });

  test('never has a request to revoke access of another account while nobody said whom to trust', () => {
    fc.assert(
      fc.property(
        grants,
        judgeContexts,
        fc.constantFrom(roleIn(FOREIGN), FOREIGN),
        (grant, context, granteePrincipal) => {
          const { granteeServicePrincipal: _none, ...rest } = grant;
          const trust = { ...context.trust, trustedAccounts: [], trustedOrganizations: [] };
          const judgement = judgeGrant({ ...rest, granteePrincipal }, { ...context, trust });
          expect(judgement.revoke).toBeUndefined();
          expect(judgement.verdict).not.toBe('compliant');
          expect(judgement.needs).toEqual(['trustedAccounts']);
        },
      ),
    );
  });

  test('is never safer with more operations', () => {
    fc.assert(
      fc.property(grants, judgeContexts, fc.subarray(OPERATIONS), (grant, context, more) => {
        const operations = [...grant.operations, ...more];
        expect(rankOf(judgeGrant({ ...grant, operations }, context))).toBeGreaterThanOrEqual(
          rankOf(judgeGrant(grant, context)),
        );
      }),
      { numRuns: 3000 },
    );
  });

  test('is never worse with one constraint more', () => {
    fc.assert(
      fc.property(grants, judgeContexts, constraints, (grant, context, more) => {
        const constrained = { ...grant, constraints: addTo(grant.constraints ?? {}, more) };
        expect(rankOf(judgeGrant(constrained, context))).toBeLessThanOrEqual(rankOf(judgeGrant(grant, context)));
      }),
      { numRuns: 3000 },
    );
  });

  test('does not depend on the user agent, which the caller chooses', () => {
    fc.assert(
      fc.property(grants, judgeContexts, evidences, fc.string(), (grant, context, evidence, userAgent) => {
        expect(judgeGrant(grant, { ...context, evidence: { ...evidence, userAgent } })).toEqual(
          judgeGrant(grant, { ...context, evidence }),
        );
      }),
    );
  });

  test('is compliant only when nothing is left to say, and a violation only with a finding', () => {
    fc.assert(
      fc.property(grants, judgeContexts, (grant, context) => {
        const { verdict, findings, unclear, needs, severity } = judgeGrant(grant, context);
        if (verdict === 'compliant') expect([findings, unclear, needs]).toEqual([[], [], []]);
        if (verdict === 'violation') expect(severity).toBe(findings[0]?.severity);
        if (verdict === 'unknown') expect(unclear).not.toEqual([]);
      }),
    );
  });

  test('never throws, whatever texts a grant holds', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (granteePrincipal, retiringPrincipal, operation) => {
        const grant = grantOf({ granteePrincipal, retiringPrincipal, operations: [operation] });
        expect(judgeGrant(grant, contextOf()).verdict).not.toBe('compliant');
      }),
    );
  });
});

/** Constraints with those of another grant added; what is there stays as it is. */
function addTo(own: GrantConstraints, more: GrantConstraints): GrantConstraints {
  const joined: Record<string, unknown> = { ...own };
  for (const [name, value] of Object.entries(more)) {
    const there = joined[name];
    if (there === undefined) joined[name] = value;
    else if (typeof there === 'object') joined[name] = { ...value, ...there };
  }
  return joined;
}
