import type { Outcome } from '../event/key-action.ts';
import { KMS_SOURCE } from '../event/operations.ts';
import auditTrailIntact from './audit-trail-intact.ts';
import type { Control } from './control.ts';
import deletionAuthorized from './deletion-authorized.ts';
import deletionCompleted from './deletion-completed.ts';
import deletionKeyUnused from './deletion-key-unused.ts';
import deletionWaitingPeriod from './deletion-waiting-period.ts';
import grantLeastPrivilege from './grant-least-privilege.ts';
import iamPolicyKmsLeastPrivilege from './iam-policy-kms-least-privilege.ts';
import keyAdministratorAuthorized from './key-administrator-authorized.ts';
import keyAvailable from './key-available.ts';
import keyCreationAttributed from './key-creation-attributed.ts';
import keyCreatorAuthorized from './key-creator-authorized.ts';
import keyMaterialInKms from './key-material-in-kms.ts';
import keyMaterialNotExportable from './key-material-not-exportable.ts';
import keyOwnerTagged from './key-owner-tagged.ts';
import keyPolicyLeastPrivilege from './key-policy-least-privilege.ts';
import keyPolicyNotPublic from './key-policy-not-public.ts';
import keyRegionApproved from './key-region-approved.ts';
import keySpecApproved from './key-spec-approved.ts';
import keyUseLogged from './key-use-logged.ts';
import manualRotationOnSchedule from './manual-rotation-on-schedule.ts';
import pendingDeletionKeyNotUsed from './pending-deletion-key-not-used.ts';
import rotationEnabled from './rotation-enabled.ts';
import rotationOnSchedule from './rotation-on-schedule.ts';
import rotationPeriodAnnual from './rotation-period-annual.ts';

/** Every control, in the order of the procedure's steps. */
export const controls: readonly Control[] = [
  keyRegionApproved,
  keyCreatorAuthorized,
  keySpecApproved,
  keyOwnerTagged,
  keyCreationAttributed,
  auditTrailIntact,
  grantLeastPrivilege,
  keyPolicyNotPublic,
  keyPolicyLeastPrivilege,
  keyMaterialNotExportable,
  iamPolicyKmsLeastPrivilege,
  keyUseLogged,
  keyMaterialInKms,
  keyAdministratorAuthorized,
  keyAvailable,
  rotationEnabled,
  rotationPeriodAnnual,
  manualRotationOnSchedule,
  rotationOnSchedule,
  deletionAuthorized,
  deletionKeyUnused,
  deletionWaitingPeriod,
  pendingDeletionKeyNotUsed,
  deletionCompleted,
];

/** Their ids, for the policy file. */
export const controlIds: readonly string[] = controls.map(({ id }) => id);

/** The controls that judge a state without an action: on demand and in a sweep. */
export const stateControls: readonly Control[] = controls.filter(({ judgesState }) => judgesState);

/** @returns undefined for an id that this version does not know */
export const findControl = (id: string): Control | undefined => controls.find((control) => control.id === id);

/**
 * The controls that an action triggers.
 *
 * @param eventSource of the action: services use the same names (Payment Cryptography has a CreateKey too)
 * @param api the operation or service event, e.g. `DisableKeyRotation`
 * @param outcome of the action; most controls look at what succeeded only, because nothing else changed anything
 */
export const controlsFor = (eventSource: string, api: string, outcome: Outcome): readonly Control[] =>
  controls.filter(
    (control) => eventsOf(control, eventSource).includes(api) && (control.outcomes ?? ONLY_DONE).includes(outcome),
  );

/** What of a service makes Keywarden evaluate a control. */
function eventsOf({ eventSource: own = KMS_SOURCE, events, otherEvents = {} }: Control, eventSource: string) {
  const others = Object.hasOwn(otherEvents, eventSource) ? (otherEvents[eventSource] ?? []) : [];
  return own === eventSource ? [...events, ...others] : others;
}

const ONLY_DONE: readonly Outcome[] = ['succeeded'];
