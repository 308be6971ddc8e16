import type { KeyAction } from '../event/key-action.ts';

/**
 * Puts the actions of one second into an order in which they can have happened. CloudTrail's times are whole seconds, so that
 * a key that was tagged and scheduled for deletion at once would be judged the wrong way round as often as not.
 * - Per key, the first order in which KMS permits each action: a key that is pending deletion takes no tags, and only such a
 *   key can be taken back or be deleted.
 * - Where KMS permits more than one order, Keywarden's own calls come last: they answer to something.
 *
 * What remains is no more than a guess, and always the same one.
 *
 * @param actions of one second, in any order that is always the same for the same records
 * @param isPending whether a key is pending deletion before that second; undefined when the records do not tell
 * @returns the same actions; each key's are in the places that its actions had
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export function orderSecond(
  actions: readonly KeyAction[],
  isPending: (action: KeyAction) => boolean | undefined,
): readonly KeyAction[] {
  if (actions.length < 2) return actions;
  // Not Map.groupBy, which Node 20 does not have: the command runs on it.
  const bySubject = new Map<string, KeyAction[]>();
  for (const action of actions) {
    const own = bySubject.get(action.subject);
    if (own === undefined) bySubject.set(action.subject, [action]);
    else own.push(action);
  }
  const ordered = new Map([...bySubject].map(([subject, own]) => [subject, orderOwn(own, isPending)]));
  return actions.map((action) => ordered.get(action.subject)?.shift() ?? action);
}

/** More than a person or a program does to one key within a second; all orders of so many are tried in no time. */
const MOST = 7;

function orderOwn(actions: readonly KeyAction[], isPending: (action: KeyAction) => boolean | undefined): KeyAction[] {
  const [first] = actions;
  const preferred = actions.toSorted((one, other) => Number(one.actor.bySelf) - Number(other.actor.bySelf));
  if (first === undefined || actions.length < 2 || actions.length > MOST) return preferred;
  const before = isPending(first);
  const states = before === undefined ? [false, true] : [before];
  for (const state of states) {
    const order = findOrder(preferred, state);
    if (order !== undefined) return order;
  }
  return preferred;
}

/** @returns undefined when KMS permits no order of them */
function findOrder(actions: readonly KeyAction[], pending: boolean): KeyAction[] | undefined {
  if (actions.length === 0) return [];
  for (const [at, action] of actions.entries()) {
    const after = step(action, pending);
    if (after === undefined) continue;
    const rest = findOrder(actions.toSpliced(at, 1), after);
    if (rest !== undefined) return [action, ...rest];
  }
  return undefined;
}

/** @returns whether the key is pending deletion after the action; undefined when KMS does not permit it */
function step({ api, outcome, error }: KeyAction, pending: boolean): boolean | undefined {
  if (outcome !== 'succeeded') return error?.message.endsWith('is pending deletion.') && !pending ? undefined : pending;
  if (pending) return REFUSED_WHEN_PENDING.has(api) ? undefined : api !== 'CancelKeyDeletion';
  return ONLY_WHEN_PENDING.has(api) ? undefined : api === 'ScheduleKeyDeletion';
}

const ONLY_WHEN_PENDING: ReadonlySet<string> = new Set(['CancelKeyDeletion', 'DeleteKey']);

const REFUSED_WHEN_PENDING: ReadonlySet<string> = new Set([
  ...['ScheduleKeyDeletion', 'EnableKey', 'DisableKey', 'EnableKeyRotation', 'DisableKeyRotation', 'RotateKeyOnDemand'],
  ...['TagResource', 'UntagResource', 'CreateAlias', 'CreateGrant', 'UpdateKeyDescription', 'ReplicateKey'],
]);
