import type { Verdict } from '../../lib/controls/control.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { POLICY } from '../controls/control-case.ts';
import { ACCOUNT, KEY_ARN, KEY_ID } from '../facts/key.ts';
import { createKeyRecord, type JsonRecord, recordOf, useRecord } from './records.ts';

/** Records, and what a control says of the last action in them that triggers it. */
export type VerdictCase = readonly [control: string, verdict: Verdict, records: readonly JsonRecord[], policy?: Policy];

const day = (date: string): string => `${date}T09:00:00Z`;
const at = (minute: number): string => `2026-08-03T09:${String(minute).padStart(2, '0')}:00Z`;

const OPS = `arn:aws:iam::${ACCOUNT}:role/ops`;
const LEAD = `arn:aws:sts::${ACCOUNT}:assumed-role/lead/olivia`;

/** Somebody else than who does the rest. */
const asLead: JsonRecord = {
  userIdentity: {
    type: 'AssumedRole',
    arn: LEAD,
    accountId: ACCOUNT,
    sessionContext: { sessionIssuer: { type: 'Role', arn: `arn:aws:iam::${ACCOUNT}:role/lead` } },
  },
};

const NAMED: Policy = {
  ...POLICY,
  generation: { ...POLICY.generation, regions: ['eu-west-1'], creators: [OPS] },
  trust: { ...POLICY.trust, administrators: [OPS] },
  deletion: { ...POLICY.deletion, approvers: [`arn:aws:iam::${ACCOUNT}:role/lead`] },
};

const OTHERS: Policy = {
  ...NAMED,
  generation: { ...NAMED.generation, regions: ['us-east-1'], creators: [`arn:aws:iam::${ACCOUNT}:role/others`] },
  trust: { ...NAMED.trust, administrators: [`arn:aws:iam::${ACCOUNT}:role/others`] },
};

const born = createKeyRecord(at(0));
const schedule = (overrides: JsonRecord = {}, time = at(9)): JsonRecord =>
  recordOf('ScheduleKeyDeletion', time, {
    requestParameters: { keyId: KEY_ID, pendingWindowInDays: 30 },
    ...overrides,
  });
const approve = recordOf('TagResource', at(5), {
  ...asLead,
  requestParameters: { keyId: KEY_ID, tags: [{ tagKey: POLICY.deletion.approvalTag, tagValue: 'olivia SEC-42' }] },
});
const put = (policy: unknown): JsonRecord =>
  recordOf('PutKeyPolicy', at(1), { requestParameters: { keyId: KEY_ID, policy: JSON.stringify(policy) } });
const statement = (principal: unknown, action: unknown) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Allow', Principal: principal, Action: action, Resource: '*' },
  ],
});
const grant = (grantee: string): JsonRecord =>
  recordOf('CreateGrant', at(1), {
    requestParameters: {
      keyId: KEY_ARN,
      operations: ['Decrypt'],
      granteePrincipal: grantee,
      constraints: { encryptionContextEquals: { team: 'payments' } },
    },
    responseElements: { grantId: 'a'.repeat(64), keyId: KEY_ARN },
  });
const iam = (document: unknown): JsonRecord =>
  recordOf('PutRolePolicy', at(1), {
    eventSource: 'iam.amazonaws.com',
    requestParameters: { roleName: 'app', policyName: 'keys', policyDocument: JSON.stringify(document) },
    responseElements: null,
    resources: undefined,
  });
const identity = (resource: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['kms:Decrypt'], Resource: resource }],
});
const refusedUse = useRecord(at(20), 'Decrypt', {
  errorCode: 'KMSInvalidStateException',
  errorMessage: `${KEY_ARN} is pending deletion.`,
});
const rotate = (date: string): JsonRecord =>
  recordOf('RotateKey', day(date), {
    eventType: 'AwsServiceEvent',
    requestParameters: null,
    responseElements: null,
    serviceEventDetails: { rotationType: 'AUTOMATIC', keyId: KEY_ID },
  });
const external = createKeyRecord(day('2024-01-01'), {
  origin: 'EXTERNAL',
  keyState: 'PendingImport',
  creationDate: 'Jan 1, 2024, 9:00:00 AM',
});
const importAt = (date: string): JsonRecord =>
  recordOf('ImportKeyMaterial', day(date), {
    requestParameters: {
      keyId: KEY_ID,
      expirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      importType: 'NEW_KEY_MATERIAL',
    },
  });
const oldKey = createKeyRecord(day('2024-01-01'), { creationDate: 'Jan 1, 2024, 9:00:00 AM' });

/** A use of another key on every day, so that the files have no gap. */
const everyDay = (from: string, days: number): readonly JsonRecord[] =>
  Array.from({ length: days }, (_none, index) =>
    useRecord(new Date(Date.parse(day(from)) + index * 86_400_000).toISOString().replace('.000', ''), 'Sign', {
      resources: [{ ARN: KEY_ARN.replace('1234abcd', '9999abcd') }],
    }),
  );

const trail = (api: string, minute: number, overrides: JsonRecord = {}): JsonRecord =>
  recordOf(api, at(minute), {
    eventSource: 'cloudtrail.amazonaws.com',
    requestParameters: { name: 'management' },
    responseElements: null,
    resources: undefined,
    ...overrides,
  });
const trailMade = trail('CreateTrail', 1, {
  responseElements: {
    name: 'management',
    trailARN: `arn:aws:cloudtrail:eu-west-1:${ACCOUNT}:trail/management`,
    isMultiRegionTrail: true,
  },
});

/** Every control, good and bad, from nothing but records. */
export const CASES: readonly VerdictCase[] = [
  ['key-region-approved', 'compliant', [born], NAMED],
  ['key-region-approved', 'violation', [born], OTHERS],
  ['key-creator-authorized', 'compliant', [born], NAMED],
  ['key-creator-authorized', 'violation', [born], OTHERS],
  ['key-spec-approved', 'compliant', [born]],
  ['key-spec-approved', 'violation', [createKeyRecord(at(0), { keySpec: 'RSA_2048' })]],
  ['key-owner-tagged', 'compliant', [born]],
  [
    'key-owner-tagged',
    'violation',
    [born, recordOf('UntagResource', at(1), { requestParameters: { tagKeys: ['owner'] } })],
  ],
  ['key-creation-attributed', 'compliant', [born]],
  ['key-creation-attributed', 'unknown', [createKeyRecord(at(0), {}, { userIdentity: { type: 'Unknown' } })]],
  ['audit-trail-intact', 'compliant', [trailMade, trail('StartLogging', 2)]],
  ['audit-trail-intact', 'violation', [trailMade, trail('StartLogging', 2), trail('StopLogging', 3)]],
  ['audit-trail-intact', 'violation', [trail('StopLogging', 3)]],
  ['key-use-logged', 'compliant', [trailMade, trail('StartLogging', 2)]],
  ['key-use-logged', 'unknown', [trailMade, trail('StartLogging', 2), trail('StopLogging', 3)]],
  ['grant-least-privilege', 'compliant', [born, grant(`arn:aws:iam::${ACCOUNT}:role/app`)]],
  ['grant-least-privilege', 'violation', [born, grant(`arn:aws:iam::${ACCOUNT}:root`)]],
  ['key-policy-not-public', 'compliant', [born, put(statement({ AWS: OPS }, 'kms:Decrypt'))]],
  ['key-policy-not-public', 'violation', [born, put(statement('*', 'kms:Decrypt'))]],
  ['key-policy-least-privilege', 'compliant', [born, put(statement({ AWS: OPS }, 'kms:Decrypt'))]],
  [
    'key-policy-least-privilege',
    'violation',
    [born, put(statement({ AWS: `arn:aws:iam::${ACCOUNT}:role/app` }, 'kms:*'))],
    NAMED,
  ],
  ['key-material-not-exportable', 'compliant', [born]],
  [
    'key-material-not-exportable',
    'violation',
    [born, put(statement('*', 'kms:*'))],
    {
      ...POLICY,
      keyMaterial: { ...POLICY.keyMaterial, custodians: [OPS], dataKeyPairRoles: [OPS] },
    },
  ],
  ['iam-policy-kms-least-privilege', 'compliant', [iam(identity(KEY_ARN))]],
  ['iam-policy-kms-least-privilege', 'violation', [iam(identity('*'))]],
  ['key-material-in-kms', 'compliant', [born]],
  ['key-material-in-kms', 'violation', [external]],
  ['key-administrator-authorized', 'compliant', [born, recordOf('DisableKey', at(1))], NAMED],
  ['key-administrator-authorized', 'violation', [born, recordOf('DisableKey', at(1))], OTHERS],
  ['key-available', 'compliant', [born, recordOf('DisableKey', at(1)), recordOf('EnableKey', at(2))], NAMED],
  ['key-available', 'violation', [born, recordOf('DisableKey', at(1))], OTHERS],
  ['rotation-enabled', 'compliant', [born, recordOf('EnableKeyRotation', at(1))]],
  [
    'rotation-enabled',
    'violation',
    [born, recordOf('EnableKeyRotation', at(1)), recordOf('DisableKeyRotation', at(2))],
  ],
  ['rotation-period-annual', 'compliant', [born, recordOf('EnableKeyRotation', at(1))]],
  [
    'rotation-period-annual',
    'violation',
    [born, recordOf('EnableKeyRotation', at(1), { requestParameters: { rotationPeriodInDays: 700 } })],
  ],
  ['manual-rotation-on-schedule', 'compliant', [external, importAt('2026-01-01')]],
  [
    'manual-rotation-on-schedule',
    'violation',
    [external, importAt('2024-01-02'), recordOf('EnableKey', day('2026-06-01'))],
  ],
  [
    'rotation-on-schedule',
    'compliant',
    [oldKey, recordOf('EnableKeyRotation', day('2024-01-02')), rotate('2026-01-01')],
  ],
  [
    'rotation-on-schedule',
    'violation',
    [oldKey, rotate('2024-06-01'), recordOf('EnableKeyRotation', day('2026-06-01'))],
  ],
  ['deletion-authorized', 'compliant', [born, approve, schedule()], NAMED],
  ['deletion-authorized', 'violation', [born, schedule()], NAMED],
  [
    'deletion-key-unused',
    'compliant',
    [createKeyRecord(day('2026-01-01')), ...everyDay('2026-01-01', 120), schedule({}, day('2026-04-30'))],
  ],
  ['deletion-key-unused', 'violation', [born, useRecord(at(3)), schedule()]],
  [
    'deletion-key-unused',
    'unknown',
    [createKeyRecord(day('2026-01-01'), { creationDate: 'Jan 1, 2025, 9:00:00 AM' }), schedule({}, day('2026-04-30'))],
  ],
  ['deletion-waiting-period', 'compliant', [born, schedule()]],
  ['deletion-waiting-period', 'violation', [born, schedule({ requestParameters: { pendingWindowInDays: 7 } })]],
  ['pending-deletion-key-not-used', 'violation', [born, schedule(), refusedUse]],
  [
    'pending-deletion-key-not-used',
    'not-applicable',
    [born, schedule(), refusedUse, recordOf('CancelKeyDeletion', at(30))],
  ],
  [
    'deletion-completed',
    'compliant',
    [born, schedule(), recordOf('DeleteKey', day('2026-09-03'), { eventType: 'AwsServiceEvent' })],
  ],
];
