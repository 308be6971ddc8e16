import { describe, expect, test } from '@jest/globals';
import { parseConditions } from '../../lib/iam/condition-test.ts';
import { classifyPrincipal, type PrincipalKind } from '../../lib/iam/principal.ts';
import { confinesToListed, isListed } from '../../lib/iam/principal-match.ts';
import { ADMIN, OWN, STRANGER } from './policy-fixtures.ts';

describe('a principal is', () => {
  test.each<[PrincipalKind, string, string, string | undefined]>([
    ['everyone', '*', '*', undefined],
    ['everyone', 'AWS', '*', undefined],
    ['account', 'AWS', OWN, OWN],
    ['account', 'AWS', `arn:aws:iam::${OWN}:root`, OWN],
    ['account', 'AWS', `arn:aws-us-gov:iam::${OWN}:root`, OWN],
    ['user', 'AWS', `arn:aws:iam::${OWN}:user/team/ann`, OWN],
    ['role', 'AWS', `arn:aws:iam::${OWN}:role/service/App`, OWN],
    ['session', 'AWS', `arn:aws:sts::${OWN}:assumed-role/App/session`, OWN],
    ['federated-user', 'AWS', `arn:aws:sts::${OWN}:federated-user/ann`, OWN],
    ['deleted', 'AWS', 'AROAEXAMPLEID1234567', undefined],
    ['deleted', 'AWS', 'AIDAEXAMPLEID1234567', undefined],
    ['deleted', 'AWS', 'AROAEXAMPLEID1234567:session', undefined],
    ['service', 'Service', 'logs.eu-west-1.amazonaws.com', undefined],
    ['service', 'Service', 's3.cn-north-1.amazonaws.com.cn', undefined],
    ['identity-provider', 'Federated', 'cognito-identity.amazonaws.com', undefined],
    ['identity-provider', 'Federated', `arn:aws:iam::${OWN}:saml-provider/Corp`, OWN],
    ['identity-provider', 'Federated', `arn:aws:iam::${OWN}:oidc-provider/token.example.com`, OWN],
    ['canonical-user', 'CanonicalUser', '0123456789abcdef'.repeat(4), undefined],
    ['malformed', 'AWS', `arn:aws:iam::${OWN}:role/*`, undefined],
    ['malformed', 'AWS', 'arn:aws:iam::*:root', undefined],
    ['malformed', 'AWS', `arn:aws:iam::${OWN}:group/g`, undefined],
    ['malformed', 'AWS', `arn:aws:iam::${OWN}:role/`, undefined],
    ['malformed', 'AWS', '1111', undefined],
    ['malformed', 'AWS', ` ${OWN}`, undefined],
    ['malformed', 'AWS', 'ec2.amazonaws.com', undefined],
    ['malformed', 'Service', `arn:aws:iam::${OWN}:role/App`, undefined],
    ['malformed', 'Service', '*.amazonaws.com', undefined],
    ['malformed', 'Federated', '*', undefined],
    ['malformed', 'CanonicalUser', 'short', undefined],
  ])('%s: %s %s', (kind, type, text, account) => {
    expect(classifyPrincipal(type, text)).toEqual({ kind, type, text, account });
  });
});

describe('a list of patterns', () => {
  const sso = `arn:aws:iam::${OWN}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_KeyAdmin_0123456789abcdef`;
  const ssoSession = `arn:aws:sts::${OWN}:assumed-role/AWSReservedSSO_KeyAdmin_0123456789abcdef/ann`;
  test.each<[string, string, string, boolean]>([
    ['has a role by its ARN', ADMIN, ADMIN, true],
    ['has a role by wildcard', ADMIN, `arn:aws:iam::${OWN}:role/Key*`, true],
    ['has the session of a role', `arn:aws:sts::${OWN}:assumed-role/KeyAdmin/ann`, ADMIN, true],
    [
      'has the session of a role with a path',
      `arn:aws:sts::${OWN}:assumed-role/KeyAdmin/ann`,
      `arn:aws:iam::${OWN}:role/ops/KeyAdmin`,
      true,
    ],
    ['has an account by its id', `arn:aws:iam::${OWN}:root`, OWN, true],
    ['has an account by its ARN', OWN, `arn:aws:iam::${OWN}:root`, true],
    ['has a role of Identity Center without its path', sso, `arn:aws:iam::${OWN}:role/AWSReservedSSO_KeyAdmin_*`, true],
    [
      'has its session by the pattern with a path',
      ssoSession,
      `arn:aws:iam::${OWN}:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_KeyAdmin_*`,
      true,
    ],
    ['has not the role of another account', ADMIN.replace(OWN, STRANGER), ADMIN, false],
    ['has not a role of that name on a path', `arn:aws:iam::${OWN}:role/x/KeyAdmin`, ADMIN, false],
    [
      'has not every session for a path full of wildcards',
      `arn:aws:sts::${OWN}:assumed-role/App/s`,
      `arn:aws:iam::${OWN}:role/ops/*`,
      false,
    ],
    ['has not the user of the name of a role', `arn:aws:iam::${OWN}:user/KeyAdmin`, ADMIN, false],
    [
      'has not whoever writes it into a path',
      `arn:aws:iam::${STRANGER}:role/a:${OWN}:role/KeyAdmin`,
      `arn:aws:iam::*:role/KeyAdmin`,
      false,
    ],
  ])('%s', (_name, text, pattern, listed) => {
    expect(isListed(classifyPrincipal('AWS', text), [pattern])).toBe(listed);
  });

  test('is kept to by a condition that names nobody else', () => {
    const isKept = (condition: unknown) => confinesToListed(parseConditions(condition).tests, [ADMIN]);
    expect(isKept({ ArnEquals: { 'aws:PrincipalArn': ADMIN } })).toBe(true);
    expect(isKept({ ArnEquals: { 'aws:PrincipalArn': [ADMIN, `${ADMIN}2`] } })).toBe(false);
    expect(isKept({ ArnLike: { 'aws:PrincipalArn': `${ADMIN}*` } })).toBe(false);
    expect(isKept({ ArnNotEquals: { 'aws:PrincipalArn': ADMIN } })).toBe(false);
    expect(isKept({ ArnEquals: { 'aws:PrincipalArn': [] } })).toBe(false);
    expect(isKept({ ArnEquals: { 'aws:SourceArn': ADMIN } })).toBe(false);
    expect(isKept({ Bool: { 'aws:PrincipalArn': ADMIN } })).toBe(false);
    expect(isKept({ ArnIs: { 'aws:PrincipalArn': ADMIN } })).toBe(false);
  });
});
