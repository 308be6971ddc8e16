import { findIamItem } from '../../event/iam-subject.ts';
import type { KeyAction } from '../../event/key-action.ts';
import type { IamPolicy } from '../../facts/key-facts.ts';
import { showText } from '../../facts/plain-text.ts';
import { decodeDocument } from '../../iam/decode-document.ts';
import { type IamPolicyKind, judgeIamPolicy } from '../../iam/judge-iam-policy.ts';
import type { Finding, PolicyJudgement } from '../../iam/judgement.ts';
import { parsePolicy } from '../../iam/parse-policy.ts';
import { PolicyDocumentError } from '../../iam/policy-document-error.ts';
import { proposeIamPolicy } from '../../iam/propose-iam-policy.ts';
import type { Trust } from '../../iam/trust.ts';
import type { Policy } from '../../policy/policy.ts';
import { trustOf } from '../../policy/trust-of.ts';
import type { Evidence, Judgement, Severity } from '../control.ts';
import { judge } from './judge-key.ts';

/**
 * Judges the IAM policy that an action is about, as it is in force now. What IAM does not show yet, minutes after the
 * action, is judged by the record of the action.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export function judgeIamPolicyNow({ action, facts, policy, now, ownRoles }: Evidence): Judgement {
  if (action === undefined) return judge('unknown', 'The policy is judged only when an action names it');
  const name = namePolicy(action);
  const { iamPolicy } = facts;
  if (!iamPolicy.known) return judge('unknown', `${name} cannot be judged because ${iamPolicy.reason}`);
  const found = iamPolicy.value === 'missing' ? readRecord(action, now) : withNewHolder(iamPolicy.value, action, now);
  if (found === 'gone') return judge('not-applicable', `${name} does not exist any more`);
  if (found === 'not-shown') {
    const todo = 'look at it in the IAM console, or wait for the next action on it';
    return judge('unknown', `${name} was written within 5 minutes and IAM does not show it yet; ${todo}`);
  }
  const isOfAws = findIamItem(action)?.startsWith('arn:') === true;
  if (isOfAws && found.attachedTo.length === 0) return judge('not-applicable', `${name} is not attached any more`);
  return judgeDocument(found, name, action, trustIn(found, policy, action, ownRoles));
}

/** `Policy Reports`, `Policy keys of role App`, `Policy PowerUserAccess of AWS on role App`. */
function namePolicy(action: KeyAction): string {
  const [type = '', ...path] = action.subject.split(':').slice(5).join(':').split('/');
  const item = findIamItem(action);
  const subject = showText(path.at(-1) ?? type);
  if (item === undefined) return `Policy ${subject}`;
  return item.startsWith('arn:')
    ? `Policy ${showText(item.slice(item.lastIndexOf('/') + 1))} of AWS on ${type} ${subject}`
    : `Policy ${showText(item)} of ${type} ${subject}`;
}

/** IAM is eventually consistent; after this many milliseconds what it does not show is taken for gone. */
const CATCH_UP = 5 * 60_000;

const isFresh = ({ time }: KeyAction, now: Date): boolean => now.getTime() - Date.parse(time) < CATCH_UP;

/** What the record says of a policy that IAM says is not there. */
function readRecord(action: KeyAction, now: Date): IamPolicy | 'gone' | 'not-shown' {
  const { api, request, subject } = action;
  if (/^(Delete|Detach)/.test(api) || !isFresh(action, now)) return 'gone';
  const { policyDocument: document, setAsDefault } = request;
  const isInForce = /^Put|^CreatePolicy$/.test(api) || (api === 'CreatePolicyVersion' && setAsDefault === true);
  if (!isInForce || typeof document !== 'string') return 'not-shown';
  const isInline = api.startsWith('Put');
  return {
    kind: isInline ? 'inline' : 'managed',
    attachedTo: isInline ? [subject] : [],
    document: decodeDocument(document),
  };
}

const HOLDERS = [
  ['AttachRolePolicy', 'roleName', 'role'],
  ['AttachUserPolicy', 'userName', 'user'],
  ['AttachGroupPolicy', 'groupName', 'group'],
] as const;

/** Adds whom the record says the policy was attached to, when IAM may not show that yet. */
function withNewHolder(found: IamPolicy, action: KeyAction, now: Date): IamPolicy {
  const [, field = '', type] = HOLDERS.find(([api]) => api === action.api) ?? [];
  const name = action.request[field];
  if (typeof name !== 'string' || !isFresh(action, now)) return found;
  const [arn, partition] = action.subject.split(':');
  const holder = `${arn}:${partition}:iam::${action.account}:${type}/${name}`;
  const kind = found.kind === 'boundary' ? 'managed' : found.kind;
  return found.attachedTo.includes(holder) ? found : { ...found, kind, attachedTo: [...found.attachedTo, holder] };
}

/** Keywarden's own roles manage keys, as administrators do; what only they have is judged so. */
function trustIn(
  { attachedTo }: IamPolicy,
  policy: Policy,
  { account }: KeyAction,
  ownRoles: readonly string[],
): Trust {
  const trust = trustOf(policy, account);
  const isOurs = attachedTo.length > 0 && attachedTo.every((arn) => ownRoles.includes(arn));
  return isOurs ? { ...trust, administrators: [...trust.administrators, ...ownRoles] } : trust;
}

function judgeDocument(found: IamPolicy, name: string, action: KeyAction, trust: Trust): Judgement {
  let judgement: PolicyJudgement;
  try {
    judgement = judgeIamPolicy(parsePolicy(found.document), trust, kindOf(found, action));
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error;
    return judge('unknown', `${name} cannot be judged: ${trimPeriod(error.message)}`);
  }
  return conclude(judgement, name, found.document, action);
}

/** A policy of AWS is judged as what its holder has, not as what it is, which nobody here can change. */
function kindOf({ kind, attachedTo }: IamPolicy, { subject }: KeyAction): IamPolicyKind {
  const base = { kind, attachedTo: attachedTo.map(toSession) };
  return subject.includes(':policy/') ? { ...base, policyArn: subject } : base;
}

/**
 * A role is known by its name only, as its sessions are; a list of administrators that gives its path then means it all
 * the same.
 */
function toSession(arn: string): string {
  const [, start, account, name] = /^(arn:[^:]+):iam::(\d{12}):role\/(.+)$/.exec(arn) ?? [];
  return name === undefined ? arn : `${start}:sts::${account}:assumed-role/${name}/any`;
}

function conclude(judgement: PolicyJudgement, name: string, document: string, action: KeyAction): Judgement {
  const { verdict, findings, unclear, needs, reason = '' } = judgement;
  switch (verdict) {
    case 'violation':
      return {
        ...judge('violation', `${name} gives too much: ${joinSentences(findings.map((one) => one.reason))}`),
        severity: findWorst(findings),
        ...proposeInstead(document, findings, action),
      };
    case 'unknown': {
      const missing = needs.map((need) => `trust.${need} in the policy file is empty, and would decide it.`);
      return judge('unknown', `${name} cannot be judged: ${joinSentences([...unclear, ...missing])}`);
    }
    case 'not-applicable':
      return judge('not-applicable', `${name} is not judged: ${trimPeriod(reason)}`);
    case 'compliant':
      return judge('compliant', `${name} gives nothing of all keys at once that it should not`);
  }
}

/** Enough to see what is wrong; the rest is in the policy itself. */
const MOST_SENTENCES = 4;

function joinSentences(sentences: readonly string[]): string {
  const rest = sentences.length - MOST_SENTENCES;
  const shown = sentences.slice(0, MOST_SENTENCES).join(' ');
  return trimPeriod(rest > 0 ? `${shown} And ${rest} more` : shown);
}

const trimPeriod = (sentence: string): string => sentence.replace(/\.+$/, '');

const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

const findWorst = (findings: readonly Finding[]): Severity =>
  SEVERITIES.find((severity) => findings.some((finding) => finding.severity === severity)) ?? 'high';

function proposeInstead(document: string, findings: readonly Finding[], { subject, account }: KeyAction) {
  const partition = subject.split(':')[1] ?? 'aws';
  const proposal = proposeIamPolicy(document, findings, `arn:${partition}:kms:<region>:${account}:key/<key id>`);
  return { proposal: proposal ?? 'Delete the policy: nothing of it would be left.' };
}
