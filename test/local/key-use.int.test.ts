import { CloudFormationClient, CreateStackCommand, UpdateStackCommand } from '@aws-sdk/client-cloudformation';
import { EventBridgeClient, ListRulesCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateMacCommand,
  KMSClient,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CloudTrailRecord } from '../../local/gateway/cloudtrail-record.ts';
import { type LocalAws, REGION, startLocalAws } from './start-local-aws.ts';

const ACCOUNT = '111122223333';
const ALL_EVENTS = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

let aws: LocalAws;
let kms: KMSClient;
let sqs: SQSClient;
let events: EventBridgeClient;

beforeAll(async () => {
  aws = await startLocalAws({ clock: () => new Date('2026-11-24T09:01:02.345Z') });
  kms = new KMSClient(aws.access());
  sqs = new SQSClient(aws.access());
  events = new EventBridgeClient(aws.access());
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

describe('the use of a key is recorded as a read', () => {
  /** What the last call recorded, after looking at what all uses share. */
  function lastUse() {
    const { eventName, requestParameters, resources, ...record } = lastRecord();
    expect(record).toMatchObject({ readOnly: true, responseElements: null, managementEvent: true });
    return { eventName, requestParameters, arns: resources?.map(({ ARN }) => ARN) };
  }

  test('with its encryption context and without plaintext and ciphertext', async () => {
    const { id, arn } = await createKey();
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/used', TargetKeyId: id }));
    const EncryptionContext = { Department: 'IT' };
    const encrypt = { KeyId: 'alias/used', Plaintext: Buffer.from('secret'), EncryptionContext };
    const { CiphertextBlob } = await kms.send(new EncryptCommand(encrypt));
    const context = { encryptionAlgorithm: 'SYMMETRIC_DEFAULT', encryptionContext: EncryptionContext };
    expect(lastUse()).toEqual({
      eventName: 'Encrypt',
      requestParameters: { keyId: 'alias/used', ...context },
      arns: [arn],
    });
    await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    expect(lastUse()).toEqual({ eventName: 'Decrypt', requestParameters: context, arns: [arn] });
    const destination = await createKey();
    await kms.send(
      new ReEncryptCommand({
        CiphertextBlob,
        SourceEncryptionContext: EncryptionContext,
        DestinationKeyId: destination.id,
      }),
    );
    expect(lastUse()).toEqual({
      eventName: 'ReEncrypt',
      requestParameters: {
        sourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        sourceEncryptionContext: EncryptionContext,
        destinationKeyId: destination.id,
        destinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      },
      arns: [arn, destination.arn],
    });
  });

  test('with the form of a data key', async () => {
    const { id, arn } = await createKey();
    await kms.send(new GenerateDataKeyCommand({ KeyId: id, KeySpec: 'AES_256' }));
    expect(lastUse()).toEqual({
      eventName: 'GenerateDataKey',
      requestParameters: { keyId: id, keySpec: 'AES_256' },
      arns: [arn],
    });
    await kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId: arn, NumberOfBytes: 32 }));
    expect(lastUse()).toEqual({
      eventName: 'GenerateDataKeyWithoutPlaintext',
      requestParameters: { keyId: arn, numberOfBytes: 32 },
      arns: [arn],
    });
  });

  test('without message, signature and MAC', async () => {
    const signer = await createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const Message = Buffer.from('message');
    const signing = { KeyId: signer.id, Message, SigningAlgorithm: 'ECDSA_SHA_256' as const };
    const { Signature } = await kms.send(new SignCommand(signing));
    const requestParameters = { keyId: signer.id, signingAlgorithm: 'ECDSA_SHA_256' };
    expect(lastUse()).toEqual({ eventName: 'Sign', requestParameters, arns: [signer.arn] });
    await kms.send(new VerifyCommand({ ...signing, Signature }));
    expect(lastUse()).toEqual({ eventName: 'Verify', requestParameters, arns: [signer.arn] });
    const hmac = await createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    const authentic = { KeyId: hmac.id, Message, MacAlgorithm: 'HMAC_SHA_256' as const };
    const { Mac } = await kms.send(new GenerateMacCommand(authentic));
    const mac = { requestParameters: { keyId: hmac.id, macAlgorithm: 'HMAC_SHA_256' }, arns: [hmac.arn] };
    expect(lastUse()).toEqual({ eventName: 'GenerateMac', ...mac });
    await kms.send(new VerifyMacCommand({ ...authentic, Mac }));
    expect(lastUse()).toEqual({ eventName: 'VerifyMac', ...mac });
  });

  test('also when the state of the key forbids it, in the words of KMS', async () => {
    const { id, arn } = await createKey();
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') }));
    const decrypt = () => kms.send(new DecryptCommand({ CiphertextBlob }));
    await kms.send(new DisableKeyCommand({ KeyId: id }));
    await expect(decrypt()).rejects.toMatchObject({ name: 'DisabledException' });
    expect(lastRecord()).toMatchObject({
      eventName: 'Decrypt',
      errorCode: 'DisabledException',
      errorMessage: `${arn} is disabled.`,
      readOnly: true,
      requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
      resources: [{ ARN: arn }],
    });
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id }));
    await expect(decrypt()).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
    expect(lastRecord()).toMatchObject({
      errorCode: 'KMSInvalidStateException',
      errorMessage: `${arn} is pending deletion.`,
      resources: [{ ARN: arn }],
    });
    const other = await createKey();
    const reEncrypt = { CiphertextBlob, DestinationKeyId: other.id };
    await expect(kms.send(new ReEncryptCommand(reEncrypt))).rejects.toThrow(`${arn} is pending deletion.`);
    expect(lastRecord().resources?.map(({ ARN }) => ARN)).toEqual([arn, other.arn]);
  });
});

describe('a read reaches a rule', () => {
  const pattern = JSON.stringify({ source: ['aws.kms'] });

  async function connect(name: string, State: 'ENABLED' | typeof ALL_EVENTS): Promise<void> {
    await sqs.send(new CreateQueueCommand({ QueueName: name }));
    await events.send(new PutRuleCommand({ Name: name, EventPattern: pattern, State }));
    const target = { Id: '1', Arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}` };
    await events.send(new PutTargetsCommand({ Rule: name, Targets: [target] }));
  }

  async function drain(queue: string): Promise<string[]> {
    await aws.gateway.delivered();
    const QueueUrl = `${aws.gateway.url}/${ACCOUNT}/${queue}`;
    const names: string[] = [];
    for (;;) {
      const [message] = (await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages ?? [];
      if (message === undefined) return names;
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
      names.push(JSON.parse(message.Body ?? '').detail.eventName);
    }
  }

  test('only if its state says that it gets all management events', async () => {
    await connect('writes', 'ENABLED');
    await connect('everything', ALL_EVENTS);
    const { id } = await createKey();
    await kms.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') }));
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id }));
    const refused = kms.send(new GenerateDataKeyCommand({ KeyId: id, KeySpec: 'AES_256' }));
    await expect(refused).rejects.toThrow('is pending deletion');
    await kms.send(new DescribeKeyCommand({ KeyId: id }));
    expect(await drain('writes')).toEqual(['CreateKey', 'ScheduleKeyDeletion']);
    expect(await drain('everything')).toEqual(['CreateKey', 'Encrypt', 'ScheduleKeyDeletion', 'GenerateDataKey']);
  });

  test('that CloudFormation made with that state, which an update of the stack keeps', async () => {
    const cloudFormation = new CloudFormationClient(aws.access());
    const templateFor = (Description: string) =>
      JSON.stringify({
        Resources: {
          Rule: {
            Type: 'AWS::Events::Rule',
            Properties: { Name: 'stacked', Description, EventPattern: { source: ['aws.kms'] }, State: ALL_EVENTS },
          },
        },
      });
    const stateOf = async () => {
      const { Rules } = await events.send(new ListRulesCommand({ NamePrefix: 'stacked' }));
      return Rules?.map(({ State, Description }) => `${State} ${Description}`);
    };
    await cloudFormation.send(new CreateStackCommand({ StackName: 's', TemplateBody: templateFor('a') }));
    expect(await stateOf()).toEqual([`${ALL_EVENTS} a`]);
    await cloudFormation.send(new UpdateStackCommand({ StackName: 's', TemplateBody: templateFor('b') }));
    expect(await stateOf()).toEqual([`${ALL_EVENTS} b`]);
  });
});
