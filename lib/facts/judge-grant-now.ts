import type { KeyAction } from '../event/key-action.ts';
import { type Grant, type GrantJudgement, type GrantLimits, judgeGrant, UnreadableGrantError } from '../iam/grant.ts';
import type { Policy } from '../policy/policy.ts';
import { trustOf } from '../policy/trust-of.ts';
import type { Evidence } from './evidence.ts';
import { evidenceOf, grantOfAction } from './grant-of-action.ts';
import type { KeyView } from './key-view.ts';

/**
 * The grant that evidence is about, and what its judgement is:
 * - `judged`: it is there;
 * - `gone`: it is there no more, or the action has just ended it;
 * - `unread`: nobody could tell.
 *
 * `reason` is one clause.
 */
export type GrantNow =
  | { readonly kind: 'judged'; readonly grant: Grant; readonly listed: boolean; readonly judgement: GrantJudgement }
  | { readonly kind: 'gone' | 'unread'; readonly reason: string };

/** What a grant is judged by, besides itself. */
type GrantedKey = KeyView<never, 'manager' | 'spec'>;

/**
 * How long KMS may take until ListGrants shows a grant that was made, or no longer shows one that was ended, in
 * milliseconds: "usually less than five minutes".
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-eventual-consistency
 */
const SETTLING = 5 * 60_000;

/**
 * Judges the grant that evidence is about, as KMS lists it. One that an action of the last five minutes has made, and that
 * KMS does not list yet, is judged by the action; one that such an action has ended counts as gone although KMS still
 * lists it. Who made the grant is known only when the action is the call that made it.
 *
 * The control judges and the remedy plans by this one function, so that nothing is revoked that was not judged.
 *
 * @param key the key of the grant, as far as it is known
 */
export function judgeGrantNow(evidence: Evidence, key: GrantedKey): GrantNow {
  const { action, facts, now } = evidence;
  if (!facts.grant.known) return { kind: 'unread', reason: facts.grant.reason };
  const isFresh = action !== undefined && now.getTime() - Date.parse(action.time) < SETTLING;
  if (facts.grant.value === 'missing') {
    if (isFresh && action.api === 'CreateGrant') return judgeByAction(evidence, key, action);
    return { kind: 'gone', reason: 'KMS does not list it any more' };
  }
  if (isFresh && ENDS.has(action.api)) {
    return { kind: 'gone', reason: `${action.api} has ended it, although KMS may list it for some minutes` };
  }
  const grant = facts.grant.value;
  return { kind: 'judged', grant, listed: true, judgement: judgeWith(evidence, key, grant) };
}

const ENDS: ReadonlySet<string> = new Set(['RevokeGrant', 'RetireGrant']);

function judgeByAction(evidence: Evidence, key: GrantedKey, action: KeyAction): GrantNow {
  try {
    const { grant } = grantOfAction(action);
    return { kind: 'judged', grant, listed: false, judgement: judgeWith(evidence, key, grant) };
  } catch (error) {
    if (!(error instanceof UnreadableGrantError)) throw error;
    return { kind: 'unread', reason: `KMS does not list it yet, and its record does not tell (${error.message})` };
  }
}

/** Not looked at: whether the grantee still exists (a unique id in its place says that it does not), and other grants. */
function judgeWith({ action, policy, now }: Evidence, key: GrantedKey, grant: Grant): GrantJudgement {
  return judgeGrant(grant, {
    trust: trustOf(policy, key.account),
    key,
    limits: limitsOf(policy),
    now,
    ...(action?.api === 'CreateGrant' ? { evidence: evidenceOf(action.actor) } : {}),
  });
}

const limitsOf = ({ grants }: Policy): GrantLimits => ({
  ttlDays: grants.maximumAgeDays,
  requireConstraint: grants.requireConstraint,
  profiles: grants.profiles,
});
