import type { KeyAction } from '../event/key-action.ts';
import { judgeGrantNow } from '../facts/judge-grant-now.ts';
import { type KeyView, sayUntold } from '../facts/key-view.ts';
import { showText } from '../facts/plain-text.ts';
import type { Grant, GrantJudgement } from '../iam/grant.ts';
import revokeGrant from '../remediations/revoke-grant.ts';
import type { Control, Evidence, Judgement } from './control.ts';
import { judge, judgeKey } from './judgement/judge-key.ts';

/**
 * One grant at a time: when it is made or ended, and in the daily look at every key, which walks over all of its grants.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grant-best-practices.html
 */
const grantLeastPrivilege: Control = {
  id: 'grant-least-privilege',
  title: 'Every grant gives one trusted principal what it needs and no more',
  step: '4.2.1',
  severity: 'high',
  why:
    'A grant lets somebody use a key without a word of it in any policy, it never ends by itself, and reviews of ' +
    'policies do not show it. One that reaches a stranger, or that may be passed on, opens all data under the key.',
  notApplicable:
    'The grant was revoked or retired, or it is on a key that AWS manages, whose grants AWS makes and ends by itself.',
  events: ['CreateGrant', 'RevokeGrant', 'RetireGrant'],
  item: findGrantId,
  judgesState: false,
  reads: ['key', 'grant'],
  iam: ['kms:DescribeKey', 'kms:ListGrants'],
  defaultMode: 'enforce',
  remedy: revokeGrant,
  standards: {
    'SOC 2': ['CC6.1', 'CC6.3', 'CC6.7'],
    'ISO/IEC 27001:2022': ['A.5.15', 'A.8.24'],
    'NIST SP 800-53 Rev. 5': ['AC-3', 'AC-6'],
    'NIST SP 800-57 Part 1 Rev. 5': ['5.3'],
    'PCI DSS 4.0.1': ['3.6.1', '7.2.2'],
  },
  runbook: [
    '1. Within 1 hour, read in the alert what Keywarden did. If the grant was revoked, who held it has lost the key, and step 2 is about the cause; if not, read why, and do step 4 first.',
    '2. Within 1 working day, ask who made the grant (`actor.person`, `actor.arn`, `actor.sourceIp` of the action in the ledger entry) what it was for. If it is needed, have it made again for one principal, with only the operations that it uses and with an encryption context.',
    '3. If nobody can explain it, treat the credentials of `actor.arn` as stolen: look at everything they did in CloudTrail from 24 hours before `time` until now, revoke their sessions, and look for Decrypt calls of the grantee.',
    '4. If Keywarden could not act, find out within 1 hour whether an AWS service needs the grant. If none does, revoke it: aws kms revoke-grant with `request.keyId` and the grant id of the finding.',
    '5. If another account is meant to use the key, name it in the policy file (trust.accounts); until one is named, Keywarden reports grants to other accounts and removes none.',
  ],
  verify: (evidence) => judgeKey(evidence, (key, name) => judgeOne(evidence, key, name), [], ['manager', 'spec']),
};

export default grantLeastPrivilege;

/** CreateGrant answers with the id; the calls that end a grant ask with it. */
function findGrantId({ api, request, response }: KeyAction): string | undefined {
  const id = api === 'CreateGrant' ? response.grantId : request.grantId;
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function judgeOne(evidence: Evidence, key: KeyView<never, 'manager' | 'spec'>, name: string): Judgement {
  const now = judgeGrantNow(evidence, key);
  const id = evidence.action === undefined ? evidence.item : findGrantId(evidence.action);
  const grant = id === undefined ? 'the grant' : `grant ${showText(id)}`;
  if (now.kind !== 'judged') {
    const [verdict, what] =
      now.kind === 'gone' ? (['not-applicable', 'is gone'] as const) : (['unknown', 'cannot be judged'] as const);
    return judge(verdict, `${name}: ${grant} ${what} because ${now.reason}`);
  }
  if (key.manager === undefined) {
    return judge('unknown', `${name}: ${grant} cannot be judged because ${sayUntold(['manager'])}`);
  }
  const { verdict, severity } = now.judgement;
  const judged = judge(verdict, `${name}: ${describe(now.grant, now.judgement).replace(/\.$/, '')}`);
  return severity === undefined ? judged : { ...judged, severity };
}

/** Everything that is wrong with a grant, the gravest first. It is named once, because its id has 64 characters. */
function describe({ grantId }: Grant, { verdict, reason, findings }: GrantJudgement): string {
  if (verdict !== 'violation') return reason;
  const [first = reason, ...others] = findings.map((finding) => finding.reason);
  return [first, ...others.map((other) => other.replace(`Grant ${grantId} `, () => 'It '))].join(' ');
}
