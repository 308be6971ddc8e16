import { describe, expect, test } from '@jest/globals';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { readRecord } from '../../lib/event/read-record.ts';
import {
  ACCOUNT,
  aliasArn,
  CONTEXT,
  deniedOf,
  KEY,
  KEY_ID,
  keyArn,
  MULTI_REGION_ID,
  OTHER_ACCOUNT,
  OTHER_KEY,
  REGION,
  recordOf,
  resourcesOf,
  SELF_ROLE,
  serviceEventOf,
  sessionOf,
} from './fixtures.ts';

/** Records in the shapes that the AWS guides show and that real logs hold. */
const read = (overrides: Record<string, unknown> = {}): KeyAction => readRecord(recordOf(overrides), CONTEXT);
const unidentified = (service: string, region: string = REGION) =>
  `arn:aws:${service}:${region}:${ACCOUNT}:unidentified`;
const storeArn = (id: string) => `arn:aws:kms:${REGION}:${ACCOUNT}:custom-key-store/${id}`;
const PRIMARY = keyArn(MULTI_REGION_ID);
const REPLICA = keyArn(MULTI_REGION_ID, 'eu-west-1');
const NO_KEY = { requestParameters: null, responseElements: null, resources: undefined };

describe('the key of a write operation', () => {
  const metadata = { aWSAccountId: ACCOUNT, keyId: KEY_ID, arn: KEY, keyState: 'Enabled' };
  const grantId = '1'.repeat(64);
  const aliasFirst = resourcesOf(aliasArn('payments'), KEY);
  test.each<[what: string, api: string, overrides: Record<string, unknown>, keys: string[]]>([
    [
      'in resources and response',
      'CreateKey',
      { requestParameters: { keySpec: 'RSA_4096' }, responseElements: { keyMetadata: metadata } },
      [KEY],
    ],
    [
      'in the metadata only',
      'CreateKey',
      { requestParameters: {}, resources: undefined, responseElements: { keyMetadata: metadata } },
      [KEY],
    ],
    [
      'in the metadata, in another Region than the record says (as in examples of the guide)',
      'CreateKey',
      {
        awsRegion: 'us-east-1',
        resources: undefined,
        requestParameters: {},
        responseElements: { keyMetadata: metadata },
      },
      [KEY],
    ],
    [
      'beside its alias',
      'CreateAlias',
      {
        requestParameters: { aliasName: 'alias/payments', targetKeyId: KEY_ID },
        resources: resourcesOf(KEY, aliasArn('payments')),
      },
      [KEY],
    ],
    [
      'behind its alias',
      'UpdateAlias',
      { requestParameters: { aliasName: 'alias/payments', targetKeyId: KEY }, resources: aliasFirst },
      [KEY],
    ],
    [
      'behind its alias, not in the request',
      'DeleteAlias',
      { requestParameters: { aliasName: 'alias/payments' }, resources: aliasFirst, responseElements: { keyId: KEY } },
      [KEY],
    ],
    [
      'in resources',
      'CreateGrant',
      { requestParameters: { keyId: KEY_ID, operations: ['Decrypt'] }, responseElements: { grantId, keyId: KEY } },
      [KEY],
    ],
    ['in resources', 'RevokeGrant', { requestParameters: { keyId: KEY, grantId } }, [KEY]],
    ['in resources', 'RetireGrant', { requestParameters: null, additionalEventData: { grantId } }, [KEY]],
    ['in the response only', 'RetireGrant', { ...NO_KEY, responseElements: { keyId: KEY } }, [KEY]],
    [
      'in resources',
      'PutKeyPolicy',
      { requestParameters: { keyId: KEY_ID, policyName: 'default', policy: '{}' } },
      [KEY],
    ],
    ['in resources', 'EnableKey', { responseElements: { keyId: KEY } }, [KEY]],
    ['in the request only, as an id', 'DisableKey', { resources: undefined }, [KEY]],
    ['in resources', 'EnableKeyRotation', { requestParameters: { keyId: KEY_ID, rotationPeriodInDays: 365 } }, [KEY]],
    ['in the request, as an ARN', 'DisableKeyRotation', { requestParameters: { keyId: KEY } }, [KEY]],
    ['in the response as a bare id', 'RotateKeyOnDemand', { responseElements: { keyId: KEY_ID } }, [KEY]],
    [
      'in the response as an ARN',
      'ScheduleKeyDeletion',
      { resources: undefined, responseElements: { keyId: KEY, keyState: 'PendingDeletion' } },
      [KEY],
    ],
    [
      'in the response as an ARN',
      'CancelKeyDeletion',
      { resources: undefined, responseElements: { keyId: KEY } },
      [KEY],
    ],
    [
      'in resources',
      'ImportKeyMaterial',
      { requestParameters: { keyId: KEY_ID, expirationModel: 'KEY_MATERIAL_EXPIRES' } },
      [KEY],
    ],
    [
      'in resources',
      'DeleteImportedKeyMaterial',
      { responseElements: { keyId: KEY, keyMaterialId: 'a'.repeat(64) } },
      [KEY],
    ],
    ['in resources', 'GetParametersForImport', { readOnly: true }, [KEY]],
    [
      'the primary first, then the replica',
      'ReplicateKey',
      {
        requestParameters: { keyId: MULTI_REGION_ID, replicaRegion: 'eu-west-1' },
        resources: resourcesOf(PRIMARY),
        responseElements: { replicaKeyMetadata: { arn: REPLICA } },
      },
      [PRIMARY, REPLICA],
    ],
    [
      'in the request and the response',
      'UpdatePrimaryRegion',
      {
        requestParameters: { keyId: PRIMARY, primaryRegion: 'eu-west-1' },
        resources: undefined,
        responseElements: { keyId: PRIMARY },
      },
      [PRIMARY],
    ],
    ['in resources', 'UpdateKeyDescription', { requestParameters: { keyId: KEY_ID, description: 'x' } }, [KEY]],
    [
      'in resources',
      'TagResource',
      { requestParameters: { keyId: KEY, tags: [{ tagKey: 'Owner', tagValue: 'x' }] } },
      [KEY],
    ],
    ['in resources', 'UntagResource', { requestParameters: { keyId: KEY, tagKeys: ['Owner'] } }, [KEY]],
  ])('%s of a record of %s', (_where, api, overrides, keys) => {
    const action = read({ eventName: api, ...overrides });
    expect(action).toMatchObject({ subject: keys[0], keys, outcome: 'succeeded' });
    expect(action.kind).not.toBe('unrecognised');
  });

  test.each([
    ['CreateCustomKeyStore', { customKeyStoreName: 'x', clusterId: 'cluster-1' }, { customKeyStoreId: 'cks-1a2b' }],
    ['UpdateCustomKeyStore', { customKeyStoreId: 'cks-1a2b' }, null],
    ['ConnectCustomKeyStore', { customKeyStoreId: 'cks-1a2b' }, null],
    ['DisconnectCustomKeyStore', { customKeyStoreId: 'cks-1a2b' }, null],
    ['DeleteCustomKeyStore', { customKeyStoreId: 'cks-1a2b' }, null],
  ])('is none in %s, which is about a key store', (eventName, requestParameters, responseElements) => {
    const action = read({ eventName, requestParameters, responseElements, resources: undefined });
    expect(action).toMatchObject({ subject: storeArn('cks-1a2b'), keys: [], step: '4.3.1' });
  });

  test('of a key store whose id could forge a ledger key is kept out of the subject', () => {
    const action = read({
      eventName: 'DeleteCustomKeyStore',
      resources: [],
      requestParameters: { customKeyStoreId: 'a#b' },
    });
    expect(action.subject).toBe(storeArn('unidentified'));
    expect(action.request).toEqual({ customKeyStoreId: 'a#b' });
  });
});

describe('what KMS does by itself', () => {
  const material = { previousKeyMaterialId: 'a'.repeat(64), currentKeyMaterialId: 'b'.repeat(64) };
  test.each<[what: string, api: string, overrides: Record<string, unknown>, step: string]>([
    [
      'of 2025',
      'RotateKey',
      { serviceEventDetails: { rotationType: 'AUTOMATIC', keyOrigin: 'AWS_KMS', ...material, keyId: KEY_ID } },
      '4.4.2',
    ],
    ['of 2021', 'RotateKey', { serviceEventDetails: { rotationType: 'ON_DEMAND', keyId: KEY_ID } }, '4.4.2'],
    [
      'of 2020',
      'RotateKey',
      {
        eventVersion: '1.05',
        managementEvent: undefined,
        eventCategory: undefined,
        serviceEventDetails: { keyId: KEY_ID },
      },
      '4.4.2',
    ],
    ['without resources', 'RotateKey', { resources: undefined, serviceEventDetails: { keyId: KEY_ID } }, '4.4.2'],
    ['without details', 'DeleteKey', {}, '4.5.3'],
    ['since December 2022', 'DeleteKey', { resources: undefined, responseElements: { keyId: KEY } }, '4.5.3'],
    [
      'without managementEvent',
      'DeleteExpiredKeyMaterial',
      { managementEvent: undefined, serviceEventDetails: { keyId: KEY_ID, keyMaterialId: 'a'.repeat(64) } },
      '4.5.3',
    ],
    [
      'as an API call',
      'SynchronizeMultiRegionKey',
      { eventType: 'AwsApiCall', requestID: 'x', responseElements: { keyId: KEY } },
      '4.3.1',
    ],
  ])('is read from a record %s of %s', (_what, api, overrides, step) => {
    const action = readRecord(serviceEventOf(api, overrides), CONTEXT);
    expect(action).toMatchObject({ subject: KEY, keys: [KEY], kind: 'lifecycle', step, outcome: 'succeeded' });
    expect(action.actor).toMatchObject({ type: 'AWSInternal', invokedBy: 'AWS Internal', bySelf: false });
    expect(action.request).toEqual(overrides.serviceEventDetails ?? {});
  });
});

describe('use and reading', () => {
  test.each<[api: string, kind: string, overrides: Record<string, unknown>, keys: string[]]>([
    [
      'Encrypt',
      'use',
      { requestParameters: { keyId: 'alias/payments', encryptionAlgorithm: 'SYMMETRIC_DEFAULT' } },
      [KEY],
    ],
    ['Decrypt', 'use', { requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' } }, [KEY]],
    [
      'ReEncrypt',
      'use',
      { requestParameters: { destinationKeyId: OTHER_KEY }, resources: resourcesOf(KEY, OTHER_KEY) },
      [KEY, OTHER_KEY],
    ],
    ['GenerateDataKey', 'use', { requestParameters: { keyId: aliasArn('payments'), keySpec: 'AES_256' } }, [KEY]],
    ['GenerateDataKeyWithoutPlaintext', 'use', {}, [KEY]],
    ['GenerateDataKeyPair', 'use', { requestParameters: { keyId: KEY_ID, keyPairSpec: 'RSA_3072' } }, [KEY]],
    ['GenerateDataKeyPairWithoutPlaintext', 'use', {}, [KEY]],
    ['Sign', 'use', {}, [KEY]],
    ['Verify', 'use', {}, [KEY]],
    ['GenerateMac', 'use', { resources: [{ accountId: ACCOUNT, ARN: KEY }] }, [KEY]],
    ['VerifyMac', 'use', { resources: [{ accountId: ACCOUNT, ARN: KEY }] }, [KEY]],
    ['DeriveSharedSecret', 'use', {}, [KEY]],
    ['Encapsulate', 'use', { requestParameters: { keyId: KEY_ID, encapsulationAlgorithm: 'ML_KEM' } }, [KEY]],
    ['Decapsulate', 'use', {}, [KEY]],
    ['GenerateRandom', 'use', { requestParameters: null, resources: [] }, []],
    ['GetPublicKey', 'read', {}, [KEY]],
    ['DescribeKey', 'read', { requestParameters: { keyId: 'alias/payments' } }, [KEY]],
    ['GetKeyPolicy', 'read', { requestParameters: { keyId: KEY_ID, policyName: 'default' } }, [KEY]],
    ['GetKeyRotationStatus', 'read', {}, [KEY]],
    ['GetKeyLastUsage', 'read', {}, [KEY]],
    ['ListGrants', 'read', { requestParameters: { keyId: KEY_ID, limit: 50 } }, [KEY]],
    ['ListKeyRotations', 'read', {}, [KEY]],
    ['ListResourceTags', 'read', {}, [KEY]],
    ['ListKeyPolicies', 'read', {}, [KEY]],
    ['ListKeys', 'read', { requestParameters: null, resources: [] }, []],
    ['ListAliases', 'read', { requestParameters: { limit: 5 }, resources: undefined }, []],
    ['ListRetirableGrants', 'read', { requestParameters: { retiringPrincipal: SELF_ROLE }, resources: [] }, []],
  ])('%s is of the kind %s', (eventName, kind, overrides, keys) => {
    const action = read({ eventName, readOnly: true, ...overrides });
    expect(action).toMatchObject({ kind, keys, subject: keys[0] ?? unidentified('kms') });
  });

  test('DescribeCustomKeyStores is about no store in particular', () => {
    const action = read({ eventName: 'DescribeCustomKeyStores', ...NO_KEY });
    expect(action).toMatchObject({ kind: 'read', keys: [], subject: storeArn('unidentified') });
  });
});

describe('traps of real records', () => {
  test('1. The key is not always in requestParameters.keyId: resources win over the response, the response over the request', () => {
    const named = { requestParameters: { keyId: 'alias/payments' }, responseElements: { keyId: OTHER_KEY } };
    expect(read(named)).toMatchObject({ subject: KEY, keys: [KEY, OTHER_KEY] });
    expect(read({ ...named, resources: [] })).toMatchObject({ subject: OTHER_KEY, keys: [OTHER_KEY] });
    expect(read({ ...named, resources: [], responseElements: null })).toMatchObject({
      subject: aliasArn('payments'),
      keys: [],
    });
  });

  test('2. A refused call has no request and no resources: its key is in the message', () => {
    const action = readRecord(deniedOf('PutKeyPolicy', `on resource: ${KEY} because no policy allows it`), CONTEXT);
    expect(action).toMatchObject({ outcome: 'denied', subject: KEY, keys: [KEY], request: {}, response: {} });
  });

  test('2. A refused call whose message names no key is recorded all the same', () => {
    const message = 'on this resource because the resource does not exist in this Region';
    const action = readRecord(deniedOf('CreateGrant', message), CONTEXT);
    expect(action).toMatchObject({ outcome: 'denied', subject: unidentified('kms'), keys: [] });
  });

  test('3. Both spellings of AccessDenied are a refusal', () => {
    for (const errorCode of ['AccessDenied', 'AccessDeniedException']) {
      const action = readRecord(deniedOf('DisableKey', `on resource: ${KEY}`, { errorCode }), CONTEXT);
      expect(action).toMatchObject({ outcome: 'denied', error: { code: errorCode }, subject: KEY });
    }
  });

  test('4. A dry run is logged as an error and has changed nothing', () => {
    const action = read({
      eventName: 'CreateGrant',
      errorCode: 'DryRunOperationException',
      errorMessage: 'The request would have succeeded, but the DryRun option is set.',
      requestParameters: { keyId: KEY, dryRun: true },
    });
    expect(action).toMatchObject({ outcome: 'dry-run', subject: KEY });
  });

  test('5. The grant that RetireGrant ended is in additionalEventData', () => {
    const action = read({
      eventName: 'RetireGrant',
      requestParameters: null,
      additionalEventData: { grantId: 'f'.repeat(64) },
    });
    expect(action.request).toEqual({ grantId: 'f'.repeat(64) });
  });

  test('5. A grant id in the request itself is not replaced, and other operations take nothing from there', () => {
    const additionalEventData = { grantId: 'f'.repeat(64) };
    const retired = read({ eventName: 'RetireGrant', requestParameters: { grantId: 'own' }, additionalEventData });
    expect(retired.request).toEqual({ grantId: 'own' });
    expect(read({ eventName: 'RetireGrant', additionalEventData }).request).toEqual({
      keyId: KEY_ID,
      ...additionalEventData,
    });
    expect(read({ additionalEventData }).request).toEqual({ keyId: KEY_ID });
  });

  test('6. A service has no ARN and no account, and the owner of a resource can be the text AWS Internal', () => {
    const action = read({
      eventName: 'CreateGrant',
      userIdentity: { type: 'AWSService', invokedBy: 'fargate.amazonaws.com' },
      resources: [{ accountId: 'AWS Internal', type: 'AWS::KMS::Key', ARN: KEY }],
      recipientAccountId: undefined,
    });
    expect(action).toMatchObject({ account: ACCOUNT, subject: KEY, actor: { type: 'AWSService', bySelf: false } });
  });

  test('7. SynchronizeMultiRegionKey is an API call without a type of identity', () => {
    const action = readRecord(
      serviceEventOf('SynchronizeMultiRegionKey', { eventType: 'AwsApiCall', requestID: 'r-1' }),
      CONTEXT,
    );
    expect(action).toMatchObject({ actor: { type: 'AWSInternal' }, requestId: 'r-1', kind: 'lifecycle' });
  });

  test('8. Two actions with one request id are two actions', () => {
    const grant = read({ eventName: 'CreateGrant', eventID: 'event-1' });
    const use = read({ eventName: 'Decrypt', eventID: 'event-2' });
    expect(grant.requestId).toBe(use.requestId);
    expect(grant.eventId).not.toBe(use.eventId);
  });

  test.each(['Oct 21, 2024, 2:25:29 PM', 'Jan 1, 2021 8:00:00 PM', 'Apr 12, 2021 18:58:30 PM'])(
    '9. The date %s stays in the response as it was written',
    (deletionDate) => {
      expect(read({ responseElements: { keyId: KEY, deletionDate } }).response).toEqual({ keyId: KEY, deletionDate });
    },
  );

  test.each(['aWSAccountId', 'AWSAccountId'])('10. The account of a new key is read from %s', (field) => {
    const keyMetadata = { [field]: OTHER_ACCOUNT, keyId: KEY_ID };
    const action = read({ eventName: 'CreateKey', ...NO_KEY, responseElements: { keyMetadata } });
    expect(action.subject).toBe(keyArn(KEY_ID, REGION, OTHER_ACCOUNT));
  });

  test.each(['AWS Internal', `${OTHER_ACCOUNT}0`, `x${OTHER_ACCOUNT}`])(
    '10. A new key of the account %j is one of ours',
    (aWSAccountId) => {
      const keyMetadata = { aWSAccountId, keyId: KEY_ID };
      expect(read({ eventName: 'CreateKey', ...NO_KEY, responseElements: { keyMetadata } }).subject).toBe(KEY);
    },
  );
});

describe('several records of one action', () => {
  test('The two records of UpdatePrimaryRegion are two actions on the key of each Region', () => {
    const request = { eventName: 'UpdatePrimaryRegion', requestID: 'r-1' };
    const first = read({
      ...request,
      requestParameters: { keyId: MULTI_REGION_ID, primaryRegion: 'eu-west-1' },
      resources: resourcesOf(PRIMARY),
      responseElements: { keyId: PRIMARY },
    });
    const second = read({
      ...request,
      eventID: 'event-2',
      awsRegion: 'eu-west-1',
      requestParameters: { keyId: REPLICA, primaryRegion: 'eu-west-1' },
      resources: undefined,
      userIdentity: { ...sessionOf(SELF_ROLE, 'x'), invokedBy: 'kms.amazonaws.com' },
    });
    expect(first).toMatchObject({ subject: PRIMARY, keys: [PRIMARY], region: REGION });
    expect(second).toMatchObject({ subject: REPLICA, keys: [REPLICA], region: 'eu-west-1' });
    expect(second.actor.invokedBy).toBe('kms.amazonaws.com');
  });

  test('The copies of a cross-account call share an id, and each belongs to the account that received it', () => {
    const shared = { eventName: 'CreateGrant', sharedEventID: 'shared-1', requestParameters: { keyId: KEY } };
    const callers = read({ ...shared, eventID: 'event-1', recipientAccountId: OTHER_ACCOUNT });
    const owners = read({
      ...shared,
      eventID: 'event-2',
      userIdentity: { type: 'AWSAccount', principalId: 'AROAEXAMPLE:job', accountId: OTHER_ACCOUNT },
    });
    expect([callers.sharedEventId, owners.sharedEventId]).toEqual(['shared-1', 'shared-1']);
    expect([callers.account, owners.account]).toEqual([OTHER_ACCOUNT, ACCOUNT]);
    expect(owners.actor).toMatchObject({ accountId: OTHER_ACCOUNT, bySelf: false });
    expect(callers.subject).toBe(owners.subject);
  });

  test('A key created in the replica Region by ReplicateKey is a key of that Region', () => {
    const keyMetadata = { aWSAccountId: ACCOUNT, keyId: MULTI_REGION_ID };
    const action = read({
      eventName: 'CreateKey',
      awsRegion: 'eu-west-1',
      ...NO_KEY,
      responseElements: { keyMetadata },
    });
    expect(action.subject).toBe(REPLICA);
  });
});
