import type { KeyAction } from '../event/key-action.ts';
import { KMS_SOURCE } from '../event/operations.ts';
import type { KeyHistory, Rotations } from '../facts/key-facts.ts';
import { readImportType } from '../facts/key-history.ts';
import { DAY, findMaterial, type Material, sayMaterial } from '../facts/key-material.ts';
import type { KeyView } from '../facts/key-view.ts';
import { showText } from '../facts/plain-text.ts';
import { judgeRotationEligibility, ROTATION_TRAITS, type RotationTrait } from '../facts/rotation-eligibility.ts';
import type { Control, Evidence, Judgement } from './control.ts';
import { judge, judgeKey } from './judgement/judge-key.ts';
import { proposeNewMaterial } from './judgement/propose-new-material.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys-manually.html */
const manualRotationOnSchedule: Control = {
  id: 'manual-rotation-on-schedule',
  title: "Every key that KMS cannot rotate gets new material, or is replaced, within the policy's cryptoperiod",
  step: '4.4.1',
  alsoSteps: ['4.4.2'],
  severity: 'medium',
  why:
    'KMS rotates symmetric keys with its own material only. Asymmetric and HMAC keys, imported material and keys in custom ' +
    'key stores stay as they are until somebody replaces them, and no setting shows that nobody does. NIST SP 800-57 gives ' +
    'most of them one to three years.',
  notApplicable:
    'KMS can rotate the key by itself, or AWS manages it; it is a multi-Region replica, which is judged with its primary; it ' +
    'is disabled, pending deletion or without material, so that nothing new is protected with it.',
  // ImportKeyMaterial and RotateKey: new material. EnableKey and UpdatePrimaryRegion: the key is in use again, or leads its
  // replicas. The others put it out of use. A key that was just created is not late, so CreateKey is left out.
  events: [
    'ImportKeyMaterial',
    'RotateKey',
    'EnableKey',
    'UpdatePrimaryRegion',
    'DisableKey',
    'DeleteImportedKeyMaterial',
    'DeleteExpiredKeyMaterial',
    'ScheduleKeyDeletion',
    'DeleteKey',
  ],
  judgesState: true,
  reads: ['key', 'rotations', 'history'],
  iam: ['kms:DescribeKey', 'kms:ListKeyRotations'],
  defaultMode: 'observe',
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7'],
    'ISO/IEC 27001:2022': ['A.8.24'],
    'NIST SP 800-53 Rev. 5': ['SC-12'],
    'NIST SP 800-57 Part 1 Rev. 5': ['5.3.6'],
    'PCI DSS 4.0.1': ['3.7.4', '3.7.5'],
  },
  runbook: [
    '1. Within 5 working days, find out who uses the key: the last 90 days of the key in CloudTrail (event history, resource name), `actor.arn` of each use, and the owner in its tags.',
    '2. Within 20 working days, follow the proposal in the alert: new material for imported symmetric keys; for all others a new key, to which the alias is moved.',
    '3. Keep the old key for what it still has to decrypt or verify. When it is no longer needed, disable it: the finding closes with the DisableKey event. Schedule its deletion only when nothing has used it for the quiet period of the policy file (`deletion.quietDays`).',
    '4. If the old key must stay enabled in order to decrypt, have the security officer record a waiver for this key with an owner, a ticket and a last day.',
    '5. If the verdict is unknown, look up the ImportKeyMaterial events of the key in CloudTrail within 5 working days and compare `response.keyMaterialId` of the last two: the same id is the same material.',
  ],
  verify: (evidence) => judgeKey(evidence, (key, name) => judgeManual(key, name, evidence), [], ROTATION_TRAITS),
};

export default manualRotationOnSchedule;

function judgeManual(key: KeyView<never, RotationTrait>, name: string, evidence: Evidence): Judgement {
  const { rotations, history } = evidence.facts;
  const spared = findWhySpared(key);
  if (spared !== undefined) return judge('not-applicable', `${name} ${spared}`);
  if (!rotations.known)
    return judge('unknown', `When ${name.replace(/^Key/, 'key')} was rotated is unknown because ${rotations.reason}`);
  if (!history.known)
    return judge('unknown', `The past of ${name.replace(/^Key/, 'key')} is unknown because ${history.reason}`);
  const [done, past] = [rotations.value, history.value];
  return judgeKey(evidence, (whole) => judgeAge(whole, name, done, past, evidence), AGE_TRAITS, ['createdAt']);
}

const AGE_TRAITS = ['manager', 'spec', 'usage', 'origin', 'multiRegion', 'state'] as const;

/** A key that KMS cannot rotate, and that is not spared. */
type AgedKey = KeyView<(typeof AGE_TRAITS)[number], 'createdAt'>;

/** A disabled key protects nothing new; it is judged when it is enabled again. */
function findWhySpared(key: KeyView<never, RotationTrait>): string | undefined {
  const eligibility = judgeRotationEligibility(key);
  if (eligibility.eligible) return 'can be rotated by KMS, which rotation-on-schedule judges';
  const { obstacle, reason, untold } = eligibility;
  if (obstacle === 'manager') return `needs no manual rotation because ${reason}`;
  if (key.multiRegion === 'replica') return 'is a multi-Region replica, which is judged with its primary key';
  if (obstacle === 'state' && untold === undefined) return `can be rotated by KMS, but for its state: ${reason}`;
  return key.state === undefined ? undefined : UNUSED[key.state];
}

const UNUSED: Readonly<Record<string, string | undefined>> = Object.assign(Object.create(null), {
  Disabled: 'is disabled, so that nothing new is protected with it; it is judged when it is enabled',
  PendingDeletion: 'is pending deletion',
  PendingReplicaDeletion: 'is pending deletion, which waits for its replicas',
  PendingImport: 'has no key material, so that it cannot be used',
});

function judgeAge(
  key: AgedKey,
  name: string,
  rotations: Rotations,
  history: KeyHistory,
  { action, policy, now }: Evidence,
): Judgement {
  const { manualPeriodInDays: days, graceDays } = policy.rotation;
  const isLate = ({ at }: Material) => now.getTime() > at + (days + graceDays) * DAY;
  const imports = listImports(history, action);
  const brought = imports.filter((one) => isNew(one, rotations));
  const certain = findMaterial(key, rotations, action, brought);
  if (certain === undefined) {
    return judge('unknown', `${name} has material of an age that KMS does not tell; look it up in the console`);
  }
  const said = `${name} ${sayMaterial(certain, now)}`;
  if (!isLate(certain)) return judge('compliant', `${said}; the policy asks for ${days} days or less`);
  const unclear = imports.find(
    ({ at, how, importType }) => importType === undefined && !isLate({ at: Date.parse(at), how }),
  );
  if (unclear !== undefined) {
    return judge(
      'unknown',
      `${said}, and was imported on ${showText(unclear.at)}, but the record does not tell whether that was new material`,
    );
  }
  if (key.origin === 'EXTERNAL_KEY_STORE') {
    return judge(
      'unknown',
      `${said}; whether its external key manager has renewed the material since cannot be seen from KMS`,
    );
  }
  const waits =
    rotations.materialWaits === true ? ', and new material was imported that waits for a rotation on demand' : '';
  const late = `${said}${waits}; the policy asks for ${days} days or less and allows ${graceDays} more`;
  return { ...judge('violation', late), proposal: proposeNewMaterial(key, rotations) };
}

interface Import {
  readonly at: string;
  readonly how: string;
  readonly importType: string | undefined;
}

/** The last one of the past, and the action itself, which is not part of the past. */
function listImports(history: KeyHistory, action: KeyAction | undefined): readonly Import[] {
  const how = 'was given imported material';
  const { imported } = history;
  const before = imported === undefined ? [] : [{ at: imported.time, how, importType: imported.importType }];
  if (action?.api !== 'ImportKeyMaterial' || action.eventSource !== KMS_SOURCE) return before;
  return [...before, { at: action.time, how, importType: readImportType(history, action) }];
}

/**
 * Whether an import gave the key the material that it encrypts with now. What is imported again is the old material, and
 * new material beside the old is used only after a rotation on demand, which has a date of its own.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-import-key-material.html
 */
const isNew = ({ importType }: Import, { materialWaits }: Rotations): boolean =>
  importType === 'NEW_KEY_MATERIAL' && materialWaits !== true;
