import { type KeyFacts, known } from '../../lib/facts/key-facts.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { factsOf } from '../facts/key.ts';
import { keyPolicyOf, PARTNER } from '../iam/policy-fixtures.ts';
import { POLICY } from './control-case.ts';

/** Facts of a key whose policy has these statements, and the root statement behind them. */
export const withStatements = (...statements: readonly unknown[]): KeyFacts =>
  withText(JSON.stringify(keyPolicyOf(...statements)));

/** Facts of a key whose policy is this text. */
export const withText = (text: string, overrides: Parameters<typeof factsOf>[0] = {}): KeyFacts => ({
  ...factsOf(overrides),
  keyPolicy: known(text),
});

/** The shipped policy of an organisation that has named whom it trusts. */
export const FILLED: Policy = {
  ...POLICY,
  trust: { accounts: [PARTNER], organizations: [], administrators: ['arn:aws:iam::111122223333:role/KeyAdmin'] },
  keyMaterial: {
    origins: ['AWS_KMS'],
    custodians: ['arn:aws:iam::111122223333:role/Custodian'],
    dataKeyPairRoles: ['arn:aws:iam::111122223333:role/Issuer'],
  },
};

/** Lets everybody decrypt. */
export const OPEN = { Sid: 'Open', Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*' };
