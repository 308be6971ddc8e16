import type { Actor } from '../../lib/event/key-action.ts';
import { factsUnread, type KeyFacts, known } from '../../lib/facts/key-facts.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { KEY_ID } from '../facts/key.ts';
import { actionOf, type ControlCase } from './control-case.ts';
import { DANA, EVE, inRole, KEYWARDEN, KMS_ITSELF, NAMED, NOBODY, OLIVIA, ROOT, SERVICE } from './people.ts';

/** The control judges by the record; of the key's past only when its tags change. */
const facts = factsUnread('it was not read');
const madeBy = (actor: Actor): KeyFacts => ({
  ...facts,
  history: known({ created: { eventId: 'e', api: 'CreateKey', time: '2026-08-03T09:00:00Z', actor }, tags: {} }),
});
const done = (api: string, actor: Actor, request: Record<string, unknown> = {}) => actionOf(api, { actor, request });
const tagging = (actor: Actor, ...keys: readonly string[]) =>
  done('TagResource', actor, { tags: keys.map((tagKey) => ({ tagKey, tagValue: 'x' })) });
const untagging = (actor: Actor, ...tagKeys: readonly string[]) => done('UntagResource', actor, { tagKeys });
const WITH_MFA: Policy = { ...NAMED, administration: { requireMfa: true } };
const APPROVAL = 'keywarden:deletion-approval';
const PROTECTED = 'keywarden:protected';
const identityCenter: Actor = {
  ...DANA,
  mfa: false,
  sessionIssuer:
    'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_KeyAdmin_0123456789abcdef',
};
const trustingIdentityCenter: Policy = {
  ...WITH_MFA,
  trust: { ...NAMED.trust, administrators: [identityCenter.sessionIssuer ?? ''] },
};

export const cases: readonly ControlCase[] = [
  ...(
    [
      ['PutKeyPolicy', {}],
      ['EnableKey', {}],
      ['DisableKey', {}],
      ['CancelKeyDeletion', {}],
      ['UpdatePrimaryRegion', { primaryRegion: 'eu-central-1' }],
      ['ImportKeyMaterial', {}],
      ['DeleteImportedKeyMaterial', {}],
      ['ReplicateKey', { replicaRegion: 'eu-central-1' }],
      ['UpdateAlias', { aliasName: 'alias/payments' }],
      ['DeleteAlias', { aliasName: 'alias/payments' }],
      ['EnableKeyRotation', {}],
      ['DisableKeyRotation', {}],
    ] as const
  ).flatMap<ControlCase>(([api, request]) => [
    {
      name: `an administrator did ${api}`,
      action: done(api, DANA, request),
      facts,
      policy: NAMED,
      expected: 'compliant',
      says: `Key ${KEY_ID}: ${api} was done by dana@example.com as arn:aws:iam::111122223333:role/KeyAdmin, who is an administrator.`,
    },
    {
      name: `somebody else did ${api}`,
      action: done(api, EVE, request),
      facts: madeBy(DANA),
      policy: NAMED,
      expected: 'violation',
      says: `${api} was done by eve@example.com as arn:aws:iam::111122223333:role/Contractor, who is no administrator.`,
    },
  ]),
  {
    name: 'a custodian imported material',
    action: done('ImportKeyMaterial', inRole('Custodian', 'olivia@example.com')),
    facts,
    policy: NAMED,
    expected: 'compliant',
    says: 'who is a custodian of key material.',
  },
  {
    name: 'a custodian deleted material',
    action: done('DeleteImportedKeyMaterial', inRole('Custodian', 'olivia@example.com')),
    facts,
    policy: NAMED,
    expected: 'violation',
    says: 'who is no administrator',
  },
  {
    name: 'somebody who may make keys replicated one',
    action: done('ReplicateKey', inRole('Maker', 'eve@example.com'), { replicaRegion: 'eu-central-1' }),
    facts,
    policy: {
      ...NAMED,
      generation: { ...NAMED.generation, creators: ['arn:aws:iam::111122223333:role/Maker'] },
    },
    expected: 'compliant',
    says: 'who may make keys.',
  },
  {
    name: 'somebody who may make keys switched the rotation of one on',
    action: done('EnableKeyRotation', inRole('Terraform', 'ci')),
    facts,
    policy: {
      ...NAMED,
      generation: { ...NAMED.generation, creators: [inRole('Terraform', 'ci').sessionIssuer ?? ''] },
    },
    expected: 'compliant',
    says: 'who may make keys',
  },
  {
    name: 'who made the key switched its rotation on',
    action: done('EnableKeyRotation', EVE),
    facts: madeBy(EVE),
    policy: NAMED,
    expected: 'compliant',
    says: 'who made the key',
  },
  {
    name: 'who made the key switched its rotation off',
    action: done('DisableKeyRotation', EVE),
    facts: madeBy(EVE),
    policy: NAMED,
    expected: 'violation',
    says: 'who is no administrator',
  },
  {
    name: 'somebody put a key under a waiver',
    action: tagging(EVE, 'legacy'),
    facts: madeBy(EVE),
    policy: {
      ...NAMED,
      waivers: [
        {
          control: 'rotation-enabled',
          tag: { key: 'legacy', value: 'x' },
          owner: 'olivia@example.com',
          ticket: 'SEC-42',
          expires: '2027-06-30',
        },
      ],
    },
    expected: 'violation',
    says: 'TagResource of legacy was done by eve@example.com',
  },
  {
    name: 'the root user did it, whoever is named',
    action: done('PutKeyPolicy', ROOT),
    facts,
    policy: { ...NAMED, trust: { ...NAMED.trust, administrators: ['arn:aws:iam::111122223333:root'] } },
    expected: 'violation',
    says: 'the root user, who is to administer nothing.',
  },
  {
    name: 'the root user did it, and nobody is named yet',
    action: done('DisableKey', ROOT),
    facts,
    expected: 'violation',
    says: 'the root user',
  },
  {
    name: 'nobody is named yet',
    action: done('PutKeyPolicy', EVE),
    facts,
    expected: 'not-applicable',
    says: 'the policy file names no administrators (trust.administrators).',
  },
  {
    name: 'Keywarden did it',
    action: done('EnableKeyRotation', KEYWARDEN),
    facts,
    policy: NAMED,
    expected: 'not-applicable',
    says: "EnableKeyRotation was Keywarden's own call",
  },
  {
    name: 'a service did it by itself',
    action: done('DisableKey', SERVICE),
    facts,
    policy: NAMED,
    expected: 'not-applicable',
    says: 'was done by AWS itself',
  },
  {
    name: 'a service did it in the name of somebody else',
    action: done('PutKeyPolicy', { ...EVE, invokedBy: 'cloudformation.amazonaws.com' }),
    facts,
    policy: NAMED,
    expected: 'violation',
    says: 'eve@example.com',
  },
  {
    name: 'the record names nobody',
    action: done('PutKeyPolicy', NOBODY),
    facts,
    policy: NAMED,
    expected: 'unknown',
    says: 'does not say who did it',
  },
  { name: 'there is no action to judge', facts, policy: NAMED, expected: 'not-applicable', says: 'by the records' },

  {
    name: 'a tag was set by which nothing is decided',
    action: tagging(EVE, 'cost-center'),
    facts: madeBy(DANA),
    policy: NAMED,
    expected: 'not-applicable',
    says: 'by the tags that were changed nothing is decided.',
  },
  {
    name: 'the record does not say which tags were set',
    action: done('TagResource', EVE),
    facts: madeBy(DANA),
    policy: NAMED,
    expected: 'not-applicable',
    says: 'nothing is decided',
  },
  {
    name: 'somebody protected a key from Keywarden',
    action: tagging(EVE, 'cost-center', PROTECTED),
    facts: madeBy(DANA),
    policy: NAMED,
    expected: 'violation',
    says: `Key ${KEY_ID}: TagResource of ${PROTECTED} was done by eve@example.com`,
  },
  {
    name: 'an administrator protected a key',
    action: tagging(DANA, PROTECTED),
    facts: madeBy(EVE),
    policy: NAMED,
    expected: 'compliant',
    says: 'who is an administrator',
  },
  {
    name: 'somebody took the protection away',
    action: untagging(EVE, PROTECTED),
    facts: madeBy(DANA),
    policy: NAMED,
    expected: 'violation',
    says: `UntagResource of ${PROTECTED} was done by eve@example.com`,
  },
  {
    name: 'the maker of the key protected it from Keywarden',
    action: tagging(EVE, 'owner', PROTECTED),
    facts: madeBy(EVE),
    policy: NAMED,
    expected: 'violation',
    says: `TagResource of owner and ${PROTECTED}`,
  },
  {
    name: 'the maker of the key named its owner',
    action: tagging(EVE, 'owner'),
    facts: madeBy(EVE),
    policy: NAMED,
    expected: 'compliant',
    says: 'who made the key.',
  },
  {
    name: 'somebody else changed the owner',
    action: tagging(EVE, 'owner'),
    facts: madeBy(DANA),
    policy: NAMED,
    expected: 'violation',
    says: 'TagResource of owner was done by eve@example.com',
  },
  {
    name: 'somebody changed the owner of a key whose making is not on record',
    action: tagging(EVE, 'owner'),
    facts: { ...facts, history: known({ tags: {} }) },
    policy: NAMED,
    expected: 'unknown',
    says: 'who is no administrator, and whether they made the key is not on record.',
  },
  {
    name: 'somebody changed the owner, and the past of the key could not be read',
    action: tagging(EVE, 'owner'),
    facts,
    policy: NAMED,
    expected: 'unknown',
    says: 'whether they made the key is unknown because it was not read.',
  },
  {
    name: 'an approver approved a deletion',
    action: tagging(OLIVIA, APPROVAL),
    facts: madeBy(DANA),
    policy: NAMED,
    expected: 'compliant',
    says: 'who approves deletions.',
  },
  {
    name: 'an approver took the approval back',
    action: untagging(OLIVIA, APPROVAL),
    facts: madeBy(DANA),
    policy: NAMED,
    expected: 'compliant',
    says: 'who approves deletions.',
  },
  {
    name: 'somebody else approved a deletion, even of a key of their own',
    action: tagging(EVE, APPROVAL),
    facts: madeBy(EVE),
    policy: NAMED,
    expected: 'violation',
    says: `TagResource of ${APPROVAL}`,
  },
  {
    name: 'an approver protected a key, too',
    action: tagging(OLIVIA, APPROVAL, PROTECTED),
    facts: madeBy(DANA),
    policy: NAMED,
    expected: 'violation',
    says: 'who is no administrator',
  },
  {
    name: 'an approver who made the key approved its deletion and named its owner',
    action: tagging(OLIVIA, APPROVAL, 'owner'),
    facts: madeBy(OLIVIA),
    policy: NAMED,
    expected: 'compliant',
    says: 'who made the key.',
  },

  {
    name: 'an administrator used MFA, which is required',
    action: done('PutKeyPolicy', { ...DANA, mfa: true }),
    facts,
    policy: WITH_MFA,
    expected: 'compliant',
    says: 'who is an administrator.',
  },
  {
    name: 'an administrator did not use MFA, which is required',
    action: done('PutKeyPolicy', { ...DANA, mfa: false }),
    facts,
    policy: WITH_MFA,
    expected: 'violation',
    says: 'who is an administrator, and the session was opened without MFA.',
  },
  {
    name: 'an administrator did not use MFA, which is not required',
    action: done('PutKeyPolicy', { ...DANA, mfa: false }),
    facts,
    policy: NAMED,
    expected: 'compliant',
    says: 'who is an administrator.',
  },
  {
    name: 'MFA is required, and the record does not say whether it was used',
    action: done('PutKeyPolicy', DANA),
    facts,
    policy: WITH_MFA,
    expected: 'unknown',
    says: 'the record does not say whether MFA was used.',
  },
  {
    name: 'MFA is required, and sessions of IAM Identity Center never say so',
    action: done('PutKeyPolicy', identityCenter),
    facts,
    policy: trustingIdentityCenter,
    expected: 'unknown',
    says: 'sessions of IAM Identity Center never say',
  },
  {
    name: 'MFA is required, and a service that acts for an administrator carries no flag',
    action: done('PutKeyPolicy', { ...DANA, invokedBy: 'cloudformation.amazonaws.com' }),
    facts,
    policy: WITH_MFA,
    expected: 'compliant',
    says: 'who is an administrator.',
  },
  {
    name: 'MFA is required, and KMS did it itself',
    action: done('EnableKey', KMS_ITSELF),
    facts,
    policy: WITH_MFA,
    expected: 'not-applicable',
    says: 'AWS itself',
  },
];
