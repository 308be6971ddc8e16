import { CreateUserCommand, GetUserCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  KMSClient,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readRecord } from '../../lib/event/read-record.ts';
import type { CloudTrailRecord } from '../../local/gateway/cloudtrail-record.ts';
import { type LocalAws, REGION, startLocalAws } from './start-local-aws.ts';

const ACCOUNT = '111122223333';
const NOW = new Date('2026-11-24T09:01:02.345Z');
const AGENT = 'test-app';

/** Lets the account change the policy again, without which KMS refuses it; with blanks that nobody else would put there. */
const OWN_POLICY = `{"Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Principal": {"AWS":"arn:aws:iam::${ACCOUNT}:root"}, "Action": "kms:*", "Resource" : "*"}]}`;

let aws: LocalAws;
let kms: KMSClient;

beforeAll(async () => {
  aws = await startLocalAws({ clock: () => NOW });
  kms = new KMSClient({ ...aws.access(), customUserAgent: AGENT });
});
afterAll(() => aws?.stop());

async function createKey(input: CreateKeyCommandInput = {}): Promise<{ id: string; arn: string }> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand(input));
  return { id: KeyMetadata?.KeyId ?? '', arn: KeyMetadata?.Arn ?? '' };
}

function lastRecord(): CloudTrailRecord {
  const record = aws.gateway.records().at(-1);
  if (record === undefined) throw new Error('There is no record.');
  return record;
}

/** The part of a record that differs by operation. */
function partsOf({ eventName, requestParameters, responseElements, resources }: CloudTrailRecord) {
  return { eventName, requestParameters, responseElements, arns: resources?.map((resource) => resource.ARN) };
}

describe('the record of a KMS write', () => {
  test('has every field that CloudTrail documents, and the request id that the caller got', async () => {
    const { id, arn } = await createKey();
    const { $metadata } = await kms.send(new DisableKeyCommand({ KeyId: id }));
    expect(lastRecord()).toEqual({
      eventVersion: '1.11',
      userIdentity: {
        type: 'IAMUser',
        principalId: 'AIDAOPERATOROPERATOR',
        arn: `arn:aws:iam::${ACCOUNT}:user/operator`,
        accountId: ACCOUNT,
        accessKeyId: 'anyone',
        userName: 'operator',
      },
      eventTime: '2026-11-24T09:01:02Z',
      eventSource: 'kms.amazonaws.com',
      eventName: 'DisableKey',
      awsRegion: REGION,
      sourceIPAddress: '192.0.2.10',
      userAgent: expect.stringContaining(AGENT),
      requestParameters: { keyId: id },
      responseElements: { keyId: arn },
      requestID: $metadata.requestId,
      eventID: expect.stringMatching(/^[0-9a-f-]{36}$/),
      readOnly: false,
      resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: ACCOUNT,
      eventCategory: 'Management',
    });
    expect($metadata.requestId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  test('of CreateKey has the defaults, both spec names, tags in the spelling of CloudTrail, and no policy unless sent', async () => {
    const { id, arn } = await createKey({ Tags: [{ TagKey: 'owner', TagValue: 'payments' }] });
    expect(partsOf(lastRecord())).toEqual({
      eventName: 'CreateKey',
      requestParameters: {
        description: '',
        origin: 'AWS_KMS',
        keySpec: 'SYMMETRIC_DEFAULT',
        customerMasterKeySpec: 'SYMMETRIC_DEFAULT',
        keyUsage: 'ENCRYPT_DECRYPT',
        multiRegion: false,
        bypassPolicyLockoutSafetyCheck: false,
        tags: [{ tagKey: 'owner', tagValue: 'payments' }],
      },
      responseElements: {
        keyMetadata: expect.objectContaining({
          aWSAccountId: ACCOUNT,
          keyId: id,
          arn,
          creationDate: expect.stringMatching(/^[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M$/),
          keyState: 'Enabled',
          multiRegion: false,
        }),
      },
      arns: [arn],
    });
    await createKey({ Policy: OWN_POLICY });
    expect(lastRecord().requestParameters?.policy).toBe(OWN_POLICY);
  });

  test('of a change of the rotation, the state, the description or the tags names the key as it was typed and as ARN', async () => {
    const { id, arn } = await createKey();
    const tags = { Tags: [{ TagKey: 'a', TagValue: 'b' }] };
    const recorded = [
      [
        new EnableKeyRotationCommand({ KeyId: arn, RotationPeriodInDays: 90 }),
        { keyId: arn, rotationPeriodInDays: 90 },
        { keyId: arn },
      ],
      [new DisableKeyRotationCommand({ KeyId: id }), { keyId: id }, null],
      [new DisableKeyCommand({ KeyId: arn }), { keyId: arn }, { keyId: arn }],
      [new EnableKeyCommand({ KeyId: arn }), { keyId: arn }, { keyId: arn }],
      [new UpdateKeyDescriptionCommand({ KeyId: id, Description: 'x' }), { keyId: id, description: 'x' }, null],
      [
        new TagResourceCommand({ KeyId: id, ...tags }),
        { keyId: id, tags: [{ tagKey: 'a', tagValue: 'b' }] },
        { keyId: arn },
      ],
      [new UntagResourceCommand({ KeyId: id, TagKeys: ['a'] }), { keyId: id, tagKeys: ['a'] }, { keyId: arn }],
    ] as const;
    for (const [command, requestParameters, responseElements] of recorded) {
      await kms.send(command as EnableKeyCommand);
      const eventName = command.constructor.name.replace('Command', '');
      expect(partsOf(lastRecord())).toEqual({ eventName, requestParameters, responseElements, arns: [arn] });
    }
  });

  test('of PutKeyPolicy has the policy as it was sent, and null elements', async () => {
    const { id, arn } = await createKey();
    const policy = OWN_POLICY;
    await kms.send(new PutKeyPolicyCommand({ KeyId: id, Policy: policy }));
    expect(partsOf(lastRecord())).toEqual({
      eventName: 'PutKeyPolicy',
      requestParameters: { keyId: id, policyName: 'default', policy, bypassPolicyLockoutSafetyCheck: false },
      responseElements: null,
      arns: [arn],
    });
  });

  test('of a deletion has its date, and no window if the caller left it to KMS', async () => {
    const { id, arn } = await createKey();
    const scheduled = await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id }));
    const date = scheduled.DeletionDate?.toLocaleString('en-US', {
      timeZone: 'UTC',
      dateStyle: 'medium',
      timeStyle: 'medium',
    });
    expect(partsOf(lastRecord())).toEqual({
      eventName: 'ScheduleKeyDeletion',
      requestParameters: { keyId: id },
      responseElements: {
        keyId: arn,
        keyState: 'PendingDeletion',
        deletionDate: date?.replaceAll('\u202f', ' '),
        pendingWindowInDays: 30,
      },
      arns: [arn],
    });
    await kms.send(new CancelKeyDeletionCommand({ KeyId: id }));
    expect(partsOf(lastRecord())).toEqual({
      eventName: 'CancelKeyDeletion',
      requestParameters: { keyId: id },
      responseElements: { keyId: arn },
      arns: [arn],
    });
  });

  test('of an alias lists key and alias in the order of its page', async () => {
    const first = await createKey();
    const second = await createKey();
    const alias = `arn:aws:kms:${REGION}:${ACCOUNT}:alias/orders`;
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/orders', TargetKeyId: first.id }));
    expect(partsOf(lastRecord())).toEqual({
      eventName: 'CreateAlias',
      requestParameters: { aliasName: 'alias/orders', targetKeyId: first.id },
      responseElements: { keyId: first.arn },
      arns: [first.arn, alias],
    });
    await kms.send(new UpdateAliasCommand({ AliasName: 'alias/orders', TargetKeyId: second.arn }));
    expect(partsOf(lastRecord())).toMatchObject({ responseElements: { keyId: second.arn }, arns: [alias, second.arn] });
    await kms.send(new DeleteAliasCommand({ AliasName: 'alias/orders' }));
    expect(partsOf(lastRecord())).toEqual({
      eventName: 'DeleteAlias',
      requestParameters: { aliasName: 'alias/orders' },
      responseElements: { keyId: second.arn },
      arns: [alias, second.arn],
    });
  });

  test('of a grant keeps the encryption context as it is and never the token', async () => {
    const { id, arn } = await createKey();
    const grant = {
      KeyId: id,
      GranteePrincipal: `arn:aws:iam::${ACCOUNT}:role/app`,
      Operations: ['Decrypt' as const],
      Constraints: { EncryptionContextSubset: { Department: 'IT' } },
    };
    const { GrantId, GrantToken } = await kms.send(new CreateGrantCommand({ ...grant, GrantTokens: ['secret'] }));
    expect(partsOf(lastRecord())).toEqual({
      eventName: 'CreateGrant',
      requestParameters: {
        keyId: id,
        granteePrincipal: grant.GranteePrincipal,
        operations: ['Decrypt'],
        constraints: { encryptionContextSubset: { Department: 'IT' } },
      },
      responseElements: { grantId: GrantId, keyId: arn },
      arns: [arn],
    });
    await kms.send(new RetireGrantCommand({ GrantToken }));
    expect(lastRecord()).toMatchObject({
      eventName: 'RetireGrant',
      requestParameters: null,
      additionalEventData: { grantId: GrantId },
      resources: [{ ARN: arn }],
    });
    const second = await kms.send(new CreateGrantCommand(grant));
    await kms.send(new RevokeGrantCommand({ KeyId: id, GrantId: second.GrantId }));
    expect(partsOf(lastRecord())).toEqual({
      eventName: 'RevokeGrant',
      requestParameters: { keyId: id, grantId: second.GrantId },
      responseElements: null,
      arns: [arn],
    });
  });

  test('of ReplicateKey is followed by the CreateKey record of the replica in its Region, with the same request id', async () => {
    const { arn } = await createKey({ MultiRegion: true });
    await kms.send(new ReplicateKeyCommand({ KeyId: arn, ReplicaRegion: 'us-west-2' }));
    const replica = arn.replace(REGION, 'us-west-2');
    const [replicated, created] = aws.gateway.records().slice(-2);
    expect(replicated).toMatchObject({
      eventName: 'ReplicateKey',
      awsRegion: REGION,
      requestParameters: { keyId: arn, replicaRegion: 'us-west-2' },
      responseElements: { replicaKeyMetadata: { arn: replica, keyState: 'Creating' }, replicaTags: [] },
      resources: [{ ARN: arn }],
    });
    expect(created).toMatchObject({
      eventName: 'CreateKey',
      awsRegion: 'us-west-2',
      requestID: replicated?.requestID,
      requestParameters: { multiRegion: true },
      resources: [{ ARN: replica }],
    });
    expect(created?.eventID).not.toBe(replicated?.eventID);
  });

  test('of a rotation on demand has the id as typed, and KMS reports the finished rotation by itself', async () => {
    const { id, arn } = await createKey();
    await kms.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    const [asked, rotated] = aws.gateway.records().slice(-2);
    expect(asked).toMatchObject({ eventName: 'RotateKeyOnDemand', responseElements: { keyId: id } });
    expect(rotated).toMatchObject({
      eventName: 'RotateKey',
      eventType: 'AwsServiceEvent',
      userIdentity: { accountId: ACCOUNT, invokedBy: 'AWS Internal' },
      serviceEventDetails: { rotationType: 'ON_DEMAND', keyOrigin: 'AWS_KMS', keyId: id },
      resources: [{ ARN: arn }],
    });
    expect(rotated).not.toHaveProperty('requestID');
  });
});

describe('what was refused', () => {
  test('is recorded with the error, the parameters and the key, and null elements', async () => {
    const { id, arn } = await createKey();
    await kms.send(new DisableKeyCommand({ KeyId: id }));
    await expect(kms.send(new EnableKeyRotationCommand({ KeyId: id }))).rejects.toThrow();
    expect(lastRecord()).toMatchObject({
      errorCode: 'DisabledException',
      errorMessage: `${arn} is disabled.`,
      requestParameters: { keyId: id },
      responseElements: null,
      resources: [{ ARN: arn }],
    });
  });

  test('for want of permission is AccessDenied, with the key in the message and nowhere else', async () => {
    const { id, arn } = await createKey();
    const rule = aws.gateway.denials.add({ action: 'kms:DisableKey', resource: arn });
    const refusal = expect(kms.send(new DisableKeyCommand({ KeyId: id }))).rejects;
    await refusal.toMatchObject({ name: 'AccessDeniedException' });
    aws.gateway.denials.remove(rule);
    const record = lastRecord();
    expect(record).toMatchObject({
      errorCode: 'AccessDenied',
      errorMessage:
        `User: arn:aws:iam::${ACCOUNT}:user/operator is not authorized to perform: kms:DisableKey on resource: ${arn} ` +
        'because no identity-based policy allows the kms:DisableKey action',
      requestParameters: null,
      responseElements: null,
    });
    expect(record).not.toHaveProperty('resources');
  });

  test('as a dry run says so in the parameters', async () => {
    const { id } = await createKey();
    const input = { KeyId: id, GranteePrincipal: `arn:aws:iam::${ACCOUNT}:role/app`, Operations: ['Decrypt' as const] };
    await expect(kms.send(new CreateGrantCommand({ ...input, DryRun: true }))).rejects.toThrow();
    expect(lastRecord()).toMatchObject({
      errorCode: 'DryRunOperationException',
      requestParameters: { keyId: id, dryRun: true },
      responseElements: null,
    });
  });
});

describe('who did it', () => {
  test('is a session of the role, with the role as its issuer', async () => {
    const session = await aws.asSession('key-admin', 'jane@example.com');
    await session.send(new CreateKeyCommand({}));
    expect(lastRecord().userIdentity).toEqual({
      type: 'AssumedRole',
      principalId: expect.stringMatching(/^AROA[A-Z0-9]+:jane@example\.com$/),
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/key-admin/jane@example.com`,
      accountId: ACCOUNT,
      accessKeyId: expect.stringMatching(/^ASIA/),
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: expect.stringMatching(/^AROA/),
          arn: `arn:aws:iam::${ACCOUNT}:role/key-admin`,
          accountId: ACCOUNT,
          userName: 'key-admin',
        },
        attributes: { creationDate: '2026-11-24T09:01:02Z', mfaAuthenticated: 'false' },
      },
    });
  });

  test('is the IAM user of an access key', async () => {
    const user = await aws.asUser('carol');
    await user.send(new CreateKeyCommand({}));
    expect(lastRecord().userIdentity).toEqual({
      type: 'IAMUser',
      principalId: expect.stringMatching(/^[A-Za-z0-9]+$/),
      arn: `arn:aws:iam::${ACCOUNT}:user/carol`,
      accountId: ACCOUNT,
      accessKeyId: expect.any(String),
      userName: 'carol',
    });
  });

  test('is the account itself for the access key root', async () => {
    await new KMSClient(aws.access('root')).send(new CreateKeyCommand({}));
    expect(lastRecord().userIdentity).toMatchObject({ type: 'Root', arn: `arn:aws:iam::${ACCOUNT}:root` });
  });

  test('is also the service that called on behalf of somebody', async () => {
    const service = 'dynamodb.amazonaws.com';
    const client = new KMSClient(aws.access());
    client.middlewareStack.add(
      (next) => (step) => {
        const request = step.request as { headers: Record<string, string> };
        request.headers['x-keywarden-invoked-by'] = service;
        return next(step);
      },
      { step: 'build' },
    );
    await client.send(new CreateKeyCommand({}));
    expect(lastRecord()).toMatchObject({
      userIdentity: { userName: 'operator', invokedBy: service },
      sourceIPAddress: service,
      userAgent: service,
    });
  });
});

describe('other calls', () => {
  test('that only read leave no record', async () => {
    const { id } = await createKey();
    const before = aws.gateway.records().length;
    await kms.send(new DescribeKeyCommand({ KeyId: id }));
    await new IAMClient(aws.access()).send(new GetUserCommand({ UserName: 'carol' })).catch(() => undefined);
    expect(aws.gateway.records()).toHaveLength(before);
  });

  test('of IAM are recorded in us-east-1, without secrets', async () => {
    const iam = new IAMClient(aws.access());
    await iam.send(new CreateUserCommand({ UserName: 'dave', Tags: [{ Key: 'team', Value: 'a' }] }));
    expect(lastRecord()).toMatchObject({
      eventSource: 'iam.amazonaws.com',
      eventName: 'CreateUser',
      awsRegion: 'us-east-1',
      requestParameters: { userName: 'dave', tags: [{ key: 'team', value: 'a' }] },
      responseElements: { user: { userName: 'dave', arn: `arn:aws:iam::${ACCOUNT}:user/dave` } },
    });
    await aws.asUser('erin');
    const record = lastRecord();
    expect(record).toMatchObject({
      eventName: 'CreateAccessKey',
      responseElements: { accessKey: { userName: 'erin' } },
    });
    expect(JSON.stringify(record)).not.toMatch(/secretAccessKey/i);
  });

  test('of CloudTrail are recorded, also when refused', async () => {
    const target = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.StopLogging';
    const response = await fetch(aws.gateway.url, {
      method: 'POST',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=anyone/20261124/${REGION}/cloudtrail/aws4_request, SignedHeaders=host, Signature=0`,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': target,
      },
      body: JSON.stringify({ Name: 'no-such-trail' }),
    });
    expect(response.status).toBe(400);
    expect(lastRecord()).toMatchObject({
      eventSource: 'cloudtrail.amazonaws.com',
      eventName: 'StopLogging',
      errorCode: expect.stringMatching(/Trail/),
      requestParameters: { name: 'no-such-trail' },
      requestID: response.headers.get('x-amzn-requestid'),
    });
  });
});

test('Keywarden reads every record of the local AWS: a known action, on a key, by somebody', () => {
  const records = aws.gateway.records().filter((record) => record.eventSource === 'kms.amazonaws.com');
  expect(records.length).toBeGreaterThan(30);
  for (const record of records) {
    const action = readRecord(record, { selfRoleArns: [], origin: 'eventbridge' });
    expect(action).toMatchObject({ api: record.eventName, kind: 'lifecycle', eventId: record.eventID });
    expect(action.subject).toMatch(/^arn:aws:kms:[a-z0-9-]+:111122223333:key\/[0-9a-z-]{36}$/);
    expect(action.actor.arn ?? action.actor.invokedBy).toBeTruthy();
  }
});
