import type { Actor } from '../event/key-action.ts';
import { isNamed, isSameActor, mayBeSameActor, nameActor } from './actor.ts';
import { type DeletedKey, findDeletionOrder, pastOf } from './deletion-order.ts';
import type { Evidence } from './evidence.ts';
import type { DeletionOrder, KeyHistory } from './key-facts.ts';
import { showText } from './plain-text.ts';

/**
 * Whether the deletion that a key waits for is authorised. `reason` is one clause:
 * - `authorised`: ordered by an administrator, and approved before by an approver who is somebody else;
 * - `unauthorised`: it is not, and the record shows it;
 * - `unknown`: the record, the facts or the policy file do not tell.
 */
export interface DeletionJudgement {
  readonly kind: 'authorised' | 'unauthorised' | 'unknown';
  readonly reason: string;
}

/**
 * Judges the deletion that a key waits for. It is authorised when
 * 1. somebody whom `trust.administrators` names ordered it, and not the root user;
 * 2. the key has the tag `deletion.approvalTag` with the value `<approver> <ticket>`;
 * 3. the record shows that somebody whom `deletion.approvers` names wrote it, that this is the approver whom the value names,
 *    that it was before the order, and that it is not who gave the order, nor may be: two names in one role prove nothing;
 * 4. nobody else than who gave the order has cancelled a deletion since: that used the approval up.
 *
 * While one of the two lists is empty nobody can be authorised and nobody is wrong: unknown. Tags cannot be changed while a
 * key is pending deletion, so that the tag that is there now was there when the order was given.
 *
 * @param key that is pending deletion
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export function judgeDeletion(evidence: Evidence, key: DeletedKey): DeletionJudgement {
  const { facts, policy } = evidence;
  const past = pastOf(evidence);
  if (!past.known) return unknown(`who ordered and who approved it cannot be told because ${past.reason}`);
  if (!facts.tags.known) return unknown(`whether it was approved cannot be told because ${facts.tags.reason}`);
  const order = findDeletionOrder(evidence, key);
  if (!order.known) return unknown(order.reason);
  const { actor } = order.value;
  const by = `it was ordered by ${nameActor(actor)}`;
  if (actor.bySelf) return unknown(`${by}, and the record does not show whose order Keywarden scheduled anew`);
  const unnamed = [
    policy.trust.administrators.length === 0 ? 'trust.administrators' : undefined,
    policy.deletion.approvers.length === 0 ? 'deletion.approvers' : undefined,
  ].filter((name) => name !== undefined);
  if (unnamed.length > 0) return unknown(`${by}, and the policy file names nobody in ${unnamed.join(' and ')}`);
  if (actor.type !== 'Root' && !isIdentified(actor)) return unknown(`${by}, and the record does not say who that is`);
  if (actor.type === 'Root') return unauthorised('it was ordered by the root user, who is never an administrator');
  if (!isNamed(actor, policy.trust.administrators)) {
    return unauthorised(`${by}, whom trust.administrators of the policy file does not name`);
  }
  const { approvalTag } = policy.deletion;
  const value = Object.hasOwn(facts.tags.value, approvalTag) ? facts.tags.value[approvalTag] : undefined;
  if (value !== undefined) return judgeApproval(value, order.value, past.value, evidence);
  // KMS lists a new tag after minutes: https://docs.aws.amazon.com/kms/latest/developerguide/programming-eventual-consistency.html
  return Object.hasOwn(past.value.tags, approvalTag)
    ? unknown(
        `${by}, and the record shows a tag ${showText(approvalTag)} that KMS does not list; verify the key again in some minutes`,
      )
    : unauthorised(`${by} and nobody approved it: the key has no tag ${showText(approvalTag)}`);
}

const unknown = (reason: string): DeletionJudgement => ({ kind: 'unknown', reason });
const unauthorised = (reason: string): DeletionJudgement => ({ kind: 'unauthorised', reason });

/** @param value of the approval tag as KMS has it now */
function judgeApproval(value: string, order: DeletionOrder, past: KeyHistory, evidence: Evidence): DeletionJudgement {
  const { approvalTag, approvers } = evidence.policy.deletion;
  const tag = `the tag ${showText(approvalTag)} says "${showText(value)}"`;
  const [approver, ...ticket] = value.trim().split(/\s+/);
  if (approver === undefined || ticket.length === 0) {
    return unauthorised(`${tag}, which is not "<approver> <ticket>"`);
  }
  const written = Object.hasOwn(past.tags, approvalTag) ? past.tags[approvalTag] : undefined;
  if (written?.value !== value) {
    return unknown(
      `${tag}, and no record shows who wrote that; look up the TagResource of the key in the event history of CloudTrail`,
    );
  }
  const { actor, time } = written;
  const who = `${tag} and was written by ${nameActor(actor)}`;
  if (actor.type !== 'Root' && !isIdentified(actor)) return unknown(`${who}, and the record does not say who that is`);
  if (actor.type === 'Root' || !isNamed(actor, approvers)) {
    return unauthorised(`${who}, whom deletion.approvers of the policy file does not name`);
  }
  if (!isCalled(actor, approver)) return unauthorised(`${who}, who is not the approver that it names`);
  // Within one second the tag came first: KMS lets nobody tag a key that is pending deletion.
  if (Date.parse(time) > Date.parse(order.time)) return unauthorised(`${who} after the order, on ${showText(time)}`);
  if (isSameActor(actor, order.actor)) return unauthorised(`${who}, who ordered the deletion too`);
  if (mayBeSameActor(actor, order.actor)) {
    return unknown(
      `${who} in the same role as who ordered the deletion, ${nameActor(order.actor)}; whoever opens a session of it chooses its name, so that these may be one person`,
    );
  }
  const { cancelled } = past;
  if (cancelled !== undefined && isUsedUp(time, order, cancelled)) {
    return unauthorised(
      `${who} for an earlier deletion, which ${nameActor(cancelled.actor)} cancelled on ${showText(cancelled.time)}`,
    );
  }
  return { kind: 'authorised', reason: `it was ordered by ${nameActor(order.actor)} and ${who} before` };
}

/** An AWS service that acts by itself has no ARN that a list could name, and a damaged record neither. */
const isIdentified = ({ arn, sessionIssuer }: Actor): boolean => arn !== undefined || sessionIssuer !== undefined;

/** By the person, the session or user, or the last part of its ARN. Case does not count: e-mail addresses are typed by hand. */
function isCalled({ person, arn }: Actor, name: string): boolean {
  const names = [person, arn, arn?.slice(arn.lastIndexOf('/') + 1)];
  return names.some((one) => one?.toLowerCase() === name.toLowerCase());
}

/** Who gave the order may cancel it, to give it anew with another period. */
const isUsedUp = (approvedAt: string, order: DeletionOrder, cancelled: NonNullable<KeyHistory['cancelled']>): boolean =>
  Date.parse(cancelled.time) > Date.parse(approvedAt) &&
  Date.parse(cancelled.time) <= Date.parse(order.time) &&
  !isSameActor(cancelled.actor, order.actor);
