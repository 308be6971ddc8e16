import type { KeyAction } from '../event/key-action.ts';
import type { ActionEntry, Entry, OutcomeEntry, RecordedRemediation } from '../ledger/entry.ts';
import { fitsRequest } from './fits-request.ts';
import { requestIdOfAction } from './own-write.ts';

/** An entry that decided to make a call. */
export interface Intent {
  readonly entry: Pick<ActionEntry, 'seq' | 'eventId' | 'subject'>;
  readonly remedy: string;
  /**
   * - `request-id`: its outcome has the id of this very request;
   * - `intent`: its outcome, which has not, was recorded after the call: a crash lost the id, or the SDK repeated the call;
   * - `running`: it has no outcome yet.
   */
  readonly how: 'request-id' | 'intent' | 'running';
}

/** What was found in a chain. */
export type Found = Intent | 'none' | 'not-read';

/**
 * Finds the entry that decided the call that a record tells of. An intent is on record before its call is made, and its
 * outcome after: a call outside of that time is none of it, whoever made it.
 *
 * @param chain entries of the action's subject, the newest first; undefined for one that is not what was written, by which
 *   nothing is proven
 * @param options.longest hours that a remediation may take at the most, from intent to call
 * @param options.most entries that the chain gives at the most
 * @returns `not-read` when the chain goes on behind what was read
 */
export async function findIntent(
  chain: AsyncIterable<Entry | undefined>,
  action: KeyAction,
  { longest, most }: { readonly longest: number; readonly most: number },
): Promise<Found> {
  const requestId = requestIdOfAction(action);
  const at = Date.parse(action.time);
  const outcomes = new Map<number, OutcomeEntry>();
  let found: Intent | undefined;
  let count = 0;
  for await (const entry of chain) {
    count += 1;
    if (entry === undefined) continue;
    if (Date.parse(entry.recordedAt) < at - longest * HOUR) return found ?? 'none';
    // The first outcome of an entry comes last here: later ones looked again and made no call.
    if (entry.type === 'outcome') outcomes.set(entry.of, entry);
    if (entry.type !== 'action') continue;
    const intent = matchEntry(entry, action, requestId, outcomes.get(entry.seq));
    if (intent?.how === 'request-id') return intent;
    found ??= intent;
  }
  return found ?? (count >= most ? 'not-read' : 'none');
}

const HOUR = 3_600_000;

/** Clocks of AWS agree within seconds, and records have whole ones. */
const CLOCKS_APART = 60_000;

function matchEntry(
  { seq, eventId, subject, recordedAt, decisions }: ActionEntry,
  action: KeyAction,
  requestId: string | undefined,
  outcome: OutcomeEntry | undefined,
): Intent | undefined {
  const entry = { seq, eventId, subject };
  const named = outcome?.remediations.find((remediation) => hasMade(remediation, action, requestId));
  if (named !== undefined) return { entry, remedy: named.remedy, how: 'request-id' };
  const at = Date.parse(action.time);
  if (at < Date.parse(recordedAt) - CLOCKS_APART) return undefined;
  if (outcome !== undefined && at > Date.parse(outcome.recordedAt) + CLOCKS_APART) return undefined;
  const decided = decisions.find(
    ({ decision, plan }) => decision === 'act' && plan?.requests.some((request) => fitsRequest(action, request)),
  );
  if (decided === undefined) return undefined;
  return { entry, remedy: decided.remedy ?? 'none', how: outcome === undefined ? 'running' : 'intent' };
}

/** An id alone proves nothing: AWS may give one id to several calls. Entries of earlier versions do not tell the operation. */
const hasMade = (
  { requestIds, calls }: RecordedRemediation,
  { api }: KeyAction,
  requestId: string | undefined,
): boolean =>
  requestId !== undefined &&
  requestIds.includes(requestId) &&
  (calls === undefined || calls.some((call) => call.requestId === requestId && call.operation === api));
