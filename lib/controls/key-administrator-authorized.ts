import type { Actor, KeyAction } from '../event/key-action.ts';
import { textOf } from '../event/plain-json.ts';
import { isIdentified, isNamed, isOfIdentityCenter, isSameActor, isService, nameActor } from '../facts/actor.ts';
import type { Fact, KeyHistory } from '../facts/key-facts.ts';
import { showText } from '../facts/plain-text.ts';
import { listTagKeys } from '../facts/required-tags.ts';
import { listWords } from '../iam/sentence.ts';
import type { Policy } from '../policy/policy.ts';
import type { Control, Evidence, Judgement } from './control.ts';
import { excuse, judgeNobody, nameItem, nameSubject } from './judgement/judge-deed.ts';
import { judge } from './judgement/judge-key.ts';

/**
 * What of a key or key store each operation decides; a finding is about that. Left out: ScheduleKeyDeletion, which
 * `deletion-authorized` judges with its approval, and reports once and as critical.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
 */
const DECIDES: Readonly<Record<string, string>> = {
  PutKeyPolicy: 'policy',
  EnableKey: 'state',
  DisableKey: 'state',
  CancelKeyDeletion: 'deletion',
  UpdatePrimaryRegion: 'primary Region',
  ImportKeyMaterial: 'material',
  DeleteImportedKeyMaterial: 'material',
  ReplicateKey: 'replica',
  UpdateAlias: 'alias',
  DeleteAlias: 'alias',
  EnableKeyRotation: 'rotation',
  DisableKeyRotation: 'rotation',
  TagResource: 'tags',
  UntagResource: 'tags',
  CreateCustomKeyStore: 'key store',
  UpdateCustomKeyStore: 'key store',
  ConnectCustomKeyStore: 'key store',
  DisconnectCustomKeyStore: 'key store',
  DeleteCustomKeyStore: 'key store',
};

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-administrators */
const keyAdministratorAuthorized: Control = {
  id: 'key-administrator-authorized',
  title: 'Keys and key stores are administered by the named administrators, and never by the root user',
  step: '4.3.2',
  severity: 'high',
  why:
    'Whoever may change the policy, the state, the material or the aliases of a key can open everything that it protects, ' +
    'or lock its owners out. IAM may allow it to more people than anybody meant to; here it shows who really did it.',
  notApplicable:
    'Keywarden or an AWS service did it, only tags were changed by which nothing is decided, or the policy file names no ' +
    'administrators (`trust.administrators`); the root user is reported all the same.',
  // From the record: who did it never changes (docs/adr/0009).
  events: Object.keys(DECIDES),
  item: nameDecided,
  judgesState: false,
  reads: [],
  // Whoever made a key may name its owner, and switch its rotation on.
  readsOn: { TagResource: ['history'], UntagResource: ['history'], EnableKeyRotation: ['history'] },
  needsMore: ({ actor, api }, { trust, generation }) =>
    trust.administrators.length > 0 &&
    !isNamed(actor, trust.administrators) &&
    !(MAKING.has(api) && isNamed(actor, generation.creators)),
  iam: [],
  defaultMode: 'observe',
  standards: {
    'SOC 2': ['CC6.1', 'CC6.3', 'CC6.7', 'CC8.1'],
    'ISO/IEC 27001:2022': ['A.8.2', 'A.8.24', 'A.8.32'],
    'NIST SP 800-53 Rev. 5': ['AC-5', 'AC-6', 'CM-5', 'SC-12'],
    'PCI DSS 4.0.1': ['3.6.1', '3.7.7', '7.2.1', '8.4.1'],
    'CIS AWS Foundations Benchmark 7.0': ['5.7'],
  },
  runbook: [
    '1. Within 4 hours, find out who did it and whether it was ordered: `actor.person`, `actor.arn`, `actor.sourceIp`, `actor.mfa` and `time` of the action in the ledger entry.',
    '2. Within 4 hours, look at what it changed: `request.policy`, `request.tags`, `request.aliasName` and the like. If it is not right, have an administrator put it back; their doing so closes this finding.',
    '3. If nobody can explain it, treat the credentials of `actor.arn` as stolen: revoke their sessions and look at everything they did in CloudTrail from 24 hours before `time` until now.',
    '4. Within 5 working days, take the permission away that allowed it: look in the key policy and in the IAM policies of the role for the operation.',
    '5. If it is right, name the role in the policy file within 5 working days: `trust.administrators`; for imports `keyMaterial.custodians`, for replicas `generation.creators`, for approvals of deletions `deletion.approvers`.',
    '6. If MFA is what is missing and the person signs in through IAM Identity Center or SAML, whose sessions never say that MFA was used, set `administration.requireMfa` to false within 5 working days, and require MFA there.',
  ],
  verify: (evidence) => {
    const { action, policy } = evidence;
    if (action === undefined) return judge('not-applicable', 'The key is judged by the records of who administers it');
    const excused = excuse(action);
    if (excused !== undefined) return excused;
    const tags = listTagKeys(action).filter((tag) => decidesSomething(tag, policy));
    return DECIDES[action.api] === 'tags' && tags.length === 0
      ? judge('not-applicable', `${nameSubject(action)}: by the tags that were changed nothing is decided`)
      : judgeAdministrator(action, tags, evidence);
  },
};

export default keyAdministratorAuthorized;

/**
 * What a finding is about: an administrator who decides the same anew takes responsibility for it. What nobody answers for
 * (Keywarden's own calls, services) must not close what somebody did.
 */
function nameDecided(action: KeyAction): string | undefined {
  const what = DECIDES[action.api];
  if (what === undefined || action.actor.bySelf || isService(action.actor)) return undefined;
  const { request } = action;
  switch (what) {
    case 'tags':
      return nameItem(what, ...listTagKeys(action).toSorted());
    case 'alias':
      return nameItem(textOf(request, 'aliasName') ?? what);
    case 'replica':
      return nameItem(what, textOf(request, 'replicaRegion') ?? '?');
    default:
      return what;
  }
}

/** Tags that protect a key, approve its deletion, name its owner, or by which a waiver keeps a finding from being told. */
const decidesSomething = (tag: string, { protectedTag, deletion, generation, waivers }: Policy): boolean =>
  tag === protectedTag ||
  tag === deletion.approvalTag ||
  generation.requiredTags.includes(tag) ||
  waivers.some((waiver) => waiver.tag?.key === tag);

function judgeAdministrator(action: KeyAction, tags: readonly string[], evidence: Evidence): Judgement {
  const { actor, api } = action;
  const { trust, administration } = evidence.policy;
  const of = tags.length === 0 ? '' : ` of ${listWords(tags.map(showText))}`;
  const says = `${nameSubject(action)}: ${api}${of} was done by ${nameActor(actor)}`;
  if (actor.type === 'Root') return judge('violation', `${says}, the root user, who is to administer nothing`);
  if (trust.administrators.length === 0) {
    return judge('not-applicable', `${says}, and the policy file names no administrators (trust.administrators)`);
  }
  if (!isIdentified(actor)) return judgeNobody(action);
  const right = findRight(action, tags, evidence);
  if (!right.known) return judge('unknown', `${says}, who is no administrator, and ${right.reason}`);
  if (right.value === undefined) return judge('violation', `${says}, who is no administrator`);
  const doubt = administration.requireMfa ? doubtMfa(actor) : undefined;
  return doubt === undefined
    ? judge('compliant', `${says}, ${right.value}`)
    : judge(doubt.verdict, `${says}, ${right.value}, and ${doubt.reason}`);
}

/**
 * By which list somebody may do it, as the end of a sentence; undefined by none. Who is named for one thing may do that
 * thing, without being an administrator of everything: to report custodians for importing would contradict the policy file.
 */
function findRight(action: KeyAction, tags: readonly string[], evidence: Evidence): Fact<string | undefined> {
  const { actor, api } = action;
  const { trust, keyMaterial, generation } = evidence.policy;
  const grant = (value: string | undefined) => ({ known: true, value }) as const;
  if (isNamed(actor, trust.administrators)) return grant('who is an administrator');
  if (api === 'ImportKeyMaterial' && isNamed(actor, keyMaterial.custodians)) {
    return grant('who is a custodian of key material');
  }
  if (MAKING.has(api) && isNamed(actor, generation.creators)) return grant('who may make keys');
  if (api === 'EnableKeyRotation') return findRightOfMaker(actor, evidence);
  return tags.length === 0 ? grant(undefined) : findRightToTag(actor, tags, evidence);
}

/** CloudFormation and Terraform make a key and then switch its rotation on, with the same role. */
const MAKING: ReadonlySet<string> = new Set(['ReplicateKey', 'EnableKeyRotation']);

/** Approvers write their approval, and the maker of a key its owner; nobody else protects a key from Keywarden. */
function findRightToTag(actor: Actor, tags: readonly string[], { policy, facts }: Evidence): Fact<string | undefined> {
  const { deletion, generation } = policy;
  const isApprover = isNamed(actor, deletion.approvers);
  const others = tags.filter((tag) => !(isApprover && tag === deletion.approvalTag));
  if (others.length === 0) return { known: true, value: 'who approves deletions' };
  if (!others.every((tag) => generation.requiredTags.includes(tag))) return { known: true, value: undefined };
  return findRightOfMaker(actor, { facts });
}

function findRightOfMaker(actor: Actor, { facts }: Pick<Evidence, 'facts'>): Fact<string | undefined> {
  const isMaker = findWhetherMaker(actor, facts.history);
  return isMaker.known ? { known: true, value: isMaker.value ? 'who made the key' : undefined } : isMaker;
}

function findWhetherMaker(actor: Actor, history: Fact<KeyHistory>): Fact<boolean> {
  if (!history.known) return { known: false, reason: `whether they made the key is unknown because ${history.reason}` };
  const { created } = history.value;
  return created === undefined
    ? { known: false, reason: 'whether they made the key is not on record' }
    : { known: true, value: isSameActor(created.actor, actor) };
}

/**
 * What speaks against MFA; undefined when nothing does. CloudTrail has the flag for sessions only: a long-term access key
 * never carries it, and a session of IAM Identity Center never says true.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
function doubtMfa(actor: Actor): Pick<Judgement, 'verdict' | 'reason'> | undefined {
  const { mfa, invokedBy } = actor;
  if (mfa === true) return undefined;
  if (isOfIdentityCenter(actor)) {
    return { verdict: 'unknown', reason: 'sessions of IAM Identity Center never say whether MFA was used' };
  }
  if (mfa === false) return { verdict: 'violation', reason: 'the session was opened without MFA' };
  if (invokedBy !== undefined) return undefined;
  return { verdict: 'unknown', reason: 'the record does not say whether MFA was used' };
}
