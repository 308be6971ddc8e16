import { type IdentityAccess, listIdentityAccess } from './identity-access.ts';
import { judgeReach } from './identity-rules.ts';
import { conclude, NOTHING, type Part, type PolicyJudgement } from './judgement.ts';
import { matchesPattern } from './pattern.ts';
import type { PolicyDocument } from './policy-document.ts';
import { classifyPrincipal } from './principal.ts';
import { isListed } from './principal-match.ts';
import { nameStatement } from './sentence.ts';
import type { Trust } from './trust.ts';

/** What is known of an IAM policy beside its document. */
export interface IamPolicyKind {
  /** A permissions boundary gives nothing; it only limits what other policies give. */
  readonly kind: 'managed' | 'inline' | 'boundary';
  /** ARN of a managed policy. */
  readonly policyArn?: string;
  /** ARNs of the users and roles that have it, when they are known. */
  readonly attachedTo?: readonly string[];
}

/**
 * Whether an IAM policy gives no more of KMS than it should, by what it allows on all keys at once:
 * - I1 Decrypt or ReEncryptFrom; I2 everything; I3 deciding about permissions; I4 destroying; I5 the rest of what reaches
 *   keys of other accounts; I6 tags and aliases, which decide about access where policies look at them.
 *
 * Administrators (by the policy's ARN or by everyone who has it) are spared I3, I4 and I6. Statements on certain keys, by
 * ARN, tag or alias, and actions that know no other resource than `*` are never a finding.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/iam-policies-best-practices.html
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html
 */
export function judgeIamPolicy(policy: PolicyDocument, trust: Trust, what: IamPolicyKind): PolicyJudgement {
  const exempt = findExemption(what);
  if (exempt !== undefined) return notApplicable(exempt);
  const rows = listIdentityAccess(policy, trust);
  const administers = isForAdministrators(what, trust);
  const judgement = conclude(policy, [
    ...policy.statements.map(noteForm),
    ...rows.map((access) => judgeRow(access, administers, trust)),
  ]);
  return rows.length === 0 && judgement.verdict === 'compliant'
    ? notApplicable('The policy allows nothing of KMS.')
    : judgement;
}

const notApplicable = (reason: string): PolicyJudgement => ({
  verdict: 'not-applicable',
  findings: [],
  unclear: [],
  needs: [],
  reason,
});

function findExemption({ kind, policyArn = '' }: IamPolicyKind): string | undefined {
  if (kind === 'boundary') return 'A permissions boundary gives no access; it limits what other policies give.';
  return /^arn:aws(?:-[a-z]+)*:iam::aws:policy\//.test(policyArn)
    ? 'The policy is managed by AWS and cannot be changed; judge who has it instead.'
    : undefined;
}

function isForAdministrators({ policyArn, attachedTo = [] }: IamPolicyKind, { administrators }: Trust): boolean {
  if (policyArn !== undefined && administrators.some((pattern) => matchesPattern(pattern, policyArn))) return true;
  return attachedTo.length > 0 && attachedTo.every((arn) => isListed(classifyPrincipal('AWS', arn), administrators));
}

function noteForm(statement: PolicyDocument['statements'][number]): Part {
  return statement.principal === undefined
    ? NOTHING
    : { unclear: [`${nameStatement(statement)} has a Principal, which an IAM policy of a user or role never has.`] };
}

const judgeRow = (access: IdentityAccess, administers: boolean, trust: Trust): Part => ({
  unclear: access.unclear,
  ...judgeReach(access, administers, trust),
});
