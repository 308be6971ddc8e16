import type { z } from 'zod';
import { type OrderAction, type OrderInput, type OrderRefused, orderSchema } from './order.ts';
import { refuse, show } from './refusal.ts';

/**
 * Checks what somebody sent.
 *
 * @param input unchecked
 * @returns the order, or a refusal that names each wrong value and says what to send; never throws
 */
export function parseOrder(input: unknown): { readonly order: OrderInput } | OrderRefused {
  const parsed = orderSchema.safeParse(input);
  if (!parsed.success) return refuse('input', `${explain(parsed.error, input)} ${EXPECTED}`);
  const problems = findMisfits(parsed.data);
  return problems.length === 0 ? { order: parsed.data } : refuse('input', `${problems.join(' ')} ${EXPECTED}`);
}

const EXPECTED =
  'Send { "action": "verify", "remediate", "approve", "reject", "undo", "waive" or "unwaive", ' +
  '"finding": "<control>[#<item>]@<key id, alias or ARN>" or "key": "<key id, key ARN, alias/name or alias ARN>", ' +
  '"reason": "<why>" }; with "key" also "control" and "item"; for a waiver also "until": "<last day, yyyy-mm-dd>"; ' +
  'for an approval or a rejection also "plan": "<digest of the plan>"; and as you like "dryRun", "ticket", "requestedBy".';

/** Actions that are about one finding, and never about a whole key. */
const OF_ONE_FINDING: ReadonlySet<OrderAction> = new Set(['approve', 'reject', 'undo', 'waive', 'unwaive']);

/** Which fields do not go together, as sentences. */
function findMisfits(order: OrderInput): readonly string[] {
  const { action, finding, key, control, item, baseline, plan, until } = order;
  const named = Object.entries({ finding, key, baseline }).filter(([, value]) => value !== undefined);
  const names = named.map(([name]) => name);
  return [
    ...(names.length === 1
      ? []
      : [
          names.length === 0
            ? 'finding is missing, and key too: one of them says what is meant.'
            : `${names.join(' and ')} are both given: only one of them may be.`,
        ]),
    ...(baseline !== undefined && action !== 'approve' ? [`baseline is for approve, and action is ${action}.`] : []),
    ...(finding !== undefined && (control !== undefined || item !== undefined)
      ? ['finding names its control and item already: leave out control and item.']
      : []),
    ...(key !== undefined && control === undefined && OF_ONE_FINDING.has(action)
      ? [`control is missing: ${action} is about one finding, and key alone names all of a key.`]
      : []),
    ...(item !== undefined && control === undefined && finding === undefined
      ? ['control is missing: an item is one of a control.']
      : []),
    ...(plan !== undefined && ((action !== 'approve' && action !== 'reject') || baseline !== undefined)
      ? ['plan is for the approval or rejection of one finding.']
      : []),
    ...(action === 'waive' && until === undefined ? ['until is missing: a waiver has a last day.'] : []),
    ...(action !== 'waive' && until !== undefined ? [`until is for waive, and action is ${action}.`] : []),
  ];
}

function explain(error: z.ZodError, input: unknown): string {
  const problems = error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${show(key)} is not a field.`);
    const name = issue.path.map(String).join('.');
    if (name === '') return [`The input is ${show(input)}, not an object.`];
    const value = (input as Record<string, unknown>)[name];
    return [value === undefined ? `${name} is missing.` : `${name} is ${show(value)}: ${issue.message}.`];
  });
  return problems.join(' ');
}
