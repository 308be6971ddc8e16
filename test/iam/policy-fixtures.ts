import type { Finding, Offence, PolicyJudgement, Severity } from '../../lib/iam/judgement.ts';
import type { Trust } from '../../lib/iam/trust.ts';

export const OWN = '111122223333';
/** A partner whom the organisation trusts. */
export const PARTNER = '444455556666';
/** Somebody whom it does not trust. */
export const STRANGER = '999988887777';
export const ORGANIZATION = 'o-a1b2c3d4e5';

export const APP = `arn:aws:iam::${OWN}:role/App`;
export const ADMIN = `arn:aws:iam::${OWN}:role/KeyAdmin`;
export const ROOT_ARN = `arn:aws:iam::${OWN}:root`;

/** An organisation that has filled in every list. */
export const TRUST: Trust = {
  keyAccount: OWN,
  trustedAccounts: [PARTNER],
  trustedOrganizations: [ORGANIZATION],
  trustedPrincipals: [],
  administrators: [ADMIN, `arn:aws:iam::${OWN}:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_KeyAdmin_*`],
  custodians: [`arn:aws:iam::${OWN}:role/Custodian`],
  dataKeyPairRoles: [`arn:aws:iam::${OWN}:role/Issuer`],
};

/** The same before it has filled in any. */
export const NEW_TRUST: Trust = {
  keyAccount: OWN,
  trustedAccounts: [],
  trustedOrganizations: [],
  administrators: [],
};

export type Json = Record<string, unknown>;

/** The statement that KMS gives every new key. */
export const ROOT: Json = {
  Sid: 'Enable IAM policies',
  Effect: 'Allow',
  Principal: { AWS: ROOT_ARN },
  Action: 'kms:*',
  Resource: '*',
};

/** A statement that lets an application of the account use the key, with changes. */
export const statement = (changes: Json = {}): Json => {
  const whole: Json = {
    Effect: 'Allow',
    Principal: { AWS: APP },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Resource: '*',
    ...changes,
  };
  return Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined));
};

/** A policy of the statements; a key policy has the root statement behind them. */
export const documentOf = (...statements: readonly unknown[]): Json => ({
  Version: '2012-10-17',
  Statement: statements,
});
export const keyPolicyOf = (...statements: readonly unknown[]): Json => documentOf(...statements, ROOT);

/** A finding in a line: rule, place, severity, principal. */
export type ExpectedFinding = readonly [rule: string, index: number | null, severity: Severity, principal?: string];

export const shorten = ({ rule, statement: at, severity, principal }: Finding): ExpectedFinding =>
  principal === undefined ? [rule, at?.index ?? null, severity] : [rule, at?.index ?? null, severity, principal];

export type Verdict = PolicyJudgement['verdict'];
export type { Offence };

/** A policy variable as it is written in a policy. */
export const variable = (name: string): string => `\${${name}}`;
