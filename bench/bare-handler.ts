/**
 * What `npm run bench` compares with: a handler that imports the same clients and makes the same calls as Keywarden does
 * for a remediated DisableKeyRotation, and thinks nothing. Written for speed, not as an example.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  ListAliasesCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { BatchGetCommand, DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';

const kms = new KMSClient({});
const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const sns = new SNSClient({});
const ssm = new SSMClient({});
/** Keywarden has them for other events; loading them is part of a start. */
export const others = [new SQSClient({}), SendMessageCommand, new IAMClient({}), GetRolePolicyCommand];
/** Read once in a while, as Keywarden does. */
const state: { killSwitch?: unknown } = {};
const table = process.env.KEYWARDEN_TABLE ?? '';

export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  for (const { body } of Records) {
    const { detail } = JSON.parse(body) as { detail: { eventID: string; resources: [{ ARN: string }] } };
    const KeyId = detail.resources[0].ARN;
    const pk = `BARE#${KeyId}`;
    const keys = ['HEAD', 'FINDING#1', 'FINDING#2', 'WORK'].map((sk) => ({ pk, sk }));
    await dynamo.send(new BatchGetCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }));
    await kms.send(new DescribeKeyCommand({ KeyId }));
    await kms.send(new GetKeyRotationStatusCommand({ KeyId }));
    await kms.send(new ListResourceTagsCommand({ KeyId }));
    state.killSwitch ??= await ssm.send(new GetParameterCommand({ Name: process.env.KEYWARDEN_KILL_SWITCH }));
    await write(pk, 'first', body);
    await kms.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 365 }));
    await kms.send(new GetKeyRotationStatusCommand({ KeyId }));
    await kms.send(new ListAliasesCommand({ KeyId }));
    await sns.send(new PublishCommand({ TopicArn: process.env.KEYWARDEN_TOPIC_ARN, Message: body }));
    await write(pk, 'second', body);
  }
  return { batchItemFailures: [] };
}

const write = (pk: string, round: string, body: string) =>
  dynamo.send(
    new TransactWriteCommand({
      TransactItems: ['WORK', `SEQ#${round}`, 'HEAD', 'FINDING#1'].map((sk) => ({
        Put: {
          TableName: table,
          Item: { pk, sk, body, round },
          ConditionExpression: 'attribute_not_exists(pk) OR round <> :round',
          ExpressionAttributeValues: { ':round': round },
        },
      })),
    }),
  );
