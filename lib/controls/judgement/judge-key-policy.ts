import type { KeyView } from '../../facts/key-view.ts';
import type { Finding, PolicyJudgement } from '../../iam/judgement.ts';
import { parsePolicy } from '../../iam/parse-policy.ts';
import type { PolicyDocument } from '../../iam/policy-document.ts';
import { PolicyDocumentError } from '../../iam/policy-document-error.ts';
import { listWords } from '../../iam/sentence.ts';
import type { Need, Trust } from '../../iam/trust.ts';
import { trustOf } from '../../policy/trust-of.ts';
import type { Evidence, Judgement } from '../control.ts';
import { judge, judgeKey } from './judge-key.ts';

/**
 * What can change a key policy: PutKeyPolicy, and CreateKey, which takes a policy or gives the default one. ReplicateKey
 * does not change the policy of the primary key, which is the one that is judged here: a replica has a policy of its own,
 * and its CreateKey record in its Region brings it to the Keywarden there. It is listed because it says whether the safety
 * check was bypassed. DeleteKey closes what was found.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-replicate.html
 */
export const KEY_POLICY_EVENTS: readonly string[] = ['CreateKey', 'PutKeyPolicy', 'ReplicateKey', 'DeleteKey'];

/** When the controls of key policies say nothing. */
export const KEY_POLICY_NOT_APPLICABLE =
  'AWS manages the key and wrote its policy, which nobody can change, or the key no longer exists.';

/** What a control of key policies says about one policy. Where the material of the key comes from may be untold. */
export type JudgeDocument = (
  document: PolicyDocument,
  trust: Trust,
  key: KeyView<'manager', 'origin'>,
) => PolicyJudgement;

/**
 * Judges the policy of a key that exists and is the customer's. A policy that could not be read, or is none, is unknown.
 *
 * @param good what is so when nothing is wrong, as the end of a sentence that begins with the key
 */
export function judgeKeyPolicy(evidence: Evidence, judgeDocument: JudgeDocument, good: string): Judgement {
  const judgeCustomerKey = (key: KeyView<'manager', 'origin'>, name: string): Judgement => {
    const { keyPolicy } = evidence.facts;
    if (key.manager === 'AWS') {
      return judge('not-applicable', `${name} is managed by AWS, which wrote its policy`);
    }
    if (!keyPolicy.known)
      return judge('unknown', `The policy of ${lower(name)} is unknown because ${keyPolicy.reason}`);
    try {
      const judgement = judgeDocument(parsePolicy(keyPolicy.value), trustOf(evidence.policy, key.account), key);
      return sumUp(name, judgement, good);
    } catch (error) {
      if (!(error instanceof PolicyDocumentError)) throw error;
      return judge('unknown', `The policy of ${lower(name)} cannot be judged: ${toClause(error.message)}`);
    }
  };
  return judgeKey(evidence, judgeCustomerKey, ['manager'], ['origin']);
}

/**
 * Makes one verdict of a judgement: the severity of the worst finding, and one sentence that describes it and counts the
 * others. A policy may have hundreds of findings; the sentence stays below a thousand characters.
 */
export function sumUp(name: string, judgement: PolicyJudgement, good: string): Judgement {
  const { verdict, findings, unclear, needs, reason } = judgement;
  const wrong = findings.filter(({ severity }) => severity !== 'info').sort(compareSeverity);
  const [worst, ...others] = wrong;
  if (worst !== undefined) {
    const open = unclear.length + needs.length;
    const parts = [describeFinding(worst), countOthers(others), open === 0 ? '' : `${open} more could not be judged`];
    const severity = worst.severity === 'info' ? 'low' : worst.severity;
    return { ...judge('violation', `${name}: ${parts.filter((part) => part !== '').join('; ')}`), severity };
  }
  switch (verdict) {
    case 'compliant':
      return judge('compliant', `${name} ${good}`);
    case 'not-applicable':
      return judge('not-applicable', `${name}: ${toClause(reason ?? 'it does not apply.')}`);
    default:
      return judge('unknown', `${name}: ${describeUnknown(unclear, needs)}`);
  }
}

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'];

const compareSeverity = (a: Finding, b: Finding): number =>
  SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);

/** Names what is too much when the sentence of the rule does not. */
function describeFinding({ reason, excess }: Finding): string {
  const named = excess.length === 0 || excess.some((action) => reason.includes(action));
  return `${toClause(reason)}${named ? '' : ` (${listWords(excess, 3)})`}`;
}

function countOthers(others: readonly Finding[]): string {
  if (others.length === 0) return '';
  const places = [
    ...new Set(others.flatMap(({ statement }) => (statement === undefined ? [] : [statement.index + 1]))),
  ];
  return `${others.length} more finding${others.length === 1 ? '' : 's'}, in statement ${listWords(places.map(String), 5)}`;
}

function describeUnknown(unclear: readonly string[], needs: readonly Need[]): string {
  const [first, ...others] = unclear;
  const count = `${others.length} more part${others.length === 1 ? '' : 's'}`;
  const more = others.length === 0 ? '' : `; ${count} of the policy could not be judged`;
  const missing =
    needs.length === 0
      ? ''
      : `whether its policy gives too much cannot be said while ${listWords(needs.map((need) => SETTINGS[need]))} ` +
        'of the policy file names nobody';
  return [first === undefined ? '' : `${toClause(first)}${more}`, missing].filter((part) => part !== '').join('; ');
}

/** Where the policy file has the list. */
const SETTINGS: Readonly<Record<Need, string>> = {
  trustedAccounts: 'trust.accounts',
  trustedOrganizations: 'trust.organizations',
  administrators: 'trust.administrators',
  custodians: 'keyMaterial.custodians',
  dataKeyPairRoles: 'keyMaterial.dataKeyPairRoles',
};

const LONGEST_CLAUSE = 700;

/** A sentence as a part of another one. */
export function toClause(sentence: string): string {
  const clause = lower(sentence.replace(/\.$/, ''));
  return clause.length > LONGEST_CLAUSE ? `${clause.slice(0, LONGEST_CLAUSE - 3)}...` : clause;
}

const lower = (text: string): string =>
  text.replace(/^(Key|Statement|No|The|All|Version|Id)\b/, (word) => word.toLowerCase());
