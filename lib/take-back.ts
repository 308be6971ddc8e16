import { type Attempt, attemptCalls, lookUntil, sayStopped, UnconfirmedError } from './carry-out.ts';
import type { KeyFacts } from './facts/key-facts.ts';
import type { RecordedRemediation } from './ledger/entry.ts';
import { makeRequests } from './remediations/make-requests.ts';
import type { Confirmation, Plan, Remedy } from './remediations/remedy.ts';
import { originalOf } from './remediations/reverse-plan.ts';

/**
 * Takes a change of Keywarden back, because a person ordered it, and reads back that it is gone. What somebody changed since is
 * left alone.
 *
 * @param plan reversed (reverse-plan.ts), as it was recorded
 * @param undoes `seq` of the action entry whose remediation is taken back
 * @throws {UnconfirmedError} when AWS does not show it and another delivery will come
 * @throws what AWS throws when waiting may help and another delivery will come
 */
export async function takeBack(
  remedy: Remedy,
  plan: Plan,
  controls: readonly string[],
  undoes: number,
  attempt: Attempt,
): Promise<RecordedRemediation> {
  const base = { remedy: remedy.id, controls, before: plan.before, undo: plan.undo, undoes, requestIds: [] };
  const original = originalOf(plan);
  const isGone = (facts: KeyFacts) => confirmGone(remedy, original, facts);
  const now = await attempt.reader.reread(remedy.confirms);
  if (attempt.resumed) {
    const gone = isGone(now);
    if (gone.confirmed && remedy.undoProof === undefined) {
      return { ...base, status: 'already-so', after: gone.after, reason: 'It was taken back when Keywarden resumed.' };
    }
    const stopped = await sayStopped(attempt);
    if (stopped !== undefined) return { ...base, status: 'failed', reason: stopped };
  }
  const left = isUntouched(remedy, original, now);
  if (!left.confirmed) return { ...base, status: 'failed', reason: `Nothing was changed. ${left.reason}` };
  const { receipts, calls, refused } = await attemptCalls(remedy, (call) => makeRequests(plan, call), attempt);
  const made = { ...base, requestIds: receipts.map(({ requestId }) => requestId), calls };
  if (refused !== undefined) return { ...made, status: 'failed', reason: refused };
  if (remedy.undoProof === 'answer')
    return { ...made, status: 'confirmed', after: { answered: 'AWS took every call' } };
  const gone = await lookUntil(isGone, remedy, attempt);
  if (gone.confirmed) return { ...made, status: 'confirmed', after: gone.after };
  if (attempt.last) return { ...made, status: 'unconfirmed', reason: gone.reason };
  throw new UnconfirmedError(`Taking ${remedy.id} back on ${plan.subject} is not confirmed: ${gone.reason}`);
}

/** Whether AWS shows exactly what the remedy left: only then is there something to take back. */
export const isUntouched = (remedy: Remedy, plan: Plan, facts: KeyFacts): Confirmation =>
  remedy.untouched?.(plan, facts) ?? remedy.confirm(plan, facts);

function confirmGone(remedy: Remedy, original: Plan, facts: KeyFacts): Confirmation {
  const unread = remedy.confirms.flatMap((name) => {
    const fact = facts[name];
    return fact.known ? [] : [fact.reason];
  });
  if (unread.length > 0) return { confirmed: false, reason: `It could not be read back: ${unread.join('; ')}.` };
  const still = remedy.confirm(original, facts);
  return still.confirmed
    ? { confirmed: false, reason: 'AWS still shows what was to be taken back.' }
    : { confirmed: true, after: { now: still.reason } };
}
