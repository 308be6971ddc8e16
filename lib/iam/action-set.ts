import { KMS_ACTIONS } from './kms-actions.ts';
import { hasWildcard, matchesPattern } from './pattern.ts';
import type { Patterns } from './policy-document.ts';
import { quote } from './quote.ts';

const LOWERED: ReadonlyArray<readonly [lower: string, name: string]> = [...KMS_ACTIONS.keys()].map((name) => [
  name.toLowerCase(),
  name,
]);

/** The service that an action pattern names, in lower case; undefined when it may name several. */
function findService(pattern: string): string | undefined {
  const service = pattern.split(':', 1)[0] ?? '';
  return pattern.includes(':') && !hasWildcard(service) ? service.toLowerCase() : undefined;
}

/** Whether a pattern of an `Action` element may stand for actions of KMS. */
export const mayNameKms = (pattern: string): boolean => (findService(pattern) ?? 'kms') === 'kms';

/**
 * The actions of KMS that one pattern of an `Action` element stands for, e.g. `kms:ReEncrypt*`. Letter case does not count.
 * An action that this version does not know is given as it is written, so that it is not lost.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
 */
export function expandAction(pattern: string): readonly string[] {
  if (!mayNameKms(pattern)) return [];
  const lower = pattern.toLowerCase();
  const known = LOWERED.filter(([name]) => matchesPattern(lower, name)).map(([, name]) => name);
  return known.length > 0 || !isUnknownAction(pattern) ? known : [pattern];
}

/** What each pattern of an element stands for. It is asked for many times, and 32 KB hold thousands of patterns. */
const EXPANDED = new WeakMap<Patterns, ReadonlyMap<string, readonly string[]>>();

function expandEach(action: Patterns): ReadonlyMap<string, readonly string[]> {
  const known = EXPANDED.get(action);
  if (known !== undefined) return known;
  const expanded = new Map([...new Set(action.list)].map((pattern) => [pattern, expandAction(pattern)]));
  EXPANDED.set(action, expanded);
  return expanded;
}

/**
 * The actions of KMS that an `Action` or `NotAction` element stands for. `NotAction` means every action but these.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html
 */
export function expandActions(action: Patterns | undefined): ReadonlySet<string> {
  if (action === undefined) return new Set();
  const listed = new Set([...expandEach(action).values()].flat());
  return action.negated ? new Set([...KMS_ACTIONS.keys()].filter((name) => !listed.has(name))) : listed;
}

/** What of an `Action` element is about KMS and names no action that this version knows, one sentence each. */
export const findUnknownActions = (patterns: readonly string[]): readonly string[] =>
  patterns
    .filter((pattern) => isUnknownAction(pattern))
    .map((pattern) => `The action ${quote(pattern)} is none that this version of Keywarden knows`);

/** Whether an element may be about KMS at all: a statement about other services only is none of our business. */
export const concernsKms = (action: Patterns | undefined): boolean =>
  action === undefined || action.negated || action.list.length === 0 || action.list.some(mayNameKms);

/** A pattern without a service, like `Decrypt`, is no action of anything; `*` alone is all of them. */
function isUnknownAction(pattern: string): boolean {
  if (!mayNameKms(pattern)) return false;
  const lower = pattern.toLowerCase();
  return !LOWERED.some(([name]) => matchesPattern(lower, name));
}

/** The patterns of an element that stand for one of the actions, as they are written. For `NotAction` there is none. */
export function findWritten(action: Patterns | undefined, actions: ReadonlySet<string>): readonly string[] {
  if (action === undefined || action.negated) return [];
  const expanded = expandEach(action);
  return action.list.filter((pattern) => expanded.get(pattern)?.some((name) => actions.has(name)));
}
