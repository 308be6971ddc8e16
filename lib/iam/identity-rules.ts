import { limitsGrants } from './grant-limit.ts';
import type { IdentityAccess } from './identity-access.ts';
import { type Finding, NOTHING, type Part, pointAt, type Severity, soften } from './judgement.ts';
import { CROSS_ACCOUNT_ACTIONS, KMS_ACTIONS, pickActions } from './kms-actions.ts';
import { describeOffence } from './offence.ts';
import { listWords, nameStatement } from './sentence.ts';
import type { Trust } from './trust.ts';

/** A rule about what one statement allows on all keys. */
interface ReachRule {
  readonly rule: string;
  /** On all keys of every account, and on all keys of one account; null where that is no matter. */
  readonly everywhere: Severity;
  readonly accountWide: Severity | null;
  /** Who administers keys may have it. */
  readonly sparesAdministrators: boolean;
  pick(actions: ReadonlySet<string>, access: IdentityAccess): readonly string[];
  readonly says: string;
}

const pickNamed =
  (...names: readonly string[]) =>
  (actions: ReadonlySet<string>): readonly string[] =>
    names.map((name) => `kms:${name}`).filter((name) => actions.has(name));

/** CreateGrant and RevokeGrant can be limited to grants for AWS services, which is what ordinary users need. */
function pickPermissions(actions: ReadonlySet<string>, { statement }: IdentityAccess): readonly string[] {
  const limited = limitsGrants(statement.conditions);
  const names = limited
    ? ['PutKeyPolicy', 'RetireGrant']
    : ['PutKeyPolicy', 'CreateGrant', 'RetireGrant', 'RevokeGrant'];
  return pickNamed(...names)(actions);
}

const READING: ReadonlySet<string> = new Set(pickActions(new Set(KMS_ACTIONS.keys()), 'read').concat('kms:ListGrants'));
const DECRYPTING = ['Decrypt', 'ReEncryptFrom'];
const LISTED_ELSEWHERE: ReadonlySet<string> = new Set(
  [...DECRYPTING, 'CreateGrant', 'RetireGrant', 'RevokeGrant'].map((name) => `kms:${name}`),
);

const pickReaching = (isReading: boolean) => (actions: ReadonlySet<string>) =>
  [...CROSS_ACCOUNT_ACTIONS].filter(
    (name) => actions.has(name) && !LISTED_ELSEWHERE.has(name) && READING.has(name) === isReading,
  );

const RULES: readonly ReachRule[] = [
  {
    rule: 'I1',
    everywhere: 'high',
    accountWide: 'medium',
    sparesAdministrators: false,
    pick: pickNamed(...DECRYPTING),
    says: 'decrypts with',
  },
  {
    rule: 'I3',
    everywhere: 'high',
    accountWide: 'medium',
    sparesAdministrators: true,
    pick: pickPermissions,
    says: 'decides who may use',
  },
  {
    rule: 'I4',
    everywhere: 'high',
    accountWide: 'medium',
    sparesAdministrators: true,
    pick: (actions) => pickActions(actions, 'destructive'),
    says: 'can make useless',
  },
  {
    rule: 'I5',
    everywhere: 'medium',
    accountWide: null,
    sparesAdministrators: false,
    pick: pickReaching(false),
    says: 'uses',
  },
  // Looking at the keys of other accounts reveals little, and roles of auditors are made of it.
  {
    rule: 'I5',
    everywhere: 'low',
    accountWide: null,
    sparesAdministrators: false,
    pick: pickReaching(true),
    says: 'looks at',
  },
  {
    rule: 'I6',
    everywhere: 'low',
    accountWide: null,
    sparesAdministrators: true,
    pick: pickNamed('TagResource', 'UntagResource', 'CreateAlias', 'DeleteAlias'),
    says: 'changes the tags or aliases, and so what policies that look at them allow, of',
  },
];

/**
 * Judges what one statement allows on all keys. A statement that allows everything is one finding, not six.
 *
 * @param administers the policy is for administrators
 */
export function judgeReach(access: IdentityAccess, administers: boolean, trust: Trust): Part {
  if (holdsEverything(access.everywhere)) return { findings: [sayRule(EVERYTHING, access, true)] };
  const parts = rulesFor(access, administers, trust).map((rule) => judgeRule(rule, access, administers, trust));
  return {
    findings: parts.flatMap((part) => part.findings ?? []),
    needs: parts.flatMap((part) => part.needs ?? []),
  };
}

/** Everything on all keys of one account is for administrators only; who they are must be known to say so. */
function rulesFor(access: IdentityAccess, administers: boolean, trust: Trust): readonly ReachRule[] {
  const isOne = holdsEverything(access.accountWide) && !administers && trust.administrators.length > 0;
  return isOne ? [EVERYTHING] : RULES;
}

/** Every action on existing keys but the one that only KMS itself uses. */
const ON_KEYS: readonly string[] = [...KMS_ACTIONS]
  .filter(([name, access]) => access !== 'account' && name !== 'kms:SynchronizeMultiRegionKey')
  .map(([name]) => name);

const holdsEverything = (actions: ReadonlySet<string>): boolean => ON_KEYS.every((name) => actions.has(name));

const EVERYTHING: ReachRule = {
  rule: 'I2',
  everywhere: 'critical',
  accountWide: 'high',
  sparesAdministrators: false,
  pick: (actions) => ON_KEYS.filter((name) => actions.has(name)),
  says: 'has every right over',
};

function judgeRule(rule: ReachRule, access: IdentityAccess, administers: boolean, trust: Trust): Part {
  if (rule.sparesAdministrators && administers) return NOTHING;
  const reached = rule.accountWide === null ? access.everywhere : access.accountWide;
  if (rule.pick(reached, access).length === 0) return NOTHING;
  if (rule.sparesAdministrators && trust.administrators.length === 0) return { needs: ['administrators'] };
  return { findings: [sayRule(rule, access, isEverywhere(rule, access))] };
}

/** The severity is that of the widest reach; for the right to everything, the reach of all of it. */
const isEverywhere = (rule: ReachRule, access: IdentityAccess): boolean =>
  rule === EVERYTHING ? holdsEverything(access.everywhere) : rule.pick(access.everywhere, access).length > 0;

function sayRule(rule: ReachRule, access: IdentityAccess, everywhere: boolean): Finding {
  const { statement, actions } = access;
  const severity = everywhere ? rule.everywhere : (rule.accountWide ?? rule.everywhere);
  const excess = rule.pick(rule.accountWide === null ? access.everywhere : access.accountWide, access);
  const keys = everywhere ? 'all keys, those of other accounts included' : 'all keys of an account';
  return {
    rule: rule.rule,
    severity: access.softened ? soften(severity) : severity,
    statement: pointAt(statement),
    actions: [...actions],
    excess,
    offending: describeOffence(statement, undefined, new Set(excess)),
    reason: `${nameStatement(statement)} ${rule.says} ${keys} (${listWords(excess)}).`,
  };
}
