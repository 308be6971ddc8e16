import type { IamPolicyKind } from '../../lib/iam/judge-iam-policy.ts';
import type { Need, Trust } from '../../lib/iam/trust.ts';
import {
  ADMIN,
  APP,
  documentOf,
  type ExpectedFinding,
  type Json,
  type Offence,
  ORGANIZATION,
  OWN,
  STRANGER,
  type Verdict,
  variable,
} from './policy-fixtures.ts';

/** An IAM policy, what the judgement says of it, and why that is right. */
export interface IamPolicyCase {
  readonly name: string;
  readonly document: unknown;
  readonly trust?: Partial<Trust>;
  readonly what?: IamPolicyKind;
  /** Compliant when not given. */
  readonly verdict?: Verdict;
  readonly findings?: readonly ExpectedFinding[];
  readonly needs?: readonly Need[];
  /** What of the first finding's statement may be taken out. */
  readonly offending?: Offence;
  readonly why: string;
}

const ONE_KEY = `arn:aws:kms:eu-west-1:${OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const ALL_OWN = `arn:aws:kms:eu-west-1:${OWN}:key/*`;

const allow = (action: unknown, resource: unknown = '*', changes: Json = {}): Json => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...changes,
});
const allowIf = (condition: Json, action: unknown, resource: unknown = '*'): Json =>
  allow(action, resource, { Condition: condition });
const deny = (action: unknown, resource: unknown = '*', changes: Json = {}): Json => ({
  ...allow(action, resource, changes),
  Effect: 'Deny',
});

const DECRYPTS = { verdict: 'violation', findings: [['I1', 0, 'high']] } as const;
const FOR_ADMINISTRATORS: IamPolicyKind = { kind: 'managed', policyArn: `arn:aws:iam::${OWN}:policy/KeyAdmin` };
const PRACTICES = 'https://docs.aws.amazon.com/kms/latest/developerguide/iam-policies-best-practices.html';

const wide: readonly IamPolicyCase[] = [
  {
    name: 'everything of KMS on everything',
    document: documentOf(allow('kms:*')),
    verdict: 'violation',
    findings: [['I2', 0, 'critical']],
    offending: { whole: true },
    why: 'Full access to every key.',
  },
  {
    name: 'everything on everything, in one statement without a list',
    document: { Version: '2012-10-17', Statement: allow('*') },
    verdict: 'violation',
    findings: [['I2', 0, 'critical']],
    why: '* includes kms:*.',
  },
  {
    name: 'everything but IAM',
    document: documentOf({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }),
    verdict: 'violation',
    findings: [['I2', 0, 'critical']],
    offending: { whole: true },
    why: 'NotAction allows every action that it does not name.',
  },
  {
    name: 'everything of KMS on everything, for administrators',
    document: documentOf(allow('kms:*')),
    what: FOR_ADMINISTRATORS,
    verdict: 'violation',
    findings: [['I2', 0, 'critical']],
    why: 'Administrators need no decryption with the keys of every account.',
  },
  {
    name: 'everything of KMS on all keys by ARN',
    document: documentOf(allow('kms:*', 'arn:aws:kms:*:*:key/*')),
    verdict: 'violation',
    findings: [['I2', 0, 'critical']],
    why: 'The pattern reaches as far as *.',
  },
  {
    name: 'everything of KMS on the keys of the account',
    document: documentOf(allow('kms:*', ALL_OWN)),
    verdict: 'violation',
    findings: [['I2', 0, 'high']],
    why: 'One account is less than all, and still everything in it.',
  },
  {
    name: 'everything of KMS on the keys of the account, for administrators',
    document: documentOf(allow('kms:*', ALL_OWN)),
    what: { kind: 'inline', attachedTo: [ADMIN] },
    verdict: 'violation',
    findings: [['I1', 0, 'medium']],
    offending: { whole: true },
    why: 'They may administer; decrypting with all keys is no administration.',
  },
  {
    name: 'everything of KMS on the keys of the account, for an administrator and somebody else',
    document: documentOf(allow('kms:*', ALL_OWN)),
    what: { kind: 'managed', attachedTo: [ADMIN, APP] },
    verdict: 'violation',
    findings: [['I2', 0, 'high']],
    why: 'One holder who is no administrator is enough.',
  },
  {
    name: 'everything of KMS but deletion',
    document: documentOf(allow('kms:*'), deny('kms:ScheduleKeyDeletion')),
    verdict: 'violation',
    findings: [
      ['I1', 0, 'high'],
      ['I3', 0, 'high'],
      ['I4', 0, 'high'],
      ['I5', 0, 'medium'],
      ['I5', 0, 'low'],
      ['I6', 0, 'low'],
    ],
    why: 'The Deny takes one right away, so that it is not everything; the rest is still too much.',
  },
];

const decrypting: readonly IamPolicyCase[] = [
  {
    name: 'decryption with all keys',
    document: documentOf(allow(['kms:Decrypt', 's3:GetObject'])),
    ...DECRYPTS,
    offending: { actions: ['kms:Decrypt'], whole: false },
    why: 'https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html KMS.1; the rest of the statement stays.',
  },
  {
    name: 'decryption by wildcards in strange case',
    document: documentOf(allow('KMS:re?ncrypt*')),
    verdict: 'violation',
    findings: [
      ['I1', 0, 'high'],
      ['I5', 0, 'medium'],
    ],
    why: 'ReEncrypt* is ReEncryptFrom, which decrypts, and ReEncryptTo.',
  },
  {
    name: 'decryption with all keys of one Region, in any account',
    document: documentOf(allow('kms:Decrypt', 'arn:aws:kms:eu-west-1:*:key/*')),
    ...DECRYPTS,
    why: 'The account is open.',
  },
  {
    name: 'decryption with all keys by a cut ARN',
    document: documentOf(allow('kms:Decrypt', 'arn:aws:kms:*')),
    ...DECRYPTS,
    why: 'The wildcard at the end reaches over the rest.',
  },
  {
    name: 'decryption with whatever ends like a key id',
    document: documentOf(allow('kms:Decrypt', '*-????????????')),
    ...DECRYPTS,
    why: 'Every ARN of a key ends so.',
  },
  {
    name: 'decryption with keys that have one digit in common',
    document: documentOf(allow('kms:Decrypt', 'arn:aws:kms:*:*:key/*7*')),
    ...DECRYPTS,
    why: 'Nearly every key has that digit; nobody names keys so.',
  },
  {
    name: 'decryption with one key in whatever Region and account',
    document: documentOf(allow('kms:Decrypt', '*/1234abcd-12ab-34cd-56ef-1234567890ab')),
    why: 'The id names one key.',
  },
  {
    name: 'decryption with every key id of one account',
    document: documentOf(allow('kms:Decrypt', `arn:aws:kms:eu-west-1:${OWN}:key/????????-*`)),
    verdict: 'violation',
    findings: [['I1', 0, 'medium']],
    why: 'The pattern fits every key id.',
  },
  {
    name: 'decryption with all keys but one',
    document: documentOf({ Effect: 'Allow', Action: 'kms:Decrypt', NotResource: ONE_KEY }),
    ...DECRYPTS,
    why: 'NotResource reaches everything else.',
  },
  {
    name: 'decryption with all keys of the account',
    document: documentOf(allow('kms:Decrypt', ALL_OWN)),
    verdict: 'violation',
    findings: [['I1', 0, 'medium']],
    why: `AWS accepts it where keys cannot be named, so that it weighs less: ${PRACTICES}`,
  },
  {
    name: 'decryption with all keys through one service',
    document: documentOf(allowIf({ StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } }, 'kms:Decrypt')),
    verdict: 'violation',
    findings: [['I1', 0, 'medium']],
    why: 'The service limits how, and not with which keys.',
  },
  {
    name: 'decryption with all keys when MFA is there',
    document: documentOf(allowIf({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }, 'kms:Decrypt')),
    ...DECRYPTS,
    why: 'It names no keys.',
  },
  {
    name: 'decryption with keys that carry a tag or none',
    document: documentOf(allowIf({ StringEqualsIfExists: { 'aws:ResourceTag/team': 'payments' } }, 'kms:Decrypt')),
    ...DECRYPTS,
    why: 'IfExists lets keys without the tag pass.',
  },
  {
    name: 'decryption with keys that have any alias',
    document: documentOf(allowIf({ 'ForAnyValue:StringLike': { 'kms:ResourceAliases': 'alias/*' } }, 'kms:Decrypt')),
    ...DECRYPTS,
    why: 'Every alias begins so.',
  },
  {
    name: 'decryption with all keys of the account by condition',
    document: documentOf(
      allowIf({ StringEquals: { 'aws:ResourceAccount': variable('aws:PrincipalAccount') } }, 'kms:Decrypt'),
    ),
    verdict: 'violation',
    findings: [['I1', 0, 'medium']],
    why: 'As wide as the ARN pattern of the account.',
  },
  {
    name: 'decryption with all keys of the organisation by condition',
    document: documentOf(allowIf({ StringEquals: { 'aws:ResourceOrgID': ORGANIZATION } }, 'kms:Decrypt')),
    verdict: 'violation',
    findings: [['I1', 0, 'medium']],
    why: 'Keys of strangers are out of reach.',
  },
  {
    name: 'decryption with all keys of a stranger by condition',
    document: documentOf(allowIf({ StringEquals: { 'aws:ResourceAccount': STRANGER } }, 'kms:Decrypt')),
    ...DECRYPTS,
    why: 'It is fixed, and not trusted.',
  },
  {
    name: 'decryption with all keys, and a Deny of it',
    document: documentOf(allow('kms:Decrypt'), deny('kms:*')),
    why: 'A Deny overrides every Allow; peers that read Allow alone report it.',
  },
  {
    name: 'decryption with all keys, and a Deny for one key',
    document: documentOf(allow('kms:Decrypt'), deny('kms:Decrypt', ONE_KEY)),
    ...DECRYPTS,
    why: 'All but one is still all.',
  },
  {
    name: 'decryption with all keys, and a Deny with a condition',
    document: documentOf(
      allow('kms:Decrypt'),
      deny('kms:*', '*', { Condition: { StringNotEquals: { 'aws:RequestedRegion': 'eu-west-1' } } }),
    ),
    verdict: 'violation',
    findings: [['I1', 0, 'medium']],
    why: 'What it leaves is not worked out, so that it only lowers the severity.',
  },
];

const managing: readonly IamPolicyCase[] = [
  {
    name: 'deciding about permissions of all keys',
    document: documentOf(allow(['kms:PutKeyPolicy', 'kms:CreateGrant'])),
    verdict: 'violation',
    findings: [['I3', 0, 'high']],
    why: `These belong into the key policy: ${PRACTICES}`,
  },
  {
    name: 'deciding about permissions of all keys, for administrators',
    document: documentOf(allow(['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:TagResource'])),
    what: { kind: 'managed', policyArn: FOR_ADMINISTRATORS.policyArn ?? '' },
    trust: { administrators: [ADMIN, `arn:aws:iam::${OWN}:policy/KeyAdmin`] },
    why: 'The list names the policy made for them.',
  },
  {
    name: 'deciding about permissions when no administrator was ever listed',
    document: documentOf(allow('kms:PutKeyPolicy')),
    trust: { administrators: [] },
    verdict: 'unknown',
    needs: ['administrators'],
    why: 'Whoever has it may be one.',
  },
  {
    name: 'everything on the keys of the account when no administrator was ever listed',
    document: documentOf(allow('kms:*', ALL_OWN)),
    trust: { administrators: [] },
    verdict: 'violation',
    findings: [['I1', 0, 'medium']],
    needs: ['administrators'],
    why: 'What needs no list is judged, the rest waits for it.',
  },
  {
    name: 'grants for AWS resources with all keys of the account',
    document: documentOf(
      allowIf({ Bool: { 'kms:GrantIsForAWSResource': 'true' } }, ['kms:CreateGrant', 'kms:RevokeGrant'], ALL_OWN),
    ),
    why: 'The service makes the grant for its own resource.',
  },
  {
    name: 'destroying any key',
    document: documentOf(allow(['kms:ScheduleKeyDeletion', 'kms:DisableKey'])),
    verdict: 'violation',
    findings: [['I4', 0, 'high']],
    why: `AWS names ScheduleKeyDeletion as one for the key policy: ${PRACTICES}`,
  },
  {
    name: 'tagging any key',
    document: documentOf(allow('kms:TagResource')),
    verdict: 'violation',
    findings: [['I6', 0, 'low']],
    why: 'https://docs.aws.amazon.com/kms/latest/developerguide/abac.html: who tags keys decides about access.',
  },
  {
    name: 'encryption with all keys',
    document: documentOf(allow(['kms:Encrypt', 'kms:GenerateDataKey*'])),
    verdict: 'violation',
    findings: [['I5', 0, 'medium']],
    why: `* reaches keys of other accounts: ${PRACTICES}`,
  },
  {
    name: 'the rights of an auditor',
    document: documentOf(allow(['kms:Describe*', 'kms:Get*', 'kms:List*'])),
    verdict: 'violation',
    findings: [['I5', 0, 'low']],
    why: 'DescribeKey and ListGrants reach other accounts, and reveal little.',
  },
];

const fine: readonly IamPolicyCase[] = [
  {
    name: 'actions that know no other resource than *',
    document: documentOf(
      allow(['kms:CreateKey', 'kms:ListKeys', 'kms:ListAliases', 'kms:GenerateRandom', 'kms:ConnectCustomKeyStore']),
    ),
    why: `They are on no key: ${PRACTICES}`,
  },
  {
    name: 'decryption with one key',
    document: documentOf(allow('kms:Decrypt', ONE_KEY)),
    why: 'Least privilege as AWS shows it.',
  },
  {
    name: 'everything on one key',
    document: documentOf(allow('kms:*', [ONE_KEY])),
    why: 'It is about one key, whose own policy is judged elsewhere.',
  },
  {
    name: 'decryption with keys that carry a tag',
    document: documentOf(allowIf({ StringEquals: { 'aws:ResourceTag/team': 'payments' } }, 'kms:Decrypt')),
    why: 'https://docs.aws.amazon.com/kms/latest/developerguide/abac.html; a rule that ignores conditions reports it.',
  },
  {
    name: 'decryption with keys that carry the tag of the caller',
    document: documentOf(
      allowIf({ StringEquals: { 'aws:ResourceTag/team': variable('aws:PrincipalTag/team') } }, 'kms:Decrypt'),
    ),
    why: 'The usual form of access by tags.',
  },
  {
    name: 'decryption with keys of some aliases',
    document: documentOf(
      allowIf({ 'ForAnyValue:StringLike': { 'kms:ResourceAliases': 'alias/payments-*' } }, 'kms:Decrypt'),
    ),
    why: 'The aliases are fixed at their beginning.',
  },
  {
    name: 'management of aliases by their ARN',
    document: documentOf(allow(['kms:CreateAlias', 'kms:UpdateAlias'], `arn:aws:kms:*:${OWN}:alias/payments-*`)),
    why: 'The key that it points to must be allowed as well.',
  },
  {
    name: 'a statement whose conditions contradict each other',
    document: documentOf(allowIf({ Null: { 'aws:PrincipalArn': 'true' } }, 'kms:Decrypt'), allow('kms:ListKeys')),
    why: 'Every call has an ARN, so that the statement allows nothing.',
  },
];

const beside: readonly IamPolicyCase[] = [
  {
    name: 'a policy about other services',
    document: documentOf(allow('s3:*')),
    verdict: 'not-applicable',
    why: 'It allows nothing of KMS.',
  },
  {
    name: 'a policy that only denies',
    document: documentOf(deny('kms:*')),
    verdict: 'not-applicable',
    why: 'It allows nothing of KMS.',
  },
  {
    name: 'strange things in a statement about another service',
    document: documentOf(allow('s3:*', '*', { Condition: { StringMatches: { a: 'b' } } }), allow('kms:ListKeys')),
    why: 'What S3 is allowed is none of our business.',
  },
  {
    name: 'a permissions boundary with kms:*',
    document: documentOf(allow('kms:*')),
    what: { kind: 'boundary' },
    verdict: 'not-applicable',
    why: 'A boundary gives nothing: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html',
  },
  {
    name: 'a policy that AWS manages',
    document: documentOf(allow('*')),
    what: { kind: 'managed', policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' },
    verdict: 'not-applicable',
    why: 'Nobody but AWS can change it.',
  },
  {
    name: 'a key policy by mistake',
    document: documentOf(allow('kms:ListKeys', '*', { Principal: '*' })),
    verdict: 'unknown',
    why: 'An IAM policy of a user or role has no Principal.',
  },
  {
    name: 'an account that a variable fills',
    document: documentOf(allow('kms:Decrypt', `arn:aws:kms:eu-west-1:${variable('aws:PrincipalTag/account')}:key/*`)),
    verdict: 'unknown',
    why: 'Which account it is, the policy does not say.',
  },
  {
    name: 'the account of the caller by variable',
    document: documentOf(allow('kms:Decrypt', `arn:aws:kms:eu-west-1:${variable('aws:PrincipalAccount')}:key/*`)),
    verdict: 'violation',
    findings: [['I1', 0, 'medium']],
    why: 'It is one account.',
  },
  {
    name: 'an action that nobody knows',
    document: documentOf(allow('kms:Teleport', ONE_KEY)),
    verdict: 'unknown',
    why: 'What it gives is not known to this version.',
  },
];

export const cases: readonly IamPolicyCase[] = [...wide, ...decrypting, ...managing, ...fine, ...beside];
