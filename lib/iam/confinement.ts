import { findKeyMeaning, hasSeveralValues, isAlwaysPresent, type KeyMeaning } from './condition-key.ts';
import type { ConditionTest, Operator } from './condition-test.ts';
import { readConditionValue, type ValueMeaning } from './condition-value.ts';
import { quote } from './quote.ts';
import type { Trust } from './trust.ts';

/** Whom a `Condition` block lets in, whoever the principal may be. */
export interface Confinement {
  /**
   * - `confined`: only callers of trusted accounts or organisations, or trusted principals;
   * - `open`: callers that are not trusted;
   * - `contradictory`: nobody, because its tests can never hold together;
   * - `unknown`: cannot be told, and nothing else in the block confines.
   */
  readonly verdict: 'confined' | 'open' | 'contradictory' | 'unknown';
  /** Whether the block names fixed accounts or organisations, trusted or not, so that it does not let in everybody. */
  readonly bounded: boolean;
  /** The accounts and organisations it names that are not trusted, when nothing else confines. */
  readonly foreign: readonly string[];
  /** Why it cannot be told, one sentence each, without a period. */
  readonly unclear: readonly string[];
}

/** Who calls: an AWS service sets the encryption context of its calls itself, anybody else can put anything there. */
export type Caller = 'anyone' | 'service';

/**
 * Whether a `Condition` block confines a statement to trusted callers.
 *
 * All tests of a block must hold, so that one that confines suffices. Of several values one suffices to match, so that
 * each must be trusted. A negated operator, one that lets an absent key pass (IfExists, ForAllValues) and a key that does
 * not say whose the caller is confine nobody.
 *
 * @param tests the block; empty when the statement has none
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
 */
export const confines = (
  tests: readonly ConditionTest[],
  trust: Trust,
  caller: Caller = 'anyone',
): Confinement['verdict'] => findConfinement(tests, trust, caller).verdict;

/** The same with the reasons. */
export function findConfinement(tests: readonly ConditionTest[], trust: Trust, caller: Caller = 'anyone'): Confinement {
  const readings = tests.map((test) => readTest(test, trust, caller));
  const unclear = readings.flatMap((reading) => (reading.lets === 'unclear' ? [reading.why] : []));
  const foreign = readings.flatMap((reading) => (reading.lets === 'foreign' ? reading.foreign : []));
  const bounded = readings.some(({ lets }) => lets === 'trusted' || lets === 'foreign');
  const conclude = (verdict: Confinement['verdict']): Confinement =>
    verdict === 'confined' || verdict === 'contradictory'
      ? { verdict, bounded: true, foreign: [], unclear: [] }
      : { verdict, bounded, foreign, unclear };
  if (readings.some(({ lets }) => lets === 'never') || contradict(readings) || contradictsNull(tests)) {
    return conclude('contradictory');
  }
  if (readings.some(({ lets }) => lets === 'trusted')) return conclude('confined');
  return conclude(unclear.length > 0 ? 'unknown' : 'open');
}

/** Whom one test lets in. */
interface Reading {
  readonly lets: ValueMeaning['lets'];
  readonly meaning: KeyMeaning;
  /** What the values name, when each of them names something. */
  readonly names: readonly string[];
  /** Those that are not trusted. */
  readonly foreign: readonly string[];
  readonly why: string;
}

function readTest(test: ConditionTest, trust: Trust, caller: Caller): Reading {
  const meaning = findKeyMeaning(test.key);
  const say = (lets: Reading['lets'], values: readonly ValueMeaning[] = []): Reading => ({
    lets,
    meaning,
    names: nameAll(values),
    foreign: nameAll(values.filter((value) => value.lets === 'foreign')),
    why: `Whom the condition ${test.operatorName} on ${quote(test.key)} lets in cannot be told`,
  });
  const { operator } = test;
  if (operator === undefined) return say('unclear');
  if (saysNothing(meaning, operator, caller)) return say('loose');
  if (isUnclear(meaning, operator) || test.values.length === 0) return say('unclear');
  const values = test.values.map((value) => readConditionValue(meaning, value, operator, trust));
  const matching = values.filter(({ lets }) => lets !== 'never');
  const lets = LOOSEST_FIRST.find((one) => matching.some((value) => value.lets === one)) ?? 'never';
  return say(lets, matching);
}

const LOOSEST_FIRST = ['loose', 'unclear', 'foreign', 'trusted'] as const;

const nameAll = (values: readonly ValueMeaning[]): readonly string[] => {
  const names = values.flatMap(({ name }) => (name === undefined ? [] : [name]));
  return names.length === values.length ? names : [];
};

function saysNothing(meaning: KeyMeaning, operator: Operator, caller: Caller): boolean {
  if (meaning === 'nothing' || operator.negated || operator.kind === 'null') return true;
  if (meaning === 'context-arn' && caller !== 'service') return true;
  // Both hold when the key is absent,
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IfExists
  const passesAbsent = operator.ifExists || operator.quantifier === 'all';
  return passesAbsent && meaning !== 'unclear' && !isAlwaysPresent(meaning);
}

/** A key that is not known, an operator that is not for text, or one value compared with a key that has several. */
const isUnclear = (meaning: KeyMeaning, operator: Operator): boolean =>
  meaning === 'unclear' ||
  (operator.kind !== 'string' && operator.kind !== 'arn') ||
  (hasSeveralValues(meaning) && operator.quantifier === undefined);

/** What is compared with each other to see that two tests exclude each other. A caller ARN names no plain account here. */
const COMPARABLE: readonly (readonly KeyMeaning[])[] = [
  ['caller-account'],
  ['caller-organization'],
  ['source-account', 'source-arn'],
  ['source-organization'],
];

const contradict = (readings: readonly Reading[]): boolean =>
  COMPARABLE.some((meanings) => {
    const sets = readings.filter(
      ({ meaning, lets, names }) => meanings.includes(meaning) && isFixed(lets) && names.length > 0,
    );
    const [first, ...rest] = sets.map(({ names }) => names);
    return first !== undefined && rest.length > 0 && !first.some((name) => rest.every((names) => names.includes(name)));
  });

const isFixed = (lets: Reading['lets']): boolean => lets === 'trusted' || lets === 'foreign';

/**
 * `Null` with true asks for the key to be absent, which contradicts a test that needs it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Null
 */
function contradictsNull(tests: readonly ConditionTest[]): boolean {
  const absent = tests
    .filter(
      ({ operator, values }) => operator?.kind === 'null' && values.length > 0 && values.every((one) => one === 'true'),
    )
    .map(({ key }) => key.toLowerCase());
  return absent.some((key) => isAlwaysPresent(findKeyMeaning(key)) || tests.some((test) => needsKey(test, key)));
}

const needsKey = ({ key, operator }: ConditionTest, absent: string): boolean =>
  key.toLowerCase() === absent &&
  operator !== undefined &&
  operator.kind !== 'null' &&
  !operator.negated &&
  !operator.ifExists &&
  operator.quantifier !== 'all';
