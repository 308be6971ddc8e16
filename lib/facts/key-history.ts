import type { KeyAction } from '../event/key-action.ts';
import { KMS_SOURCE } from '../event/operations.ts';
import { fieldOf, isObject, objectOf, present, textOf } from '../event/plain-json.ts';
import type { Change, KeyHistory, PastAction } from './key-facts.ts';
import { readWaitingDays } from './waiting-period.ts';

/** Of a key whose record is empty. */
export const EMPTY_HISTORY: KeyHistory = { tags: {} };

type Step = (history: KeyHistory, action: KeyAction) => KeyHistory;

/**
 * Adds one action to what is known of a key's past. An action that is older than what it would replace changes nothing, and
 * neither does one that was added before, so that records may come late and twice. What happened within one second counts in
 * the order in which it is added.
 *
 * @param history of one key
 * @param action on that key, of any operation and outcome; only a succeeded one of those below changes anything
 * @returns the same object when nothing changes
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export function nextHistory(history: KeyHistory, action: KeyAction): KeyHistory {
  if (!tellsHistory(action)) return history;
  return STEPS.get(action.api)?.(history, action) ?? history;
}

/** Whether an action can change what is known of a key's past. */
export const tellsHistory = ({ api, eventSource, outcome }: KeyAction): boolean =>
  outcome === 'succeeded' && eventSource === KMS_SOURCE && STEPS.has(api);

const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['CreateKey', create],
  ['EnableKey', (history, action) => changeState(history, action, enable)],
  ['DisableKey', (history, action) => changeState(history, action, disable)],
  ['ScheduleKeyDeletion', (history, action) => changeState(history, action, schedule)],
  ['CancelKeyDeletion', (history, action) => changeState(history, action, cancel)],
  ['DeleteKey', remove],
  ['DeleteImportedKeyMaterial', (history, action) => changeState(history, action, loseMaterial)],
  ['DeleteExpiredKeyMaterial', (history, action) => changeState(history, action, loseMaterial)],
  [
    'ImportKeyMaterial',
    (history, action) => changeState(remember(history, action, 'imported'), action, regainMaterial),
  ],
  ['TagResource', (history, action) => writeTags(history, action, readTags(action))],
  ['UntagResource', removeTags],
]);

const pastOf = ({ eventId, api, time, actor }: KeyAction): PastAction => ({ eventId, api, time, actor });

function create(history: KeyHistory, action: KeyAction): KeyHistory {
  const born = remember(history, action, 'created');
  const enabled = readEnabledAtBirth(action);
  const tagged = writeTags(born, action, readTags(action));
  return changeState(tagged, action, (before) => (enabled === undefined ? before : { ...before, enabled }));
}

/** A key without material is `PendingImport`, and a replica is `Creating` until KMS has carried its material over. */
function readEnabledAtBirth({ request, response }: KeyAction): boolean | undefined {
  const metadata = objectOf(response, 'keyMetadata');
  const isExternal = (textOf(metadata, 'origin') ?? textOf(request, 'origin')) === 'EXTERNAL';
  const state = textOf(metadata, 'keyState');
  if (state === 'Enabled') return true;
  if (isExternal) return false;
  if (state === 'Creating' || metadata === undefined) return true;
  const flag = fieldOf(metadata, 'enabled');
  return typeof flag === 'boolean' ? flag : undefined;
}

function enable({ disabledBy: _by, materialLost: _lost, ...history }: KeyHistory): KeyHistory {
  return { ...history, enabled: true };
}

/** Disabling a disabled key succeeds and changes nothing: whoever did it first is who made it unusable. */
function disable(history: KeyHistory, action: KeyAction): KeyHistory {
  if (history.enabled === false && history.disabledBy !== undefined) return history;
  return { ...history, enabled: false, disabledBy: pastOf(action) };
}

/**
 * Keywarden's own order stands for the one that it called off just before. That the other still looks in force only means that
 * the record of the calling off comes later, or is lost: KMS takes no order for a key that is pending deletion.
 */
function schedule(history: KeyHistory, action: KeyAction): KeyHistory {
  const { recalled = recallOf(history), ...before } = history;
  const days = readWaitingDays(action);
  const waiting = days === undefined ? {} : { waitingDays: days };
  if (!action.actor.bySelf || recalled === undefined) {
    return { ...before, deletion: { ...pastOf(action), ...waiting } };
  }
  const { enabled: _now, disabledBy: _by, ...rest } = before;
  const { deletion, ...stateBefore } = recalled;
  const { waitingDays: _days, ...order } = deletion;
  return { ...rest, ...stateBefore, deletion: { ...order, ...waiting, rescheduledAt: action.time } };
}

/** The order that a cancellation calls off, and what was so before. */
const recallOf = ({ deletion, enabled, disabledBy }: KeyHistory): KeyHistory['recalled'] =>
  deletion === undefined ? undefined : { deletion, ...present({ enabled, disabledBy }) };

/** The key is disabled after it: https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html */
function cancel(history: KeyHistory, action: KeyAction): KeyHistory {
  // Keywarden cancels and schedules within a second, and the two records may come in the wrong order.
  if (action.actor.bySelf && history.deletion?.rescheduledAt === action.time) return history;
  const { deletion: _order, ...before } = history;
  const past = pastOf(action);
  const after = { ...before, enabled: false, disabledBy: history.materialLost ?? past };
  if (!action.actor.bySelf) return { ...after, cancelled: past };
  return { ...after, ...present({ recalled: recallOf(history) }) };
}

/** KMS tells of one destruction by several records, and not all of them say what became of the backing keys. */
function remove(history: KeyHistory, action: KeyAction): KeyHistory {
  const status = readBackingKeys(action);
  const before = history.deleted;
  if (before !== undefined && (status === undefined || before.backingKeys === 'FAILURE')) return history;
  return { ...history, deleted: { ...(before ?? pastOf(action)), ...present({ backingKeys: status }) } };
}

/** A JSON text: `[{"keyHandle":"01","backingKeyId":"...","deletionStatus":"SUCCESS"}]`. One that failed is enough. */
function readBackingKeys({ response }: KeyAction): string | undefined {
  const text = textOf(response, 'backingKeysDeletionStatus');
  if (text === undefined) return undefined;
  if (/\bFAIL/.test(text)) return 'FAILURE';
  return /\bSUCCESS\b/.test(text) ? 'SUCCESS' : text;
}

/** A key that was disabled before stays so when its material comes back. An expiry is recorded twice, and counts once. */
function loseMaterial(history: KeyHistory, action: KeyAction): KeyHistory {
  if (history.materialLost !== undefined) return history;
  const past = pastOf(action);
  if (history.enabled === false) return { ...history, materialLost: past };
  return { ...history, enabled: false, disabledBy: past, materialLost: past };
}

/** The state becomes `Enabled`: https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-import-key-material.html */
function regainMaterial({ materialLost, disabledBy, ...history }: KeyHistory): KeyHistory {
  const waited =
    history.enabled === false && (disabledBy === undefined || disabledBy.eventId === materialLost?.eventId);
  if (waited) return { ...history, enabled: true };
  return disabledBy === undefined ? history : { ...history, disabledBy };
}

/** Whatever Keywarden called off is scheduled anew by its next call or not at all. */
function changeState(history: KeyHistory, action: KeyAction, step: Step): KeyHistory {
  if (isOutdated(history.changes?.state, action)) return history;
  const { recalled, ...before } = history;
  const isReschedule = action.api === 'ScheduleKeyDeletion' && recalled !== undefined;
  const after = step(isReschedule ? history : before, action);
  return { ...after, changes: { ...after.changes, state: noteChange(history.changes?.state, action) } };
}

const isOutdated = (change: Change | undefined, { time, eventId }: KeyAction): boolean =>
  change !== undefined && (Date.parse(time) < Date.parse(change.time) || change.eventIds.includes(eventId));

const noteChange = (change: Change | undefined, { time, eventId }: KeyAction): Change =>
  change !== undefined && Date.parse(change.time) === Date.parse(time)
    ? { time, eventIds: [...change.eventIds, eventId] }
    : { time, eventIds: [eventId] };

function remember(history: KeyHistory, action: KeyAction, name: 'created' | 'imported'): KeyHistory {
  const before = history[name];
  const isNewer = before === undefined || Date.parse(action.time) > Date.parse(before.time);
  if (!isNewer) return history;
  const importType = name === 'imported' ? readImportType(history, action) : undefined;
  return { ...history, [name]: { ...pastOf(action), ...(importType === undefined ? {} : { importType }) } };
}

/**
 * Whether an import brings new material, or back what the key had before: `NEW_KEY_MATERIAL` or `EXISTING_KEY_MATERIAL`. When
 * the request does not say, it is new for a key that never had any.
 *
 * @param history of the key before the import
 * @returns undefined when the request does not say, and neither does the history, because it begins later than the key
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html
 */
export function readImportType({ created, imported }: KeyHistory, { request }: KeyAction): string | undefined {
  const told = textOf(request, 'importType');
  if (told !== undefined) return told;
  if (imported !== undefined) return 'EXISTING_KEY_MATERIAL';
  return created === undefined ? undefined : 'NEW_KEY_MATERIAL';
}

/** Names and values of the tags in a request. */
function readTags({ request }: KeyAction): readonly (readonly [name: string, value: string])[] {
  const tags = fieldOf(request, 'tags');
  if (!Array.isArray(tags)) return [];
  return tags.flatMap((tag: unknown) => {
    const name = isObject(tag) ? textOf(tag, 'tagKey') : undefined;
    return isObject(tag) && name !== undefined ? [[name, textOf(tag, 'tagValue') ?? ''] as const] : [];
  });
}

const writeTags = (
  history: KeyHistory,
  action: KeyAction,
  tags: readonly (readonly [name: string, value: string])[],
): KeyHistory =>
  tags.reduce(
    (before, [name, value]) =>
      changeTag(before, action, name, (all) => ({ ...all, [name]: { ...pastOf(action), value } })),
    history,
  );

function removeTags(history: KeyHistory, action: KeyAction): KeyHistory {
  const names = fieldOf(action.request, 'tagKeys');
  if (!Array.isArray(names)) return history;
  return names
    .filter((name: unknown) => typeof name === 'string')
    .reduce(
      (before: KeyHistory, name) =>
        changeTag(before, action, name, (all) =>
          Object.fromEntries(Object.entries(all).filter(([other]) => other !== name)),
        ),
      history,
    );
}

/** A tag may have any name, `__proto__` too: it is looked up as an own field and written as a computed one. */
function changeTag(
  history: KeyHistory,
  action: KeyAction,
  name: string,
  change: (tags: KeyHistory['tags']) => KeyHistory['tags'],
): KeyHistory {
  const changed = history.changes?.tags ?? {};
  const last = Object.hasOwn(changed, name) ? changed[name] : undefined;
  if (isOutdated(last, action)) return history;
  return {
    ...history,
    tags: change(history.tags),
    changes: { ...history.changes, tags: { ...changed, [name]: noteChange(last, action) } },
  };
}
