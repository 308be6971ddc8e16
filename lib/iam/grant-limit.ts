import type { ConditionTest, Operator } from './condition-test.ts';
import { hasWildcard } from './pattern.ts';

/**
 * Whether conditions limit which grants a statement lets its principals make or end: to those for AWS services, to a
 * fixed grantee, or to operations that pass nothing on. Without a limit CreateGrant is worth as much as PutKeyPolicy.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-grant-is-for-aws-resource
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html
 */
export const limitsGrants = (tests: readonly ConditionTest[]): boolean => tests.some(limitsGrant);

function limitsGrant({ key, operator, values }: ConditionTest): boolean {
  if (operator === undefined || operator.negated || values.length === 0) return false;
  return LIMITS.get(key.toLowerCase())?.(operator, values) ?? false;
}

type Limit = (operator: Operator, values: readonly string[]) => boolean;

/** A key that is absent lets everything pass with IfExists and ForAllValues. */
const needsKey = ({ ifExists, quantifier }: Operator): boolean => !ifExists && quantifier !== 'all';

const isFixedText: Limit = (operator, values) =>
  needsKey(operator) &&
  (operator.kind === 'string' || operator.kind === 'arn') &&
  !(operator.wildcards && values.some((value) => /^[*?]*$/.test(value.replace(/^arn:aws:(iam|sts)::/, ''))));

const isTrue: Limit = (operator, values) =>
  needsKey(operator) &&
  (operator.kind === 'bool' || operator.kind === 'string') &&
  values.every((value) => value.toLowerCase() === 'true');

/** Every CreateGrant call names operations, so that ForAllValues cannot pass for want of the key. */
const cannotPassOn: Limit = ({ kind, quantifier }, values) =>
  kind === 'string' && quantifier === 'all' && !values.some((value) => value === 'CreateGrant' || hasWildcard(value));

const LIMITS: ReadonlyMap<string, Limit> = new Map([
  ['kms:grantisforawsresource', isTrue],
  ['kms:grantoperations', cannotPassOn],
  ['kms:granteeprincipal', isFixedText],
  ['kms:granteeserviceprincipal', isFixedText],
  ['kms:viaservice', isFixedText],
]);
