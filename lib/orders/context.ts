import type { KMSClient } from '@aws-sdk/client-kms';
import type { Delivery, Pipeline } from '../context.ts';
import type { Actor, KeyAction } from '../event/key-action.ts';
import type { Orderer } from '../ledger/entry.ts';
import { findingId } from '../ledger/finding.ts';
import { toOrderAction } from '../order-action.ts';
import type { Caller, OrderInput } from './order.ts';

/** What carrying out an order needs. */
export interface Carrying {
  readonly pipeline: Pipeline;
  readonly delivery: Delivery;
}

/** What an order needs besides its input. */
export interface OrderContext extends Carrying {
  readonly kms: Pick<KMSClient, 'send'>;
  /** Unique per request; a repeated delivery of the same request has the same. The order's own id comes before it. */
  readonly orderId: string;
  /** Whom AWS names as the caller; absent for a direct invocation, of which AWS tells the function nothing. */
  readonly caller?: Caller;
}

/** Who orders, as the ledger has it. */
export interface Who {
  readonly by: Orderer;
  readonly actor: Actor;
}

/** What an order is about. */
export interface Target {
  /** ARN. */
  readonly subject: string;
  readonly control?: string;
  readonly item?: string;
}

/** An order whose every word is understood, and whose subject is found. */
export interface Understood {
  readonly order: OrderInput;
  readonly who: Who;
  readonly target: Target;
  readonly orderId: string;
}

/** An order about one finding. */
export interface OfFinding extends Understood {
  readonly target: Target & { readonly control: string };
  /** Id of the finding among those of the subject. */
  readonly id: string;
}

export const isOfFinding = (understood: Understood): understood is Understood & Pick<OfFinding, 'target'> =>
  understood.target.control !== undefined;

export const idOf = ({ control, item }: Target & { readonly control: string }): string =>
  findingId({ control, ...(item === undefined ? {} : { item }) });

/** The action that the ledger records of an order. */
export const actionOf = ({ order, who, target, orderId }: Understood, { pipeline }: Carrying): KeyAction =>
  toOrderAction(
    { kind: order.action, subject: target.subject, actor: who.actor, request: requestOf(order), orderId },
    pipeline,
  );

/** As it was given, without what stands elsewhere in the entry. */
function requestOf({ requestedBy: _by, orderId: _id, ...order }: OrderInput): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(order).filter(([, value]) => value !== undefined));
}
