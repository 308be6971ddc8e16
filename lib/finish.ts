import type { Delivery, Handled, Pipeline } from './context.ts';
import type { FactReader } from './facts/fact-reader.ts';
import type { ActionEntry, RecordedRemediation, Told } from './ledger/entry.ts';
import { type Finding, findingId } from './ledger/finding.ts';
import type { Looked } from './ledger/ledger.ts';
import { changeByOutcome } from './ledger/projection.ts';
import { rememberChanges } from './own-changes/remember.ts';
import { recheckDelay, remediateAll } from './remediate.ts';
import { confirmRun } from './selftest/confirm-run.ts';
import { tellAll } from './tell-officer.ts';

/** Carries out what the entry decided, tells the officer what is new, and closes the work item. */
export async function finish(
  pipeline: Pipeline,
  entry: ActionEntry,
  reader: FactReader,
  looked: Looked,
  delivery: Delivery,
  resumed: boolean,
): Promise<Handled> {
  const remediations = await remediateAll(pipeline, entry, reader, delivery, resumed);
  const news = [...looked.findings.values()].filter((finding) => finding.seq === entry.seq && isNews(entry, finding));
  const tested = await confirmRun(pipeline, entry);
  if (news.length + remediations.length + tested.length === 0 && entry.limit !== 'reports') {
    if (looked.work !== undefined) await close(pipeline, entry, [], [], looked, delivery);
    return { entry, remediations, told: [], alreadyDone: false };
  }
  const told = [...tested, ...(await tellAll(pipeline, entry, news, remediations))];
  const wait = recheckDelay(remediations);
  // Sent before the outcome is recorded: a crash in between sends it twice, and never loses it.
  if (wait !== undefined) await pipeline.later({ recheck: { eventId: entry.eventId, subject: entry.subject } }, wait);
  await close(pipeline, entry, remediations, told, looked, delivery);
  return { entry, remediations, told, alreadyDone: false };
}

/** That a waiver covers it again is no news, but that somebody granted one is. */
const isNews = ({ order }: ActionEntry, { status }: Finding): boolean => status !== 'waived' || order?.kind === 'waive';

/** Ids of the findings that an entry may have changed. */
export const idsOfEntry = ({ verdicts, order }: Pick<ActionEntry, 'verdicts' | 'order'>): readonly string[] => [
  ...new Set([...verdicts.map(findingId), ...(order?.finding === undefined ? [] : [order.finding])]),
];

async function close(
  { ledger, region }: Pipeline,
  entry: ActionEntry,
  remediations: readonly RecordedRemediation[],
  told: readonly Told[],
  looked: Looked,
  delivery: Delivery,
): Promise<void> {
  await ledger.close(
    {
      subject: entry.subject,
      eventId: entry.eventId,
      draft: { type: 'outcome', of: entry.seq, remediations, told },
      controls: idsOfEntry(entry),
      ...rememberChanges(entry, remediations, region),
      findings: (previous, source) => changeByOutcome({ of: entry.seq, remediations }, previous, source),
      stage: () => (recheckDelay(remediations) === undefined ? 'done' : 'recheck'),
    },
    delivery.writer,
    looked,
  );
}
