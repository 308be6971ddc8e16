import { DescribeKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { sortFailure } from './aws/failure.ts';
import { digestOf } from './event/digest.ts';
import type { KeyAction } from './event/key-action.ts';
import { readKeyName } from './event/key-arn.ts';
import { judge } from './judge.ts';
import type { RecordedDecision, RecordedRemediation, RecordedVerdict } from './ledger/entry.ts';
import { type Delivery, handleAction, type Pipeline } from './pipeline.ts';

const filled = (longest: number) => z.string().trim().min(1).max(longest);

/** What a person may send. */
const orderSchema = z.strictObject({
  /** Key id, key ARN, alias name (`alias/...`) or alias ARN: at most 2048 characters, as KMS takes. */
  key: filled(2048),
  action: z.enum(['verify', 'remediate']),
  /** Shows what would be done: changes nothing, records nothing, tells nobody. */
  dryRun: z.boolean().default(false),
  /** Why: goes into the ledger. */
  reason: filled(1000),
  /** Who asks: goes into the ledger. */
  requestedBy: filled(256),
});

type OrderInput = z.infer<typeof orderSchema>;

/** The answer to an order. */
export type OrderResult = OrderRefused | OrderDone;

/** Nothing was done. */
export interface OrderRefused {
  readonly status: 'refused';
  /** What is wrong, and what to send instead. */
  readonly message: string;
}

export interface OrderDone {
  /** `verified`: judged; `remediated`: at least one change was made and read back; `not-remediated`: one was tried and is not there. */
  readonly status: 'verified' | 'remediated' | 'not-remediated';
  readonly message: string;
  readonly key: string;
  readonly dryRun: boolean;
  readonly verdicts: readonly RecordedVerdict[];
  /** What Keywarden decided, with the plan where there is one. */
  readonly decisions: readonly RecordedDecision[];
  readonly remediations: readonly RecordedRemediation[];
  /** Where it stands in the ledger; absent for a dry run. */
  readonly ledger?: { readonly subject: string; readonly seq: number; readonly eventId: string };
}

/** What an order needs besides the pipeline. */
export interface OrderContext {
  readonly pipeline: Pipeline;
  readonly kms: KMSClient;
  readonly delivery: Delivery;
  /** Unique per order; a repeated delivery of the same order has the same. */
  readonly orderId: string;
}

/**
 * Verifies one key now, or puts it right, because a person asked for it.
 *
 * @param input `{ key, action, dryRun?, reason, requestedBy }`, unchecked
 * @returns `refused` with a sentence that says what to send, for bad input and for a key that is not there; never throws
 *   for them
 * @throws what AWS throws when it cannot answer now
 */
export async function obey(input: unknown, context: OrderContext): Promise<OrderResult> {
  const parsed = orderSchema.safeParse(input);
  if (!parsed.success) return refuse(`${explain(parsed.error, input)} ${EXPECTED}`);
  const order = parsed.data;
  const found = await findKey(order.key, context);
  if ('refused' in found) return refuse(found.refused);
  const action = toOrderAction(order, found.arn, context);
  return order.dryRun ? tryOut(order, action, context) : carry(order, action, context);
}

const EXPECTED =
  'Send { "key": "<key id, key ARN, alias/name or alias ARN>", "action": "verify" or "remediate", "reason": "<why>", "requestedBy": "<who>", "dryRun": true or false (optional) }.';

const refuse = (message: string): OrderRefused => ({ status: 'refused', message });

function explain(error: z.ZodError, input: unknown): string {
  const problems = error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${JSON.stringify(key)} is not a field.`);
    const name = issue.path.map(String).join('.');
    if (name === '') return [`The input is ${show(input)}, not an object.`];
    const value = (input as Record<string, unknown>)[name];
    return [value === undefined ? `${name} is missing.` : `${name} is ${show(value)}: ${issue.message}.`];
  });
  return problems.join(' ');
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Resolves what was typed to the ARN of a key that is there, here. */
async function findKey(
  typed: string,
  { pipeline: { account, region }, kms }: OrderContext,
): Promise<{ arn: string } | { refused: string }> {
  const name = readKeyName(typed, { account, region });
  if (name === undefined) {
    return { refused: `${show(typed)} is no key id, key ARN, alias name (alias/...) or alias ARN. ${EXPECTED}` };
  }
  const [, , , keyRegion, keyAccount] = name.arn.split(':');
  if (keyAccount !== account || keyRegion !== region) {
    return {
      refused: `${show(typed)} is in account ${keyAccount}, ${keyRegion}; this Keywarden looks after account ${account}, ${region}. Ask the Keywarden there.`,
    };
  }
  try {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: name.arn }));
    return KeyMetadata?.Arn === undefined
      ? { refused: `KMS did not describe ${show(typed)}; try again.` }
      : { arn: KeyMetadata.Arn };
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundException') {
      return {
        refused: `There is no key ${show(typed)} in account ${account}, ${region}. List the keys with: aws kms list-keys --region ${region}`,
      };
    }
    // Not being allowed to look is a finding of its own, and belongs into the ledger when the key is named for certain.
    if (name.form === 'key' && sortFailure(error).kind !== 'transient') return { arn: name.arn };
    throw error;
  }
}

/**
 * Makes the action of an order: it is recorded in the key's chain, with who asked and why.
 *
 * @param arn ARN of the key
 */
export function toOrderAction(
  order: OrderInput,
  arn: string,
  { pipeline, orderId }: Pick<OrderContext, 'pipeline' | 'orderId'>,
): KeyAction {
  const { account, region, clock } = pipeline;
  return {
    eventId: `on-demand-${orderId}`,
    time: clock().toISOString(),
    api: order.action === 'verify' ? 'VerifyKey' : 'RemediateKey',
    eventSource: 'keywarden',
    kind: 'lifecycle',
    // Section 8 of OP-PROC-001: the security officer oversees the programme.
    step: '8',
    subject: arn,
    keys: [arn],
    account,
    region,
    // The name is what the caller said; the CloudTrail record of the invocation tells who the caller was.
    actor: { type: 'Requester', person: order.requestedBy, bySelf: false },
    request: { ...order },
    response: {},
    outcome: 'succeeded',
    origin: 'on-demand',
    digest: digestOf({ ...order, orderId }),
  };
}

async function tryOut(order: OrderInput, action: KeyAction, { pipeline, delivery }: OrderContext): Promise<OrderDone> {
  const reader = pipeline.factsOf(action.subject, delivery.last ? 'unread' : 'throw');
  const { policy, clock, stopped, selfRoleArns: ownRoles, ownResources } = pipeline;
  const court = {
    policy,
    now: clock(),
    ownRoles,
    ownResources,
    findings: new Map(),
    waivers: new Map(),
    breakerOpen: false,
    stopped: () => stopped('throw'),
  };
  const judged = await judge(action, { kind: order.action }, reader, court);
  const acts = judged.decisions.filter(({ decision }) => decision === 'act').length;
  const would =
    acts === 0 ? 'Nothing would be changed.' : `${acts} of them would be put right as planned in "decisions".`;
  return {
    status: 'verified',
    message: `Dry run: ${summarise(judged.verdicts)} ${would} Nothing was changed, recorded or sent.`,
    key: action.subject,
    dryRun: true,
    ...judged,
    remediations: [],
  };
}

async function carry(order: OrderInput, action: KeyAction, { pipeline, delivery }: OrderContext): Promise<OrderResult> {
  const { entry, remediations } = await handleAction(pipeline, action, delivery, { kind: order.action });
  if (entry === undefined) {
    return refuse(
      `This order was carried out before (${action.eventId}). See: keywarden ledger show ${action.subject}`,
    );
  }
  const done = remediations.filter(({ status }) => status === 'confirmed' || status === 'already-so');
  const status =
    remediations.length === 0 ? 'verified' : done.length === remediations.length ? 'remediated' : 'not-remediated';
  const put = remediations.map(
    (one) => `${one.remedy}: ${one.status}${one.reason === undefined ? '' : ` (${one.reason})`}.`,
  );
  return {
    status,
    message: [summarise(entry.verdicts), ...put].join(' '),
    key: action.subject,
    dryRun: false,
    verdicts: entry.verdicts,
    decisions: entry.decisions,
    remediations,
    ledger: { subject: entry.subject, seq: entry.seq, eventId: entry.eventId },
  };
}

function summarise(verdicts: readonly RecordedVerdict[]): string {
  const count = (verdict: string) => verdicts.filter((one) => one.verdict === verdict).length;
  return `${verdicts.length} controls: ${count('compliant')} compliant, ${count('violation')} violations, ${count('not-applicable')} not applicable, ${count('unknown')} unknown.`;
}
