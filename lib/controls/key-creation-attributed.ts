import type { KeyAction } from '../event/key-action.ts';
import { isIdentified, nameActor } from '../facts/actor.ts';
import { showText } from '../facts/plain-text.ts';
import type { Control, Judgement } from './control.ts';
import { excuse, judgeNobody, nameSubject } from './judgement/judge-deed.ts';
import { judge } from './judgement/judge-key.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-createkey.html */
const keyCreationAttributed: Control = {
  id: 'key-creation-attributed',
  title: 'The record of a new key names the key, the time and who is responsible',
  step: '4.1.3',
  severity: 'medium',
  why:
    'The record of the creation is the first page in the life of a key. If it does not name who is responsible, nobody can ' +
    'be asked what the key is for or whether it may go. The root user is nobody: anyone who has its password may be it.',
  notApplicable:
    'AWS made the key by itself (the record of a replica that KMS makes is that of the ReplicateKey which ordered it), or the key no longer exists.',
  // From the record alone. DeleteKey closes what was found.
  events: ['CreateKey', 'DeleteKey'],
  judgesState: false,
  reads: [],
  iam: [],
  defaultMode: 'observe',
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7', 'CC7.2'],
    'ISO/IEC 27001:2022': ['A.8.15', 'A.8.24'],
    'NIST SP 800-53 Rev. 5': ['AU-3', 'AU-10', 'SC-12'],
    'PCI DSS 4.0.1': ['3.7.1', '10.2.1'],
  },
  runbook: [
    '1. Open the CloudTrail record (`action.eventId` in the ledger entry) within 1 working day and read `userIdentity`, `eventTime` and `responseElements`.',
    '2. If the root user made the key, find out within 4 hours who signed in as root (`actor.sourceIp`, and the ConsoleLogin events before `action.time`), and why no role was used. Have a named role make the key anew within 5 working days.',
    '3. If the record names nobody, ask the owners of the account who made the key, and write the answer into its tags within 5 working days.',
  ],
  verify: ({ action }) => {
    if (action === undefined) return judge('not-applicable', 'The key is judged by the record of its creation');
    if (action.api === 'DeleteKey') return judge('not-applicable', `${nameSubject(action)} does not exist any more`);
    return excuse(action) ?? judgeRecord(action);
  },
};

export default keyCreationAttributed;

/** That a record has its time is made sure when it is read: one without is malformed, which is a finding of its own. */
function judgeRecord(action: KeyAction): Judgement {
  const { actor, time, eventId } = action;
  if (action.keys.length === 0) {
    return judge(
      'unknown',
      `A key was made on ${showText(time)} by ${nameActor(actor)}, and the record does not name it; look event ${showText(eventId)} up in CloudTrail`,
    );
  }
  const says = `${nameSubject(action)} was made on ${showText(time)}`;
  if (actor.type === 'Root') return judge('violation', `${says} by the root user, who is no responsible person`);
  if (!isIdentified(actor)) return judgeNobody(action);
  return judge('compliant', `${says} by ${nameActor(actor)}, as its record says`);
}
