import { type ControlText, OWN_CHANGE_ACCOUNTED, OWN_CHANGE_RECORDED } from '../built-in-controls.ts';
import type { Delivery, Pipeline } from '../context.ts';
import { digestOf } from '../event/digest.ts';
import type { KeyAction } from '../event/key-action.ts';
import type { ActionEntry, RecordedVerdict } from '../ledger/entry.ts';
import { BusyError } from '../ledger/ledger.ts';
import type { OwnChange } from '../ledger/own-change.ts';
import { handleAction } from '../pipeline.ts';
import type { Proof } from './account-for.ts';
import { requestIdOfAction } from './own-write.ts';

/** Changes that one run looks at; what is left is for the next one, an hour later. */
const MOST_CHANGES = 100;

/** Entries that are read back in the chain of each. */
const MOST_ENTRIES = 500;

const HOUR = 3_600_000;

/**
 * Tells the officer of every change that Keywarden made and that CloudTrail has not recorded within
 * `safeguards.confirmWithinHours`, once each. When the record comes later, it resolves the finding itself.
 *
 * A change whose record is in the ledger, and was not known to be its own when it came, is confirmed by it.
 *
 * @throws {BusyError} while another invocation does it, and what AWS throws; the others are told nevertheless
 */
export async function tellUnrecorded(pipeline: Pipeline, delivery: Delivery): Promise<void> {
  const { ledger, policy, clock } = pipeline;
  const before = new Date(clock().getTime() - policy.safeguards.confirmWithinHours * HOUR);
  const failures: unknown[] = [];
  for (const change of await ledger.listAwaited(before, MOST_CHANGES)) {
    try {
      const record = await findRecord(pipeline, change);
      const what =
        record === undefined ? concludeMissing(pipeline, change) : concludeRecorded(pipeline, change, record);
      await handleAction(pipeline, what.action, delivery, { kind: 'none', ...what.order });
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** The record of a change in the chain of its subject. */
async function findRecord({ ledger }: Pipeline, change: OwnChange): Promise<ActionEntry | undefined> {
  const since = Date.parse(change.at) - HOUR;
  for await (const entry of ledger.readNewest(change.subject, MOST_ENTRIES)) {
    if (entry !== undefined && Date.parse(entry.recordedAt) < since) return undefined;
    if (entry?.type === 'action' && isRecordOf(entry.action, change)) return entry;
  }
  return undefined;
}

const isRecordOf = (action: KeyAction, { requestId, operation }: OwnChange): boolean =>
  action.actor.bySelf &&
  action.outcome === 'succeeded' &&
  action.api === operation &&
  requestIdOfAction(action) === requestId;

interface Concluded {
  readonly action: KeyAction;
  readonly order: { readonly found: readonly RecordedVerdict[]; readonly proof: Proof };
}

function concludeMissing(pipeline: Pipeline, change: OwnChange): Concluded {
  const { requestId, operation, at, seq } = change;
  const hours = pipeline.policy.safeguards.confirmWithinHours;
  const reason = `Keywarden made ${operation} (request ${requestId}, decided in entry ${seq}), AWS took it before ${at}, and no record of CloudTrail tells of it within ${hours} hours.`;
  return {
    action: describeLook(pipeline, change, `own-change-${requestId}`, reason),
    order: {
      found: [toVerdict(OWN_CHANGE_RECORDED, requestId, 'violation', reason)],
      proof: rememberAs(change, { status: 'unrecorded' }),
    },
  };
}

/** It came while what it belongs to was not on record yet, and its outcome was recorded after all. */
function concludeRecorded(pipeline: Pipeline, change: OwnChange, { action, eventId }: ActionEntry): Concluded {
  const { requestId, operation, seq, remedy } = change;
  const reason = `${operation} of event ${eventId} (request ${requestId}) is the change that entry ${seq} decided.`;
  return {
    action: describeLook(pipeline, change, `own-change-${requestId}-found`, reason),
    order: {
      found: [toVerdict(OWN_CHANGE_ACCOUNTED, action.eventId, 'compliant', reason)],
      proof: {
        confirms: { seq, eventId: change.eventId, remedy, requestId, how: 'request-id' },
        ...rememberAs(change, { status: 'confirmed', confirmedBy: eventId }),
      },
    },
  };
}

/** @throws {BusyError} when the record itself was there first: then nothing of this is so any more */
const rememberAs = (change: OwnChange, now: Pick<OwnChange, 'status' | 'confirmedBy'>): Proof => ({
  requestIds: [change.requestId],
  ownChanges: (known) => {
    const replaces = known.get(change.requestId) ?? change;
    if (replaces.status === 'awaited') return [{ change: { ...replaces, ...now }, replaces }];
    throw new BusyError(`The record of request ${change.requestId} came in this very moment; the message returns.`);
  },
});

const toVerdict = (
  { id, step, severity }: ControlText,
  item: string,
  verdict: string,
  reason: string,
): RecordedVerdict => ({ control: id, item, step, severity, verdict, reason });

/** The look is an action too: its entry says what was found. Its id is the same however often it is made. */
const describeLook = (
  { account, region, clock }: Pipeline,
  { subject, requestId, operation, at }: OwnChange,
  eventId: string,
  reason: string,
): KeyAction => ({
  eventId,
  time: clock().toISOString(),
  api: 'AwaitOwnRecord',
  eventSource: 'keywarden',
  kind: 'lifecycle',
  step: OWN_CHANGE_RECORDED.step,
  subject,
  keys: subject.includes(':key/') ? [subject] : [],
  account,
  region,
  actor: { type: 'Schedule', person: 'keywarden (once an hour)', bySelf: false },
  request: { requestId, operation, at },
  response: {},
  outcome: 'succeeded',
  origin: 'on-demand',
  digest: digestOf({ eventId, reason }),
});
