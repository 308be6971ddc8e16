import type { CompletenessStatement } from '../ledger/entry.ts';
import type { LedgerTable } from '../ledger/read.ts';
import { findRecorded } from '../ledger/recorded.ts';
import { findExtra } from './find-extra.ts';
import { type Expected, readWindow } from './read-window.ts';
import type { Gap, RecordSource, Window } from './record-source.ts';

/** What a comparison that changes nothing works with. */
export interface CompareContext {
  readonly table: LedgerTable;
  /** Twelve digits. */
  readonly account: string;
  /** ARNs of what Keywarden is made of; `*` stands for any characters. Empty when nobody knows: that is a gap. */
  readonly ownResources: readonly string[];
  readonly clock: () => Date;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Who compares. */
  readonly by: string;
  /** Version of Keywarden. */
  readonly version: string;
}

/** CloudTrail delivers most records within 15 minutes: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html */
const SETTLED = 15 * 60_000;

/**
 * Compares one window of CloudTrail with the ledger as {@link reconcileWindow} does, and only says what it found: nothing is
 * recorded, judged or told. What an entry has that CloudTrail does not know is said only when all of CloudTrail could be read.
 *
 * @param window whole seconds, ISO 8601 UTC
 * @throws what DynamoDB throws when the ledger cannot be read
 */
export async function compareWindow(
  context: CompareContext,
  source: RecordSource,
  window: Window,
): Promise<CompletenessStatement> {
  const { table, account, ownResources, clock, pause, by, version } = context;
  const startedAt = clock().toISOString();
  const pipeline = { account, selfRoleArns: [], ownResources, clock };
  const find = (ids: readonly string[]) => findRecorded(table, ids, pause);
  const content = await readWindow(source.read(window), window, pipeline, find);
  const { read, expected, known, missing } = content;
  const gaps = [...content.gaps, ...findUnsettled(window, clock()), ...findUnnamed(ownResources)];
  const extra = gaps.length > 0 ? [] : await findExtra({ table, pipeline: { pause } }, source, window, known);
  const digests = source.digests?.();
  return {
    source: source.source,
    account: source.account,
    region: source.region,
    queries: source.queries,
    notAsked: source.notAsked,
    window,
    occasion: 'asked',
    startedAt,
    endedAt: clock().toISOString(),
    counts: {
      read,
      expected,
      recorded: expected - missing.length,
      backfilled: 0,
      failed: missing.length,
      extra: extra.length,
    },
    missing: missing.map(describeMissing),
    extra: extra.map(({ eventId, seq, subject, action: { time, api } }) => ({ eventId, time, api, subject, seq })),
    omitted: 0,
    gaps,
    ...(digests === undefined ? {} : { digests }),
    complete: gaps.length === 0 && missing.length === 0,
    by,
    version,
  };
}

/** Without the names of its parts, nobody can tell which records of other services are about Keywarden. */
const findUnnamed = (ownResources: readonly string[]): readonly Gap[] =>
  ownResources.length > 0
    ? []
    : [
        {
          what: 'changes of what Keywarden is made of',
          reason:
            'The name of the table does not say how its parts are called. Set KEYWARDEN_OWN_RESOURCES to the value that the functions have.',
        },
      ];

function findUnsettled({ to }: Window, now: Date): readonly Gap[] {
  const settled = now.getTime() - SETTLED;
  if (Date.parse(to) <= settled) return [];
  const from = new Date(settled).toISOString();
  return [
    {
      what: `events from ${from} to ${to}`,
      reason: 'CloudTrail may deliver some of them yet; ask again in 15 minutes.',
    },
  ];
}

function describeMissing(one: Expected): CompletenessStatement['missing'][number] {
  const { eventId } = one;
  if (!('action' in one)) {
    const reason = `It cannot be read: ${one.error.message}`;
    return { eventId, time: 'unknown', api: 'unreadable', subject: 'malformed', result: 'failed', reason };
  }
  const { time, api, subject } = one.action;
  return { eventId, time, api, subject, result: 'failed', reason: 'it was only compared' };
}
