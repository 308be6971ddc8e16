import { safeText } from '../lib/alert/safe-text.ts';
import type { OrderDone, OrderRefused, OrderResult } from '../lib/orders/order.ts';
import { describeDecision, describeRemediation, describeVerdicts } from './plan-text.ts';

/**
 * Tells a person what became of an order, or what would.
 *
 * @returns lines, the last one ended
 */
export function describeResult(result: OrderResult): string {
  return `${(result.status === 'refused' ? describeRefusal(result) : describeDone(result)).join('\n')}\n`;
}

const describeRefusal = ({ message, difference, plan }: OrderRefused): string[] => [
  `REFUSED: ${safeText(message, 4000)}`,
  ...(difference === undefined ? [] : [`What is different: ${safeText(difference, 4000)}`]),
  ...(plan === undefined ? [] : [`The plan of now: ${safeText(plan)}`]),
];

function describeDone({ key, message, verdicts, decisions, remediations, ledger }: OrderDone): string[] {
  return [
    safeText(key, 2048),
    ...indent(describeVerdicts(verdicts)),
    ...indent(decisions.filter(({ decision }) => decision !== 'none').flatMap(describeDecision)),
    ...indent(remediations.flatMap(describeRemediation)),
    safeText(message, 4000),
    ...(ledger === undefined
      ? []
      : [`On record: entry #${ledger.seq} of ${safeText(ledger.subject, 2048)}, event ${safeText(ledger.eventId)}.`]),
  ];
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/**
 * @returns exit code: 0 everything is in order or was done; 1 something is wrong, was refused, was not done, or waits for
 *   somebody else
 */
export function codeOf(result: OrderResult): 0 | 1 {
  switch (result.status) {
    case 'refused':
    case 'proposed':
    case 'not-remediated':
    case 'not-undone':
      return 1;
    case 'verified':
      return isInOrder(result) ? 0 : 1;
    default:
      return 0;
  }
}

/** What could not be judged is not in order; what somebody answers for is. */
function isInOrder({ verdicts, decisions }: OrderDone): boolean {
  const waived = new Set(decisions.filter(({ decision }) => decision === 'waived').map(nameOf));
  return verdicts.every((one) => (one.verdict !== 'violation' && one.verdict !== 'unknown') || waived.has(nameOf(one)));
}

const nameOf = ({ control, item }: { readonly control: string; readonly item?: string }): string =>
  JSON.stringify([control, item]);
