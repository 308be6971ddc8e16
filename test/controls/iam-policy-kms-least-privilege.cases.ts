import type { KeyAction } from '../../lib/event/key-action.ts';
import { type Fact, type IamPolicy, type KeyFacts, known, unread } from '../../lib/facts/key-facts.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { ACCOUNT, factsOf, KEY_ARN } from '../facts/key.ts';
import { actionOf, type ControlCase, NOW, OWN_ROLES, POLICY } from './control-case.ts';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/App`;
const POLICY_ARN = `arn:aws:iam::${ACCOUNT}:policy/teams/keys`;
const [OWN_ROLE = ''] = OWN_ROLES;
const OF_AWS = 'arn:aws:iam::aws:policy/keysPowerUser';

const documentOf = (Action: unknown, Resource: unknown = '*', more: object = {}): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource, ...more }] });
const BAD = documentOf('kms:Decrypt');
const GOOD = documentOf('kms:Decrypt', KEY_ARN);
const ADMIN = documentOf(['kms:ScheduleKeyDeletion', 'kms:PutKeyPolicy'], `arn:aws:kms:*:${ACCOUNT}:key/*`);

const iamAction = (api: string, overrides: Partial<KeyAction>): KeyAction =>
  actionOf(api, { eventSource: 'iam.amazonaws.com', step: '4.2.1', keys: [], region: 'us-east-1', ...overrides });
/** About the inline policy "keys" of the role App. */
const inline = (api: string, request: object = {}, overrides: Partial<KeyAction> = {}): KeyAction =>
  iamAction(api, { subject: ROLE, request: { roleName: 'App', policyName: 'keys', ...request }, ...overrides });
/** About the managed policy "keys". */
const managed = (api: string, request: object = {}, overrides: Partial<KeyAction> = {}): KeyAction =>
  iamAction(api, { subject: POLICY_ARN, request: { policyArn: POLICY_ARN, ...request }, ...overrides });
/** About the policy of AWS "keysPowerUser" and the role App. */
const ofAws = (api: string, overrides: Partial<KeyAction> = {}): KeyAction =>
  iamAction(api, { subject: ROLE, request: { roleName: 'App', policyArn: OF_AWS }, ...overrides });

const factOf = (iamPolicy: Fact<IamPolicy | 'missing'>): KeyFacts => ({ ...factsOf(), iamPolicy });
const isNow = (document: string, overrides: Partial<IamPolicy> = {}): KeyFacts =>
  factOf(known({ kind: 'inline', attachedTo: [ROLE], document, ...overrides }));
const MISSING = factOf(known('missing'));
/** Four minutes after most actions of these cases. */
const LATER = new Date(NOW.getTime() + 5 * 60_000);
const policyWith = (...administrators: string[]): Policy => ({
  ...POLICY,
  trust: { ...POLICY.trust, administrators },
});

export const cases: readonly ControlCase[] = [
  {
    name: 'an inline policy decrypts with one key',
    action: inline('PutRolePolicy', { policyDocument: GOOD }),
    facts: isNow(GOOD),
    expected: 'compliant',
    says: 'Policy keys of role App gives nothing of all keys',
  },
  {
    name: 'the policy of the record was narrowed by now: what is so decides',
    action: inline('PutRolePolicy', { policyDocument: BAD }),
    facts: isNow(GOOD),
    expected: 'compliant',
    says: 'Policy keys of role App',
  },
  {
    name: 'an administrator gets what administrators need, named with a path that IAM does not tell',
    action: managed('AttachRolePolicy', { roleName: 'KeyAdmin' }),
    facts: isNow(ADMIN, { kind: 'managed', attachedTo: [`arn:aws:iam::${ACCOUNT}:role/KeyAdmin`] }),
    policy: policyWith(`arn:aws:iam::${ACCOUNT}:role/security/KeyAdmin`),
    expected: 'compliant',
    says: 'Policy keys',
  },
  {
    name: "Keywarden's own role gets what it puts keys right with",
    action: inline('PutRolePolicy', {}, { subject: OWN_ROLE }),
    facts: isNow(ADMIN, { attachedTo: [OWN_ROLE] }),
    expected: 'compliant',
    says: 'Policy keys of role keywarden-dev-lifecycle',
  },
  {
    name: 'IAM does not show the new policy yet, and the record shows a good one, percent-encoded',
    action: inline('PutRolePolicy', { policyDocument: encodeURIComponent(GOOD) }),
    facts: MISSING,
    expected: 'compliant',
    says: 'Policy keys of role App',
  },

  {
    name: 'an inline policy decrypts with all keys',
    action: inline('PutRolePolicy', { policyDocument: BAD }),
    facts: isNow(BAD),
    expected: 'violation',
    says: 'Policy keys of role App gives too much: Statement 1 decrypts with all keys',
  },
  {
    name: "Keywarden's own role gets more than it needs",
    action: inline('PutRolePolicy', {}, { subject: OWN_ROLE }),
    facts: isNow(documentOf('kms:*'), { attachedTo: [OWN_ROLE] }),
    expected: 'violation',
    says: 'has every right over all keys',
  },
  {
    name: 'the policy of the record was widened by now',
    action: inline('PutRolePolicy', { policyDocument: GOOD }),
    facts: isNow(BAD),
    expected: 'violation',
    says: 'kms:Decrypt',
  },
  {
    name: 'another version became the default, which the record does not show',
    action: managed('SetDefaultPolicyVersion', { versionId: 'v2' }),
    facts: isNow(documentOf('kms:*'), { kind: 'managed', attachedTo: [] }),
    expected: 'violation',
    says: 'has every right over all keys',
  },
  {
    name: 'what an administrator may have is attached to somebody else too',
    action: managed('AttachRolePolicy', { roleName: 'App' }),
    facts: isNow(ADMIN, { kind: 'managed', attachedTo: [`arn:aws:iam::${ACCOUNT}:role/KeyAdmin`, ROLE] }),
    policy: policyWith(`arn:aws:iam::${ACCOUNT}:role/KeyAdmin`),
    expected: 'violation',
    says: 'can make useless',
  },
  {
    name: 'the same, and IAM does not show the new holder yet',
    action: managed('AttachRolePolicy', { roleName: 'App' }),
    facts: isNow(ADMIN, { kind: 'managed', attachedTo: [`arn:aws:iam::${ACCOUNT}:role/KeyAdmin`] }),
    policy: policyWith(`arn:aws:iam::${ACCOUNT}:role/KeyAdmin`),
    expected: 'violation',
    says: 'can make useless',
  },
  {
    name: 'a policy of AWS with too much is attached',
    action: ofAws('AttachRolePolicy'),
    facts: isNow(documentOf('*'), { kind: 'managed' }),
    expected: 'violation',
    says: 'Policy keysPowerUser of AWS on role App gives too much',
  },
  {
    name: 'the same, and IAM does not show the attachment yet',
    action: ofAws('AttachRolePolicy'),
    facts: isNow(documentOf('*'), { kind: 'managed', attachedTo: [] }),
    expected: 'violation',
    says: 'on role App gives too much',
  },
  {
    name: 'IAM does not show the new policy yet, and the record shows a bad one',
    action: managed('CreatePolicy', { policyName: 'keys', policyDocument: BAD }),
    facts: MISSING,
    expected: 'violation',
    says: 'decrypts with all keys',
  },
  {
    name: 'a policy was detached from one of its holders and stays what it is',
    action: managed('DetachRolePolicy', { roleName: 'App' }),
    facts: isNow(BAD, { kind: 'managed', attachedTo: [] }),
    expected: 'violation',
    says: 'decrypts with all keys',
  },

  {
    name: 'a policy says nothing of KMS',
    action: inline('PutRolePolicy'),
    facts: isNow(documentOf('s3:GetObject')),
    expected: 'not-applicable',
    says: 'allows nothing of KMS',
  },
  {
    name: 'a policy is a permissions boundary only',
    action: managed('CreatePolicyVersion'),
    facts: isNow(BAD, { kind: 'boundary', attachedTo: [] }),
    expected: 'not-applicable',
    says: 'boundary gives no access',
  },
  {
    name: 'an inline policy was deleted',
    action: inline('DeleteRolePolicy'),
    facts: MISSING,
    expected: 'not-applicable',
    says: 'does not exist any more',
  },
  {
    name: 'a policy was written some time ago and is gone: IAM has had the time to show it',
    action: inline('PutRolePolicy', { policyDocument: BAD }),
    facts: MISSING,
    now: LATER,
    expected: 'not-applicable',
    says: 'Policy keys of role App does not exist any more',
  },
  {
    name: 'a policy of AWS was detached',
    action: ofAws('DetachRolePolicy'),
    facts: isNow(documentOf('*'), { kind: 'managed', attachedTo: [] }),
    expected: 'not-applicable',
    says: 'is not attached any more',
  },
  {
    name: 'a policy of AWS was attached some time ago and is not any more',
    action: ofAws('AttachRolePolicy'),
    facts: isNow(documentOf('*'), { kind: 'managed', attachedTo: [] }),
    now: LATER,
    expected: 'not-applicable',
    says: 'is not attached any more',
  },

  {
    name: 'Keywarden may not look',
    action: inline('PutRolePolicy', { policyDocument: GOOD }),
    facts: factOf(unread("reading the IAM policy was denied to Keywarden's role")),
    expected: 'unknown',
    says: "cannot be judged because reading the IAM policy was denied to Keywarden's role",
  },
  {
    name: 'IAM does not show the new policy yet, and the record left the document out',
    action: inline('PutRolePolicy'),
    facts: MISSING,
    expected: 'unknown',
    says: 'IAM does not show it yet',
  },
  {
    name: 'IAM does not show a policy with a new version that is not in force',
    action: managed('CreatePolicyVersion', { policyDocument: GOOD, setAsDefault: false }),
    facts: MISSING,
    expected: 'unknown',
    says: 'IAM does not show it yet',
  },
  {
    name: 'the document is no policy',
    action: inline('PutRolePolicy'),
    facts: isNow('%7Bnot json'),
    expected: 'unknown',
    says: 'is not JSON',
  },
  {
    name: 'who administers keys is not said, and decides it',
    action: inline('PutRolePolicy'),
    facts: isNow(ADMIN),
    expected: 'unknown',
    says: 'trust.administrators in the policy file is empty',
  },
];
