import type { Handled } from '../context.ts';
import type { ActionEntry, Entry, RecordedRemediation, RecordedVerdict } from '../ledger/entry.ts';
import type { LookUp } from '../ledger/look-up.ts';
import type { OrderDone, OrderStatus } from './order.ts';

/** What an answer has when nothing was judged. */
export const NOTHING_JUDGED: Pick<OrderDone, 'verdicts' | 'decisions' | 'remediations'> = {
  verdicts: [],
  decisions: [],
  remediations: [],
};

/** @returns e.g. `14 controls: 12 compliant, 1 violation, 1 not applicable, 0 unknown.` */
export function summarise(verdicts: readonly RecordedVerdict[]): string {
  const count = (verdict: string) => verdicts.filter((one) => one.verdict === verdict).length;
  const name = (number: number, one: string) => `${number} ${one}${number === 1 ? '' : 's'}`;
  return `${name(verdicts.length, 'control')}: ${count('compliant')} compliant, ${name(count('violation'), 'violation')}, ${count('not-applicable')} not applicable, ${count('unknown')} unknown.`;
}

/** One sentence for each change: what became of it, and why when it is not there. */
export const describeChanges = (remediations: readonly RecordedRemediation[]): readonly string[] =>
  remediations.map(
    ({ remedy, status, reason }) =>
      `${remedy}: ${status}${reason === undefined ? '' : ` (${reason.replace(/\.$/, '')})`}.`,
  );

const DONE: ReadonlySet<string> = new Set(['confirmed', 'already-so', 'pending']);

/** Whether each change was made: read back, or accepted by AWS. */
export const areDone = (remediations: readonly RecordedRemediation[]): boolean =>
  remediations.every(({ status }) => DONE.has(status));

/** Where the order stands in the ledger, and what became of it. */
export const answerWith = (
  status: OrderStatus,
  message: string,
  entry: ActionEntry,
  remediations: readonly RecordedRemediation[],
): OrderDone => ({
  status,
  message,
  key: entry.subject,
  dryRun: false,
  verdicts: entry.verdicts,
  decisions: entry.decisions,
  remediations,
  ledger: { subject: entry.subject, seq: entry.seq, eventId: entry.eventId },
});

/** What became of an order, in one word. */
export function statusOf(
  { order }: ActionEntry,
  remediations: readonly RecordedRemediation[],
  asks: boolean,
): OrderStatus {
  const done = areDone(remediations);
  switch (order?.kind) {
    case 'reject':
      return 'rejected';
    case 'waive':
      return 'waived';
    case 'unwaive':
      return 'unwaived';
    case 'undo':
      return done && remediations.length > 0 ? 'undone' : 'not-undone';
    default:
      if (remediations.length > 0) return done ? 'remediated' : 'not-remediated';
      return asks && order?.kind === 'remediate' ? 'proposed' : 'verified';
  }
}

/** Answers with what an entry and its outcome say. */
export function answerFrom(entry: ActionEntry, remediations: readonly RecordedRemediation[], before = ''): OrderDone {
  const asks = entry.decisions.some(({ decision }) => decision === 'ask');
  const status = statusOf(entry, remediations, asks);
  const judged = entry.verdicts.length === 0 ? [] : [summarise(entry.verdicts)];
  const said = SAID[status];
  const message = [before, ...(said === undefined ? [] : [said]), ...judged, ...describeChanges(remediations)];
  return answerWith(status, message.filter((part) => part !== '').join(' '), entry, remediations);
}

const SAID: Partial<Record<OrderStatus, string>> = {
  proposed: 'It is proposed: somebody else must approve it.',
  rejected: 'It is rejected: Keywarden leaves it as it is, and the finding stays open.',
  waived: 'It is waived.',
  unwaived: 'The waiver is withdrawn.',
  undone: 'It is taken back: the finding is open again, or waived.',
  'not-undone': 'It is not taken back.',
};

/** The changes of an action that is finished: of its first outcome; undefined while there is none. */
export async function findOutcome(
  { readBack }: Pick<LookUp, 'readBack'>,
  { subject, seq }: Pick<ActionEntry, 'subject' | 'seq'>,
): Promise<readonly RecordedRemediation[] | undefined> {
  let found: Extract<Entry, { type: 'outcome' }> | undefined;
  for await (const entry of readBack(subject)) {
    if (entry.seq <= seq) break;
    if (entry.type === 'outcome' && entry.of === seq) found = entry;
  }
  return found?.remediations;
}

/** What was handled just now; undefined when nothing was recorded. */
export const answerHandled = ({ entry, remediations }: Handled, before = ''): OrderDone | undefined =>
  entry === undefined ? undefined : answerFrom(entry, remediations, before);
