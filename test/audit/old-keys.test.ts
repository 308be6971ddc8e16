import { describe, expect, test } from '@jest/globals';
import { createRecordedState } from '../../lib/audit/facts/recorded-state.ts';
import type { Verdict } from '../../lib/controls/control.ts';
import { readRecord } from '../../lib/event/read-record.ts';
import type { KeyDescription, KeyTraits } from '../../lib/facts/key-facts.ts';
import { KEY_TRAITS, viewKey } from '../../lib/facts/key-view.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { POLICY } from '../controls/control-case.ts';
import { ACCOUNT, KEY_ARN, KEY_ID, REGION } from '../facts/key.ts';
import { auditRecords, createKeyRecord, type JsonRecord, recordOf, useRecord, verdictOf } from './records.ts';

const at = (minute: number): string => `2026-08-03T09:${String(minute).padStart(2, '0')}:00Z`;

/** What is known of the last record's key; undefined when it is gone. */
function keyAfter(...records: readonly JsonRecord[]): KeyDescription | undefined {
  const state = createRecordedState(new Map(), 90);
  const actions = records.map((record) => readRecord(record, { origin: 'archive', selfRoleArns: [] }));
  for (const action of actions) state.add(action);
  const last = actions.at(-1);
  if (last === undefined) throw new TypeError('A case needs a record.');
  const { key } = state.factsOf(last);
  if (!key.known) throw new TypeError(key.reason);
  return key.value === 'missing' ? undefined : key.value;
}

/** What is told of the last record's key besides which one it is. */
function traitsAfter(...records: readonly JsonRecord[]): Partial<KeyTraits> {
  const key = keyAfter(...records);
  if (key === undefined) return {};
  const { arn, keyId, account, region, ...traits } = viewKey(key, KEY_TRAITS);
  expect({ arn, keyId, account, region }).toEqual({
    arn,
    keyId: arn.slice(arn.indexOf('/') + 1),
    account: ACCOUNT,
    region: REGION,
  });
  return traits;
}

const ROTATABLE: Partial<KeyTraits> = {
  manager: 'CUSTOMER',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
  state: 'Enabled',
  multiRegion: 'no',
};
const SINGLE: Partial<KeyTraits> = { multiRegion: 'no' };
const CUSTOMER: Partial<KeyTraits> = { manager: 'CUSTOMER', multiRegion: 'no' };
const IMPORTED: Partial<KeyTraits> = { ...CUSTOMER, origin: 'EXTERNAL' };
const SYMMETRIC: Partial<KeyTraits> = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', multiRegion: 'no' };

/** What KMS does by itself, as its records say. */
const byKms = (api: string, details?: JsonRecord): JsonRecord =>
  recordOf(api, at(1), {
    userIdentity: { accountId: ACCOUNT, invokedBy: 'AWS Internal' },
    eventType: 'AwsServiceEvent',
    requestParameters: null,
    responseElements: null,
    ...(details === undefined ? {} : { serviceEventDetails: { keyId: KEY_ID, ...details } }),
  });
/** By a service in somebody's name. */
const through = (invokedBy: string): JsonRecord => ({
  userIdentity: {
    type: 'AssumedRole',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/ops/dana`,
    accountId: ACCOUNT,
    invokedBy,
  },
});
const scheduled = (response: JsonRecord): JsonRecord =>
  recordOf('ScheduleKeyDeletion', at(1), { requestParameters: { pendingWindowInDays: 7 }, responseElements: response });
const refused = (message: string): JsonRecord =>
  useRecord(at(1), 'Decrypt', { errorCode: 'KMSInvalidStateException', errorMessage: message });

describe('of a key that is older than the files', () => {
  test.each<[string, JsonRecord, Partial<KeyTraits>]>([
    ['EnableKeyRotation', recordOf('EnableKeyRotation', at(1)), ROTATABLE],
    ['DisableKeyRotation', recordOf('DisableKeyRotation', at(1)), ROTATABLE],
    [
      'RotateKeyOnDemand, which imported material permits too,',
      recordOf('RotateKeyOnDemand', at(1)),
      { ...CUSTOMER, ...SYMMETRIC, state: 'Enabled' },
    ],
    [
      'a rotation by KMS, which rotates keys of AWS too,',
      byKms('RotateKey', { rotationType: 'AUTOMATIC' }),
      { ...SYMMETRIC, origin: 'AWS_KMS', state: 'Enabled' },
    ],
    [
      'a rotation on demand of imported material',
      byKms('RotateKey', { rotationType: 'ON_DEMAND', keyOrigin: 'EXTERNAL' }),
      { ...IMPORTED, ...SYMMETRIC },
    ],
    [
      'a rotation on demand, whose record does not say of what material,',
      byKms('RotateKey', { rotationType: 'ON_DEMAND' }),
      { ...CUSTOMER, ...SYMMETRIC },
    ],
    ['EnableKey', recordOf('EnableKey', at(1)), { ...CUSTOMER, state: 'Enabled' }],
    ['DisableKey', recordOf('DisableKey', at(1)), { ...CUSTOMER, state: 'Disabled' }],
    ['CancelKeyDeletion', recordOf('CancelKeyDeletion', at(1)), { ...CUSTOMER, state: 'Disabled' }],
    [
      'ScheduleKeyDeletion',
      scheduled({ keyState: 'PendingDeletion', deletionDate: 'Aug 10, 2026, 9:01:00 AM' }),
      { ...CUSTOMER, state: 'PendingDeletion', deletionAt: '2026-08-10T09:01:00Z' },
    ],
    ['PutKeyPolicy', recordOf('PutKeyPolicy', at(1)), CUSTOMER],
    ['TagResource', recordOf('TagResource', at(1)), CUSTOMER],
    ['UntagResource', recordOf('UntagResource', at(1)), CUSTOMER],
    [
      'CreateAlias',
      recordOf('CreateAlias', at(1), { requestParameters: { aliasName: 'alias/pay', targetKeyId: KEY_ID } }),
      CUSTOMER,
    ],
    [
      'UpdateKeyDescription',
      recordOf('UpdateKeyDescription', at(1), { requestParameters: { description: 'pay' } }),
      { ...CUSTOMER, description: 'pay' },
    ],
    ['ImportKeyMaterial', recordOf('ImportKeyMaterial', at(1)), IMPORTED],
    [
      'DeleteImportedKeyMaterial, which a key that is pending deletion permits too,',
      recordOf('DeleteImportedKeyMaterial', at(1)),
      IMPORTED,
    ],
    ['DeleteExpiredKeyMaterial', byKms('DeleteExpiredKeyMaterial', {}), IMPORTED],
    ['GetParametersForImport', recordOf('GetParametersForImport', at(1), { readOnly: true }), IMPORTED],
    ['CreateGrant, which keys of AWS permit too,', recordOf('CreateGrant', at(1)), SINGLE],
    ['RevokeGrant', recordOf('RevokeGrant', at(1)), SINGLE],
    ['a call of CloudFormation', recordOf('PutKeyPolicy', at(1), through('cloudformation.amazonaws.com')), CUSTOMER],
    [
      'a call of another service, which may have keys of its own,',
      recordOf('PutKeyPolicy', at(1), through('rds.amazonaws.com')),
      SINGLE,
    ],
    [
      'a call of a service that nobody asked',
      recordOf('PutKeyPolicy', at(1), { userIdentity: { type: 'AWSService', invokedBy: 'rds.amazonaws.com' } }),
      SINGLE,
    ],
    [
      'a call that failed',
      recordOf('EnableKeyRotation', at(1), { errorCode: 'AccessDenied', errorMessage: 'no' }),
      SINGLE,
    ],
    [
      'a refusal because the key is pending deletion',
      refused(`${KEY_ARN} is pending deletion.`),
      { ...SINGLE, state: 'PendingDeletion' },
    ],
    [
      'a refusal because its replicas are pending',
      refused(`${KEY_ARN} is pending replica deletion.`),
      { ...SINGLE, state: 'PendingReplicaDeletion' },
    ],
    [
      'a refusal because another key is pending deletion',
      refused(`${KEY_ARN.replace('1234abcd', '9999abcd')} is pending deletion.`),
      SINGLE,
    ],
    ['a refusal for another reason', refused(`${KEY_ARN} is disabled.`), SINGLE],
  ])('%s proves what KMS asks for it, and nothing more', (_name, record, traits) => {
    expect(traitsAfter(record)).toEqual(traits);
  });

  test('records add up, and what follows from an action is worth more than an older proof', () => {
    const records = [
      recordOf('EnableKeyRotation', at(0)),
      recordOf('DisableKey', at(1)),
      recordOf('TagResource', at(2)),
    ];
    expect(traitsAfter(...records)).toEqual({ ...ROTATABLE, state: 'Disabled' });
  });

  test('a deletion that is called off leaves no date behind', () => {
    const key = traitsAfter(scheduled({ keyState: 'PendingDeletion' }), recordOf('CancelKeyDeletion', at(2)));
    expect(key).toEqual({ ...CUSTOMER, state: 'Disabled' });
  });

  test('material that was imported again ends the wait for it, where the wait is told', () => {
    const lost = [recordOf('EnableKey', at(0)), recordOf('DeleteImportedKeyMaterial', at(1))];
    expect(traitsAfter(...lost)).toEqual({ ...IMPORTED, state: 'PendingImport' });
    expect(traitsAfter(...lost, recordOf('ImportKeyMaterial', at(2)))).toEqual({ ...IMPORTED, state: 'Enabled' });
  });

  test('a record of its creation tells all, and is not mixed with what was proven before', () => {
    expect(keyAfter(recordOf('DisableKey', at(0)), createKeyRecord(at(1)))).toMatchObject({
      state: 'Enabled',
      origin: 'AWS_KMS',
    });
    expect(keyAfter(recordOf('DisableKey', at(0)), createKeyRecord(at(1)))).not.toHaveProperty('untold');
  });

  test('its end is told like that of any other', () => {
    expect(keyAfter(byKms('DeleteKey'))).toBeUndefined();
    expect(keyAfter(byKms('DeleteKey'), recordOf('EnableKey', at(2)))).toBeUndefined();
  });

  test('it is pending deletion when a record says so, and nobody knows when none does', () => {
    const state = createRecordedState(new Map(), 90);
    const add = (record: JsonRecord) => state.add(readRecord(record, { origin: 'archive', selfRoleArns: [] }));
    const seen: (boolean | undefined)[] = [state.isPending(KEY_ARN)];
    const records = [
      recordOf('TagResource', at(0)),
      scheduled({}),
      recordOf('CancelKeyDeletion', at(2)),
      byKms('DeleteKey'),
    ];
    for (const record of records) {
      add(record);
      seen.push(state.isPending(KEY_ARN));
    }
    expect(seen).toEqual([undefined, undefined, true, false, undefined]);
  });

  describe('that may live in a key store', () => {
    const store = (api: string): JsonRecord =>
      recordOf(api, at(2), {
        requestParameters: { customKeyStoreId: 'cks-1' },
        responseElements: null,
        resources: undefined,
      });
    const look = recordOf('PutKeyPolicy', at(3));

    test('the state is not known any more once one is disconnected', () => {
      expect(traitsAfter(recordOf('EnableKey', at(1)), store('DisconnectCustomKeyStore'), look)).toEqual(CUSTOMER);
      expect(traitsAfter(recordOf('EnableKey', at(1)), store('ConnectCustomKeyStore'), look)).toMatchObject({
        state: 'Enabled',
      });
    });

    test('the state stays where its material is known to come from KMS', () => {
      expect(traitsAfter(recordOf('EnableKeyRotation', at(1)), store('DisconnectCustomKeyStore'), look)).toEqual(
        ROTATABLE,
      );
    });
  });
});

describe('of a multi-Region key that is older than the files', () => {
  const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/mrk-1234abcd12ab34cd56ef1234567890ab`;
  const of = (api: string, overrides: JsonRecord = {}): JsonRecord =>
    recordOf(api, at(1), {
      resources: [{ ARN: arn }],
      requestParameters: { keyId: arn },
      responseElements: null,
      ...overrides,
    });
  const PRIMARY: Partial<KeyTraits> = { manager: 'CUSTOMER', multiRegion: 'primary', primaryRegion: REGION };

  test.each<[string, JsonRecord, Partial<KeyTraits>]>([
    ['a grant proves no more than its id', of('CreateGrant'), { manager: 'CUSTOMER' }],
    ['EnableKeyRotation proves that it is the primary key', of('EnableKeyRotation'), { ...ROTATABLE, ...PRIMARY }],
    ['ReplicateKey proves that it is the primary key', of('ReplicateKey'), PRIMARY],
    [
      'a wait for replicas proves that it is the primary key',
      of('ScheduleKeyDeletion', {
        responseElements: { keyState: 'PendingReplicaDeletion' },
        requestParameters: { pendingWindowInDays: 9 },
      }),
      { ...PRIMARY, state: 'PendingReplicaDeletion', deletionWindowInDays: 9 },
    ],
    [
      'a wait proves nothing of the sort',
      of('ScheduleKeyDeletion', {
        responseElements: { keyState: 'PendingDeletion', deletionDate: 'Sep 2, 2026, 9:01:00 AM' },
      }),
      { manager: 'CUSTOMER', state: 'PendingDeletion', deletionAt: '2026-09-02T09:01:00Z' },
    ],
    [
      'a rotation by KMS does not prove which it is',
      of('RotateKey', { serviceEventDetails: { rotationType: 'AUTOMATIC' } }),
      { manager: 'CUSTOMER', spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'AWS_KMS', state: 'Enabled' },
    ],
    [
      'UpdatePrimaryRegion tells that it is a replica now',
      of('UpdatePrimaryRegion', { requestParameters: { keyId: arn, primaryRegion: 'us-east-1' } }),
      { manager: 'CUSTOMER', multiRegion: 'replica', primaryRegion: 'us-east-1' },
    ],
  ])('%s', (_name, record, traits) => {
    expect(traitsAfter(record)).toEqual(traits);
  });
});

/** What is said of the last of records. */
async function verdictsOf(
  ...records: readonly JsonRecord[]
): Promise<Record<string, { verdict: string; reason: string }>> {
  const { judged } = await auditRecords([records]);
  const last = judged.at(-1)?.verdicts ?? [];
  return Object.fromEntries(last.map(({ control, verdict, reason }) => [control, { verdict, reason }]));
}

describe('an action on a key that is older than the files', () => {
  const policyFor = (principal: unknown) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: principal, Action: 'kms:Decrypt', Resource: '*' }],
    });
  const put = (principal: unknown, overrides: JsonRecord = {}) =>
    recordOf('PutKeyPolicy', at(1), { requestParameters: { policy: policyFor(principal) }, ...overrides });
  const grant = recordOf('CreateGrant', at(2), {
    requestParameters: { keyId: KEY_ARN, operations: ['Decrypt'], granteePrincipal: `arn:aws:iam::${ACCOUNT}:root` },
    responseElements: { grantId: 'a'.repeat(64), keyId: KEY_ARN },
  });

  test.each<[string, readonly JsonRecord[], Readonly<Record<string, Verdict>>]>([
    [
      'DisableKeyRotation',
      [recordOf('DisableKeyRotation', at(1))],
      { 'rotation-enabled': 'violation', 'rotation-period-annual': 'not-applicable' },
    ],
    [
      'EnableKeyRotation',
      [recordOf('EnableKeyRotation', at(1))],
      { 'rotation-enabled': 'compliant', 'rotation-period-annual': 'compliant', 'rotation-on-schedule': 'unknown' },
    ],
    [
      'EnableKeyRotation every two years',
      [recordOf('EnableKeyRotation', at(1), { requestParameters: { rotationPeriodInDays: 730 } })],
      { 'rotation-enabled': 'compliant', 'rotation-period-annual': 'violation' },
    ],
    [
      'DisableKey',
      [recordOf('DisableKey', at(1))],
      {
        'key-available': 'not-applicable',
        'rotation-enabled': 'not-applicable',
        'rotation-on-schedule': 'not-applicable',
        'manual-rotation-on-schedule': 'not-applicable',
      },
    ],
    [
      'EnableKey',
      [recordOf('EnableKey', at(1))],
      { 'key-available': 'compliant', 'rotation-enabled': 'unknown', 'manual-rotation-on-schedule': 'unknown' },
    ],
    [
      'EnableKey after EnableKeyRotation',
      [recordOf('EnableKeyRotation', at(1)), recordOf('DisableKey', at(2)), recordOf('EnableKey', at(3))],
      { 'rotation-enabled': 'compliant', 'manual-rotation-on-schedule': 'not-applicable' },
    ],
    ['a policy for everybody', [put('*')], { 'key-policy-not-public': 'violation' }],
    [
      'a policy for a role',
      [put({ AWS: `arn:aws:iam::${ACCOUNT}:role/app` })],
      { 'key-policy-not-public': 'compliant' },
    ],
    ['a policy that a service wrote', [put('*', through('rds.amazonaws.com'))], { 'key-policy-not-public': 'unknown' }],
    [
      'a deletion that waits for a week',
      [scheduled({ keyState: 'PendingDeletion' })],
      {
        'deletion-waiting-period': 'violation',
        'rotation-enabled': 'not-applicable',
        'deletion-completed': 'not-applicable',
        'deletion-key-unused': 'unknown',
      },
    ],
    [
      'CancelKeyDeletion',
      [recordOf('CancelKeyDeletion', at(1))],
      {
        'deletion-authorized': 'not-applicable',
        'deletion-waiting-period': 'not-applicable',
      },
    ],
    [
      'TagResource',
      [recordOf('TagResource', at(1))],
      { 'deletion-authorized': 'not-applicable', 'key-owner-tagged': 'unknown' },
    ],
    ['a rotation by KMS', [byKms('RotateKey', { rotationType: 'AUTOMATIC' })], { 'rotation-on-schedule': 'unknown' }],
    [
      "a rotation by KMS of a key that is a customer's",
      [recordOf('TagResource', at(0)), byKms('RotateKey', { rotationType: 'AUTOMATIC' })],
      { 'rotation-on-schedule': 'compliant' },
    ],
    ['a grant', [grant], { 'grant-least-privilege': 'unknown' }],
    ["a grant on a key that is a customer's", [put('*'), grant], { 'grant-least-privilege': 'violation' }],
    [
      'the end of a grant',
      [recordOf('RevokeGrant', at(1), { requestParameters: { keyId: KEY_ARN, grantId: 'a'.repeat(64) } })],
      { 'grant-least-privilege': 'not-applicable' },
    ],
    [
      'a use that was refused',
      [refused(`${KEY_ARN} is pending deletion.`)],
      { 'pending-deletion-key-not-used': 'violation' },
    ],
    ['ImportKeyMaterial', [recordOf('ImportKeyMaterial', at(1))], { 'key-material-in-kms': 'violation' }],
    ['DeleteKey', [byKms('DeleteKey')], { 'deletion-completed': 'compliant', 'rotation-enabled': 'not-applicable' }],
  ])('is judged by what it proves: %s', async (_name, records, expected) => {
    const found = await verdictsOf(...records);
    const verdicts = Object.fromEntries(Object.keys(expected).map((control) => [control, found[control]?.verdict]));
    expect(verdicts).toEqual(expected);
  });

  test('is unknown with what no record tells', async () => {
    const found = await verdictsOf(recordOf('EnableKey', at(1)));
    expect(found['rotation-enabled']?.reason).toBe(
      `Key ${KEY_ID} cannot be judged because no record in these files tells its key spec and where its key material comes from.`,
    );
  });

  describe('that is disabled', () => {
    const POLICY_NAMING: Policy = {
      ...POLICY,
      trust: { ...POLICY.trust, administrators: [`arn:aws:iam::${ACCOUNT}:role/others`] },
    };
    const available = async (...records: readonly JsonRecord[]) =>
      (await verdictOf('key-available', records, POLICY_NAMING))?.verdict;
    const disable = recordOf('DisableKey', at(5));
    const disconnect = recordOf('DisconnectCustomKeyStore', at(3), {
      requestParameters: { customKeyStoreId: 'cks-1' },
      responseElements: null,
      resources: undefined,
    });

    test('may have been so before, so that nobody knows who did it', async () => {
      expect(await available(disable)).toBe('unknown');
      expect(await available(disable, recordOf('DisableKey', at(6)))).toBe('unknown');
    });

    test('was not so before when it was enabled, or used', async () => {
      expect(await available(recordOf('EnableKey', at(1)), disable)).toBe('violation');
      expect(await available(useRecord(at(2)), disable)).toBe('violation');
      expect(await available(useRecord(at(6)), disable)).toBe('unknown');
    });

    test('may be in a key store that was disconnected after it was used', async () => {
      expect(await available(useRecord(at(2)), disconnect, disable)).toBe('unknown');
      expect(await available(disconnect, useRecord(at(4)), disable)).toBe('violation');
    });

    test('may have lost its material before, unless it was enabled until then', async () => {
      const lose = recordOf('DeleteImportedKeyMaterial', at(5));
      const recall = [scheduled({ keyState: 'PendingDeletion' }), recordOf('CancelKeyDeletion', at(2))];
      expect(await available(recordOf('EnableKey', at(1)), lose)).toBe('violation');
      expect(await available(...recall, lose)).toBe('unknown');
    });

    test('may have been without material when its deletion was cancelled, unless that comes from KMS', async () => {
      const recall = [scheduled({ keyState: 'PendingDeletion' }), recordOf('CancelKeyDeletion', at(2)), disable];
      expect(await available(...recall)).toBe('unknown');
      expect(await available(recordOf('EnableKeyRotation', at(0)), ...recall)).toBe('not-applicable');
    });
  });

  test('is in time while its material is younger than the shortest period, and unknown after that', async () => {
    const records = [recordOf('TagResource', at(0)), byKms('RotateKey', { rotationType: 'AUTOMATIC' })];
    const enabled = (time: string) => [recordOf('DisableKey', time.replace('09:', '08:')), recordOf('EnableKey', time)];
    expect(await verdictsOf(...records, ...enabled('2026-10-01T09:00:00Z'))).toMatchObject({
      'rotation-on-schedule': { verdict: 'compliant' },
    });
    expect(await verdictsOf(...records, ...enabled('2027-04-01T09:00:00Z'))).toMatchObject({
      'rotation-on-schedule': { verdict: 'unknown', reason: expect.stringContaining('nobody tells how often') },
    });
    expect(await verdictsOf(...records, ...enabled('2028-04-01T09:00:00Z'))).toMatchObject({
      'rotation-on-schedule': { verdict: 'violation' },
    });
  });
});
