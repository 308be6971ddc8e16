import { stripVTControlCharacters, styleText } from 'node:util';
import { toCommand } from '../lib/alert/command.ts';
import { safeText } from '../lib/alert/safe-text.ts';
import { type ChangeRecords, createChangeRecords } from '../lib/ledger/change-records.ts';
import type { ActionEntry, Entry, MalformedEntry, OutcomeEntry, RecordedVerdict } from '../lib/ledger/entry.ts';

/**
 * Tells a chain as a story for a person.
 *
 * @param colour only on a terminal
 */
export function tellStory(
  subject: string,
  entries: readonly Entry[],
  problems: readonly string[],
  colour: boolean,
): string {
  const paint: Paint = (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
  const own = { changes: ownChanges(entries), records: recordsOf(entries) };
  const stories = entries.map((entry) => tellEntry(entry, own, paint).join('\n'));
  const warning = problems.map((problem) => paint('red', `NOT AS IT WAS WRITTEN: ${safeText(problem)}`));
  const nothing = entries.length === 0 && problems.length === 0 ? ['Nothing is recorded about it.'] : [];
  return `${[paint('bold', safeText(subject, 2048)), ...stories, ...nothing, ...warning].join('\n')}\n`;
}

type Paint = (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string) => string;

/** AWS request id of each change that Keywarden made -> the entry that tells of it. CloudTrail's record has the same id. */
const ownChanges = (entries: readonly Entry[]): ReadonlyMap<string, number> =>
  new Map(
    entries
      .filter((entry): entry is OutcomeEntry => entry.type === 'outcome')
      .flatMap(({ seq, remediations }) =>
        remediations.flatMap(({ requestIds }) => requestIds.map((id) => [id, seq] as const)),
      ),
  );

function recordsOf(entries: readonly Entry[]): ChangeRecords {
  const records = createChangeRecords();
  for (const entry of entries) if (entry.type === 'action') records.note(entry);
  return records;
}

/** What the entries tell of Keywarden's own changes. */
interface Own {
  readonly changes: ReadonlyMap<string, number>;
  readonly records: ChangeRecords;
}

function tellEntry(entry: Entry, own: Own, paint: Paint): string[] {
  switch (entry.type) {
    case 'action':
      return tellAction(entry, own.changes, paint);
    case 'outcome':
      return tellOutcome(entry, own.records, paint);
    case 'malformed':
      return tellMalformed(entry, paint);
    default:
      return tellNote(entry, paint);
  }
}

function tellAction(
  { seq, action, verdicts, decisions, omitted, sameAs, confirms }: ActionEntry,
  own: ReadonlyMap<string, number>,
  paint: Paint,
): string[] {
  const { actor, error, requestId } = action;
  const change = requestId === undefined ? undefined : own.get(requestId);
  return [
    '',
    paint('bold', `#${seq}  ${safeText(action.time)}  ${safeText(action.api)} ${action.outcome}`),
    line(
      'who',
      `${actor.person ?? actor.arn ?? actor.invokedBy ?? actor.type}${actor.sessionIssuer === undefined ? '' : ` as ${actor.sessionIssuer}`}${actor.sourceIp === undefined ? '' : ` from ${actor.sourceIp}`}`,
    ),
    ...(actor.bySelf ? [line('', 'This is Keywarden itself.')] : []),
    line('ids', `event ${action.eventId}${requestId === undefined ? '' : `, request ${requestId}`}`),
    ...(change === undefined ? [] : [line('', `CloudTrail's record of the change told in entry #${change}.`)]),
    ...(change === undefined && confirms !== undefined
      ? [line('', `CloudTrail's record of the ${confirms.remedy} that entry #${confirms.seq} decided.`)]
      : []),
    ...(sameAs === undefined
      ? []
      : [line('same as', `entry #${sameAs.seq}, event ${sameAs.eventId}: told of the same action (${sameAs.how})`)]),
    ...(error === undefined ? [] : [line('error', `${error.code}: ${error.message}`)]),
    ...(action.origin === 'on-demand' ? [line('why', String(action.request.reason ?? ''))] : []),
    ...verdicts.map((verdict) => line(mark(verdict, paint), `${verdict.control}: ${verdict.reason}`)),
    ...decisions.map(({ control, decision, reason }) => line(decision, `${control}: ${reason}`)),
    ...(omitted === undefined
      ? []
      : [line('left out', `${omitted.join(', ')}: too large; the digest is ${action.digest}`)]),
  ];
}

function tellOutcome(
  { seq, of, recordedAt, remediations, told }: OutcomeEntry,
  records: ChangeRecords,
  paint: Paint,
): string[] {
  return [
    '',
    paint('bold', `#${seq}  ${recordedAt}  outcome of #${of}`),
    ...remediations.flatMap((remediation) => {
      const { remedy, status, requestIds, after, undo, reason } = remediation;
      return [
        line('did', `${remedy}: ${status}${requestIds.length === 0 ? '' : `, request ${requestIds.join(', ')}`}`),
        ...records.listOf(of, remediation).map((eventId) => line('', `confirmed by CloudTrail record ${eventId}`)),
        ...(after === undefined ? [] : [line('after', JSON.stringify(after))]),
        ...(reason === undefined ? [] : [line('', reason)]),
        ...(status === 'failed' ? [] : undo.map((request) => line('undo', toCommand(request)))),
      ];
    }),
    ...told.map(({ control, state, messageId }) =>
      line('told', `the officer: ${control} ${state}, message ${messageId}`),
    ),
  ];
}

function tellMalformed({ seq, recordedAt, error, body, bodyBytes, eventId }: MalformedEntry, paint: Paint): string[] {
  return [
    '',
    paint('bold', `#${seq}  ${recordedAt}  an event that could not be read`),
    line('why', error.message),
    line('ids', `event ${eventId}`),
    line('body', `${safeText(body, 500)} (${bodyBytes} bytes)`),
  ];
}

type NoteEntry = Exclude<Entry, ActionEntry | OutcomeEntry | MalformedEntry>;

/** What Keywarden puts on record about the record itself. */
function tellNote(entry: NoteEntry, paint: Paint): string[] {
  const head = (what: string) => ['', paint('bold', `#${entry.seq}  ${entry.recordedAt}  ${what}`)];
  switch (entry.type) {
    case 'sweep': {
      const { id, startedAt, endedAt, counts, notJudged, complete } = entry.sweep;
      return [
        ...head(`every key was looked at: ${complete ? paint('green', 'complete') : paint('red', 'NOT COMPLETE')}`),
        line('sweep', `${id}, ${startedAt} to ${endedAt}`),
        line(
          'counts',
          `${counts.listed} keys listed, ${counts.vanished} vanished, ${counts.judged} judged, ${counts.managedByAws} of AWS, ${counts.unread} unread, ${counts.notReached} not reached, ${counts.grants} grants; ${counts.violation} violations, ${counts.unknown} unknown`,
        ),
        ...notJudged.map(({ key, reason }) => line('not judged', `${key}: ${safeText(reason, 300)}`)),
      ];
    }
    case 'statement': {
      const { window, counts, complete, missing, extra, gaps, by } = entry.statement;
      return [
        ...head(
          `CloudTrail compared with the ledger: ${complete ? paint('green', 'complete') : paint('red', 'NOT COMPLETE')}`,
        ),
        line('window', `${window.from} to ${window.to}, by ${by}`),
        line(
          'counts',
          `${counts.read} read, ${counts.expected} expected, ${counts.recorded} recorded, ${counts.backfilled} back-filled, ${counts.failed} failed, ${counts.extra} that CloudTrail does not know`,
        ),
        ...missing.map(({ eventId, time, api, result }) => line(result, `${time} ${api}, event ${eventId}`)),
        ...extra.map(({ eventId, time, api, subject, seq }) =>
          line('extra', `${time} ${api}, event ${eventId}, entry #${seq} of ${subject}`),
        ),
        ...gaps.map(({ what, reason }) => line('not seen', `${what}: ${reason}`)),
      ];
    }
    case 'inventory': {
      const { at, keys, unread, object, sha256 } = entry.inventory;
      return [
        ...head(`inventory of keys`),
        line('keys', `${keys} at ${at}, ${unread} of them could not be described`),
        line('list', `${object}, sha256 ${sha256}`),
      ];
    }
    case 'integrity':
      return [
        ...head(`what checkpoint ${entry.checkpoint} found wrong with the ledger`),
        ...entry.problems.map(({ subject, seq, what }) => line('WRONG', `${subject} entry ${seq}: ${what}`)),
      ];
    case 'report': {
      const { window, manifestSha256, object, by } = entry.report;
      return [
        ...head('evidence pack'),
        line('window', `${window.from} to ${window.to}, by ${by}`),
        line('manifest', `sha256 ${manifestSha256}${object === undefined ? '' : `, ${object}`}`),
      ];
    }
  }
}

function mark({ verdict }: RecordedVerdict, paint: Paint): string {
  switch (verdict) {
    case 'compliant':
      return paint('green', 'ok');
    case 'violation':
      return paint('red', 'WRONG');
    case 'unknown':
      return paint('yellow', 'unknown');
    default:
      return paint('dim', 'n/a');
  }
}

const WIDTH = 9;

function line(name: string, text: string): string {
  const width = stripVTControlCharacters(name).length;
  return `    ${name}${' '.repeat(Math.max(1, WIDTH - width))}${safeText(text, 2000)}`;
}
