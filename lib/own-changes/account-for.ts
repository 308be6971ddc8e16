import { OWN_CHANGE_ACCOUNTED, OWN_CHANGE_RECORDED } from '../built-in-controls.ts';
import type { Delivery, Pipeline } from '../context.ts';
import type { KeyAction } from '../event/key-action.ts';
import { KMS_SOURCE } from '../event/operations.ts';
import type { Confirms, RecordedVerdict } from '../ledger/entry.ts';
import { type Append, BusyError, type Looked } from '../ledger/ledger.ts';
import type { OwnChange } from '../ledger/own-change.ts';
import { type Found, findIntent, type Intent } from './find-intent.ts';
import { isOwnWrite, recordedId, requestIdOfAction } from './own-write.ts';

/** What an entry says of a change that Keywarden made itself, and what is remembered of it from then on. */
export interface Proof extends Pick<Append, 'requestIds' | 'ownChanges'> {
  /** The change that the record proves. */
  readonly confirms?: Confirms;
}

/** What is known of a call that was made with a role of Keywarden. */
export interface Account extends Proof {
  readonly verdicts: readonly RecordedVerdict[];
}

/**
 * Finds out which decision of Keywarden a record of its own role belongs to: by the request id, which the outcome of every
 * remediation remembers, or by an intent on record to make this very call. A call that belongs to none was made by somebody
 * else with Keywarden's role, and is a violation.
 *
 * @param looked with what is known of the request ({@link ownRequestIdsOf}) and of the findings of own changes
 * @returns undefined for whatever is no such call
 * @throws {BusyError} while what Keywarden does may not be on record yet, and another delivery will come
 */
export async function accountFor(
  pipeline: Pipeline,
  action: KeyAction,
  looked: Looked,
  delivery: Delivery,
): Promise<Account | undefined> {
  if (!isOwnWrite(action)) return undefined;
  if (action.actor.invokedBy !== undefined) return { verdicts: [judgeService(action, action.actor.invokedBy)] };
  const remembered = looked.ownChanges?.get(requestIdOfAction(action) ?? '');
  if (remembered !== undefined && remembered.operation === action.api) return recall(action, remembered, looked);
  const intent = await searchIntent(pipeline, action);
  if (typeof intent === 'object') return accountByIntent(action, intent);
  if (intent === 'not-read') return { verdicts: [toVerdict(action, 'unknown', describeUnread(action))] };
  if (namesNothing(action)) returnWhileFresh(pipeline, action, delivery);
  return { verdicts: [toVerdict(action, 'violation', describeUnaccounted(action))] };
}

const toVerdict = (action: KeyAction, verdict: string, reason: string): RecordedVerdict => ({
  control: OWN_CHANGE_ACCOUNTED.id,
  item: action.eventId,
  step: OWN_CHANGE_ACCOUNTED.step,
  severity: OWN_CHANGE_ACCOUNTED.severity,
  verdict,
  reason,
});

/** The outcome has told of this request. A call that changed nothing confirms nothing, and is accounted for. */
function recall(action: KeyAction, change: OwnChange, looked: Looked): Account {
  if (action.outcome !== 'succeeded' || change.status === 'untold') return { verdicts: [] };
  return {
    confirms: confirm(action, change, change.remedy, change.requestId, 'request-id'),
    verdicts: resolveUnrecorded(action, change, looked),
    ...confirmChange(action, change),
  };
}

function confirm(
  action: KeyAction,
  { seq, eventId, subject }: Pick<OwnChange, 'seq' | 'eventId' | 'subject'>,
  remedy: string,
  requestId: string,
  how: Confirms['how'],
): Confirms {
  return { seq, eventId, ...(subject === action.subject ? {} : { subject }), remedy, requestId, how };
}

/** What was told as missing is there. */
function resolveUnrecorded(action: KeyAction, { requestId }: OwnChange, { findings }: Looked): RecordedVerdict[] {
  const before = findings.get(recordedId(requestId));
  if (before === undefined || before.status === 'resolved') return [];
  const { id: control, step, severity } = OWN_CHANGE_RECORDED;
  const reason = `CloudTrail's record of the request ${requestId} (event ${action.eventId}) is in the ledger by now.`;
  return [{ control, item: requestId, step, severity, verdict: 'compliant', reason }];
}

/** @param change as its outcome remembers it, or as it is to be remembered when its record comes first */
const confirmChange = (action: KeyAction, change: OwnChange): Required<Pick<Account, 'requestIds' | 'ownChanges'>> => ({
  requestIds: [change.requestId],
  ownChanges: (known) => {
    const replaces = known.get(change.requestId);
    const confirmed = { ...(replaces ?? change), status: 'confirmed', confirmedBy: action.eventId } as const;
    return replaces?.status === 'confirmed' ? [] : [{ change: confirmed, replaces }];
  },
});

/** Entries that are read back in the chain of the subject. */
const MOST_ENTRIES = 1_000;

/** Waits for the outcome of a remediation that is being carried out: it is recorded within seconds of the change. Milliseconds. */
const WAITS = [0, 500, 1_000, 2_000];

/**
 * A record that comes before the outcome is not sent back for it: after a crash, the invocation that resumes may need this
 * very record to know that it was Keywarden who made the call (docs/adr/0015).
 */
async function searchIntent({ ledger, policy, pause }: Pipeline, action: KeyAction): Promise<Found> {
  const options = { longest: policy.safeguards.confirmWithinHours, most: MOST_ENTRIES };
  let found: Found = 'none';
  for (const wait of WAITS) {
    if (wait > 0) await pause(wait);
    found = await findIntent(ledger.readNewest(action.subject, MOST_ENTRIES), action, options);
    if (typeof found !== 'object' || found.how !== 'running') return found;
  }
  return found;
}

/**
 * The invocation that made the call may still be at work, or may have died, and then its message comes again after minutes:
 * until then its request id is on no record.
 *
 * @throws {BusyError}
 */
function returnWhileFresh({ clock }: Pipeline, action: KeyAction, { last }: Delivery): void {
  const age = clock().getTime() - Date.parse(action.time);
  if (last || age > LONGEST_RUN) return;
  throw new BusyError(
    `Event ${action.eventId} is a ${action.api} by Keywarden whose outcome is not on record yet; the message returns.`,
  );
}

/** Five deliveries, six minutes apart (the queue's visibility timeout), and some more. Milliseconds. */
const LONGEST_RUN = 45 * 60_000;

/** The id was lost, or is not on record yet: what proves the call is that it was decided. */
function accountByIntent(action: KeyAction, { entry, remedy, how }: Intent): Account {
  const requestId = requestIdOfAction(action);
  if (action.outcome !== 'succeeded' || requestId === undefined) return { verdicts: [] };
  const { subject, seq, eventId } = entry;
  const change: OwnChange = {
    ...{ requestId, subject, seq, eventId, remedy },
    operation: action.api,
    at: action.time,
    status: 'awaited',
  };
  const by = how === 'request-id' ? how : 'intent';
  return { confirms: confirm(action, entry, remedy, requestId, by), verdicts: [], ...confirmChange(action, change) };
}

/** A refused call may name no key: only its request id can tell whose it is, and that is on record when its outcome is. */
const namesNothing = ({ eventSource, outcome, keys }: KeyAction): boolean =>
  eventSource === KMS_SOURCE && outcome !== 'succeeded' && keys.length === 0;

/**
 * What AWS does in the name of whoever uses an encrypted table, topic, queue or bucket: the services that Keywarden's roles
 * use keep grants on the keys of those. Nobody can make such a record by hand: `invokedBy` is the service's.
 *
 * Their other calls in our name, Decrypt and GenerateDataKey, are uses of keys and do not come here.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
const SERVICES_IN_USE = /^(dynamodb|sns|sqs|s3|lambda)\.([a-z0-9-]+\.)?amazonaws\.com(\.cn)?$/;
const HOUSEKEEPING: ReadonlySet<string> = new Set(['CreateGrant', 'RetireGrant']);

function judgeService(action: KeyAction, service: string): RecordedVerdict {
  const ours = SERVICES_IN_USE.test(service) && HOUSEKEEPING.has(action.api) && action.eventSource === KMS_SOURCE;
  return ours
    ? toVerdict(action, 'not-applicable', `${service} made ${action.api} for the encryption of what Keywarden uses.`)
    : toVerdict(action, 'violation', describeUnaccounted(action));
}

function describeUnaccounted({ api, outcome, time, actor, requestId = 'none' }: KeyAction): string {
  const role = actor.sessionIssuer ?? actor.arn ?? 'a role of Keywarden';
  const through = actor.invokedBy === undefined ? '' : ` through ${actor.invokedBy}`;
  const became = outcome === 'succeeded' ? 'was made' : `was tried (${outcome})`;
  return `${api} ${became} with ${role}${through} at ${time} (request ${requestId}), and no entry of the ledger decided it.`;
}

const describeUnread = ({ api, time }: KeyAction): string =>
  `${api} at ${time} was made with a role of Keywarden, and which entry decided it could not be found within the newest ${MOST_ENTRIES} entries of its ledger.`;
