import type { Pipeline } from './context.ts';
import { digestOf } from './event/digest.ts';
import type { Actor, KeyAction } from './event/key-action.ts';
import type { OrderKind } from './ledger/entry.ts';

/** What somebody ordered about one subject. */
export interface Ordered {
  readonly kind: OrderKind | 'approve-baseline';
  /** ARN of the subject, or the name of a chain. */
  readonly subject: string;
  readonly actor: Actor;
  /** The order as it was given. Plain JSON. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Unique per order; a repeated delivery of the same order has the same. */
  readonly orderId: string;
}

/** How the order is called in the ledger, beside the operations of AWS. */
const APIS: Readonly<Record<Ordered['kind'], string>> = {
  verify: 'VerifyKey',
  remediate: 'RemediateKey',
  approve: 'ApproveRemediation',
  reject: 'RejectRemediation',
  undo: 'UndoRemediation',
  waive: 'WaiveFinding',
  unwaive: 'UnwaiveFinding',
  'approve-baseline': 'ApproveBaseline',
};

/** Makes the action of an order: it is recorded in the chain of its subject, with who asked and why. */
export const toOrderAction = (
  { kind, subject, actor, request, orderId }: Ordered,
  { account, region, clock }: Pick<Pipeline, 'account' | 'region' | 'clock'>,
): KeyAction => ({
  eventId: `on-demand-${orderId}`,
  time: clock().toISOString(),
  api: APIS[kind],
  eventSource: 'keywarden',
  kind: 'lifecycle',
  // Section 8 of OP-PROC-001: the security officer oversees the programme.
  step: '8',
  subject,
  keys: subject.includes(':key/') ? [subject] : [],
  account,
  region,
  actor,
  request,
  response: {},
  outcome: 'succeeded',
  origin: 'on-demand',
  digest: digestOf({ ...request, orderId }),
});

/** Whoever says a name without AWS saying it too; the CloudTrail record of the invocation tells who the caller was. */
export const nameRequester = (person: string): Actor => ({ type: 'Requester', person, bySelf: false });
