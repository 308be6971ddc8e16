import { requestIdOf, sortFailure } from './aws/failure.ts';
import type { FactReader } from './facts/fact-reader.ts';
import type { Fact, KeyFacts } from './facts/key-facts.ts';
import type { RecordedCall, RecordedRemediation } from './ledger/entry.ts';
import {
  type Call,
  type Confirmation,
  type Plan,
  PlanOutdatedError,
  type Read,
  type Receipt,
  type Remedy,
} from './remediations/remedy.ts';

/** AWS took the change and does not show it yet. The message returns, and the next delivery looks again. */
export class UnconfirmedError extends Error {
  override name = 'UnconfirmedError';
}

/** How a plan is carried out. */
export interface Attempt {
  readonly reader: FactReader;
  readonly call: Call;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** An earlier attempt may have made the change already: look before doing anything. */
  readonly resumed: boolean;
  /** No delivery comes after this one: what is not settled now is recorded as it is. */
  readonly last: boolean;
  /** Reads the kill switch: it may have been put on since the intent was recorded. */
  readonly stopped: () => Promise<Fact<boolean>>;
}

/** Waits between looking and looking again, in milliseconds: KMS shows a change "within a few seconds" as a rule. */
const WAITS = [0, 200, 800, 2_000];

/**
 * Carries a recorded plan out and reads the change back.
 *
 * @throws {UnconfirmedError} when AWS does not show the change and another delivery will come
 * @throws what AWS throws when waiting may help and another delivery will come
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
 */
export async function carryOut(
  remedy: Remedy,
  plan: Plan,
  controls: readonly string[],
  attempt: Attempt,
): Promise<RecordedRemediation> {
  const { before, undo, leaves } = plan;
  const base = { remedy: remedy.id, controls, before, undo, ...(leaves === undefined ? {} : { leaves }) };
  if (attempt.resumed) {
    const now = remedy.confirm(plan, await attempt.reader.read(remedy.confirms));
    if (now.confirmed) {
      const reason =
        'AWS showed the wanted state when Keywarden resumed: an earlier attempt, or a person, had made the change.';
      return { ...base, status: 'already-so', requestIds: [], after: now.after, reason };
    }
    const stopped = await sayStopped(attempt);
    if (stopped !== undefined) return { ...base, status: 'failed', requestIds: [], reason: stopped };
  }
  const applied = await attemptCalls(remedy, (call, read) => remedy.apply(plan, call, read), attempt);
  const { calls } = applied;
  const made = { ...base, requestIds: applied.receipts.map(({ requestId }) => requestId), calls };
  if (applied.refused !== undefined) return { ...made, status: 'failed', reason: applied.refused };
  if (remedy.recheckAfterSeconds !== undefined) return awaitRecheck(remedy, plan, made, attempt);
  const confirmation = await confirm(remedy, plan, attempt);
  if (confirmation.confirmed) return { ...made, status: 'confirmed', after: confirmation.after };
  if (attempt.last) return { ...made, status: 'unconfirmed', reason: confirmation.reason };
  throw new UnconfirmedError(`${remedy.id} on ${plan.subject} is not confirmed: ${confirmation.reason}`);
}

/** Nothing is read back where reading proves nothing yet, unless there was nothing to do. */
async function awaitRecheck(
  remedy: Remedy,
  plan: Plan,
  made: Omit<RecordedRemediation, 'status' | 'after' | 'reason'>,
  { reader }: Attempt,
): Promise<RecordedRemediation> {
  const minutes = Math.ceil((remedy.recheckAfterSeconds ?? 0) / 60);
  if (made.requestIds.length === 0) {
    const now = remedy.confirm(plan, await reader.reread(remedy.confirms));
    const reason = 'Somebody else made the change before Keywarden could.';
    if (now.confirmed) return { ...made, status: 'already-so', after: now.after, reason };
  }
  const reason = `AWS takes some minutes until it shows such a change everywhere; Keywarden looks again in ${minutes} minutes.`;
  return { ...made, status: 'pending', reason };
}

/** Why a plan that was recorded before is not carried out now; undefined when nothing stops it. */
export async function sayStopped({ stopped }: Pick<Attempt, 'stopped'>): Promise<string | undefined> {
  const now = await stopped();
  if (now.known && !now.value) return undefined;
  const why = now.known ? 'it was put on' : `it could not be read (${now.reason})`;
  return `The kill switch stopped it: ${why}.`;
}

/** What became of the calls of a plan. */
export interface Applied {
  readonly receipts: readonly Receipt[];
  readonly calls: readonly RecordedCall[];
  readonly refused?: string;
}

/**
 * Makes the calls of a plan and notes each of them.
 *
 * @param make makes them, and may read facts anew in between
 * @throws what AWS throws when waiting may help and another delivery will come
 */
export async function attemptCalls(
  { id }: Pick<Remedy, 'id'>,
  make: (call: Call, read: Read) => Promise<readonly Receipt[]>,
  { call, last, reader }: Pick<Attempt, 'call' | 'last' | 'reader'>,
): Promise<Applied> {
  const made: Receipt[] = [];
  const calls: RecordedCall[] = [];
  const noting: Call = async (request) => {
    const { operation, region } = request;
    try {
      const receipt = await call(request);
      made.push(receipt);
      calls.push({ operation, region, requestId: receipt.requestId });
      return receipt;
    } catch (error) {
      const requestId = requestIdOf(error);
      if (requestId !== undefined) calls.push({ operation, region, requestId, refused: true });
      throw error;
    }
  };
  try {
    return { receipts: await make(noting, (names) => reader.reread(names)), calls };
  } catch (error) {
    if (error instanceof PlanOutdatedError)
      return { receipts: made, calls, refused: `${error.message}${sayMade(made)}` };
    const failure = sortFailure(error);
    if (failure.kind === 'transient' && !last) throw error;
    return { receipts: made, calls, refused: `AWS refused ${id}: ${failure.reason}${sayMade(made)}` };
  }
}

/** A change that was begun is no change that was not made: what became of the key must be told. */
const sayMade = (made: readonly Receipt[]): string =>
  made.length === 0
    ? ''
    : ` Of its calls AWS took ${made.map(({ operation }) => operation).join(' and ')} before that, and it stays so: look at the state it left.`;

const confirm = (remedy: Remedy, plan: Plan, attempt: Attempt): Promise<Confirmation> =>
  lookUntil((facts) => remedy.confirm(plan, facts), remedy, attempt);

/** Looks again, some times, until AWS shows a change. */
export async function lookUntil(
  confirms: (facts: KeyFacts) => Confirmation,
  remedy: Pick<Remedy, 'confirms'>,
  { reader, pause }: Pick<Attempt, 'reader' | 'pause'>,
): Promise<Confirmation> {
  let confirmation: Confirmation = { confirmed: false, reason: 'It was not read back.' };
  for (const wait of WAITS) {
    if (wait > 0) await pause(wait);
    confirmation = confirms(await reader.reread(remedy.confirms));
    if (confirmation.confirmed) break;
  }
  return confirmation;
}
