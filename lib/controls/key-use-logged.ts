import { KMS_SOURCE } from '../event/operations.ts';
import { TRAIL_OPERATIONS, TRAIL_SOURCE } from '../event/trail-operations.ts';
import type { Control, Evidence, Judgement } from './control.ts';
import { judge } from './judgement/judge-key.ts';
import { judgeCoverage } from './judgement/judge-trails.ts';

/**
 * Judges the account, not one trail: whichever trail was stopped, use is logged as long as others record all of it. The
 * trail that was changed is what `audit-trail-intact` judges.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
 */
const keyUseLogged: Control = {
  id: 'key-use-logged',
  title: 'A trail of all Regions logs every use and every change of keys',
  step: '4.2.3',
  // Each of these asks for a record, and CloudTrail is where it is.
  alsoSteps: ['4.1.3', '4.4.3', '4.5.3'],
  severity: 'high',
  why:
    'What KMS does with a key is recorded by CloudTrail and nowhere else. KMS can be left out of a trail altogether, because ' +
    'its events are many; what was not recorded cannot be recovered, and an access that nobody may have had cannot be shown.',
  notApplicable: 'The key does not exist any more.',
  eventSource: TRAIL_SOURCE,
  events: [...TRAIL_OPERATIONS.keys()],
  // What was found when the key was verified ends with it.
  otherEvents: { [KMS_SOURCE]: ['DeleteKey'] },
  judgesState: true,
  reads: ['trails'],
  iam: ['cloudtrail:DescribeTrails', 'cloudtrail:GetTrailStatus', 'cloudtrail:GetEventSelectors'],
  defaultMode: 'observe',
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7', 'CC7.2'],
    'ISO/IEC 27001:2022': ['A.8.15', 'A.8.24'],
    'NIST SP 800-53 Rev. 5': ['AU-2', 'AU-12', 'SC-12'],
    'PCI DSS 4.0.1': ['10.2.1', '3.6.1'],
    'CIS AWS Foundations Benchmark 5.0': ['3.1'],
    'AWS Security Hub': ['CloudTrail.1'],
  },
  runbook: [
    '1. Within 1 hour, see which trail was changed and by whom: `action.request`, `actor.person`, `actor.arn`, `actor.sourceIp` and `time` of the action in the ledger entry.',
    '2. Within 4 hours, have one trail of all Regions log all management events: CloudTrail console, Trails, the trail, Start logging; then Management events, Edit: Read and Write, and "Exclude AWS KMS events" not chosen.',
    '3. Verify any key (keywarden verify KEY): this control must be compliant then.',
    '4. Within 1 working day, look in the event history of CloudTrail, which keeps KMS for 90 days in every Region, at what was done with keys while nothing was logged, and keep it as evidence.',
  ],
  verify: verifyLogging,
};

export default keyUseLogged;

function verifyLogging({ action, facts: { trails } }: Evidence): Judgement {
  if (!trails.known) {
    return judge('unknown', `Whether the use of keys is logged cannot be judged because ${trails.reason}`);
  }
  if (action?.api === 'DeleteKey') {
    return judge(
      'not-applicable',
      'The key does not exist any more; whether the use of the other keys is logged, they show',
    );
  }
  const coverage = judgeCoverage(trails.value);
  if (coverage.covers) {
    return judge(
      'compliant',
      `The use of keys is logged: ${coverage.by} records the reads and writes of KMS in all Regions`,
    );
  }
  return coverage.unclear === undefined
    ? judge('violation', `The use of keys is not logged as a whole: ${coverage.missing}`)
    : judge(
        'unknown',
        `Whether the use of keys is logged cannot be judged: ${coverage.missing}, and ${coverage.unclear}`,
      );
}
