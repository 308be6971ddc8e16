import { unread } from '../../lib/facts/key-facts.ts';
import { factsOf, GONE, KEY_ID, UNREADABLE } from '../facts/key.ts';
import { ADMIN, APP, PARTNER, STRANGER, statement } from '../iam/policy-fixtures.ts';
import { actionOf, type ControlCase } from './control-case.ts';
import { FILLED, OPEN, withStatements, withText } from './key-policy-case.ts';

const STRANGERS_ROLE = `arn:aws:iam::${STRANGER}:role/Reader`;
const past = (api: string) => actionOf(api, { request: { bypassPolicyLockoutSafetyCheck: true } });

export const cases: readonly ControlCase[] = [
  {
    name: 'an application uses the key, beside the default statement',
    action: actionOf('PutKeyPolicy'),
    facts: withStatements(statement()),
    policy: FILLED,
    expected: 'compliant',
    says: `Key ${KEY_ID} has a policy that gives nobody too much.`,
  },
  {
    name: 'a partner uses the key',
    facts: withStatements(statement({ Principal: { AWS: `arn:aws:iam::${PARTNER}:role/Reader` } })),
    policy: FILLED,
    expected: 'compliant',
    says: 'gives nobody too much',
  },
  {
    name: 'the safety check was asked for',
    action: actionOf('PutKeyPolicy', { request: { bypassPolicyLockoutSafetyCheck: false } }),
    facts: withStatements(),
    expected: 'compliant',
    says: 'gives nobody too much',
  },
  {
    name: 'a stranger stands beside the application',
    action: actionOf('PutKeyPolicy'),
    facts: withStatements(statement({ Sid: 'Use', Principal: { AWS: [APP, STRANGERS_ROLE] } })),
    policy: FILLED,
    expected: 'violation',
    says: `statement 1 ("Use") lets the role "${STRANGERS_ROLE}" use the key, and account ${STRANGER} is not trusted (kms:Decrypt and kms:GenerateDataKey).`,
  },
  {
    name: 'an application may change the policy beside using the key, action by action',
    facts: withStatements(statement({ Action: ['kms:Decrypt', 'kms:PutKeyPolicy'] })),
    policy: FILLED,
    expected: 'violation',
    says: 'kms:PutKeyPolicy',
  },
  {
    name: 'an application may do everything by one pattern, of which it may keep a part',
    action: actionOf('CreateKey'),
    facts: withStatements(statement({ Action: 'kms:*' })),
    policy: FILLED,
    expected: 'violation',
    says: 'administer the key',
    noPlan: 'write the single actions instead',
  },
  {
    name: 'a service acts for any account',
    facts: withStatements(statement({ Principal: { Service: 'sns.amazonaws.com' } })),
    expected: 'violation',
    says: 'bind it with aws:SourceAccount',
    noPlan: 'is there for a service',
  },
  {
    name: 'a statement allows all but one action',
    facts: withStatements(
      statement({ Principal: { AWS: ADMIN }, Action: undefined, NotAction: 'kms:ScheduleKeyDeletion' }),
    ),
    policy: FILLED,
    expected: 'violation',
    says: 'NotAction',
    noPlan: 'allows by exclusion',
  },
  {
    name: 'the identity was deleted',
    facts: withStatements(statement({ Principal: { AWS: 'AROAEXAMPLEEXAMPLE01' } })),
    expected: 'violation',
    says: 'AROAEXAMPLEEXAMPLE01',
  },
  {
    name: 'a stranger may make grants, and no account is trusted yet',
    facts: withStatements(
      statement({ Principal: { AWS: STRANGERS_ROLE }, Action: ['kms:Decrypt', 'kms:CreateGrant'] }),
    ),
    policy: { ...FILLED, trust: { ...FILLED.trust, accounts: [] } },
    expected: 'violation',
    says: 'make any grant',
    noPlan: 'access of other accounts is never taken away',
  },
  {
    name: 'a key was made past the safety check',
    action: past('CreateKey'),
    facts: withStatements(),
    expected: 'violation',
    says: `Key ${KEY_ID} got a policy past the lockout safety check of KMS`,
    noPlan: 'There is nothing to take out',
  },
  {
    name: 'a policy was put past the safety check and could not be read',
    action: past('PutKeyPolicy'),
    facts: { ...factsOf(), keyPolicy: unread('kms:GetKeyPolicy was denied') },
    expected: 'violation',
    says: `besides, the policy of key ${KEY_ID} is unknown because kms:GetKeyPolicy was denied.`,
    noPlan: 'kms:GetKeyPolicy was denied',
  },
  {
    name: 'all that is wrong is that it is public, which the other control says',
    action: actionOf('PutKeyPolicy'),
    facts: withStatements(OPEN),
    policy: FILLED,
    expected: 'not-applicable',
    says: 'all that is wrong is that it is open to everybody.',
  },
  {
    name: 'AWS manages the key',
    action: past('CreateKey'),
    facts: withText('{}', { manager: 'AWS' }),
    expected: 'not-applicable',
    says: 'managed by AWS',
  },
  {
    name: 'the key is gone',
    action: actionOf('DeleteKey'),
    facts: GONE,
    expected: 'not-applicable',
    says: 'does not exist any more',
  },
  { name: 'the key could not be described', facts: UNREADABLE, expected: 'unknown', says: KEY_ID },
  {
    name: 'a stranger uses the key, and no account is trusted yet',
    action: actionOf('PutKeyPolicy'),
    facts: withStatements(statement({ Principal: { AWS: STRANGERS_ROLE } })),
    expected: 'unknown',
    says: 'while trust.accounts of the policy file names nobody.',
  },
  {
    name: 'somebody may use and administer the key, and no administrator is named yet',
    facts: withStatements(statement({ Action: 'kms:*' })),
    expected: 'unknown',
    says: 'trust.administrators',
  },
];
