import type { KeyAction } from '../event/key-action.ts';
import { isDirect } from '../event/same-action.ts';
import type { Evidence } from '../facts/evidence.ts';
import { giveVerdicts } from '../judge.ts';
import type { RecordedVerdict } from '../ledger/entry.ts';
import type { Policy, Waiver } from '../policy/policy.ts';
import { findWaiver } from '../waivers.ts';
import { type ActionEntry, readLine } from './entry.ts';
import type { RecordedState } from './facts/recorded-state.ts';
import { orderSecond } from './order-second.ts';
import { createTwinTest } from './twins.ts';

/** What the controls say of one action, and the exception that the policy file makes for it. */
export interface AuditVerdict extends RecordedVerdict {
  readonly waiver?: Waiver;
}

/** One action with everything that was said of it. */
export interface JudgedAction {
  readonly action: KeyAction;
  readonly verdicts: readonly AuditVerdict[];
}

/** By what the audit judges besides the records. */
export interface AuditCourt {
  readonly policy: Policy;
  readonly ownRoles: readonly string[];
  readonly ownResources: readonly string[];
}

/**
 * Judges each action by the controls that it triggers live, and by what the records up to it tell. An event that was
 * delivered more than once is judged once, and so is what KMS tells of in two ways.
 *
 * @param lines in ascending order, as `writeActionLine` and `writeUseLine` write them
 * @param state of nothing yet; it follows the lines
 * @throws {TypeError} for a line that neither wrote
 */
export async function* judgeEntries(
  lines: Iterable<string>,
  state: RecordedState,
  court: AuditCourt,
): AsyncGenerator<JudgedAction> {
  const isRepeated = createRepeatTest();
  const isTwin = createTwinTest();
  let second: KeyAction[] = [];
  for (const line of lines) {
    const entry = readLine(line);
    if (entry.kind === 'action' && (isRepeated(entry) || isTwin(entry.action))) continue;
    if (entry.kind === 'use' || entry.action.time !== second[0]?.time) {
      yield* judgeSecond(second, state, court);
      second = [];
    }
    if (entry.kind === 'use') state.addUse(entry);
    else second.push(entry.action);
  }
  yield* judgeSecond(second, state, court);
}

async function* judgeSecond(
  actions: readonly KeyAction[],
  state: RecordedState,
  court: AuditCourt,
): AsyncGenerator<JudgedAction> {
  for (const action of orderSecond(actions, ({ subject }) => state.isPending(subject))) {
    state.add(action);
    yield { action, verdicts: await judgeAction(action, state, court) };
  }
}

/**
 * Copies of one event sort side by side. The events that KMS sends to EventBridge itself have times of their own; there are
 * a few in the life of a key, so that their ids can be kept.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
 */
function createRepeatTest(): (entry: ActionEntry) => boolean {
  let last = '';
  const direct = new Set<string>();
  return ({ identity, action: { eventId } }) => {
    const isRepeated = identity === last || direct.has(eventId);
    last = identity;
    if (isDirect({ eventId })) direct.add(eventId);
    return isRepeated;
  };
}

async function judgeAction(action: KeyAction, state: RecordedState, court: AuditCourt): Promise<AuditVerdict[]> {
  const facts = state.factsOf(action);
  const evidence: Evidence = { action, facts, now: new Date(action.time), ...court };
  const verdicts = giveVerdicts(action, evidence);
  const judged: AuditVerdict[] = [];
  for (const verdict of verdicts) {
    const waiver = isBad(verdict) ? await findWaiverOf(verdict, evidence, action) : undefined;
    judged.push(waiver === undefined ? verdict : { ...verdict, waiver });
  }
  return judged;
}

const isBad = ({ verdict }: RecordedVerdict): boolean => verdict === 'violation' || verdict === 'unknown';

const findWaiverOf = ({ control }: RecordedVerdict, { policy, now, facts }: Evidence, { subject }: KeyAction) =>
  findWaiver(policy, control, subject, now, async () => facts.tags);
