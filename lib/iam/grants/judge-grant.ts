import { type Grant, granteeOf } from './grant.ts';
import type { GrantContext, GrantFinding, GrantJudgement, GrantRemark, GrantSeverity } from './grant-judgement.ts';
import { revokeRequest } from './grant-requests.ts';
import {
  judgeAge,
  judgeConstraint,
  judgeDelegation,
  judgeDuplicate,
  judgeOperationsKnown,
  judgeProfile,
} from './grant-rules.ts';
import { judgeExistence, judgeGrantee } from './grantee-rules.ts';
import { readGrantee } from './grantee-shape.ts';
import { type Recognition, recogniseServiceGrant } from './recognise-service-grant.ts';

/**
 * Judges one grant by the rules for grants (see GrantRule).
 *
 * - A person's grant must keep all of them.
 * - A service's grant follows its resource and is only judged by whom it reaches (G1). It is never revoked.
 * - For a grant that cannot be told from a service's all rules are tried. If it keeps them, it does not matter who made it,
 *   unless somebody else than a service wrote a service's name; otherwise the verdict is `unknown`, except that reaching an
 *   untrusted account is a violation whoever made it. It is never revoked either.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
 */
export function judgeGrant(grant: Grant, context: GrantContext): GrantJudgement {
  const recognition = recogniseServiceGrant(grant, context.evidence);
  if (context.key.manager === 'AWS') return excludeManagedKey(grant, recognition);
  const remarks = RULES[recognition.kind].map((judge) => judge(grant, context));
  const findings = remarks.flatMap((remark) => remark.findings ?? []).sort(compareFindings);
  const unclear = [...explainDoubt(grant, recognition, findings), ...remarks.flatMap((remark) => remark.unclear ?? [])];
  const needs = [...new Set(remarks.flatMap((remark) => remark.needs ?? []))];
  const verdict = conclude(recognition, findings, unclear);
  const severity = findings[0]?.severity;
  return {
    verdict,
    ...(severity !== undefined && { severity }),
    findings,
    unclear,
    needs,
    recognition,
    reason: (verdict === 'violation' ? findings[0]?.reason : unclear[0]) ?? describeGood(grant, recognition),
    ...decideRevoke(grant, recognition, verdict, remarks),
  };
}

type Rule = (grant: Grant, context: GrantContext) => GrantRemark;

const ALL_RULES: readonly Rule[] = [
  judgeGrantee,
  judgeDelegation,
  judgeProfile,
  judgeConstraint,
  judgeAge,
  judgeExistence,
  judgeDuplicate,
  judgeOperationsKnown,
];

const RULES: Readonly<Record<Recognition['kind'], readonly Rule[]>> = {
  person: ALL_RULES,
  undecidable: ALL_RULES,
  service: [judgeGrantee],
};

function conclude(
  { kind }: Recognition,
  findings: readonly GrantFinding[],
  unclear: readonly string[],
): GrantJudgement['verdict'] {
  if (findings.some(({ rule }) => kind === 'person' || rule === 'G1')) return 'violation';
  return unclear.length > 0 ? 'unknown' : 'compliant';
}

/** The doubt who made a grant matters when it breaks a rule, or when a service's name was written by who is no service. */
function explainDoubt(grant: Grant, { kind }: Recognition, findings: readonly GrantFinding[]): string[] {
  const { shape } = readGrantee(grant);
  const plain = shape === 'principal' || shape === 'session';
  if (kind !== 'undecidable' || (plain && findings.length === 0)) return [];
  const rules = [...new Set(findings.map(({ rule }) => rule))].join(', ');
  const would = rules === '' ? '' : `, although a person's would break ${rules}`;
  const grantee = granteeOf(grant) ?? 'its grantee';
  return [
    `Whether an AWS service or a person made grant ${grant.grantId} for ${grantee} cannot be told, so that it is kept${would}.`,
  ];
}

function decideRevoke(
  grant: Grant,
  { kind }: Recognition,
  verdict: GrantJudgement['verdict'],
  remarks: readonly GrantRemark[],
): Pick<GrantJudgement, 'revoke' | 'keep'> {
  if (verdict === 'compliant') return {};
  if (kind !== 'person') return { keep: KEEP[kind] };
  const keep = remarks.find((remark) => remark.keep !== undefined)?.keep;
  if (keep !== undefined) return { keep };
  return verdict === 'violation' ? { revoke: revokeRequest(grant) } : { keep: 'What is wrong with it is not certain.' };
}

const KEEP = {
  service: 'An AWS service has this grant for itself; without it the service could lose its data for good.',
  undecidable: 'It may be the grant of an AWS service, which could lose its data for good without it.',
} as const;

/**
 * Only AWS makes and ends the grants of a key that AWS manages.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
 */
function excludeManagedKey(grant: Grant, recognition: Recognition): GrantJudgement {
  const reason = `Grant ${grant.grantId} is on a key that AWS manages, whose grants AWS makes and ends by itself.`;
  return { verdict: 'not-applicable', findings: [], unclear: [], needs: [], recognition, reason };
}

function describeGood(grant: Grant, { kind, service }: Recognition): string {
  const { grantId } = grant;
  if (kind === 'service') return `Grant ${grantId} belongs to the AWS service ${service ?? 'that made it'}.`;
  return `Grant ${grantId} lets ${granteeOf(grant)} do ${grant.operations.join(', ')}, as the policy allows.`;
}

const STEPS: readonly GrantSeverity[] = ['critical', 'high', 'medium', 'low'];

const compareFindings = (a: GrantFinding, b: GrantFinding): number =>
  STEPS.indexOf(a.severity) - STEPS.indexOf(b.severity) || a.rule.localeCompare(b.rule);
