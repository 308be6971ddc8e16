import type { ActionEntry, RecordedRemediation } from '../ledger/entry.ts';
import type { Source } from '../ledger/finding.ts';
import type { Append } from '../ledger/ledger.ts';
import type { OwnChange, OwnChangeWrite } from '../ledger/own-change.ts';

/**
 * What is remembered of the calls of remediations when their outcome is recorded: for the part of the entry that
 * {@link Append} has for it. A change whose record came before its outcome is known already, and stays as it is.
 *
 * @param entry the action that decided them
 * @param region where Keywarden runs: records of calls to another Region do not come here
 */
export const rememberChanges = (
  entry: Pick<ActionEntry, 'subject' | 'seq' | 'eventId'>,
  remediations: readonly Pick<RecordedRemediation, 'remedy' | 'calls'>[],
  region: string,
): Required<Pick<Append, 'requestIds' | 'ownChanges'>> => ({
  requestIds: remediations.flatMap(({ calls = [] }) => calls.map(({ requestId }) => requestId)),
  ownChanges: (known, source) =>
    listChanges(entry, remediations, region, source).flatMap((change): OwnChangeWrite[] =>
      known.has(change.requestId) ? [] : [{ change, replaces: undefined }],
    ),
});

function listChanges(
  { subject, seq, eventId }: Pick<ActionEntry, 'subject' | 'seq' | 'eventId'>,
  remediations: readonly Pick<RecordedRemediation, 'remedy' | 'calls'>[],
  region: string,
  { at }: Source,
): readonly OwnChange[] {
  const changes = remediations.flatMap(({ remedy, calls = [] }) =>
    calls
      .filter(({ requestId }) => requestId !== NO_ID)
      .map((call): OwnChange => {
        const { requestId, operation } = call;
        const status = call.refused === true || call.region !== region ? 'untold' : 'awaited';
        return { requestId, subject, seq, eventId, remedy, operation, at, status };
      }),
  );
  return [...new Map(changes.map((change) => [change.requestId, change])).values()];
}

/** What lib/aws/call.ts says when an answer has no id. */
const NO_ID = 'unknown';
