import { type Access, listAccess } from './access.ts';
import { findAccess, nameWhom } from './access-finding.ts';
import { conclude, NOTHING, type Part, type PolicyJudgement } from './judgement.ts';
import { noteMissingPrincipals } from './key-policy-form.ts';
import { isOwnAccount } from './own-account.ts';
import type { PolicyDocument } from './policy-document.ts';
import { confinesToListed, isListed } from './principal-match.ts';
import { listWords } from './sentence.ts';
import type { Need, Trust } from './trust.ts';

/** What is known of the key that decides which of its actions can work at all. */
export interface KeyOfPolicy {
  /** As DescribeKey says it, e.g. `AWS_KMS`; material is imported into `EXTERNAL` keys only. */
  readonly origin?: string;
}

/**
 * Whether a key policy lets somebody carry key material in or private keys out who should not:
 * - M1 import of key material by anybody but custodians;
 * - M2 key pairs whose private key leaves KMS in plaintext, by anybody but the approved roles.
 *
 * KMS itself never releases the material of a key; these are the ways around it that a policy can open.
 *
 * @param key what is known of the key; without it every action is taken to work
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html
 */
export function judgeKeyMaterialPolicy(policy: PolicyDocument, trust: Trust, key: KeyOfPolicy = {}): PolicyJudgement {
  const rows = listAccess(policy, trust).filter((access) => !isOwnAccount(access, trust));
  const rules = key.origin === undefined || key.origin === 'EXTERNAL' ? [IMPORT, PAIRS] : [PAIRS];
  return conclude(policy, [
    noteMissingPrincipals(policy),
    ...rows.flatMap((access) => rules.map((rule) => judgeRule(access, rule, trust))),
  ]);
}

interface MaterialRule {
  readonly rule: string;
  readonly severity: 'high' | 'medium';
  readonly actions: readonly string[];
  readonly need: Need & ('custodians' | 'dataKeyPairRoles');
  /** KMS takes the call from other accounts too. */
  readonly crossAccount: boolean;
  readonly who: string;
}

const IMPORT: MaterialRule = {
  rule: 'M1',
  severity: 'high',
  actions: ['kms:ImportKeyMaterial', 'kms:GetParametersForImport'],
  need: 'custodians',
  crossAccount: false,
  who: 'one of the custodians of key material',
};

const PAIRS: MaterialRule = {
  rule: 'M2',
  severity: 'medium',
  actions: ['kms:GenerateDataKeyPair'],
  need: 'dataKeyPairRoles',
  crossAccount: true,
  who: 'approved to receive private keys in plaintext',
};

function judgeRule(access: Access, rule: MaterialRule, trust: Trust): Part {
  const { principal, statement, byExclusion } = access;
  const excess = rule.actions.filter((action) => access.actions.has(action));
  const isForeign = principal.account !== undefined && principal.account !== trust.keyAccount;
  const isGone = principal.kind === 'deleted' || principal.kind === 'malformed';
  if (excess.length === 0 || isGone || (isForeign && !rule.crossAccount)) return NOTHING;
  const allowed = trust[rule.need] ?? [];
  if (!byExclusion && (isListed(principal, allowed) || confinesToListed(statement.conditions, allowed))) return NOTHING;
  if (allowed.length === 0 && !isPublic(access)) return { needs: [rule.need] };
  const says = `gives ${nameWhom(access)} ${listWords(excess)}, and it is not ${rule.who}`;
  return { findings: [findAccess(access, { rule: rule.rule, severity: rule.severity, excess, says })] };
}

const isPublic = ({ principal, confinement }: Access): boolean =>
  principal.kind === 'everyone' && confinement.verdict === 'open' && !confinement.bounded;
