import type { Evidence } from '../../facts/evidence.ts';
import type { KeyDescription } from '../../facts/key-facts.ts';
import { expandAction } from '../../iam/action-set.ts';
import type { Offence } from '../../iam/edit-policy.ts';
import { judgeKeyPolicyLeastPrivilege } from '../../iam/judge-key-policy-least-privilege.ts';
import { judgeKeyPolicyPublic } from '../../iam/judge-key-policy-public.ts';
import type { Finding } from '../../iam/judgement.ts';
import { leaveOutPublic } from '../../iam/leave-out-public.ts';
import { parsePolicy } from '../../iam/parse-policy.ts';
import type { PolicyDocument } from '../../iam/policy-document.ts';
import { PolicyDocumentError } from '../../iam/policy-document-error.ts';
import { classifyPrincipal } from '../../iam/principal.ts';
import { quote } from '../../iam/quote.ts';
import { nameStatement } from '../../iam/sentence.ts';
import type { Trust } from '../../iam/trust.ts';
import { trustOf } from '../../policy/trust-of.ts';
import { mayTakeOut, type NarrowingControl } from './may-take-out.ts';

/** What is too much in a key policy, and what of it may be taken out without asking anybody what it is for. */
export interface Excess {
  readonly trust: Trust;
  /** What the control that asks wants out, the gravest first. */
  readonly removable: readonly Removable[];
  /**
   * What gives nobody anything, and for which KMS would refuse to take the policy back: names of deleted identities, and
   * statements that it ignores.
   */
  readonly dead: readonly Offence[];
  /** Why the rest is not taken out. */
  readonly kept: readonly Kept[];
}

/** An offence, and the control that finds it. */
export interface Removable {
  readonly control: NarrowingControl;
  readonly offence: Offence;
}

/** What stays although a control finds it, and one sentence why. */
export interface Kept {
  readonly control: NarrowingControl;
  readonly why: string;
}

/**
 * Lists what is too much in a key policy.
 *
 * Two controls ask for this remedy. Each has its own part: what opens the key to everybody is of key-policy-not-public, all
 * else of key-policy-least-privilege. A plan for one takes out the part of the other too when the other may do so by itself
 * ({@link mayTakeOut}), so that two plans for one event are the same plan, and one put by hand later does not put back
 * what was taken out meanwhile.
 *
 * @param text the policy, as GetKeyPolicy gives it
 * @returns a clause when it is no policy
 */
export function listExcess(
  text: string,
  evidence: Evidence,
  { account }: KeyDescription,
): Excess | { problem: string } {
  const trust = trustOf(evidence.policy, account);
  try {
    return sortFindings(parsePolicy(text), trust, evidence);
  } catch (error) {
    if (error instanceof PolicyDocumentError) return { problem: error.message.replace(/\.$/, '') };
    throw error;
  }
}

function sortFindings(document: PolicyDocument, trust: Trust, evidence: Evidence): Excess {
  const open = judgeKeyPolicyPublic(document, trust);
  const least = leaveOutPublic(judgeKeyPolicyLeastPrivilege(document, trust), open);
  const others = least.findings.filter(({ severity }) => severity !== 'info').sort(compareGravity);
  const wanted = [
    ...open.findings.map((finding) => ({ control: 'key-policy-not-public' as const, finding })),
    ...others.map((finding) => ({ control: 'key-policy-least-privilege' as const, finding })),
  ].filter(({ control }) => mayTakeOut(control, evidence));
  const sorted = wanted.map((one) => ({ ...one, why: whyKept(one.finding, document, trust) }));
  return {
    trust,
    removable: sorted.flatMap(({ control, finding, why }) =>
      why === undefined ? toOffence(finding).map((offence) => ({ control, offence })) : [],
    ),
    dead: others.filter(isDead).flatMap(toOffence),
    kept: sorted.flatMap(({ control, why }) => (why === undefined ? [] : [{ control, why }])),
  };
}

const GRAVITY = ['critical', 'high', 'medium', 'low'];
const compareGravity = (a: Finding, b: Finding): number => GRAVITY.indexOf(a.severity) - GRAVITY.indexOf(b.severity);

const isDead = ({ rule, severity }: Finding): boolean => rule === 'K7' || (rule === 'K6' && severity === 'low');

/**
 * A finding without a statement is about what the policy lacks. An offence that names principals is about them: that it
 * leaves nothing of the statement is for the editor to see, when all of them offend.
 */
function toOffence({ statement, offending: { principals, actions, whole } }: Finding): readonly Offence[] {
  if (statement === undefined) return [];
  return [
    {
      statement: statement.index,
      ...(principals === undefined ? {} : { principals }),
      ...(actions === undefined ? {} : { actions }),
      ...(whole ? { whole } : {}),
    },
  ];
}

/** Why a person must decide; undefined when nothing is lost that may stay. */
function whyKept(finding: Finding, document: PolicyDocument, trust: Trust): string | undefined {
  const { rule, severity, statement, principal } = finding;
  if (statement === undefined) return finding.reason;
  if (rule === 'K1' || isDead(finding)) return undefined;
  const of = nameStatement({ index: statement.index, sid: statement.sid });
  if (rule === 'K5') return `${of} is there for a service; bind it with aws:SourceAccount or aws:SourceArn instead.`;
  if (rule === 'K6' && severity === 'high') return `${of} allows by exclusion; name whom and what it is for instead.`;
  if (knowsNoAccounts(trust) && !isOwn(principal, trust)) {
    return `${of} gives access to ${quote(principal ?? 'others')}, and while trust.accounts of the policy file names nobody, access of other accounts is never taken away.`;
  }
  return takesTooMuch(finding, document)
    ? `${of} gives ${quote(principal ?? 'its principals')} with one entry what it may have and what it may not; write the single actions instead.`
    : undefined;
}

const knowsNoAccounts = ({ trustedAccounts, trustedPrincipals = [] }: Trust): boolean =>
  trustedAccounts.length === 0 && trustedPrincipals.length === 0;

const isOwn = (principal: string | undefined, { keyAccount }: Trust): boolean =>
  principal !== undefined && classifyPrincipal('AWS', principal).account === keyAccount;

/** Whether an entry of Action that would go stands for something that is not too much. */
function takesTooMuch({ statement, actions, excess, offending }: Finding, { statements }: PolicyDocument): boolean {
  const action = statements[statement?.index ?? -1]?.action;
  const allowed = new Set(actions);
  const bad = new Set(excess);
  const goes = action?.negated === false ? (offending.actions ?? action.list).flatMap(expandAction) : actions;
  return goes.some((name) => allowed.has(name) && !bad.has(name));
}
