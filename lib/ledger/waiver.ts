import type { Orderer, RecordedOrder } from './entry.ts';
import { findingId, isInForce, type Source } from './finding.ts';

/**
 * A time-boxed exception that a person granted by order, for one control on one subject, or for one item of it. A projection,
 * as findings are: the chain of the subject is the truth. Exceptions by tag are in the policy file.
 */
export interface GrantedWaiver {
  readonly subject: string;
  readonly control: string;
  readonly item?: string;
  readonly status: 'granted' | 'withdrawn';
  /** Its last day, e.g. `2026-12-31`, in UTC. */
  readonly until: string;
  /** Who answers for it, and why. */
  readonly by: Orderer;
  readonly reason: string;
  readonly ticket?: string;
  /** ISO 8601 UTC. */
  readonly grantedAt: string;
  readonly changedAt: string;
  /** The order that changed it last, and the entry of the chain that says so. */
  readonly eventId: string;
  readonly seq: number;
}

/** A waiver as it is to be stored, with the one it replaces. */
export interface WaiverChange {
  readonly waiver: GrantedWaiver;
  readonly replaces: GrantedWaiver | undefined;
}

/** Takes the id of a finding apart. */
export function splitFindingId(id: string): { readonly control: string; readonly item?: string } {
  const at = id.indexOf('#');
  return at === -1 ? { control: id } : { control: id.slice(0, at), item: id.slice(at + 1) };
}

/**
 * What an order makes of the waivers of its subject.
 *
 * @param previous by id of the finding (or of the control, where the whole subject is meant)
 */
export function changeWaivers(
  order: RecordedOrder | undefined,
  previous: ReadonlyMap<string, GrantedWaiver>,
  source: Source,
): readonly WaiverChange[] {
  if (order?.finding === undefined) return [];
  const replaces = previous.get(order.finding);
  const { subject, eventId, seq, at } = source;
  const changed = { changedAt: at, eventId, seq };
  if (order.kind === 'unwaive' && replaces !== undefined) {
    return [{ waiver: { ...replaces, status: 'withdrawn', ...changed }, replaces }];
  }
  if (order.kind !== 'waive' || order.until === undefined) return [];
  const { by, reason, ticket, until } = order;
  const waiver: GrantedWaiver = {
    subject,
    ...splitFindingId(order.finding),
    status: 'granted',
    until,
    by,
    reason,
    ...(ticket === undefined ? {} : { ticket }),
    grantedAt: at,
    ...changed,
  };
  return [{ waiver, replaces }];
}

/**
 * Finds the waiver in force for a finding: its own, or that of the control on the whole subject.
 *
 * @param now ISO 8601 UTC
 */
export function findGranted(
  waivers: ReadonlyMap<string, GrantedWaiver>,
  finding: { readonly control: string; readonly item?: string },
  now: string,
): GrantedWaiver | undefined {
  return [waivers.get(findingId(finding)), waivers.get(finding.control)].find(
    (waiver) => waiver?.status === 'granted' && isInForce(waiver, now),
  );
}
