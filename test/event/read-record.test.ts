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

const read = (overrides: Record<string, unknown> = {}): KeyAction => readRecord(recordOf(overrides), CONTEXT);
const unidentified = (service: string, region: string = REGION) =>
  `arn:aws:${service}:${region}:${ACCOUNT}:unidentified`;
const storeArn = (id: string) => `arn:aws:kms:${REGION}:${ACCOUNT}:custom-key-store/${id}`;
const PRIMARY = keyArn(MULTI_REGION_ID);
const REPLICA = keyArn(MULTI_REGION_ID, 'eu-west-1');
const NO_KEY = { requestParameters: null, responseElements: null, resources: undefined };

test('A record becomes one action with every field of the contract', () => {
  const action = read({ sharedEventID: '5e5e5e5e-1234-4321-8abc-0123456789ab' });
  expect(action).toEqual({
    eventId: '0f0f0f0f-aaaa-4bbb-8ccc-000000000001',
    sharedEventId: '5e5e5e5e-1234-4321-8abc-0123456789ab',
    requestId: '00000000-1111-4222-8333-000000000001',
    time: '2026-08-03T09:01:02Z',
    api: 'DisableKeyRotation',
    eventSource: 'kms.amazonaws.com',
    kind: 'lifecycle',
    step: '4.4.1',
    subject: KEY,
    keys: [KEY],
    account: ACCOUNT,
    region: REGION,
    actor: expect.objectContaining({ type: 'AssumedRole', sessionIssuer: `arn:aws:iam::${ACCOUNT}:role/ci` }),
    request: { keyId: KEY_ID },
    response: {},
    outcome: 'succeeded',
    origin: 'eventbridge',
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

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

describe('a subject without a key', () => {
  test('A refused CreateKey is about nothing that has a name', () => {
    const action = readRecord(
      deniedOf('CreateKey', 'on resource: * because no identity-based policy allows it'),
      CONTEXT,
    );
    expect(action).toMatchObject({ subject: unidentified('kms'), keys: [], outcome: 'denied', kind: 'lifecycle' });
  });

  test('An alias whose key nothing tells is the subject itself', () => {
    const action = read({
      eventName: 'DeleteAlias',
      ...NO_KEY,
      requestParameters: { aliasName: 'alias/payments' },
      errorCode: 'NotFoundException',
    });
    expect(action).toMatchObject({ subject: aliasArn('payments'), keys: [], outcome: 'failed' });
    const refused = readRecord(deniedOf('Decrypt', `on resource: ${aliasArn('payments')}`), CONTEXT);
    expect(refused).toMatchObject({ subject: aliasArn('payments'), keys: [] });
  });

  test('A state error names its key even when nothing else does', () => {
    const action = read({ ...NO_KEY, errorCode: 'DisabledException', errorMessage: `${KEY} is disabled.` });
    expect(action).toMatchObject({ subject: KEY, outcome: 'failed' });
  });

  test.each([
    ['a line break in the key id', { keyId: `${KEY}\nSUBJECT#x` }],
    ['a key id that is a list', { keyId: [KEY] }],
    ['a key id of another service', { keyId: `arn:aws:s3:::bucket` }],
  ])('%s names nothing and stays readable in the request', (_what, requestParameters) => {
    const action = read({ resources: undefined, requestParameters });
    expect(action).toMatchObject({ subject: unidentified('kms'), keys: [], request: requestParameters });
  });

  test.each([['a text'], [{ ARN: KEY }], [[null, 7, 'x', {}, { ARN: 7 }, { arn: OTHER_KEY }]]])(
    'resources of %j do no harm',
    (resources) => {
      expect(read({ resources }).keys).toContain(Array.isArray(resources) ? OTHER_KEY : KEY);
    },
  );
});

describe('fields of another form', () => {
  test.each([['a text'], [['a', 'list']], [7], [true]])(
    'requestParameters and responseElements of %j are kept',
    (value) => {
      const action = read({ requestParameters: value, responseElements: value });
      expect(action.request).toEqual({ requestParameters: value });
      expect(action.response).toEqual({ responseElements: value });
      expect(action.subject).toBe(KEY);
    },
  );

  test.each([null, {}, [], 'x', 7])('A userIdentity of %j leaves an actor that says nothing', (userIdentity) => {
    expect(read({ userIdentity }).actor).toMatchObject({ type: 'Unknown', bySelf: false });
  });

  test('Fields that no version has had yet change nothing but the digest', () => {
    const { digest: _before, ...known } = read();
    const { digest: _after, ...newer } = read({ eventVersion: '1.99', tomorrow: { x: 1 } });
    expect(newer).toEqual(known);
  });

  test('A record of 2021, without category and key spec, is read', () => {
    const old = { eventVersion: '1.08', managementEvent: undefined, eventCategory: undefined, requestParameters: null };
    expect(read({ eventName: 'CreateKey', ...old })).toMatchObject({ subject: KEY, kind: 'lifecycle' });
  });
});

describe('account and Region', () => {
  test.each([
    ['recipientAccountId', {}, ACCOUNT],
    [
      'the caller, when nobody is named as the receiver',
      { recipientAccountId: undefined, userIdentity: { accountId: OTHER_ACCOUNT } },
      OTHER_ACCOUNT,
    ],
    [
      'the owner of a resource',
      { recipientAccountId: undefined, userIdentity: {}, resources: [{ accountId: OTHER_ACCOUNT }] },
      OTHER_ACCOUNT,
    ],
    ['the ARN of a resource', { recipientAccountId: undefined, userIdentity: {}, resources: [{ ARN: KEY }] }, ACCOUNT],
  ])('The account is that of %s', (_where, overrides, account) => {
    expect(read(overrides).account).toBe(account);
  });

  test('The place that the context knows stands in for a missing one, and never replaces one', () => {
    const place = { account: OTHER_ACCOUNT, region: 'eu-west-1' };
    const without = recordOf({ recipientAccountId: undefined, awsRegion: undefined });
    expect(readRecord(without, { ...CONTEXT, place })).toMatchObject(place);
    expect(readRecord(recordOf(), { ...CONTEXT, place })).toMatchObject({ account: ACCOUNT, region: REGION });
  });

  test.each(['1111222233334', 'x111122223333', '111122223333\n'])(
    'An account of %j is passed over',
    (recipientAccountId) => {
      expect(read({ recipientAccountId, userIdentity: { accountId: OTHER_ACCOUNT } }).account).toBe(OTHER_ACCOUNT);
    },
  );

  test.each(['us-west-2\n', '#us-west-2', 'US West'])('A Region of %j is passed over', (awsRegion) => {
    expect(read({ awsRegion, resources: resourcesOf(REPLICA) }).region).toBe('eu-west-1');
  });

  test('The Region of a text that only contains an ARN is not taken', () => {
    expect(() => read({ awsRegion: undefined, resources: [{ ARN: `x ${KEY}` }] })).toThrow('awsRegion is missing');
  });

  test('The Region of a resource stands in for a missing one', () => {
    expect(read({ awsRegion: undefined }).region).toBe(REGION);
  });
});

describe('operations and services that Keywarden does not know', () => {
  test('A KMS operation of tomorrow is recorded as unrecognised, with its key', () => {
    const action = read({ eventName: 'TeleportKey' });
    expect(action).toMatchObject({ kind: 'unrecognised', step: 'unrecognised', api: 'TeleportKey', subject: KEY });
  });

  test.each([
    [
      'its own resource',
      'cloudtrail.amazonaws.com',
      'StopLogging',
      [{ ARN: `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/org` }],
      `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/org`,
    ],
    [
      'a resource without Region and account',
      's3.amazonaws.com',
      'PutBucketPolicy',
      [{ ARN: 'arn:aws:s3:::bucket' }],
      'arn:aws:s3:::bucket',
    ],
    ['nothing that has a name', 'iam.amazonaws.com', 'PutRolePolicy', undefined, unidentified('iam')],
    [
      'a resource that is no ARN',
      'iam.amazonaws.com',
      'PutRolePolicy',
      [{ ARN: 'arn:aws:iam::1:x\ny' }],
      unidentified('iam'),
    ],
    ['a source that is no domain name', '..', 'X', undefined, unidentified('unidentified')],
  ])('A record of another service is about %s', (_what, eventSource, eventName, resources, subject) => {
    const action = read({ eventSource, eventName, resources });
    expect(action).toMatchObject({ kind: 'unrecognised', step: 'unrecognised', eventSource, subject, keys: [] });
  });

  test('An operation of another service with the name of a KMS operation is not taken for it', () => {
    const action = read({
      eventSource: 'payment-cryptography.amazonaws.com',
      eventName: 'CreateKey',
      resources: resourcesOf(KEY),
    });
    expect(action).toMatchObject({ kind: 'unrecognised', subject: KEY, keys: [KEY] });
  });
});

describe('a record that cannot be read', () => {
  test.each<[what: string, overrides: Record<string, unknown>, code: string, message: string]>([
    [
      'no eventID',
      { eventID: undefined },
      'missing-field',
      'eventID is missing; expected the GUID that CloudTrail gave the event.',
    ],
    [
      'an eventID that could forge a ledger key',
      { eventID: 'a#WORK' },
      'invalid-field',
      'eventID is "a#WORK"; expected the GUID that CloudTrail gave the event.',
    ],
    [
      'no eventTime',
      { eventTime: null },
      'missing-field',
      'eventTime is missing; expected a time in UTC, e.g. "2026-08-03T09:01:02Z".',
    ],
    [
      'an eventTime that never was',
      { eventTime: '2026-02-30T00:00:00Z' },
      'invalid-field',
      'eventTime is "2026-02-30T00:00:00Z"; expected a time in UTC, e.g. "2026-08-03T09:01:02Z".',
    ],
    [
      'a number for eventTime',
      { eventTime: 5 },
      'invalid-field',
      'eventTime is 5; expected a time in UTC, e.g. "2026-08-03T09:01:02Z".',
    ],
    [
      'no eventName',
      { eventName: '' },
      'invalid-field',
      'eventName is ""; expected the name of an operation, e.g. "CreateKey".',
    ],
    [
      'an eventName with a line break',
      { eventName: 'Create\nKey' },
      'invalid-field',
      'eventName is "Create\\nKey"; expected the name of an operation, e.g. "CreateKey".',
    ],
    [
      'no eventSource',
      { eventSource: undefined },
      'missing-field',
      'eventSource is missing; expected a service, e.g. "kms.amazonaws.com".',
    ],
    [
      'no account anywhere',
      { recipientAccountId: undefined, userIdentity: {}, resources: [] },
      'missing-field',
      'recipientAccountId is missing; expected the 12 digits of the account that received the record.',
    ],
    [
      'an account of words',
      { recipientAccountId: 'anonymous', userIdentity: {}, resources: [] },
      'invalid-field',
      'recipientAccountId is "anonymous"; expected the 12 digits of the account that received the record.',
    ],
    [
      'no Region anywhere',
      { awsRegion: undefined, resources: [] },
      'missing-field',
      'awsRegion is missing; expected the Region of the record, e.g. "us-west-2".',
    ],
    [
      'an error that is no text',
      { errorCode: 7 },
      'invalid-field',
      'errorCode is 7; expected a text, or nothing when the call succeeded.',
    ],
    [
      'a layout of tomorrow',
      { eventVersion: '2.0' },
      'invalid-field',
      'eventVersion is "2.0"; expected "1." and a minor version; a later layout needs a later version of Keywarden.',
    ],
    [
      'a network activity event',
      { eventCategory: 'NetworkActivity', eventType: 'AwsVpceEvent' },
      'not-management',
      'eventCategory is "NetworkActivity"; expected a management event.',
    ],
    [
      'a network activity event without a category',
      { eventCategory: undefined, managementEvent: undefined, eventType: 'AwsVpceEvents' },
      'not-management',
      'eventType is "AwsVpceEvents"; expected a management event.',
    ],
    [
      'a data event',
      { eventCategory: 'Data', managementEvent: false },
      'not-management',
      'eventCategory is "Data"; expected a management event.',
    ],
    [
      'a data event without a category',
      { eventCategory: undefined, managementEvent: false },
      'not-management',
      'managementEvent is false; expected a management event.',
    ],
    [
      'an Insights event',
      { eventCategory: 'Insight', eventName: undefined },
      'not-management',
      'eventCategory is "Insight"; expected a management event.',
    ],
  ])('has %s', (_what, overrides, code, message) => {
    expect(() => read(overrides)).toThrow(expect.objectContaining({ name: 'MalformedEventError', code, message }));
  });

  test.each([
    ['{"eventID": ', 'not-json', 'the record is "{\\"eventID\\": "; expected a JSON object or its text.'],
    [[], 'not-an-object', 'the record is []; expected a JSON object.'],
    ['"text"', 'not-an-object', 'the record is "text"; expected a JSON object.'],
    [null, 'not-an-object', 'the record is null; expected a JSON object.'],
    [undefined, 'not-an-object', 'the record is missing; expected a JSON object.'],
    [7n, 'not-json', 'the record is a value of type bigint; expected a JSON object or its text.'],
  ])('is %p', (record, code, message) => {
    expect(() => readRecord(record, CONTEXT)).toThrow(expect.objectContaining({ code, message }));
  });

  test('is nested deeper than any reader can follow', () => {
    const depth = 200_000;
    const text = JSON.stringify(recordOf({ extra: 'HERE' })).replace('"HERE"', '['.repeat(depth) + ']'.repeat(depth));
    expect(() => readRecord(text, CONTEXT)).toThrow(expect.objectContaining({ code: 'not-json' }));
  });
});

test('A record can be given as the JSON text that LookupEvents returns', () => {
  expect(readRecord(JSON.stringify(recordOf(), null, 2), CONTEXT)).toEqual(read());
});

test('A policy of the largest size that EventBridge delivers is kept whole', () => {
  const policy = 'x'.repeat(255 * 1024);
  const action = readRecord(
    JSON.stringify(recordOf({ eventName: 'PutKeyPolicy', requestParameters: { keyId: KEY, policy } })),
    CONTEXT,
  );
  expect(action.request.policy).toBe(policy);
});
