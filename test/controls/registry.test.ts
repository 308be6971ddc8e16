import { describe, expect, test } from '@jest/globals';
import { controlIds, controls, controlsFor, findControl, stateControls } from '../../lib/controls/index.ts';
import type { Outcome } from '../../lib/event/key-action.ts';

const KMS = 'kms.amazonaws.com';
const idsFor = (api: string, outcome: Outcome, source = KMS) => controlsFor(source, api, outcome).map(({ id }) => id);

describe('the controls that an action triggers', () => {
  test.each<[string, readonly string[]]>([
    [
      'CreateKey',
      [
        'key-region-approved',
        'key-creator-authorized',
        'key-spec-approved',
        'key-owner-tagged',
        'key-creation-attributed',
        'key-policy-not-public',
        'key-policy-least-privilege',
        'key-material-not-exportable',
        'key-material-in-kms',
        'rotation-enabled',
        'rotation-period-annual',
      ],
    ],
    [
      'EnableKeyRotation',
      ['key-administrator-authorized', 'rotation-enabled', 'rotation-period-annual', 'rotation-on-schedule'],
    ],
    ['DisableKeyRotation', ['key-administrator-authorized', 'rotation-enabled', 'rotation-period-annual']],
    [
      'EnableKey',
      [
        'key-administrator-authorized',
        'key-available',
        'rotation-enabled',
        'rotation-period-annual',
        'manual-rotation-on-schedule',
        'rotation-on-schedule',
      ],
    ],
    [
      'DisableKey',
      [
        'key-administrator-authorized',
        'key-available',
        'rotation-enabled',
        'rotation-period-annual',
        'manual-rotation-on-schedule',
        'rotation-on-schedule',
      ],
    ],
    [
      'UpdatePrimaryRegion',
      [
        'key-administrator-authorized',
        'rotation-enabled',
        'rotation-period-annual',
        'manual-rotation-on-schedule',
        'rotation-on-schedule',
      ],
    ],
    [
      'ScheduleKeyDeletion',
      [
        'key-available',
        'rotation-enabled',
        'rotation-period-annual',
        'manual-rotation-on-schedule',
        'rotation-on-schedule',
        'deletion-authorized',
        'deletion-key-unused',
        'deletion-waiting-period',
        'deletion-completed',
      ],
    ],
    [
      'CancelKeyDeletion',
      [
        'key-owner-tagged',
        'key-administrator-authorized',
        'deletion-authorized',
        'deletion-key-unused',
        'deletion-waiting-period',
        'pending-deletion-key-not-used',
        'deletion-completed',
      ],
    ],
    [
      'PutKeyPolicy',
      [
        'key-policy-not-public',
        'key-policy-least-privilege',
        'key-material-not-exportable',
        'key-administrator-authorized',
      ],
    ],
    [
      'ReplicateKey',
      [
        'key-region-approved',
        'key-creator-authorized',
        'key-policy-not-public',
        'key-policy-least-privilege',
        'key-material-not-exportable',
        'key-administrator-authorized',
      ],
    ],
    [
      'ImportKeyMaterial',
      [
        'key-material-not-exportable',
        'key-material-in-kms',
        'key-administrator-authorized',
        'key-available',
        'manual-rotation-on-schedule',
      ],
    ],
    ['RotateKey', ['manual-rotation-on-schedule', 'rotation-on-schedule']],
    ['RotateKeyOnDemand', ['rotation-on-schedule']],
    ['TagResource', ['key-owner-tagged', 'key-administrator-authorized', 'deletion-authorized']],
    ['UntagResource', ['key-owner-tagged', 'key-administrator-authorized', 'deletion-authorized']],
    ['CreateGrant', ['grant-least-privilege']],
    ['RevokeGrant', ['grant-least-privilege']],
    ['RetireGrant', ['grant-least-privilege']],
    ['DeleteAlias', ['key-administrator-authorized']],
    ['DisconnectCustomKeyStore', ['key-administrator-authorized', 'key-available']],
    ['GenerateDataKeyPair', ['key-material-not-exportable', 'pending-deletion-key-not-used']],
    ['GetParametersForImport', ['key-material-not-exportable']],
    ['NeverHeardOf', []],
    ['', []],
  ])('are found for %s', (api, ids) => {
    expect(idsFor(api, 'succeeded')).toEqual(ids);
  });

  test('are all that judge the state of a key when it is gone, so that everything found on it closes', () => {
    const closing = idsFor('DeleteKey', 'succeeded');
    expect(stateControls.map(({ id }) => id).filter((id) => !closing.includes(id))).toEqual([]);
  });

  test('are found for trails, and for what Keywarden is made of, by the service', () => {
    expect(idsFor('StopLogging', 'succeeded', 'cloudtrail.amazonaws.com').sort()).toEqual([
      'audit-trail-intact',
      'key-use-logged',
    ]);
    expect(idsFor('DisableRule', 'succeeded', 'events.amazonaws.com')).toEqual(['audit-trail-intact']);
    expect(idsFor('DisableRule', 'denied', 'events.amazonaws.com')).toEqual([]);
    expect(idsFor('DisableRule', 'succeeded', 's3.amazonaws.com')).toEqual([]);
  });

  test('are found for IAM, among operations of IAM only', () => {
    // The second looks at Keywarden's own roles only.
    expect(idsFor('PutRolePolicy', 'succeeded', 'iam.amazonaws.com').sort()).toEqual([
      'audit-trail-intact',
      'iam-policy-kms-least-privilege',
    ]);
    expect(idsFor('PutUserPolicy', 'succeeded', 'iam.amazonaws.com')).toEqual(['iam-policy-kms-least-privilege']);
    expect(idsFor('PutRolePolicy', 'succeeded')).toEqual([]);
  });

  test('are none when another service has an operation of the same name', () => {
    expect(idsFor('CreateKey', 'succeeded', 'payment-cryptography.amazonaws.com')).toEqual([]);
    expect(idsFor('DisableKeyRotation', 'succeeded', 'iam.amazonaws.com')).toEqual([]);
  });

  test.each(['denied', 'failed', 'dry-run'] as const)('are none when it was %s, because nothing changed', (outcome) => {
    expect(idsFor('DisableKeyRotation', outcome)).toEqual([]);
  });
});

describe('the registry', () => {
  test('finds a control by its id, and none by another', () => {
    expect(controlIds.map(findControl)).toEqual(controls);
    expect(findControl('toString')).toBeUndefined();
  });

  test('judges the state of a key by every control that judges no single thing of it and no deed', () => {
    const single = ['grant-least-privilege', 'iam-policy-kms-least-privilege', 'audit-trail-intact'];
    // Who did something is told by the record of it (docs/adr/0009).
    const deeds = [
      'key-creator-authorized',
      'key-creation-attributed',
      'key-administrator-authorized',
      'pending-deletion-key-not-used',
    ];
    expect(stateControls.map(({ id }) => id)).toEqual(controlIds.filter((id) => ![...single, ...deeds].includes(id)));
  });
});
