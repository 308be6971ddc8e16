import { isJson } from './call.ts';
import { matchesText } from './text-pattern.ts';

/**
 * Whether an event matches an EventBridge pattern. Knows exact values, `prefix`, `suffix` (also ignoring case),
 * `equals-ignore-case`, `wildcard`, `anything-but` (with values, `prefix`, `suffix`, `equals-ignore-case`, `wildcard`),
 * `exists`, `numeric` and `$or`.
 *
 * @throws Error that names a matcher it does not know: a rule it cannot read is never taken for one that does not match
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function matchesPattern(pattern: unknown, event: unknown): boolean {
  if (!isJson(pattern)) throw new Error(`An event pattern must be an object, and this is ${JSON.stringify(pattern)}.`);
  return Object.entries(pattern).every(([name, expected]) => {
    if (name === '$or' && Array.isArray(expected)) return expected.some((branch) => matchesPattern(branch, event));
    const value = isJson(event) ? event[name] : undefined;
    if (Array.isArray(expected)) return matchesAny(expected, value);
    // A list of objects matches if one of them does.
    return Array.isArray(value)
      ? value.some((item) => matchesPattern(expected, item))
      : matchesPattern(expected, value);
  });
}

function matchesAny(matchers: readonly unknown[], value: unknown): boolean {
  if (value === undefined) return matchers.some((matcher) => isJson(matcher) && matcher.exists === false);
  const values = Array.isArray(value) ? value : [value];
  return matchers.some((matcher) => values.some((one) => matchesOne(matcher, one)));
}

function matchesOne(matcher: unknown, value: unknown): boolean {
  if (!isJson(matcher)) return matcher === value;
  return Object.entries(matcher).every(([operator, operand]) => {
    const match = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
    if (match === undefined)
      throw new Error(`The local EventBridge does not know the matcher ${JSON.stringify(operator)}.`);
    return match(operand, value);
  });
}

type Operator = (operand: unknown, value: unknown) => boolean;

const OPERATORS: Readonly<Record<string, Operator>> = {
  prefix: (operand, value) => compareText(operand, value, (text, part) => text.startsWith(part)),
  suffix: (operand, value) => compareText(operand, value, (text, part) => text.endsWith(part)),
  'equals-ignore-case': (operand, value) =>
    compareText(operand, value, (text, whole) => text.toLowerCase() === whole.toLowerCase()),
  wildcard: (operand, value) => compareText(operand, value, (text, pattern) => matchesText(pattern, text)),
  exists: (operand) => operand === true,
  numeric: matchesNumeric,
  'anything-but': (operand, value) => {
    if (!isJson(operand)) return !listOf(operand).includes(value);
    return !Object.entries(operand).some(([operator, one]) =>
      listOf(one).some((part) => matchesOne({ [operator]: part }, value)),
    );
  },
};

function compareText(operand: unknown, value: unknown, holds: (text: string, operand: string) => boolean): boolean {
  if (typeof value !== 'string') return false;
  if (typeof operand === 'string') return holds(value, operand);
  const folded = isJson(operand) ? operand['equals-ignore-case'] : undefined;
  return typeof folded === 'string' && holds(value.toLowerCase(), folded.toLowerCase());
}

const COMPARISONS: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  '=': (value, limit) => value === limit,
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
};

function matchesNumeric(operand: unknown, value: unknown): boolean {
  if (!Array.isArray(operand) || operand.length % 2 !== 0) {
    throw new Error(`numeric needs pairs of comparison and number, and this is ${JSON.stringify(operand)}.`);
  }
  if (typeof value !== 'number') return false;
  return Array.from({ length: operand.length / 2 }, (_, pair) => {
    const compare = COMPARISONS[String(operand[pair * 2])];
    const limit = operand[pair * 2 + 1];
    if (compare === undefined || typeof limit !== 'number') {
      throw new Error(`numeric needs pairs of comparison and number, and this is ${JSON.stringify(operand)}.`);
    }
    return compare(value, limit);
  }).every(Boolean);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
