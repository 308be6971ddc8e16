import { describe, expect, test } from '@jest/globals';
import { isSamePolicy } from '../../lib/iam/same-policy.ts';
import { APP, keyPolicyOf, OWN, ROOT_ARN, STRANGER, statement } from './policy-fixtures.ts';

const ONE = keyPolicyOf(statement({ Condition: { StringEquals: { 'kms:CallerAccount': [OWN] } } }));
const say = (...statements: unknown[]) => JSON.stringify(keyPolicyOf(...statements));

describe('two policy texts', () => {
  test.each<[string, string, string]>([
    ['other blanks', JSON.stringify(ONE), JSON.stringify(ONE, null, 3)],
    ['a list of one as text', say(statement({ Action: ['kms:Decrypt'] })), say(statement({ Action: 'kms:Decrypt' }))],
    [
      'names in another order',
      say(statement({ Principal: { AWS: [APP, ROOT_ARN] } })),
      say(statement({ Principal: { AWS: [ROOT_ARN, APP] } })),
    ],
    [
      'an account by its root',
      say(statement({ Principal: { AWS: STRANGER } })),
      say(statement({ Principal: { AWS: `arn:aws:iam::${STRANGER}:root` } })),
    ],
    ['the same bytes, which are no JSON', '{', '{'],
  ])('are the same with %s', (_name, one, other) => {
    expect(isSamePolicy(one, other)).toBe(true);
  });

  test.each<[string, string, string]>([
    ['one name more', say(statement({ Principal: { AWS: [APP, STRANGER] } })), say(statement())],
    ['one statement less', say(statement(), statement({ Sid: 'Two' })), say(statement())],
    ['another effect', say(statement()), say(statement({ Effect: 'Deny' }))],
    ['a condition less', JSON.stringify(ONE), say(statement())],
    [
      'an account where a condition wants its root',
      say(statement({ Condition: { StringEquals: { 'aws:PrincipalArn': ROOT_ARN } } })),
      say(statement({ Condition: { StringEquals: { 'aws:PrincipalArn': OWN } } })),
    ],
    ['text that is no JSON', '{', '{ '],
  ])('are not the same with %s', (_name, one, other) => {
    expect(isSamePolicy(one, other)).toBe(false);
  });
});
