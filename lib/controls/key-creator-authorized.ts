import type { KeyAction } from '../event/key-action.ts';
import { fieldOf, objectOf } from '../event/plain-json.ts';
import { isIdentified, isNamed, nameActor } from '../facts/actor.ts';
import type { Policy } from '../policy/policy.ts';
import type { Control, Judgement } from './control.ts';
import { excuse, judgeNobody, nameItem, nameSubject } from './judgement/judge-deed.ts';
import { judge } from './judgement/judge-key.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/create-keys.html */
const keyCreatorAuthorized: Control = {
  id: 'key-creator-authorized',
  title: 'Keys are made by those who are named for it',
  step: '4.1.1',
  severity: 'medium',
  why:
    'Whoever makes a key writes its first policy, and so decides who owns what it protects. A key that somebody else made is ' +
    'outside of what the cloud operations team looks after: nobody rotates it, and its maker may keep access for themselves.',
  notApplicable:
    'An AWS service made the key, the key no longer exists, or the policy file names no creators (`generation.creators`); ' +
    'the root user is reported all the same.',
  // From the record alone: who did it never changes, so nothing is judged on demand (docs/adr/0009). DeleteKey closes what
  // was found about a creation.
  events: ['CreateKey', 'ReplicateKey', 'DeleteKey'],
  item: ({ api, request }) =>
    api === 'ReplicateKey' ? nameItem('replica', String(request.replicaRegion ?? '?')) : undefined,
  judgesState: false,
  reads: [],
  iam: [],
  defaultMode: 'observe',
  standards: {
    'SOC 2': ['CC6.1', 'CC6.3', 'CC6.7', 'CC8.1'],
    'ISO/IEC 27001:2022': ['A.8.2', 'A.8.24'],
    'NIST SP 800-53 Rev. 5': ['SC-12', 'AC-6', 'CM-5'],
    'PCI DSS 4.0.1': ['3.6.1', '3.7.1'],
  },
  runbook: [
    '1. Within 1 working day, find out who made the key and whether it was ordered: `actor.person`, `actor.arn`, `actor.sourceIp` and `time` of the action in the ledger entry, and `request.description`.',
    '2. If nobody can explain it, look at everything that `actor.arn` did in CloudTrail from 24 hours before `time` until now. Treat data that was encrypted with the key as held by its maker: ransom often starts with a key of its own.',
    '3. If it was a mistake, have a creator make the key anew and this one scheduled for deletion with the full waiting period, within 5 working days.',
    '4. If the root user did it, find out within 4 hours who signed in as root: nobody should for this.',
    '5. If it is right, name the role in the policy file (`generation.creators`), or have a waiver written, within 5 working days.',
  ],
  verify: ({ action, policy }) => {
    if (action === undefined) return judge('not-applicable', 'The key is judged by the record of who made it');
    const name = nameSubject(action);
    if (action.api === 'DeleteKey') return judge('not-applicable', `${name} does not exist any more`);
    if (isMadeForService(action)) return judge('not-applicable', `${name} is managed by AWS, which made it`);
    return excuse(action) ?? judgeCreator(action, policy);
  },
};

export default keyCreatorAuthorized;

/** An AWS managed key is made on the first use of a service, in the name of whoever used it. */
const isMadeForService = ({ response }: KeyAction): boolean =>
  fieldOf(objectOf(response, 'keyMetadata'), 'keyManager') === 'AWS';

function judgeCreator(action: KeyAction, { generation: { creators } }: Policy): Judgement {
  const verb = action.api === 'ReplicateKey' ? 'was replicated' : 'was made';
  const says = `${nameSubject(action)} ${verb} by ${nameActor(action.actor)}`;
  if (action.actor.type === 'Root') return judge('violation', `${says}, the root user, who is to make no keys`);
  if (creators.length === 0) {
    return judge('not-applicable', `${says}, and the policy file names no creators (generation.creators)`);
  }
  if (!isIdentified(action.actor)) return judgeNobody(action);
  return isNamed(action.actor, creators)
    ? judge('compliant', `${says}, who is one of the creators`)
    : judge('violation', `${says}, who is none of the creators that the policy file names (generation.creators)`);
}
