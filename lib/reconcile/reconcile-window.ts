import type { ActionEntry, CompletenessStatement } from '../ledger/entry.ts';
import { COMPLETENESS, seqKey, subjectKey } from '../ledger/keys.ts';
import { recordNote } from '../ledger/note.ts';
import { findRecorded, readPlaces } from '../ledger/recorded.ts';
import { type BackFilled, backFill, describeMissing } from './back-fill.ts';
import type { ReconcileContext } from './context.ts';
import { findExtra } from './find-extra.ts';
import { fitStatement } from './fit-statement.ts';
import { type Expected, readWindow, type WindowContent } from './read-window.ts';
import type { Gap, RecordSource, Window } from './record-source.ts';
import { tellExtra, tellKnown, unknownId } from './tell-extra.ts';

type Occasion = CompletenessStatement['occasion'];

/**
 * Compares one window of CloudTrail with the ledger: what the ledger lacks goes through the pipeline, what CloudTrail does not
 * know is told, and the statement of all this is put into the ledger.
 *
 * What is held in memory of a window is the ids of what is expected, and what is missing; give windows of an hour or some.
 *
 * @param source of the same account and Region as the pipeline
 * @param window whole seconds, ISO 8601 UTC
 * @returns the statement, as it is in the ledger
 * @throws what DynamoDB throws when the ledger cannot be read or written: then there is no statement
 */
export async function reconcileWindow(
  context: ReconcileContext,
  source: RecordSource,
  window: Window,
  occasion: Occasion,
): Promise<CompletenessStatement> {
  const { pipeline, table } = context;
  const startedAt = pipeline.clock().toISOString();
  const find = (ids: readonly string[]) => findRecorded(table, ids, pipeline.pause);
  const content = await readWindow(source.read(window), window, pipeline, find);
  const lacking = [...content.missing, ...content.unfinished];
  const filled = await backFill(source.newestFirst === true ? lacking.toReversed() : lacking, context);
  // What could not be looked at may be just where CloudTrail has it: only a window without gaps accuses anybody.
  const extra = content.gaps.length > 0 ? [] : await findExtra(context, source, window, content.known);
  const untold = [
    ...(await tellAllExtra(context, source, extra)),
    ...(occasion === 'schedule' ? [] : await tellAllKnown(context, source, content)),
  ];
  const statement = fitStatement(
    draftStatement(context, source, { window, occasion, startedAt, content, filled, extra, untold }),
  );
  await recordNote(
    pipeline.ledger,
    {
      subject: COMPLETENESS,
      eventId: nameStatement(statement, context),
      draft: { type: 'statement', statement },
    },
    context.delivery.writer,
  );
  const { counts, complete } = statement;
  pipeline.log.info('compared with CloudTrail', { ...window, source: source.source, occasion, ...counts, complete });
  return statement;
}

/** AWS repeats a run that failed, and calls it the same: each reading of a window has a statement of its own. */
const nameStatement = (
  { source, region, window, occasion, startedAt }: CompletenessStatement,
  { delivery }: ReconcileContext,
) => `reconcile-${source}-${region}-${window.from}-${window.to}-${occasion}-${startedAt}-${delivery.writer.owner}`;

/** @returns what could not be told, as gaps: nobody would know of it otherwise */
async function tellAllExtra(
  context: ReconcileContext,
  source: RecordSource,
  extra: readonly ActionEntry[],
): Promise<readonly Gap[]> {
  const gaps: Gap[] = [];
  for (const one of extra) {
    try {
      await tellExtra(context, one, source);
    } catch (error) {
      gaps.push(describeUntold(`telling the officer of event ${one.eventId}, which CloudTrail does not know`, error));
    }
  }
  return gaps;
}

/**
 * CloudTrail may have been late: what it knows by now is told no longer.
 *
 * @returns what could not be told, as gaps
 */
async function tellAllKnown(
  context: ReconcileContext,
  source: RecordSource,
  { known }: WindowContent,
): Promise<readonly Gap[]> {
  const { table, pipeline } = context;
  const told = await findRecorded(table, [...known].map(unknownId), pipeline.pause);
  if (told.size === 0) return [];
  const found = await findRecorded(
    table,
    [...told.keys()].map((id) => id.slice(unknownId('').length)),
    pipeline.pause,
  );
  const gaps: Gap[] = [];
  for (const work of found.values()) {
    try {
      const entry = await readEntry(context, work.subject, work.seq);
      if (entry?.type === 'action') await tellKnown(context, entry.action, source);
    } catch (error) {
      gaps.push(describeUntold(`telling the officer that CloudTrail has event ${work.eventId} by now`, error));
    }
  }
  return gaps;
}

function describeUntold(what: string, error: unknown): Gap {
  return { what, reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}

async function readEntry({ table, pipeline }: ReconcileContext, subject: string, seq: number) {
  const key = { pk: subjectKey(subject), sk: seqKey(seq) };
  const [entry] = await readPlaces(table, [{ eventId: '', key }], pipeline.pause);
  return entry;
}

interface Found {
  readonly window: Window;
  readonly occasion: Occasion;
  readonly startedAt: string;
  readonly content: WindowContent;
  readonly filled: readonly BackFilled[];
  readonly extra: readonly ActionEntry[];
  readonly untold: readonly Gap[];
}

function draftStatement(
  { pipeline, by, version }: ReconcileContext,
  source: RecordSource,
  { window, occasion, startedAt, content, filled, extra, untold }: Found,
): CompletenessStatement {
  const unfinished: ReadonlySet<Expected> = new Set(content.unfinished);
  // What the ledger had and could carry out now was not missing.
  const missing = filled.filter(
    ({ one, result }) => result === 'failed' || (result === 'backfilled' && !unfinished.has(one)),
  );
  const failed = missing.filter(({ result }) => result === 'failed').length;
  const backfilled = missing.length - failed;
  const gaps = [...content.gaps, ...untold];
  const digests = source.digests?.();
  // Failures first: they are what somebody must look at.
  const listed = missing.toSorted((one, other) => Number(other.result === 'failed') - Number(one.result === 'failed'));
  return {
    source: source.source,
    account: source.account,
    region: source.region,
    queries: source.queries,
    notAsked: source.notAsked,
    window,
    occasion,
    startedAt,
    endedAt: pipeline.clock().toISOString(),
    counts: {
      read: content.read,
      expected: content.expected,
      recorded: content.expected - missing.length,
      backfilled,
      failed,
      extra: extra.length,
    },
    missing: listed.map(describeMissing),
    extra: extra.map(({ eventId, seq, subject, action: { time, api } }) => ({
      eventId,
      time,
      api,
      subject,
      seq,
    })),
    omitted: 0,
    gaps,
    ...(digests === undefined ? {} : { digests }),
    complete: gaps.length === 0 && failed === 0,
    by,
    version,
  };
}
