import { safeText } from '../lib/alert/safe-text.ts';
import { isInForce } from '../lib/ledger/finding.ts';
import { writeFindingRef } from '../lib/ledger/finding-ref.ts';
import type { GrantedWaiver } from '../lib/ledger/waiver.ts';
import type { Waiver } from '../lib/policy/policy.ts';

/** Tells of a waiver that was granted by order. */
export function describeWaiver(waiver: GrantedWaiver, now: Date): string {
  const { until, by, reason, ticket, grantedAt } = waiver;
  const who = `${safeText(by.name)}${by.verified ? '' : ' (not verified by AWS)'}`;
  return `${safeText(writeFindingRef(waiver), 4096)}: ${stateOf(waiver, now)} ${safeText(until)}, by ${who} ${safeText(grantedAt)}${ticket === undefined ? '' : `, ${safeText(ticket)}`}: ${safeText(reason, 1000)}`;
}

function stateOf(waiver: GrantedWaiver, now: Date): string {
  if (waiver.status === 'withdrawn') return `withdrawn ${safeText(waiver.changedAt)}, was until`;
  return isInForce(waiver, now.toISOString()) ? 'waived until' : 'ENDED, was until';
}

/** Tells of a waiver of the policy file. */
export function describePolicyWaiver({ control, subject, tag, expires, owner, ticket }: Waiver, now: Date): string {
  const what = subject ?? `keys tagged ${tag?.key}=${tag?.value}`;
  const state = isInForce({ until: expires }, now.toISOString()) ? 'waived until' : 'ENDED, was until';
  return `${safeText(control)}@${safeText(what, 2048)}: ${state} ${safeText(expires)}, by ${safeText(owner)}, ${safeText(ticket)}, in the policy file`;
}
