import type { KeyOfPolicy } from '../../lib/iam/judge-key-material-policy.ts';
import type { Need, Trust } from '../../lib/iam/trust.ts';
import {
  ADMIN,
  APP,
  documentOf,
  type ExpectedFinding,
  type Json,
  keyPolicyOf,
  NEW_TRUST,
  type Offence,
  ORGANIZATION,
  OWN,
  PARTNER,
  ROOT,
  STRANGER,
  statement,
  type Verdict,
  variable,
} from './policy-fixtures.ts';

/** A key policy, what each judgement says of it, and why that is right. */
export interface KeyPolicyCase {
  readonly name: string;
  readonly document: unknown;
  readonly trust?: Partial<Trust>;
  readonly key?: KeyOfPolicy;
  /** Verdicts of the three judgements; compliant when not given. */
  readonly public?: Verdict;
  readonly least?: Verdict;
  readonly material?: Verdict;
  /** All findings of the three, those of K1 first, then K2 to K8, then M1 and M2. */
  readonly findings?: readonly ExpectedFinding[];
  readonly needs?: readonly Need[];
  /** What of the first finding's statement may be taken out. */
  readonly offending?: Offence;
  readonly why: string;
}

const everyone = (condition?: Json, changes: Json = {}) =>
  statement({ Principal: '*', Condition: condition, ...changes });
const service = (name: string, condition?: Json, changes: Json = {}) =>
  statement({ Principal: { Service: name }, Condition: condition, ...changes });

const K1: ExpectedFinding = ['K1', 0, 'critical', '*'];
/** What is open to everybody is open to accounts that are not trusted, too. */
const OPEN = { public: 'violation', least: 'violation', findings: [K1, ['K2', 0, 'high', '*']] } as const;
const FOREIGN_CALLERS = { least: 'violation', findings: [['K2', 0, 'high', '*']] } as const;
const CLOSED = {} as const;
const UNTOLD = { public: 'unknown', least: 'unknown' } as const;

const KEYS = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html';
const OPERATORS =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html';
const SETS =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html';
const DEPUTY = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html';
const PRINCIPALS = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html';
const DEFAULT = 'https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html';

const whole: readonly KeyPolicyCase[] = [
  {
    name: 'the policy that KMS gives a new key',
    document: documentOf(ROOT),
    why: `The root statement lets IAM policies decide and gives nobody access: ${DEFAULT}`,
  },
  {
    name: 'the same with a bare account id, one statement without a list, and no Version',
    document: { Statement: { ...ROOT, Principal: { AWS: OWN } } },
    why: `An account id and its root ARN are the same principal: ${PRINCIPALS}`,
  },
  {
    name: 'the same for an organisation that has not filled in any list',
    document: documentOf(ROOT),
    trust: NEW_TRUST,
    why: 'Nothing in it depends on a list, so that day one is quiet.',
  },
  {
    name: 'the statement for users of a key that the console writes',
    document: keyPolicyOf(
      statement({
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      }),
      statement({
        Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
        Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      }),
    ),
    material: 'violation',
    findings: [['M2', 0, 'medium', APP]],
    why: 'Least privilege has nothing to say; kms:GenerateDataKey* includes GenerateDataKeyPair, which hands out private keys.',
  },
  {
    name: 'a policy with no statement at all',
    document: documentOf(),
    findings: [['K8', null, 'info']],
    why: 'It allows nothing; that it locks everybody out is a note, no over-broad access.',
  },
  {
    name: 'a policy without the root statement',
    document: documentOf(statement({ Principal: { AWS: ADMIN }, Action: 'kms:*' })),
    material: 'violation',
    findings: [
      ['K8', null, 'info'],
      ['M1', 0, 'high', ADMIN],
      ['M2', 0, 'medium', ADMIN],
    ],
    why: 'An administrator may have kms:*; the note says that the key dies with the role. Administrators are no custodians.',
  },
  {
    name: 'the root statement with NotAction',
    document: documentOf({ ...ROOT, Action: undefined, NotAction: 'kms:ScheduleKeyDeletion' }),
    why: 'It only says which IAM policies count; taking it out could lock everybody out.',
  },
  {
    name: 'a Deny to everybody, as guards are written',
    document: keyPolicyOf(everyone({ Bool: { 'aws:SecureTransport': 'false' } }, { Effect: 'Deny', Action: 'kms:*' })),
    why: 'A Deny gives nothing. Peers that look for * alone report it.',
  },
];

const open: readonly KeyPolicyCase[] = [
  {
    name: 'everybody, without a condition',
    document: keyPolicyOf(everyone()),
    ...OPEN,
    offending: { principals: ['*'], whole: true },
    why: 'The definition of public.',
  },
  {
    name: 'everybody written as an AWS principal beside others',
    document: keyPolicyOf(statement({ Principal: { AWS: [APP, '*'] } })),
    ...OPEN,
    offending: { principals: ['*'], whole: false },
    why: `{"AWS":"*"} is everybody (${PRINCIPALS}); the application keeps its access when only * is taken out.`,
  },
  {
    name: 'everybody may describe the key',
    document: keyPolicyOf(everyone(undefined, { Action: 'kms:DescribeKey' })),
    ...OPEN,
    why: 'A read is public access too; a peer missed it.',
  },
  {
    name: 'everybody, with actions written in strange case and with wildcards',
    document: keyPolicyOf(everyone(undefined, { Action: 'KMS:dec?ypt*' })),
    ...OPEN,
    why: 'Actions are compared without case, and ? is one character.',
  },
  {
    name: 'everybody through a service, in whatever account',
    document: keyPolicyOf(everyone({ StringEquals: { 'kms:ViaService': 'ec2.eu-west-1.amazonaws.com' } })),
    ...OPEN,
    why: 'kms:ViaService says through which service the call comes, not whose the caller is.',
  },
  {
    name: 'everybody over a VPC endpoint',
    document: keyPolicyOf(everyone({ StringEquals: { 'aws:SourceVpce': 'vpce-0a1b2c3d4e5f60718' } })),
    ...OPEN,
    why: 'Credentials of any account can be used behind the endpoint.',
  },
  {
    name: 'everybody from a VPC',
    document: keyPolicyOf(everyone({ StringEquals: { 'aws:SourceVpc': 'vpc-0a1b2c3d' } })),
    ...OPEN,
    why: 'The network is not the account.',
  },
  {
    name: 'everybody from anywhere',
    document: keyPolicyOf(everyone({ IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } })),
    ...OPEN,
    why: '/0 is every address.',
  },
  {
    name: 'everybody from one network',
    document: keyPolicyOf(everyone({ IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } })),
    ...OPEN,
    why: 'An address does not prove an account.',
  },
  {
    name: 'everybody over TLS',
    document: keyPolicyOf(everyone({ Bool: { 'aws:SecureTransport': 'true' } })),
    ...OPEN,
    why: 'Every call to KMS is over TLS.',
  },
  {
    name: 'everybody with a tag',
    document: keyPolicyOf(everyone({ StringEquals: { 'aws:PrincipalTag/team': 'payments' } })),
    ...OPEN,
    why: 'Whoever owns another account tags its roles as they like.',
  },
  {
    name: 'everybody with an encryption context',
    document: keyPolicyOf(everyone({ StringEquals: { 'kms:EncryptionContext:app': 'payments' } })),
    ...OPEN,
    why: 'The caller chooses the context.',
  },
  {
    name: 'everybody with the context of CloudTrail, naming our account',
    document: keyPolicyOf(
      everyone({ StringLike: { 'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:*:${OWN}:trail/*` } }),
    ),
    ...OPEN,
    why: 'Only an AWS service can be relied on to set it; here anybody may send it.',
  },
  {
    name: 'everybody may make grants for AWS resources',
    document: keyPolicyOf(everyone({ Bool: { 'kms:GrantIsForAWSResource': true } }, { Action: 'kms:CreateGrant' })),
    ...OPEN,
    why: 'It says what the grant is for, not whose the caller is.',
  },
  {
    name: 'everybody may make grants for decryption',
    document: keyPolicyOf(
      everyone({ 'ForAllValues:StringEquals': { 'kms:GrantOperations': 'Decrypt' } }, { Action: 'kms:CreateGrant' }),
    ),
    ...OPEN,
    why: 'It limits the grant, not the caller.',
  },
  {
    name: 'everybody but one account',
    document: keyPolicyOf(everyone({ StringNotEquals: { 'kms:CallerAccount': STRANGER } })),
    ...OPEN,
    why: 'A negated operator leaves all the others.',
  },
  {
    name: 'everybody in some organisation',
    document: keyPolicyOf(everyone({ Null: { 'aws:PrincipalOrgID': 'false' } })),
    ...OPEN,
    why: `Null only asks whether the key is there (${OPERATORS}); every organisation has an id.`,
  },
  {
    name: 'everybody whose organisation begins with o-',
    document: keyPolicyOf(everyone({ StringLike: { 'aws:PrincipalOrgID': 'o-*' } })),
    ...OPEN,
    why: 'The wildcard matches every organisation.',
  },
  {
    name: 'everybody in our organisation or in none',
    document: keyPolicyOf(everyone({ StringEqualsIfExists: { 'aws:PrincipalOrgID': ORGANIZATION } })),
    ...OPEN,
    why: `Accounts in no organisation lack the key, and IfExists lets them pass: ${KEYS}`,
  },
  {
    name: 'everybody all of whose organisation paths are ours, or who has none',
    document: keyPolicyOf(everyone({ 'ForAllValues:StringLike': { 'aws:PrincipalOrgPaths': `${ORGANIZATION}/*` } })),
    ...OPEN,
    why: `ForAllValues holds when the key is absent: ${SETS}`,
  },
  {
    name: 'everybody of an account that looks like ours',
    document: keyPolicyOf(everyone({ StringLike: { 'aws:PrincipalAccount': '1111*' } })),
    ...OPEN,
    why: 'Strangers have account ids that begin so, too.',
  },
  {
    name: 'every role of one name, in any account',
    document: keyPolicyOf(everyone({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/App' } })),
    ...OPEN,
    why: 'Anybody can make a role of that name in an account of their own.',
  },
  {
    name: 'everybody with our account somewhere in the ARN',
    document: keyPolicyOf(everyone({ StringLike: { 'aws:PrincipalArn': `*:${OWN}:role/App` } })),
    ...OPEN,
    why: 'As text, * reaches over colons, and the path of a role in any account may hold :111122223333:role/.',
  },
  {
    name: 'everybody who is who they are',
    document: keyPolicyOf(everyone({ StringEquals: { 'kms:CallerAccount': variable('aws:PrincipalAccount') } })),
    ...OPEN,
    why: 'The variable is filled with what it is compared with.',
  },
  {
    name: 'everybody of our account or of any, in one list',
    document: keyPolicyOf(everyone({ StringLike: { 'kms:CallerAccount': [OWN, '*'] } })),
    ...OPEN,
    why: 'One value that fits is enough.',
  },
  {
    name: 'every service that works for us or for nobody in particular',
    document: keyPolicyOf(everyone({ StringEqualsIfExists: { 'aws:SourceAccount': OWN } })),
    ...OPEN,
    why: `Callers that are no service lack the key: ${KEYS}`,
  },
  {
    name: 'everybody whom NotPrincipal does not name',
    document: keyPolicyOf(statement({ Principal: undefined, NotPrincipal: { AWS: APP } })),
    public: 'violation',
    least: 'violation',
    findings: [
      ['K1', 0, 'critical'],
      ['K6', 0, 'high'],
    ],
    offending: { whole: true },
    why: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html warns of it.',
  },
];

const closed: readonly KeyPolicyCase[] = [
  {
    name: 'everybody of our account',
    document: keyPolicyOf(everyone({ StringEquals: { 'kms:CallerAccount': OWN } })),
    ...CLOSED,
    why: 'A fixed trusted account; c7n and others reported a thousand such keys.',
  },
  {
    name: 'the statement of AWS managed keys: our account through a service',
    document: keyPolicyOf(
      everyone({ StringEquals: { 'kms:CallerAccount': OWN, 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } }),
    ),
    ...CLOSED,
    why: 'One key of a block that confines is enough, because all must hold.',
  },
  {
    name: 'everybody of our account, and kms:*',
    document: keyPolicyOf(everyone({ StringEquals: { 'kms:CallerAccount': OWN } }, { Action: 'kms:*' })),
    least: 'violation',
    material: 'violation',
    findings: [
      ['K3', 0, 'high', '*'],
      ['M1', 0, 'high', '*'],
      ['M2', 0, 'medium', '*'],
    ],
    why: 'Not public, but every identity of the account may destroy the key without any IAM policy.',
  },
  {
    name: 'everybody of our account, asked with IfExists',
    document: keyPolicyOf(everyone({ StringEqualsIfExists: { 'kms:CallerAccount': OWN } })),
    ...CLOSED,
    why: 'Every call to KMS has the caller account, so that IfExists lets nobody else pass; a peer removed such statements.',
  },
  {
    name: 'everybody of our account, asked with ForAnyValue',
    document: keyPolicyOf(everyone({ 'ForAnyValue:StringEquals': { 'aws:PrincipalAccount': [OWN, PARTNER] } })),
    ...CLOSED,
    why: `ForAnyValue needs a value that fits (${SETS}); a peer removed such statements.`,
  },
  {
    name: 'everybody of our account, asked with ForAllValues',
    document: keyPolicyOf(everyone({ 'ForAllValues:StringEquals': { 'aws:PrincipalAccount': OWN } })),
    ...CLOSED,
    why: `ForAllValues holds for an absent key, and this one is in every request: ${KEYS}`,
  },
  {
    name: 'everybody of our organisation',
    document: keyPolicyOf(everyone({ StringEquals: { 'AWS:principalorgid': ORGANIZATION } })),
    ...CLOSED,
    why: 'Names of keys are compared without case.',
  },
  {
    name: 'everybody below our organisation',
    document: keyPolicyOf(
      everyone({ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': `${ORGANIZATION}/r-ab12/*` } }),
    ),
    ...CLOSED,
    why: 'The organisation is fixed; the wildcard is behind it.',
  },
  {
    name: 'every principal of our account, by ARN',
    document: keyPolicyOf(everyone({ ArnLike: { 'aws:PrincipalArn': `arn:*:iam::${OWN}:role/*` } })),
    ...CLOSED,
    why: `Arn operators compare part by part, so that the account is fixed: ${OPERATORS}`,
  },
  {
    name: 'roles of one name whom the organisation lists, in any account',
    document: keyPolicyOf(everyone({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/Scanner' } })),
    trust: { trustedPrincipals: ['arn:aws:iam::*:role/Scanner*'] },
    ...CLOSED,
    why: 'The organisation said so itself.',
  },
  {
    name: 'everybody whose account is that of the key, by variable',
    document: keyPolicyOf(everyone({ StringEquals: { 'aws:PrincipalAccount': variable('aws:ResourceAccount') } })),
    ...CLOSED,
    why: 'The account of the key is fixed.',
  },
  {
    name: 'the same the other way round',
    document: keyPolicyOf(everyone({ StringEquals: { 'aws:ResourceAccount': variable('aws:PrincipalAccount') } })),
    ...CLOSED,
    why: 'Equality has no direction.',
  },
  {
    name: 'every service that works for our account',
    document: keyPolicyOf(everyone({ StringEquals: { 'aws:SourceAccount': OWN } })),
    ...CLOSED,
    why: 'AWS sets the key, and only services have it.',
  },
  {
    name: 'an unknown key beside one that confines',
    document: keyPolicyOf(everyone({ StringEquals: { 'kms:CallerAccount': OWN, 'aws:NewKey': 'x' } })),
    ...CLOSED,
    why: 'Whatever the other key means, it can only narrow further.',
  },
  {
    name: 'everybody of two accounts at once',
    document: keyPolicyOf(everyone({ StringEquals: { 'kms:CallerAccount': STRANGER, 'aws:PrincipalAccount': OWN } })),
    ...CLOSED,
    why: 'Both must hold and cannot, so that the statement lets nobody in.',
  },
  {
    name: 'everybody without a caller account',
    document: keyPolicyOf(everyone({ Null: { 'kms:CallerAccount': 'true' } })),
    ...CLOSED,
    why: 'Every call has one, so that the statement lets nobody in.',
  },
  {
    name: 'everybody whose account id is a star',
    document: keyPolicyOf(everyone({ StringEquals: { 'kms:CallerAccount': '*' } })),
    ...CLOSED,
    why: `StringEquals has no wildcards (${OPERATORS}), and no account is called *.`,
  },
  {
    name: 'everybody, and a Deny without conditions that takes all of it away',
    document: keyPolicyOf(everyone(), everyone(undefined, { Effect: 'Deny', Action: 'kms:*' })),
    findings: [['K8', null, 'info']],
    why: 'A Deny overrides every Allow, that of the root statement too, so that nobody can manage the key.',
  },
  {
    name: 'everybody, in a statement about another service',
    document: keyPolicyOf(everyone(undefined, { Action: 's3:GetObject' })),
    ...CLOSED,
    why: 'A key policy gives nothing of S3.',
  },
];

const denied: readonly KeyPolicyCase[] = [
  {
    name: 'everybody, and a Deny of one of two actions',
    document: keyPolicyOf(everyone(), everyone(undefined, { Effect: 'Deny', Action: 'kms:Decrypt' })),
    ...OPEN,
    why: 'The other action is still open.',
  },
  {
    name: 'everybody, and a Deny with a condition',
    document: keyPolicyOf(
      everyone(),
      everyone({ StringNotEquals: { 'aws:PrincipalOrgID': ORGANIZATION } }, { Effect: 'Deny', Action: 'kms:*' }),
    ),
    public: 'violation',
    least: 'violation',
    findings: [
      ['K1', 0, 'high', '*'],
      ['K2', 0, 'medium', '*'],
    ],
    why: 'What such a Deny leaves is not worked out, so that it lowers the severity and removes nothing.',
  },
  {
    name: 'everybody, and a Deny for all but one',
    document: keyPolicyOf(everyone(), {
      ...statement({ Principal: undefined, NotPrincipal: { AWS: APP }, Effect: 'Deny', Action: 'kms:*' }),
    }),
    public: 'violation',
    least: 'violation',
    findings: [
      ['K1', 0, 'high', '*'],
      ['K2', 0, 'medium', '*'],
    ],
    why: 'Deny with NotPrincipal works only when sessions are named as well, so that it is not relied on.',
  },
  {
    name: 'a stranger, and a Deny for that stranger',
    document: keyPolicyOf(
      statement({ Principal: { AWS: STRANGER } }),
      statement({ Effect: 'Deny', Principal: { AWS: `arn:aws:iam::${STRANGER}:root` }, Action: 'kms:*' }),
    ),
    ...CLOSED,
    why: 'The same principal in its two spellings.',
  },
  {
    name: 'everybody, and a Deny for another key',
    document: keyPolicyOf(
      everyone(),
      everyone(undefined, { Effect: 'Deny', Action: 'kms:*', Resource: `arn:aws:kms:eu-west-1:${OWN}:key/other` }),
    ),
    ...OPEN,
    why: 'A Deny that is about another key takes nothing away from this one.',
  },
];

const untold: readonly KeyPolicyCase[] = [
  {
    name: 'everybody with a key that nobody knows',
    document: keyPolicyOf(everyone({ StringEquals: { 'aws:NewKey': 'x' } })),
    ...UNTOLD,
    why: 'It may confine; what is not understood is unknown, never public and never compliant.',
  },
  {
    name: 'everybody with an operator that nobody knows',
    document: keyPolicyOf(everyone({ StringMatches: { 'kms:CallerAccount': OWN } })),
    ...UNTOLD,
    material: 'unknown',
    why: 'IAM has no such operator.',
  },
  {
    name: 'everybody with a variable that nobody knows',
    document: keyPolicyOf(everyone({ StringEquals: { 'kms:CallerAccount': variable('aws:PrincipalTag/account') } })),
    ...UNTOLD,
    why: 'What fills it is not in the policy.',
  },
  {
    name: 'everybody with a caller id of one role',
    document: keyPolicyOf(everyone({ StringLike: { 'aws:userid': 'AROAEXAMPLEID1234567:*' } })),
    ...UNTOLD,
    why: 'It names one role, and not the account of it.',
  },
  {
    name: 'everybody with one path compared without ForAnyValue',
    document: keyPolicyOf(everyone({ StringLike: { 'aws:PrincipalOrgPaths': `${ORGANIZATION}/*` } })),
    ...UNTOLD,
    why: `AWS does not say how a key with several values compares without a set operator: ${SETS}`,
  },
  {
    name: 'everybody with an empty list of accounts',
    document: keyPolicyOf(everyone({ StringEquals: { 'kms:CallerAccount': [] } })),
    ...UNTOLD,
    why: 'What an empty list means is not documented.',
  },
  {
    name: 'a policy variable in a policy of the old version',
    document: {
      Statement: [
        statement({ Condition: { StringEquals: { 'kms:CallerAccount': variable('aws:ResourceAccount') } } }),
        ROOT,
      ],
    },
    ...UNTOLD,
    material: 'unknown',
    why: 'Before 2012-10-17 a variable is plain text: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html',
  },
  {
    name: 'an action that nobody knows',
    document: keyPolicyOf(statement({ Action: ['kms:Decrypt', 'kms:Teleport'] })),
    ...UNTOLD,
    material: 'unknown',
    why: 'KMS gains operations; what they give is not known to this version.',
  },
  {
    name: 'a principal with a wildcard in it',
    document: keyPolicyOf(statement({ Principal: { AWS: `arn:aws:iam::${OWN}:role/*` } })),
    ...UNTOLD,
    material: 'unknown',
    why: `IAM accepts no wildcard inside a principal: ${PRINCIPALS}`,
  },
  {
    name: 'an element that nobody knows, in a policy that is public as well',
    document: keyPolicyOf(everyone(undefined, { Comment: 'temporary' })),
    ...OPEN,
    material: 'unknown',
    why: 'A violation is one whatever else is not understood.',
  },
  {
    name: 'the identities of a public provider',
    document: keyPolicyOf(statement({ Principal: { Federated: 'cognito-identity.amazonaws.com' } })),
    ...UNTOLD,
    why: 'Who can sign up there is not in the policy.',
  },
  {
    name: 'a statement without Principal',
    document: keyPolicyOf(statement({ Principal: undefined })),
    ...UNTOLD,
    material: 'unknown',
    why: 'KMS refuses it; it may be an IAM policy that was given by mistake.',
  },
  {
    name: 'one name twice in an object',
    document: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Principal":{"AWS":"${OWN}"},"Action":"kms:*","Resource":"*"}]}`,
    ...UNTOLD,
    material: 'unknown',
    why: 'A reader keeps the second and hides the first: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html',
  },
  {
    name: 'a canonical user',
    document: keyPolicyOf(statement({ Principal: { CanonicalUser: '0123456789abcdef'.repeat(4) } })),
    least: 'unknown',
    why: 'It names one account, and not which.',
  },
];

const outsiders: readonly KeyPolicyCase[] = [
  {
    name: 'a whole account that is not trusted',
    document: keyPolicyOf(statement({ Principal: { AWS: `arn:aws:iam::${STRANGER}:root` } })),
    least: 'violation',
    findings: [['K2', 0, 'high', `arn:aws:iam::${STRANGER}:root`]],
    offending: { principals: [`arn:aws:iam::${STRANGER}:root`], whole: true },
    why: 'Not public, and not on the list.',
  },
  {
    name: 'a stranger by bare account id, beside the application',
    document: keyPolicyOf(statement({ Principal: { AWS: [APP, STRANGER] } })),
    least: 'violation',
    findings: [['K2', 0, 'high', STRANGER]],
    offending: { principals: [STRANGER], whole: false },
    why: 'Only the stranger goes; a peer removed the application too.',
  },
  {
    name: 'a role of an account that is not trusted',
    document: keyPolicyOf(statement({ Principal: { AWS: `arn:aws:iam::${STRANGER}:role/KeyAdmin` } })),
    least: 'violation',
    findings: [['K2', 0, 'high', `arn:aws:iam::${STRANGER}:role/KeyAdmin`]],
    why: 'The name of an administrator in another account is no administrator.',
  },
  {
    name: 'a role session of an account that is not trusted',
    document: keyPolicyOf(statement({ Principal: { AWS: `arn:aws:sts::${STRANGER}:assumed-role/App/s` } })),
    least: 'violation',
    findings: [['K2', 0, 'high', `arn:aws:sts::${STRANGER}:assumed-role/App/s`]],
    why: 'A session belongs to the account of its role.',
  },
  {
    name: 'a stranger when no account was ever listed',
    document: keyPolicyOf(statement({ Principal: { AWS: STRANGER } })),
    trust: { trustedAccounts: [] },
    least: 'unknown',
    needs: ['trustedAccounts'],
    why: 'An empty list says nothing, so that nobody is judged for being foreign.',
  },
  {
    name: 'a trusted account',
    document: keyPolicyOf(statement({ Principal: { AWS: PARTNER } })),
    ...CLOSED,
    why: 'It is on the list.',
  },
  {
    name: 'a listed role of an account that is not trusted as a whole',
    document: keyPolicyOf(statement({ Principal: { AWS: `arn:aws:iam::${STRANGER}:role/Scanner` } })),
    trust: { trustedPrincipals: [`arn:aws:iam::${STRANGER}:role/Scanner`] },
    ...CLOSED,
    why: 'The role itself is on a list.',
  },
  {
    name: 'an account outside the list, confined to our organisation',
    document: keyPolicyOf(
      statement({ Principal: { AWS: STRANGER }, Condition: { StringEquals: { 'aws:PrincipalOrgID': ORGANIZATION } } }),
    ),
    ...CLOSED,
    why: 'Only members of the organisation pass.',
  },
  {
    name: 'everybody of a fixed account that is not trusted',
    document: keyPolicyOf(everyone({ StringEquals: { 'kms:CallerAccount': [OWN, STRANGER] } })),
    ...FOREIGN_CALLERS,
    why: 'A fixed value is not public; one untrusted value among several is enough to be over-broad.',
  },
  {
    name: 'the same when no account was ever listed',
    document: keyPolicyOf(everyone({ StringEquals: { 'kms:CallerAccount': STRANGER } })),
    trust: { trustedAccounts: [] },
    least: 'unknown',
    needs: ['trustedAccounts'],
    why: 'Cross-account access is never touched while no account is named.',
  },
  {
    name: 'everybody of an organisation that is not ours',
    document: keyPolicyOf(everyone({ StringEquals: { 'aws:PrincipalOrgID': 'o-zzzzzzzzzz' } })),
    ...FOREIGN_CALLERS,
    why: 'Fixed, and not on the list.',
  },
  {
    name: 'everybody of an organisation when none was ever listed',
    document: keyPolicyOf(everyone({ StringEquals: { 'aws:PrincipalOrgID': ORGANIZATION } })),
    trust: { trustedOrganizations: [] },
    least: 'unknown',
    needs: ['trustedOrganizations'],
    why: 'It may well be our own.',
  },
  {
    name: 'a SAML provider of the account',
    document: keyPolicyOf(statement({ Principal: { Federated: `arn:aws:iam::${OWN}:saml-provider/Corp` } })),
    ...CLOSED,
    why: 'A provider belongs to an account.',
  },
  {
    name: 'a federated user of the account',
    document: keyPolicyOf(statement({ Principal: { AWS: `arn:aws:sts::${OWN}:federated-user/ann` } })),
    ...CLOSED,
    why: 'It is of our account.',
  },
  {
    name: 'the id of a deleted role',
    document: keyPolicyOf(statement({ Principal: { AWS: [APP, 'AROAEXAMPLEID1234567'] } })),
    least: 'violation',
    findings: [['K7', 0, 'low', 'AROAEXAMPLEID1234567']],
    offending: { principals: ['AROAEXAMPLEID1234567'], whole: false },
    why: 'IAM puts the id in place of a role that is gone, and KMS refuses to take it again.',
  },
];

const services: readonly KeyPolicyCase[] = [
  {
    name: 'a service for anybody',
    document: keyPolicyOf(service('sns.amazonaws.com')),
    least: 'violation',
    findings: [['K5', 0, 'medium', 'sns.amazonaws.com']],
    why: `Somebody else's resource can make the service use our key: ${DEPUTY}`,
  },
  {
    name: 'a service for our account',
    document: keyPolicyOf(service('sns.amazonaws.com', { StringEquals: { 'aws:SourceAccount': OWN } })),
    ...CLOSED,
    why: DEPUTY,
  },
  {
    name: 'a service for resources of our account, as AWS writes it',
    document: keyPolicyOf(
      service('cloudtrail.amazonaws.com', { StringLike: { 'aws:SourceArn': `arn:aws:cloudtrail:*:${OWN}:trail/*` } }),
    ),
    ...CLOSED,
    why: 'The Region is open and the account is fixed.',
  },
  {
    name: 'a service for a bucket',
    document: keyPolicyOf(service('s3.amazonaws.com', { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::reports' } })),
    least: 'violation',
    findings: [['K5', 0, 'medium', 's3.amazonaws.com']],
    why: `The ARN of a bucket names no account, and AWS says to add aws:SourceAccount: ${DEPUTY}`,
  },
  {
    name: 'a service for a bucket of our account',
    document: keyPolicyOf(
      service('s3.amazonaws.com', {
        ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::reports' },
        StringEquals: { 'aws:SourceAccount': OWN },
      }),
    ),
    ...CLOSED,
    why: DEPUTY,
  },
  {
    name: 'CloudWatch Logs, bound by its encryption context',
    document: keyPolicyOf(
      service('logs.eu-west-1.amazonaws.com', {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:eu-west-1:${OWN}:*` },
      }),
    ),
    ...CLOSED,
    why: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html: the service sets the context.',
  },
  {
    name: 'a service for an account that is not trusted',
    document: keyPolicyOf(service('sns.amazonaws.com', { StringEquals: { 'aws:SourceAccount': STRANGER } })),
    least: 'violation',
    findings: [['K2', 0, 'high', 'sns.amazonaws.com']],
    why: 'It works for a stranger.',
  },
  {
    name: 'a service for our account or for none',
    document: keyPolicyOf(service('sns.amazonaws.com', { StringEqualsIfExists: { 'aws:SourceAccount': OWN } })),
    least: 'violation',
    findings: [['K5', 0, 'medium', 'sns.amazonaws.com']],
    why: `Not every call of a service has the key, and IfExists lets the others pass: ${OPERATORS}`,
  },
];

const duties: readonly KeyPolicyCase[] = [
  {
    name: 'kms:* for an application',
    document: keyPolicyOf(statement({ Action: 'kms:*' })),
    least: 'violation',
    material: 'violation',
    findings: [
      ['K3', 0, 'high', APP],
      ['M1', 0, 'high', APP],
      ['M2', 0, 'medium', APP],
    ],
    offending: { principals: [APP], whole: true },
    why: 'https://docs.aws.amazon.com/kms/latest/developerguide/least-privilege.html: no administration and use together.',
  },
  {
    name: 'kms:* for an application on a key whose material cannot be imported',
    document: keyPolicyOf(statement({ Action: 'kms:*' })),
    key: { origin: 'AWS_KMS' },
    least: 'violation',
    material: 'violation',
    findings: [
      ['K3', 0, 'high', APP],
      ['M2', 0, 'medium', APP],
    ],
    why: 'KMS imports material into EXTERNAL keys only.',
  },
  {
    name: 'kms:* for an administrator of Identity Center',
    document: keyPolicyOf(
      statement({
        Principal: {
          AWS: `arn:aws:iam::${OWN}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_KeyAdmin_0123456789abcdef`,
        },
        Action: 'kms:*',
      }),
    ),
    key: { origin: 'AWS_KMS' },
    trust: { dataKeyPairRoles: ['*'] },
    ...CLOSED,
    why: 'The suffix is random, so that the list has a wildcard for it.',
  },
  {
    name: 'kms:* for the session of an administrator',
    document: keyPolicyOf(
      statement({ Principal: { AWS: `arn:aws:sts::${OWN}:assumed-role/KeyAdmin/ann` }, Action: 'kms:*' }),
    ),
    key: { origin: 'AWS_KMS' },
    trust: { dataKeyPairRoles: ['*'] },
    ...CLOSED,
    why: 'A session is its role.',
  },
  {
    name: 'use in one statement and administration in another',
    document: keyPolicyOf(statement(), statement({ Action: ['kms:ScheduleKeyDeletion', 'kms:DescribeKey'] })),
    least: 'violation',
    findings: [['K3', 1, 'high', APP]],
    offending: { principals: [APP], actions: ['kms:ScheduleKeyDeletion'], whole: false },
    why: 'Both statements together make the duties one; what goes is the administration.',
  },
  {
    name: 'use and tagging together',
    document: keyPolicyOf(statement({ Action: ['kms:Decrypt', 'kms:TagResource'] })),
    least: 'violation',
    findings: [['K3', 0, 'medium', APP]],
    offending: { principals: [APP], actions: ['kms:TagResource'], whole: false },
    why: 'Tags decide about access under ABAC, but nothing is lost by them.',
  },
  {
    name: 'administration without use, which is no joined duty',
    document: keyPolicyOf(statement({ Action: ['kms:EnableKeyRotation', 'kms:TagResource'] })),
    ...CLOSED,
    why: 'Who carries administration out is judged on the action itself.',
  },
  {
    name: 'PutKeyPolicy alone for somebody who is no administrator',
    document: keyPolicyOf(statement({ Action: 'kms:PutKeyPolicy' })),
    least: 'violation',
    findings: [['K3', 0, 'high', APP]],
    why: `Whoever changes the policy can take everything: ${DEFAULT}`,
  },
  {
    name: 'kms:* for an application when no administrator was ever listed',
    document: keyPolicyOf(statement({ Action: 'kms:*' })),
    trust: { administrators: [], custodians: [], dataKeyPairRoles: [] },
    least: 'unknown',
    material: 'unknown',
    needs: ['administrators', 'custodians', 'dataKeyPairRoles'],
    why: 'The application may be the administrator; nobody is judged without the list.',
  },
  {
    name: 'kms:* for a trusted account',
    document: keyPolicyOf(statement({ Principal: { AWS: PARTNER }, Action: 'kms:*' })),
    least: 'violation',
    material: 'violation',
    findings: [
      ['K4', 0, 'medium', PARTNER],
      ['M2', 0, 'medium', PARTNER],
    ],
    why: 'KMS refuses administration from other accounts; making any grant is what remains too much.',
  },
  {
    name: 'everybody, confined to the administrators by ARN',
    document: keyPolicyOf(
      everyone({ ArnLike: { 'aws:PrincipalArn': ADMIN } }, { Action: ['kms:PutKeyPolicy', 'kms:Decrypt'] }),
    ),
    ...CLOSED,
    why: 'The condition names who it is.',
  },
  {
    name: 'CreateGrant without a limit',
    document: keyPolicyOf(statement({ Action: ['kms:Decrypt', 'kms:CreateGrant'] })),
    least: 'violation',
    findings: [['K4', 0, 'medium', APP]],
    offending: { principals: [APP], actions: ['kms:CreateGrant'], whole: false },
    why: 'https://docs.aws.amazon.com/kms/latest/developerguide/grants.html: a grant passes the key on.',
  },
  {
    name: 'CreateGrant limited to a service',
    document: keyPolicyOf(
      statement({
        Action: ['kms:Decrypt', 'kms:CreateGrant'],
        Condition: { StringLike: { 'kms:ViaService': 'ec2.*.amazonaws.com' } },
      }),
    ),
    ...CLOSED,
    why: 'The service makes the grant for its own resource.',
  },
  {
    name: 'CreateGrant limited to operations that pass nothing on',
    document: keyPolicyOf(
      statement({
        Action: 'kms:CreateGrant',
        Condition: { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt', 'Encrypt'] } },
      }),
    ),
    ...CLOSED,
    why: 'https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html',
  },
  {
    name: 'CreateGrant that may pass CreateGrant on',
    document: keyPolicyOf(
      statement({
        Action: 'kms:CreateGrant',
        Condition: { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt', 'CreateGrant'] } },
      }),
    ),
    least: 'violation',
    findings: [['K4', 0, 'medium', APP]],
    why: 'The grantee can make grants for anybody.',
  },
  {
    name: 'CreateGrant of at least one harmless operation',
    document: keyPolicyOf(
      statement({
        Action: 'kms:CreateGrant',
        Condition: { 'ForAnyValue:StringEquals': { 'kms:GrantOperations': ['Decrypt'] } },
      }),
    ),
    least: 'violation',
    findings: [['K4', 0, 'medium', APP]],
    why: `ForAnyValue is content with one of them: ${SETS}`,
  },
  {
    name: 'CreateGrant for an administrator',
    document: keyPolicyOf(statement({ Principal: { AWS: ADMIN }, Action: 'kms:CreateGrant' })),
    ...CLOSED,
    why: 'Administrators can do as much with PutKeyPolicy.',
  },
];

const forms: readonly KeyPolicyCase[] = [
  {
    name: 'Allow with NotAction for an application',
    document: keyPolicyOf(statement({ Action: undefined, NotAction: ['kms:*Key*', 'kms:*Grant*', 's3:*'] })),
    least: 'violation',
    material: 'violation',
    findings: [
      ['K3', 0, 'high', APP],
      ['K6', 0, 'high'],
      ['M1', 0, 'high', APP],
    ],
    offending: { principals: [APP], whole: true },
    why: 'Every operation that KMS gains is allowed as well; a peer fell over NotAction.',
  },
  {
    name: 'a statement without Action',
    document: keyPolicyOf(everyone(undefined, { Action: undefined })),
    least: 'violation',
    findings: [['K6', 0, 'low']],
    offending: { whole: true },
    why: 'KMS ignores it, so that it is not public, and refuses the next change of the policy while it is there.',
  },
  {
    name: 'a statement without Resource',
    document: keyPolicyOf(statement({ Resource: undefined })),
    least: 'violation',
    findings: [['K6', 0, 'low']],
    why: 'https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html',
  },
  {
    name: 'a statement with empty lists',
    document: keyPolicyOf(statement({ Action: [], Resource: [] })),
    least: 'violation',
    findings: [['K6', 0, 'low']],
    why: 'An empty list allows nothing.',
  },
  {
    name: 'a statement with no principal in its list',
    document: keyPolicyOf(statement({ Principal: { AWS: [] } })),
    least: 'violation',
    findings: [['K6', 0, 'low']],
    why: 'It lets nobody in.',
  },
  {
    name: 'one Sid twice, with spaces and with letters of Latin-1',
    document: keyPolicyOf(statement({ Sid: 'Für die App // *' }), statement({ Sid: 'Für die App // *' })),
    ...CLOSED,
    why: 'KMS accepts it, and nothing is allowed by a Sid.',
  },
  {
    name: 'a resource that is another key',
    document: keyPolicyOf(everyone(undefined, { Resource: `arn:aws:kms:eu-west-1:${OWN}:key/other` })),
    ...OPEN,
    why: 'The resource of a key policy is its own key; what is written there is not relied on.',
  },
];

const material: readonly KeyPolicyCase[] = [
  {
    name: 'import by a custodian',
    document: keyPolicyOf(
      statement({
        Principal: { AWS: `arn:aws:iam::${OWN}:role/Custodian` },
        Action: ['kms:ImportKeyMaterial', 'kms:GetParametersForImport'],
      }),
    ),
    ...CLOSED,
    why: 'That is what custodians are for.',
  },
  {
    name: 'import by somebody else',
    document: keyPolicyOf(statement({ Action: ['kms:GetParametersForImport', 'kms:DescribeKey'] })),
    material: 'violation',
    findings: [['M1', 0, 'high', APP]],
    offending: { principals: [APP], actions: ['kms:GetParametersForImport'], whole: false },
    why: 'Material from outside may be known outside.',
  },
  {
    name: 'import by everybody when no custodian was ever listed',
    document: keyPolicyOf(everyone(undefined, { Action: 'kms:ImportKeyMaterial' })),
    trust: { custodians: [] },
    ...OPEN,
    material: 'violation',
    findings: [K1, ['K2', 0, 'high', '*'], ['M1', 0, 'high', '*']],
    why: 'What is public needs no list.',
  },
  {
    name: 'key pairs for an approved role',
    document: keyPolicyOf(
      statement({ Principal: { AWS: `arn:aws:iam::${OWN}:role/Issuer` }, Action: 'kms:GenerateDataKeyPair' }),
    ),
    ...CLOSED,
    why: 'It is on the list.',
  },
  {
    name: 'key pairs without the private key in plaintext',
    document: keyPolicyOf(statement({ Action: 'kms:GenerateDataKeyPairWithoutPlaintext' })),
    ...CLOSED,
    why: 'The private key leaves KMS encrypted only.',
  },
];

export const cases: readonly KeyPolicyCase[] = [
  ...[whole, open, closed, denied, untold, outsiders, services, duties, forms, material].flat(),
];
