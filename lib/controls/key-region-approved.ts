import type { KeyAction } from '../event/key-action.ts';
import { showText } from '../facts/plain-text.ts';
import type { Policy } from '../policy/policy.ts';
import type { Control, Judgement } from './control.ts';
import { nameItem, nameSubject } from './judgement/judge-deed.ts';
import { judge, judgeKey } from './judgement/judge-key.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html */
const keyRegionApproved: Control = {
  id: 'key-region-approved',
  title: 'Keys are made in approved Regions only',
  step: '4.1.1',
  severity: 'medium',
  why:
    'A key works in the Region where it was made, under the law of that place, and what it encrypts tends to stay with it. A ' +
    'key in a Region that nobody looks after, or the replica of one there, is material that nobody watches.',
  notApplicable:
    'AWS manages the key, it no longer exists, or the policy file names no Regions (`generation.regions`).',
  // ReplicateKey is judged where it is called, by the Region that it names: no Keywarden may be running there. A replica's
  // own CreateKey is judged by the Keywarden of its Region. DeleteKey closes what was found.
  events: ['CreateKey', 'ReplicateKey', 'DeleteKey'],
  // A replica is a key of its own, and the primary key may be in an approved Region all the same.
  item: (action) => (action.api === 'ReplicateKey' ? nameItem('replica', readReplicaRegion(action) ?? '?') : undefined),
  judgesState: true,
  reads: ['key'],
  iam: ['kms:DescribeKey'],
  defaultMode: 'observe',
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7'],
    'ISO/IEC 27001:2022': ['A.8.24'],
    'NIST SP 800-53 Rev. 5': ['SC-12'],
    'PCI DSS 4.0.1': ['3.6.1'],
  },
  runbook: [
    '1. Within 1 working day, find out who made the key there and what for: `actor.person`, `actor.arn` and `time` of the action in the ledger entry; for a replica, `request.replicaRegion`.',
    '2. If it was a mistake and nothing is encrypted with the key yet, have it made anew in an approved Region and this one scheduled for deletion with the full waiting period, within 5 working days. A key cannot be moved.',
    '3. If the key is in use, agree with its owner within 10 working days on when data is encrypted again with a key in an approved Region. A replica can be deleted by itself; its primary key stays.',
    '4. If the Region is right, name it in the policy file (`generation.regions`) and install Keywarden there, within 5 working days.',
  ],
  verify: (evidence) => {
    const { action, policy } = evidence;
    if (action?.api === 'ReplicateKey') return judgeReplica(action, policy);
    return judgeKey(
      evidence,
      ({ manager, region }, name) => {
        if (manager === 'AWS') return judge('not-applicable', `${name} is managed by AWS, which chose its Region`);
        return judgeRegion(`${name} is in ${showText(region)}`, region, policy);
      },
      ['manager'],
    );
  },
};

export default keyRegionApproved;

/** `replicaRegion` of the request: https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html */
function readReplicaRegion({ request }: KeyAction): string | undefined {
  return typeof request.replicaRegion === 'string' ? request.replicaRegion : undefined;
}

function judgeReplica(action: KeyAction, policy: Policy): Judgement {
  const region = readReplicaRegion(action);
  if (region === undefined && policy.generation.regions.length > 0) {
    return judge(
      'unknown',
      `${nameSubject(action)} was replicated, and the record does not say to which Region; look event ${showText(action.eventId)} up in CloudTrail`,
    );
  }
  return judgeRegion(`${nameSubject(action)} was replicated to ${showText(region ?? '')}`, region ?? '', policy);
}

function judgeRegion(says: string, region: string, { generation: { regions } }: Policy): Judgement {
  if (regions.length === 0) {
    return judge('not-applicable', `${says}, and the policy file names no Regions (generation.regions)`);
  }
  return regions.includes(region)
    ? judge('compliant', `${says}, which the policy approves`)
    : judge('violation', `${says}, and the policy approves ${regions.join(', ')}`);
}
