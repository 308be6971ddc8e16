import { matchesPattern } from '../../lib/iam/pattern.ts';

/** A statement of a policy whose functions of CloudFormation are resolved. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What AWS knows of a call when it asks the policies. */
export interface Request {
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the call; one that is absent has no value at all. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/**
 * What the statements say together. `refused`: a Deny matches. `allowed`: none does, and an Allow matches. `not-allowed`:
 * neither matches.
 *
 * @param statements of one policy or of several
 * @throws {Error} for a condition operator that it does not know, so that no statement is taken for one that never matches
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function authorise(statements: readonly Statement[], request: Request): 'refused' | 'allowed' | 'not-allowed' {
  const effects = statements.filter((statement) => applies(statement, request)).map(({ Effect }) => Effect);
  if (effects.includes('Deny')) return 'refused';
  return effects.includes('Allow') ? 'allowed' : 'not-allowed';
}

const asList = (value: string | readonly string[]): readonly string[] => [value].flat();

const applies = ({ Action, Resource, Condition = {} }: Statement, { action, resource, context }: Request): boolean =>
  asList(Action).some((pattern) => matchesPattern(pattern.toLowerCase(), action.toLowerCase())) &&
  asList(Resource).some((pattern) => matchesPattern(pattern, resource)) &&
  Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) => isMet(operator, asList(expected), context[key])),
  );

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html */
function isMet(operator: string, expected: readonly string[], values: readonly string[] | undefined): boolean {
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Null
  if (operator === 'Null') return expected.includes(String(values === undefined || values.length === 0));
  const [set, name] = operator.includes(':') ? operator.split(':') : [undefined, operator];
  const compare = COMPARISONS.get(name ?? '');
  if (compare === undefined) throw new Error(`The test cannot evaluate the condition operator ${operator}.`);
  const isNegated = /Not/.test(name ?? '');
  const one = (value: string) => expected.some((each) => compare(each, value)) !== isNegated;
  if (set === 'ForAllValues') return (values ?? []).every(one);
  if (set === 'ForAnyValue') return (values ?? []).some(one);
  return values === undefined ? isNegated : values.some(one);
}

const equal = (expected: string, value: string): boolean => expected === value;

const COMPARISONS: ReadonlyMap<string, (expected: string, value: string) => boolean> = new Map([
  ['StringEquals', equal],
  ['StringNotEquals', equal],
  ['StringLike', matchesPattern],
  ['StringNotLike', matchesPattern],
  ['ArnEquals', matchesPattern],
  ['ArnNotEquals', matchesPattern],
  ['Bool', equal],
  ['NumericLessThan', (expected: string, value: string) => Number(value) < Number(expected)],
]);
