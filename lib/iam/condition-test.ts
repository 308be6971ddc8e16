import { quote } from './quote.ts';

/** What a condition operator compares, and how. */
export interface Operator {
  readonly kind: 'string' | 'arn' | 'numeric' | 'date' | 'bool' | 'binary' | 'ip' | 'null';
  readonly negated: boolean;
  /** `*` and `?` in its values are wildcards. */
  readonly wildcards: boolean;
  /** True when the key is absent. */
  readonly ifExists: boolean;
  readonly quantifier: 'all' | 'any' | undefined;
}

/** One line of a `Condition` block: an operator, a key, and the values of which one must fit. */
export interface ConditionTest {
  /** As written, e.g. `ForAnyValue:StringLike`. */
  readonly operatorName: string;
  /** Undefined when this version does not know it. */
  readonly operator: Operator | undefined;
  /** As written; keys are compared without case. */
  readonly key: string;
  readonly values: readonly string[];
}

type Shape = Pick<Operator, 'kind' | 'negated' | 'wildcards'>;
const shape = (kind: Operator['kind'], negated = false, wildcards = false): Shape => ({ kind, negated, wildcards });

/** ArnEquals and ArnLike behave alike: both take wildcards, each within one part of the ARN. */
const SHAPES: ReadonlyMap<string, Shape> = new Map([
  ['stringequals', shape('string')],
  ['stringnotequals', shape('string', true)],
  ['stringequalsignorecase', shape('string')],
  ['stringnotequalsignorecase', shape('string', true)],
  ['stringlike', shape('string', false, true)],
  ['stringnotlike', shape('string', true, true)],
  ['numericequals', shape('numeric')],
  ['numericnotequals', shape('numeric', true)],
  ['numericlessthan', shape('numeric')],
  ['numericlessthanequals', shape('numeric')],
  ['numericgreaterthan', shape('numeric')],
  ['numericgreaterthanequals', shape('numeric')],
  ['dateequals', shape('date')],
  ['datenotequals', shape('date', true)],
  ['datelessthan', shape('date')],
  ['datelessthanequals', shape('date')],
  ['dategreaterthan', shape('date')],
  ['dategreaterthanequals', shape('date')],
  ['bool', shape('bool')],
  ['binaryequals', shape('binary')],
  ['ipaddress', shape('ip')],
  ['notipaddress', shape('ip', true)],
  ['arnequals', shape('arn', false, true)],
  ['arnlike', shape('arn', false, true)],
  ['arnnotequals', shape('arn', true, true)],
  ['arnnotlike', shape('arn', true, true)],
  ['null', shape('null')],
]);

const SPELLING = /^(?:(forallvalues|foranyvalue):)?([a-z]+?)(ifexists)?$/;

/**
 * Reads the name of a condition operator.
 *
 * @returns undefined when IAM has no such operator, as far as this version knows
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function parseOperator(name: string): Operator | undefined {
  const [, set, base = '', suffix] = SPELLING.exec(name.toLowerCase()) ?? [];
  const found = SHAPES.get(base);
  const ifExists = suffix !== undefined;
  // IAM has no NullIfExists: asking whether an absent key is absent has an answer of its own.
  if (found === undefined || (found.kind === 'null' && (ifExists || set !== undefined))) return undefined;
  const quantifier = set === undefined ? undefined : set === 'forallvalues' ? 'all' : 'any';
  return { ...found, ifExists, quantifier };
}

/** The tests of a `Condition` block, and what of it is not understood. */
export interface ParsedConditions {
  readonly tests: readonly ConditionTest[];
  readonly notUnderstood: readonly string[];
}

/**
 * Reads a `Condition` block.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
 */
export function parseConditions(block: unknown): ParsedConditions {
  if (block === undefined) return { tests: [], notUnderstood: [] };
  if (!isRecord(block)) return { tests: [], notUnderstood: [`Condition is ${quote(block)} instead of an object`] };
  const parts = Object.entries(block).map(([name, keys]) => parseOperatorBlock(name, keys));
  return { tests: parts.flatMap(({ tests }) => tests), notUnderstood: parts.flatMap((part) => part.notUnderstood) };
}

function parseOperatorBlock(operatorName: string, keys: unknown): ParsedConditions {
  const operator = parseOperator(operatorName);
  const unknown = operator === undefined ? [`The condition operator ${quote(operatorName)} is not known`] : [];
  if (!isRecord(keys)) {
    return {
      tests: [],
      notUnderstood: [...unknown, `Condition.${operatorName} is ${quote(keys)} instead of an object`],
    };
  }
  const tests = Object.entries(keys).map(([key, value]) => parseTest(operatorName, operator, key, value));
  return {
    tests: tests.map(({ test }) => test),
    notUnderstood: [...unknown, ...tests.flatMap(({ notUnderstood }) => notUnderstood)],
  };
}

function parseTest(operatorName: string, operator: Operator | undefined, key: string, value: unknown) {
  const listed: readonly unknown[] = Array.isArray(value) ? value : [value];
  const values = listed.flatMap((one) => readValue(one, operator));
  const notUnderstood = listed
    .filter((one) => readValue(one, operator).length === 0)
    .map((one) => `The condition on ${quote(key)} has the value ${quote(one)}, which is no text`);
  return { test: { operatorName, operator, key, values }, notUnderstood };
}

/** IAM takes true, false and numbers without quotes where the operator compares such. */
function readValue(value: unknown, operator: Operator | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'boolean') return [String(value)];
  return typeof value === 'number' && (operator?.kind === 'numeric' || operator?.kind === 'date')
    ? [String(value)]
    : [];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
