import type {
  CompletenessStatement,
  Entry,
  MalformedEntry,
  OutcomeEntry,
  RecordedRemediation,
  StatementEntry,
  SweepEntry,
} from '../../ledger/entry.ts';
import type { Row } from '../pack-data.ts';
import type { Placed } from './action-rows.ts';
import { joinWords, orNull, rowId } from './cells.ts';

/** What an outcome must know of the action that it ends. */
export interface ActionBrief {
  readonly api: string;
  /** Who ordered it, when a person did. */
  readonly orderedBy?: string;
  readonly why?: string;
}

/**
 * The rows of an outcome: its place among Keywarden's own records, each remediation, each message.
 *
 * @param action undefined when the action that it ends was not among the entries
 */
export function makeOutcomeRows(entry: OutcomeEntry, hash: string, action: ActionBrief | undefined): readonly Placed[] {
  const of = rowId(entry.subject, entry.of);
  const base = { recordedAt: entry.recordedAt, subject: entry.subject, of, api: orNull(action?.api) };
  return [
    ['keywarden-records', makeRecordRow(entry, hash)],
    ...entry.remediations.map(
      (one, place): Placed => [
        'remediations',
        { ...base, ...describeRemediation(one, action), id: rowId(entry.subject, entry.seq, place + 1), hash },
      ],
    ),
    ...entry.told.map(
      ({ control, state, messageId }, place): Placed => [
        'alerts',
        { ...base, id: rowId(entry.subject, entry.seq, place + 1), finding: control, state, messageId },
      ],
    ),
  ];
}

function describeRemediation(one: RecordedRemediation, action: ActionBrief | undefined) {
  return {
    remedy: one.remedy,
    status: one.status,
    confirmed: explainStatus(one),
    controls: joinWords(one.controls),
    proposedBy: 'keywarden',
    approvedBy: action?.orderedBy ?? (action === undefined ? null : 'policy file (mode enforce)'),
    why: orNull(action?.why),
    requestIds: joinWords(one.requestIds),
    undo: one.undo.length === 0 ? null : JSON.stringify(one.undo),
    reason: orNull(one.reason),
  };
}

/** Whether AWS accepted a change: a second look at the same change makes none. */
export const isChange = ({ status, requestIds }: RecordedRemediation): boolean =>
  status !== 'failed' && requestIds.length > 0;

function explainStatus({ status, requestIds }: RecordedRemediation): string {
  switch (status) {
    case 'confirmed':
      return requestIds.length > 0
        ? 'Read back from AWS after the change.'
        : 'Looked at again some minutes after the change: AWS shows it.';
    case 'already-so':
      return 'AWS showed the wanted state before this attempt changed anything.';
    case 'pending':
      return 'AWS accepted the change and shows it only after minutes; a later row says what came of it.';
    case 'unconfirmed':
      return 'AWS accepted the change and does not show it.';
    case 'failed':
      return 'AWS refused it; nothing was changed.';
  }
}

export const makeMalformedRow = (entry: MalformedEntry, hash: string): Row => ({
  id: rowId(entry.subject, entry.seq),
  recordedAt: entry.recordedAt,
  code: entry.error.code,
  reason: entry.error.message,
  bytes: entry.bodyBytes,
  sha256: entry.bodySha256,
  hash,
});

type OwnEntry = Exclude<Entry, { readonly type: 'action' | 'malformed' }>;

/** An entry that Keywarden made about itself. */
export const makeRecordRow = (entry: OwnEntry, hash: string): Row => ({
  id: rowId(entry.subject, entry.seq),
  recordedAt: entry.recordedAt,
  type: entry.type,
  says: describeOwn(entry),
  recordedBy: entry.recordedBy,
  eventId: entry.eventId,
  hash,
});

function describeOwn(entry: OwnEntry): string {
  switch (entry.type) {
    case 'outcome':
      return `Outcome of ${rowId(entry.subject, entry.of)}: ${entry.remediations.length} remediations, ${entry.told.length} messages.`;
    case 'statement':
      return describeStatement(entry.statement);
    case 'inventory':
      return `${entry.inventory.keys} keys of account ${entry.inventory.account}, ${entry.inventory.region}, at ${entry.inventory.at}; ${entry.inventory.unread} could not be read.`;
    case 'sweep':
      return describeSweep(entry.sweep);
    case 'integrity':
      return `${entry.problems.length} problems when checkpoint ${entry.checkpoint} was made.`;
    case 'report':
      return `Evidence pack from ${entry.report.window.from} to ${entry.report.window.to}, manifest ${entry.report.manifestSha256}, made by ${entry.report.by}.`;
  }
}

const describeSweep = ({ id, account, region, complete, counts }: SweepEntry['sweep']): string =>
  `Look at every key of account ${account}, ${region} (${id}): ${complete ? 'complete' : 'NOT complete'}; ${counts.listed} listed, ${counts.judged} judged, ${counts.unread} unread, ${counts.notReached} not reached, ${counts.violation} violations, ${counts.unknown} unknown.`;

const describeStatement = ({ account, region, window, complete, counts }: CompletenessStatement): string =>
  `Account ${account}, ${region}, from ${window.from} to ${window.to}: ${complete ? 'complete' : 'NOT complete'}; ${counts.expected} expected, ${counts.recorded} in the ledger, ${counts.backfilled} back-filled, ${counts.failed} failed, ${counts.extra} unknown to CloudTrail.`;

/** A statement that reaches into the window, and what it names. */
export function makeStatementRows(entry: StatementEntry): readonly Placed[] {
  const { statement } = entry;
  const of = rowId(entry.subject, entry.seq);
  const gaps = listGaps(statement).map(
    (gap, place): Placed => ['gaps', { id: rowId(entry.subject, entry.seq, place + 1), ...gap, of }],
  );
  return [['statements', makeStatementRow(entry)], ...gaps];
}

function makeStatementRow(entry: StatementEntry): Row {
  const { window, counts, queries, notAsked, occasion, account, region, source, complete, by, version, digests } =
    entry.statement;
  return {
    id: rowId(entry.subject, entry.seq),
    ...window,
    account,
    region,
    source,
    complete,
    ...counts,
    occasion: orNull(occasion),
    queries: orNull(queries.join(' | ')),
    notAsked: orNull(notAsked.join(' | ')),
    by,
    version,
    digests: digests === undefined ? null : JSON.stringify(digests),
    recordedAt: entry.recordedAt,
  };
}

function listGaps({ missing, extra, gaps, omitted }: CompletenessStatement) {
  const none = { time: null, subject: null };
  return [
    ...missing.map(({ api, time, subject, eventId, result, reason }) => ({
      kind: result === 'backfilled' ? 'missing, back-filled' : 'missing',
      what: `${api} ${eventId}`,
      time,
      subject,
      reason: orNull(reason),
    })),
    ...extra.map(({ api, time, subject, eventId }) => ({
      kind: 'unknown to CloudTrail',
      what: `${api} ${eventId}`,
      time,
      subject,
      reason: null,
    })),
    ...gaps.map(({ what, reason }) => ({ kind: 'not looked at', what, ...none, reason })),
    ...(omitted === 0
      ? []
      : [{ kind: 'not listed', what: `${omitted} more`, ...none, reason: 'An entry of the ledger has its limits.' }]),
  ];
}
