import { known, unread } from '../../lib/facts/key-facts.ts';
import { factsOf, GONE, KEY_ID, keyWith, UNREADABLE } from '../facts/key.ts';
import { ROOT, statement } from '../iam/policy-fixtures.ts';
import { actionOf, type ControlCase } from './control-case.ts';
import { FILLED, OPEN, withStatements, withText } from './key-policy-case.ts';

export const cases: readonly ControlCase[] = [
  {
    name: 'the policy is the one that KMS gives every key',
    action: actionOf('CreateKey'),
    facts: withStatements(),
    expected: 'compliant',
    says: `Key ${KEY_ID} has a policy that opens it to nobody`,
  },
  {
    name: 'everybody is confined to one organisation',
    action: actionOf('PutKeyPolicy'),
    facts: withStatements({ ...OPEN, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } }),
    expected: 'compliant',
    says: 'opens it to nobody',
  },
  {
    name: 'a stranger is named, which is for the other control',
    facts: withStatements(statement({ Principal: { AWS: '999988887777' } })),
    expected: 'compliant',
    says: 'opens it to nobody',
  },
  {
    name: 'a statement opens the key to everybody',
    action: actionOf('PutKeyPolicy'),
    facts: withStatements(OPEN),
    expected: 'violation',
    says: 'statement 1 ("Open") opens the key to everybody (*), in every AWS account, for kms:Decrypt, without any condition.',
  },
  {
    name: 'everybody may come through a service, whoever it works for',
    action: actionOf('CreateKey'),
    facts: withStatements({ ...OPEN, Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } } }),
    policy: FILLED,
    expected: 'violation',
    says: 'kms:ViaService',
  },
  {
    name: 'two statements open the key, and the sentence counts the other',
    facts: withStatements(OPEN, { ...OPEN, Sid: 'Second' }),
    expected: 'violation',
    says: '1 more finding, in statement 2.',
  },
  {
    name: 'the only statement is open, so that nothing would be left',
    facts: withText(JSON.stringify({ Statement: [{ ...OPEN, Action: 'kms:*' }] })),
    expected: 'violation',
    says: 'opens the key to everybody',
    noPlan: 'cannot be narrowed safely: Nothing of the policy would be left',
  },
  {
    name: 'a deleted identity in a Deny would make KMS refuse every change',
    facts: withStatements(OPEN, statement({ Effect: 'Deny', Principal: { AWS: 'AROAEXAMPLEEXAMPLE01' } })),
    expected: 'violation',
    says: 'opens the key to everybody',
    noPlan: 'cannot be narrowed safely',
  },
  {
    name: 'AWS manages the key',
    facts: withText(JSON.stringify({ Statement: [OPEN] }), { manager: 'AWS' }),
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
    name: 'the policy could not be read',
    action: actionOf('PutKeyPolicy'),
    facts: { ...factsOf(), keyPolicy: unread('kms:GetKeyPolicy was denied') },
    expected: 'unknown',
    says: `The policy of key ${KEY_ID} is unknown because kms:GetKeyPolicy was denied.`,
  },
  {
    name: 'the text is no policy',
    action: actionOf('PutKeyPolicy'),
    facts: withText('{"Version":"2012-10-17"}'),
    expected: 'unknown',
    says: `The policy of key ${KEY_ID} cannot be judged: statement: is missing; it must be an object`,
  },
  {
    name: 'a condition is not understood',
    facts: withStatements({ ...OPEN, Condition: { StringResembles: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } }),
    expected: 'unknown',
    says: 'StringResembles',
  },
  {
    name: 'the policy was read and the root statement stands in a single object',
    facts: {
      ...factsOf(),
      key: known(keyWith({ state: 'Disabled' })),
      keyPolicy: known(JSON.stringify({ Statement: ROOT })),
    },
    expected: 'compliant',
    says: 'opens it to nobody',
  },
];
