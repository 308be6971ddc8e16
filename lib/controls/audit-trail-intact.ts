import { IAM_SOURCE } from '../event/iam-operations.ts';
import type { KeyAction } from '../event/key-action.ts';
import { OWN_EVENTS } from '../event/own-operations.ts';
import { TRAIL_OPERATIONS, TRAIL_SOURCE } from '../event/trail-operations.ts';
import { isService } from '../facts/actor.ts';
import restoreTrailLogging from '../remediations/restore-trail-logging.ts';
import type { Control } from './control.ts';
import { judgeChangedTrail } from './judgement/judge-changed-trail.ts';
import { judge } from './judgement/judge-key.ts';
import { judgeOwnPart } from './judgement/judge-recorders.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html: what changes what a role may do, or who may use it. */
const ROLE_EVENTS = [
  ...['PutRolePolicy', 'DeleteRolePolicy', 'AttachRolePolicy', 'DetachRolePolicy', 'DeleteRole'],
  ...['PutRolePermissionsBoundary', 'DeleteRolePermissionsBoundary', 'UpdateAssumeRolePolicy'],
];

/**
 * Judges trails by what is so now, and changes of Keywarden itself by who made them. How such findings end: docs/adr/0010.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html
 */
const auditTrailIntact: Control = {
  id: 'audit-trail-intact',
  title: 'Nobody but the named maintainers changes what records and watches: the trails, and Keywarden itself',
  step: '4.1.3',
  alsoSteps: ['4.2.3', '4.4.3', '4.5.3'],
  severity: 'critical',
  why:
    'Whoever wants to misuse a key unseen stops the log first: the trail, the rule that watches, the function that judges, ' +
    'the table that keeps the evidence. From then on nothing of what they do is on record.',
  notApplicable:
    'What was changed is no part of Keywarden, or the trail is gone (its deletion is judged by itself); or Keywarden or AWS changed it.',
  eventSource: TRAIL_SOURCE,
  events: [...TRAIL_OPERATIONS.keys()],
  otherEvents: { ...OWN_EVENTS, [IAM_SOURCE]: ROLE_EVENTS },
  item: findAspect,
  judgesState: false,
  reads: ['trails'],
  iam: ['cloudtrail:DescribeTrails', 'cloudtrail:GetTrailStatus', 'cloudtrail:GetEventSelectors'],
  defaultMode: 'enforce',
  remedy: restoreTrailLogging,
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7', 'CC7.2', 'CC8.1'],
    'ISO/IEC 27001:2022': ['A.8.15', 'A.8.32'],
    'NIST SP 800-53 Rev. 5': ['AU-9', 'AU-12', 'SI-4'],
    'PCI DSS 4.0.1': ['10.3.2', '10.7.2'],
    'CIS AWS Foundations Benchmark 5.0': ['4.5'],
  },
  runbook: [
    '1. Within 15 minutes, treat it as the beginning of an attack until somebody explains it: ask the person (`actor.person`, `actor.arn`, `actor.sourceIp` of the action in the ledger entry) by another way than e-mail.',
    '2. Within 1 hour, if nobody can explain it, revoke the sessions of `actor.arn` and look in the event history of CloudTrail at everything they did from 24 hours before `action.time` until now. The history cannot be switched off.',
    '3. Put right what Keywarden could not: start the trail or create it again with its bucket, or deploy the stack again from its repository (npm run deploy), and compare what the deployment changes.',
    '4. Within 4 hours, look for what was missed meanwhile: what CloudTrail has of KMS since `action.time` must be in the ledger.',
    '5. If the change was right, name who makes such changes in the policy file within 5 working days: auditTrail.maintainers, which is the role that deploys Keywarden and the trails.',
  ],
  verify: (evidence) => {
    const { action } = evidence;
    if (action === undefined) return judge('unknown', 'What was changed is not known without the record of it');
    return action.eventSource === TRAIL_SOURCE ? judgeChangedTrail(evidence, action) : judgeOwnPart(evidence, action);
  },
};

export default auditTrailIntact;

const ASPECTS: Readonly<Record<string, string>> = {
  StartLogging: 'logging',
  StopLogging: 'logging',
  PutEventSelectors: 'selectors',
  UpdateTrail: 'settings',
};

/**
 * A trail can be broken in several ways at once, and each has a finding of its own: a trail that is started again may still
 * leave KMS out. A part of Keywarden is one thing; what AWS services and Keywarden itself do to it stands apart, so that it
 * closes nothing. What IAM's records are about has its own items (`findIamItem`).
 */
function findAspect({ eventSource, api, actor }: KeyAction): string | undefined {
  if (eventSource === TRAIL_SOURCE) return ASPECTS[api];
  return eventSource !== IAM_SOURCE && (actor.bySelf || isService(actor)) ? 'by nobody' : undefined;
}
