import type { Delivery, Pipeline, RecheckMessage } from './context.ts';
import { textOfControl } from './judge.ts';
import type { ActionEntry, RecordedRemediation, Told } from './ledger/entry.ts';
import { type Finding, findingId } from './ledger/finding.ts';
import { changeByRecheck, reopenFinding } from './ledger/projection.ts';
import { planOf, remedyOf } from './remediate.ts';
import { tellNews } from './tell-news.ts';
import { noticeOf, readAliases } from './tell-officer.ts';

/**
 * Looks once more whether AWS shows the changes that were made for an event, some minutes after they were made. Grants are
 * eventually consistent: read back at once, a revoked grant may still be there, or only seem to be gone.
 *
 * @throws {BusyError} while another invocation works on the event
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-eventual-consistency
 */
export async function recheck(
  pipeline: Pipeline,
  { recheck: { eventId, subject } }: RecheckMessage,
  delivery: Delivery,
): Promise<void> {
  const { ledger, factsOf } = pipeline;
  const first = await ledger.look(eventId, subject, []);
  // Sent twice, or before an outcome that was never recorded: then the event itself comes again.
  if (first.work?.stage !== 'recheck') return;
  const entry = await ledger.resume(first.work, delivery.writer);
  if (entry.type !== 'action') throw new TypeError(`Entry ${entry.seq} of ${subject} is no action.`);
  const ids = entry.verdicts.map(findingId);
  const looked = await ledger.look(eventId, subject, ids);
  const remediations: RecordedRemediation[] = [];
  for (const decision of entry.decisions.filter((one) => one.decision === 'act' && one.remedy !== undefined)) {
    const remedy = remedyOf(decision.remedy ?? '');
    if (remedy.recheckAfterSeconds === undefined) continue;
    const plan = planOf(entry, [decision]);
    const reader = factsOf(subject, delivery.last ? 'unread' : 'throw', decision.item);
    const confirmation = remedy.confirm(plan, await reader.read(remedy.confirms));
    const { before, undo } = plan;
    const base = { remedy: remedy.id, controls: [findingId(decision)], requestIds: [], before, undo };
    remediations.push(
      confirmation.confirmed
        ? { ...base, status: 'confirmed', after: confirmation.after }
        : { ...base, status: 'unconfirmed', reason: `Looked at again after minutes: ${confirmation.reason}` },
    );
  }
  const failed = remediations.filter(({ status }) => status === 'unconfirmed');
  const told = await tellFailed(pipeline, entry, failed, looked.findings);
  await ledger.close(
    {
      subject,
      eventId,
      draft: { type: 'outcome', of: entry.seq, remediations, told },
      controls: ids,
      findings: (previous, source) => changeByRecheck({ remediations }, previous, source),
      stage: () => 'done',
    },
    delivery.writer,
    looked,
    'recheck',
  );
}

async function tellFailed(
  pipeline: Pipeline,
  entry: ActionEntry,
  failed: readonly RecordedRemediation[],
  findings: ReadonlyMap<string, Finding>,
): Promise<Told[]> {
  const told: Told[] = [];
  for (const remediation of failed) {
    const [id = ''] = remediation.controls;
    const finding = findings.get(id);
    const decision = entry.decisions.find((one) => findingId(one) === id);
    if (finding === undefined || decision === undefined) continue;
    const aliases = await readAliases(pipeline, entry);
    const control = textOfControl(finding.control);
    const news = await tellNews(pipeline, {
      state: 'not-remediated',
      finding: reopenFinding(finding, remediation.reason ?? ''),
      control,
      action: entry.action,
      decision,
      remediation,
      aliases,
      ...noticeOf(pipeline, entry, decision),
    });
    told.push(news);
  }
  return told;
}
