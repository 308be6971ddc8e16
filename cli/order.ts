import { findingId } from '../lib/ledger/finding.ts';
import type { OrderResult } from '../lib/orders/order.ts';
import { ask, expectAnswer, type Terminal } from './ask.ts';
import type { FunctionUrl, SentOrder } from './function-url.ts';
import type { GlobalOptions, Output } from './options.ts';
import { codeOf, describeResult } from './order-text.ts';
import { digestOf } from './plan-text.ts';

/** What every order takes besides what it is about. */
export interface OrderOptions {
  readonly reason: string;
  readonly ticket?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** Where an order goes, and where people read and answer. */
export interface Desk {
  readonly functionUrl: FunctionUrl;
  readonly out: Output;
  readonly terminal: Terminal;
  readonly format: GlobalOptions['format'];
}

/** What an order is about. */
export type Subject = Omit<SentOrder, 'reason' | 'ticket' | 'dryRun'>;

/**
 * Gives an order that changes nothing in AWS, and shows the answer.
 *
 * @returns exit code: 0 all in order, 1 something is not
 */
export async function giveOrder(subject: Subject, options: OrderOptions, desk: Desk): Promise<number> {
  const result = await desk.functionUrl.send(toOrder(subject, options, options.dryRun === true));
  show(result, desk);
  return codeOf(result);
}

/**
 * Shows what an order would do, asks, and gives it. What is approved is what was shown: its digest goes with the order, so
 * that a plan that has changed in between is refused.
 *
 * @returns exit code: 0 done; 1 refused, not done, or the answer was no
 * @throws {UsageError} when there is nobody to ask
 */
export async function giveOrderAfterAsking(subject: Subject, options: OrderOptions, desk: Desk): Promise<number> {
  const { functionUrl, terminal } = desk;
  const { dryRun = false, yes = false } = options;
  if (!dryRun) expectAnswer(terminal, yes);
  const preview = await functionUrl.send(toOrder(subject, options, true));
  if (dryRun || preview.status === 'refused') {
    show(preview, desk);
    return preview.status === 'refused' ? 1 : 0;
  }
  if (!yes) {
    terminal.output.write(describeResult(preview));
    if (!(await ask(`${QUESTIONS[subject.action]} Do it?`, terminal))) {
      terminal.output.write('Nothing was done.\n');
      return 1;
    }
  }
  const result = await functionUrl.send(toOrder(withPlan(subject, preview), options, false));
  show(result, desk);
  return codeOf(result);
}

const QUESTIONS: Readonly<Record<SentOrder['action'], string>> = {
  verify: 'Keywarden would judge this and record it.',
  remediate: 'Keywarden would put this right as planned above.',
  approve: 'You would approve the plan above, and Keywarden would carry it out.',
  reject: 'You would reject the plan above; the finding stays open.',
  undo: 'Keywarden would take this back as planned above.',
  waive: 'You would answer for this finding until the day that you named; nobody is told of it meanwhile.',
  unwaive: 'The waiver would end, and the finding would be open again.',
};

const toOrder = (subject: Subject, { reason, ticket }: OrderOptions, dryRun: boolean): SentOrder => ({
  ...subject,
  reason,
  ...(ticket === undefined ? {} : { ticket }),
  dryRun,
});

/** The digest of the plan that was shown, where nobody named one. */
function withPlan(subject: Subject, preview: OrderResult): Subject {
  const { action, plan, baseline, finding } = subject;
  if ((action !== 'approve' && action !== 'reject') || plan !== undefined || baseline !== undefined) return subject;
  if (preview.status === 'refused') return subject;
  const shown = preview.decisions.filter((one) => finding?.startsWith(`${findingId(one)}@`) === true);
  const digest = shown.map(digestOf).find((one) => one !== undefined);
  return digest === undefined ? subject : { ...subject, plan: digest };
}

function show(result: OrderResult, { format, out }: Desk): void {
  out.write(format === 'json' ? `${JSON.stringify(result)}\n` : describeResult(result));
}
