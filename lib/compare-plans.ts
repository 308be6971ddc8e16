import { showText } from './facts/plain-text.ts';
import { type Approvable, digestOfPlan, stateOfPlan } from './ledger/plan-digest.ts';
import type { AwsRequest } from './remediations/remedy.ts';

export { type Approvable, approvableOf, digestOfPlan } from './ledger/plan-digest.ts';

/**
 * Says how the plan of now differs from the one that a person saw.
 *
 * @returns sentences; undefined when nothing differs
 */
export function describeDifference(approved: Approvable, now: Approvable): string | undefined {
  if (digestOfPlan(approved) === digestOfPlan(now)) return undefined;
  const state = differingFields(stateOfPlan(approved), stateOfPlan(now)).map(
    (path) => `${path} was ${show(at(approved.before, path))} and is ${show(at(now.before, path))}.`,
  );
  const calls = (plan: Approvable) => plan.requests.map(showRequest).join('; then ') || 'nothing';
  const [before, after] = [calls(approved), calls(now)];
  return [...state, ...(before === after ? [] : [`Approved was: ${before}. Now it would be: ${after}.`])].join(' ');
}

const showRequest = ({ operation, parameters }: AwsRequest): string => `${operation} ${show(parameters)}`;

const LONGEST = 600;

const show = (value: unknown): string => {
  const text = value === undefined ? 'not there' : showText(JSON.stringify(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}... (the whole is in the ledger)` : text;
};

type Values = Readonly<Record<string, unknown>>;

const isValues = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Paths such as `key.deletionAt` of what is not the same, as deep as objects go. */
function differingFields(one: Values, other: Values, prefix = ''): readonly string[] {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort();
  return names.flatMap((name) => {
    const [a, b] = [one[name], other[name]];
    if (isValues(a) && isValues(b)) return differingFields(a, b, `${prefix}${name}.`);
    return JSON.stringify(a) === JSON.stringify(b) ? [] : [`${prefix}${name}`];
  });
}

const at = (values: Values, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (isValues(value) ? value[name] : undefined), values);
