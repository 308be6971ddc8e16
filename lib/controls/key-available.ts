import type { Actor } from '../event/key-action.ts';
import { isNamed, nameActor } from '../facts/actor.ts';
import { pastOf } from '../facts/deletion-order.ts';
import type { KeyHistory, PastAction } from '../facts/key-facts.ts';
import type { KeyView } from '../facts/key-view.ts';
import { showText } from '../facts/plain-text.ts';
import enableKey from '../remediations/enable-key.ts';
import type { Control, Evidence, Judgement } from './control.ts';
import { judge, judgeKey } from './judgement/judge-key.ts';
import { isOfKeyStore, judgeKeyStore } from './judgement/judge-key-store.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
const keyAvailable: Control = {
  id: 'key-available',
  title: 'A key is made unusable by administrators only',
  step: '4.3.2',
  alsoSteps: ['4.5.1'],
  severity: 'high',
  why:
    'A key that is disabled, has lost its imported material or lives in a key store that is disconnected stops everything ' +
    'that needs it, as if it were deleted. Unlike a deletion it waits for nobody, so that it is the faster attack.',
  notApplicable:
    'The key is pending deletion, or waits for its first material; or the policy file names no administrators.',
  // What makes a key unusable, and what makes it usable again or leaves nothing to judge.
  events: [
    'DisableKey',
    'EnableKey',
    'DeleteImportedKeyMaterial',
    'DeleteExpiredKeyMaterial',
    'ImportKeyMaterial',
    'DisconnectCustomKeyStore',
    'DeleteCustomKeyStore',
    'ConnectCustomKeyStore',
    'ScheduleKeyDeletion',
    'DeleteKey',
  ],
  judgesState: true,
  reads: ['key', 'history'],
  iam: ['kms:DescribeKey'],
  defaultMode: 'approve',
  remedy: enableKey,
  standards: {
    'SOC 2': ['CC6.1', 'CC6.3', 'CC6.7'],
    'ISO/IEC 27001:2022': ['A.8.24', 'A.8.2'],
    'NIST SP 800-53 Rev. 5': ['SC-12', 'SC-12(1)', 'AC-6'],
    'PCI DSS 4.0.1': ['3.7.5'],
    'CIS AWS Foundations 7.0': ['5.7'],
  },
  runbook: [
    '1. Within 1 hour, ask the person who did it (`actor.person`, `actor.arn`, `actor.sourceIp` and `time` of the action in the ledger) and the owner of the key (its tags) whether it is meant: everything that uses the key fails now.',
    '2. If it is not meant and the key is disabled, enable it with the command above.',
    '3. If its imported material is gone, import the same material again with ImportKeyMaterial: KMS has no copy, and takes no other for what the key has encrypted. Set a later `validTo` or none.',
    '4. If its key store is disconnected, connect it: `aws kms connect-custom-key-store --custom-key-store-id <id>`.',
    '5. If it is meant, let an administrator of the policy file (`trust.administrators`) do it, or add who did it to them within 5 working days.',
    '6. If the verdict is unknown, look up the DisableKey or DeleteImportedKeyMaterial of the key in CloudTrail (event history, 90 days) within 1 working day.',
  ],
  verify: (evidence) =>
    isOfKeyStore(evidence.action)
      ? judgeKeyStore(evidence.action, evidence.policy)
      : judgeKey(evidence, (key, name) => judgeState(key, name, evidence), ['state']),
};

export default keyAvailable;

const LOOK_UP = 'look it up in the event history of CloudTrail, which goes back 90 days';

function judgeState(key: KeyView<'state'>, name: string, evidence: Evidence): Judgement {
  const past = pastOf(evidence);
  if (!past.known) return judge('unknown', `Who made ${lower(name)} usable or not is unknown because ${past.reason}`);
  switch (key.state) {
    case 'Enabled':
      return judge('compliant', `${name} is enabled`);
    case 'Disabled':
      return judgeDisabled(name, past.value, evidence);
    case 'PendingImport':
      return judgeWithoutMaterial(name, past.value, evidence);
    case 'Unavailable':
      return judge(
        'unknown',
        `${name} is unavailable because its key store is disconnected; look at the entries of the key store in the ledger`,
      );
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return judge('not-applicable', `${name} is pending deletion, which other controls judge`);
    default:
      return judge('unknown', `${name} is in the state ${showText(key.state)}; verify it again in some minutes`);
  }
}

const lower = (name: string): string => name.replace(/^Key/, 'key');

function judgeDisabled(name: string, { disabledBy }: KeyHistory, evidence: Evidence): Judgement {
  if (disabledBy === undefined) {
    return judgeUnseen(`${name} is disabled, and no record shows who did it; ${LOOK_UP}`, evidence);
  }
  if (disabledBy.api === 'CancelKeyDeletion') {
    const { actor, time } = disabledBy;
    return judge(
      'not-applicable',
      `${name} is disabled since ${nameActor(actor)} cancelled its deletion on ${showText(time)}; enable it when it is needed`,
    );
  }
  return judgeActor(`${name} is disabled: ${disabledBy.api}`, disabledBy, evidence);
}

function judgeWithoutMaterial(name: string, past: KeyHistory, evidence: Evidence): Judgement {
  const { materialLost, created, imported } = past;
  if (materialLost !== undefined) {
    const lost = `${name} has lost its imported material at once and cannot be used: ${materialLost.api}`;
    // Somebody set the day on which the material expires, and let it come.
    if (materialLost.api === 'DeleteExpiredKeyMaterial') {
      return judge('violation', `${lost} by KMS on ${showText(materialLost.time)}; import the same material again`);
    }
    return judgeActor(lost, materialLost, evidence);
  }
  if (created !== undefined && imported === undefined) {
    return judge('not-applicable', `${name} waits for its first material`);
  }
  return judgeUnseen(`${name} has no material, and no record shows who took it away; ${LOOK_UP}`, evidence);
}

/** Who did something can be wrong only when somebody is named. */
const judgeUnseen = (sentence: string, { policy }: Evidence): Judgement =>
  policy.trust.administrators.length === 0
    ? judge('not-applicable', `${sentence}; the policy file names no administrators (trust.administrators)`)
    : judge('unknown', sentence);

function judgeActor(what: string, { actor, time }: PastAction, { policy }: Evidence): Judgement {
  const sentence = `${what} by ${nameActor(actor)} on ${showText(time)}`;
  if (actor.bySelf) return judge('compliant', sentence);
  if (actor.type === 'Root') return judge('violation', `${sentence}, and the root user is never an administrator`);
  const { administrators } = policy.trust;
  if (administrators.length === 0) {
    return judge(
      'not-applicable',
      `${sentence}, and the policy file names no administrators to compare with (trust.administrators)`,
    );
  }
  if (isNobody(actor)) return judge('unknown', `${sentence}, and the record does not say who that is; find out`);
  return isNamed(actor, administrators)
    ? judge('compliant', `${sentence}, whom trust.administrators names`)
    : judge('violation', `${sentence}, whom trust.administrators of the policy file does not name`);
}

/** An AWS service that acts by itself has no ARN that a list could name, and a damaged record neither. */
const isNobody = ({ arn, sessionIssuer }: Actor): boolean => arn === undefined && sessionIssuer === undefined;
