import { tmpdir } from 'node:os';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createDynamoClient, createS3Client, createSqsClient } from '../lib/aws/clients.ts';
import { controlIds } from '../lib/controls/index.ts';
import { loadPolicy } from '../lib/policy/load-policy.ts';
import { readSettings } from '../lib/settings.ts';
import { createHandOn } from '../lib/use-files/hand-on.ts';
import { takeBatch } from '../lib/use-files/take-batch.ts';
import type { Intake } from '../lib/use-files/take-file.ts';

const log = new Logger({ serviceName: 'keywarden' });
const settings = readSettings(process.env);
const { AWS_REGION: region } = settings;

// No pipeline: this function looks at no key and changes none, and so needs none of its clients.
const intake: Intake = {
  s3: createS3Client({ region }),
  table: { client: createDynamoClient({ region }), table: settings.KEYWARDEN_KEY_USE_TABLE },
  keepDays: loadPolicy(settings.KEYWARDEN_POLICY_FILE, controlIds).keyUse.keepDays,
  account: settings.KEYWARDEN_ACCOUNT,
  region,
  handOn: createHandOn(createSqsClient({ region }), settings.KEYWARDEN_QUEUE_URL),
  folder: tmpdir(),
  clock: () => new Date(),
  log,
};

/** An SQS batch of events of S3, each about a log file. Messages that it names as failures are delivered again. */
async function countUses({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const messages = Records.map(({ messageId, body, attributes }) => ({
    id: messageId,
    body,
    receives: Number(attributes.ApproximateReceiveCount),
  }));
  const failed = await takeBatch(intake, messages, settings.KEYWARDEN_MAX_RECEIVES);
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

export const handler = middy<SQSEvent, SQSBatchResponse>().use(injectLambdaContext(log)).handler(countUses);
