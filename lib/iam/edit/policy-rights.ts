import { matchesPattern } from '../pattern.ts';
import { classifyPrincipal } from '../principal.ts';
import type { EditGuards } from './policy-edit.ts';
import type { PrincipalName, Statement } from './read-statements.ts';

/** What changes a key policy, and so what can put one back. */
const PUT_KEY_POLICY = 'kms:putkeypolicy';

/**
 * Whether a statement lets the account's own IAM policies give the right to change the key policy: the statement that KMS
 * puts into every key by default. Without it (or an administrator named outright) a key becomes unmanageable.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-root-enable-iam
 */
export const enablesIamPolicies = (statement: Statement, guards: EditGuards): boolean =>
  allowsChangingPolicy(statement, guards) &&
  statement.principals.some((name) => isRootOf(name, guards.trust.keyAccount));

/** Whether it also lets the account's IAM policies give every other right to the key, as the default statement does. */
export const enablesAllIamPolicies = (statement: Statement, guards: EditGuards): boolean =>
  enablesIamPolicies(statement, guards) &&
  statement.actions?.some((pattern) => pattern === '*' || pattern.toLowerCase() === 'kms:*') === true;

/** The principals that a statement lets change the key policy, without any condition. */
export const findPolicyChangers = (statements: readonly Statement[], guards: EditGuards): string[] =>
  statements
    .filter((statement) => allowsChangingPolicy(statement, guards))
    .flatMap(({ principals }) => principals.map(({ value }) => value));

/** A conditional right may not hold when it is needed, so that it does not count. */
function allowsChangingPolicy(statement: Statement, { keyArn }: EditGuards): boolean {
  const { effect, actions, notActions, resources, conditions } = statement;
  if (effect !== 'Allow' || conditions.length > 0) return false;
  const ofKey = resources?.some(
    (pattern) => pattern === '*' || (keyArn !== undefined && matchesPattern(pattern, keyArn)),
  );
  const matches = (pattern: string) => matchesPattern(pattern.toLowerCase(), PUT_KEY_POLICY);
  return ofKey === true && (actions?.some(matches) ?? (notActions !== undefined && !notActions.some(matches)));
}

/**
 * A bare account id means the root ARN.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
 */
function isRootOf({ kind, value }: PrincipalName, keyAccount: string): boolean {
  const principal = classifyPrincipal(kind, value);
  return principal.kind === 'account' && principal.account === keyAccount;
}

/**
 * Whether a statement is there for an AWS service: it names one, or it confines people of the key's account to requests
 * that a service makes for them. A statement for everybody is no service statement because it says kms:ViaService: that
 * condition does not say whose request the service carries out.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-grant-is-for-aws-resource
 */
export function isServiceStatement({ principals, conditions }: Statement, keyAccount: string): boolean {
  if (principals.some(isService)) return true;
  const throughService = conditions.some(({ key }) => key === 'kms:viaservice' || key === 'kms:grantisforawsresource');
  const ofAccount =
    conditions.some(
      ({ operator, key, values }) =>
        operator.startsWith('stringequals') &&
        key === 'kms:calleraccount' &&
        values.length > 0 &&
        values.every((value) => value === keyAccount),
    ) ||
    (principals.length > 0 &&
      principals.every(({ kind, value }) => classifyPrincipal(kind, value).account === keyAccount));
  return throughService && ofAccount;
}

/** Whether a name is an AWS service. */
export const isService = ({ kind }: PrincipalName): boolean => kind === 'Service';

/**
 * The unique id of a user, role or group that IAM shows in place of its ARN once it is deleted. KMS rejects a policy that
 * names a principal it cannot find, so that one such name anywhere makes the whole write fail.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
 */
export const isStalePrincipal = ({ kind, value }: PrincipalName): boolean =>
  classifyPrincipal(kind, value).kind === 'deleted';
