import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateEventSourceMappingCommand, CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { localClientConfig } from '../../local/local-client.ts';
import { zip } from './zip.ts';

export const REGION = 'eu-west-1';
export const BUCKET = 'code-of-the-tests';

/** Settings of a function under test. */
export type TestFunction = { source: string; timeout?: number; environment?: Record<string, string> };

/** Deploys functions with handlers of the test's own, each `handlers/<name>.mjs` with a role `<name>-role`. */
export async function deployHandlers(
  endpoint: string,
  functions: Readonly<Record<string, TestFunction>>,
): Promise<void> {
  const config = localClientConfig({ endpoint, region: REGION });
  const lambda = new LambdaClient(config);
  const iam = new IAMClient(config);
  await put(`${endpoint}/${BUCKET}`, undefined);
  for (const [name, { source, timeout = 30, environment = {} }] of Object.entries(functions)) {
    await put(`${endpoint}/${BUCKET}/code/${name}.zip`, zip({ [`handlers/${name}.mjs`]: source }));
    const { Role } = await iam.send(
      new CreateRoleCommand({ RoleName: `${name}-role`, AssumeRolePolicyDocument: TRUST }),
    );
    const code = { S3Bucket: BUCKET, S3Key: `code/${name}.zip` };
    const settings = {
      Runtime: 'nodejs24.x' as const,
      Handler: `handlers/${name}.handler`,
      Timeout: timeout,
      MemorySize: 256,
    };
    const variables = { Environment: { Variables: environment } };
    await lambda.send(
      new CreateFunctionCommand({ FunctionName: name, Role: Role?.Arn, Code: code, ...settings, ...variables }),
    );
  }
}

/** Makes a queue with a dead-letter queue and maps it to a function; returns both URLs. */
export async function mapQueue(endpoint: string, functionName: string): Promise<{ url: string; deadLetters: string }> {
  const config = localClientConfig({ endpoint, region: REGION });
  const sqs = new SQSClient(config);
  const dead = await sqs.send(new CreateQueueCommand({ QueueName: `${functionName}-dead` }));
  const deadArn = await readArn(sqs, dead.QueueUrl);
  const redrive = JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: 2 });
  const queue = await sqs.send(
    new CreateQueueCommand({
      QueueName: `${functionName}-queue`,
      Attributes: { RedrivePolicy: redrive, VisibilityTimeout: '360' },
    }),
  );
  await new LambdaClient(config).send(
    new CreateEventSourceMappingCommand({
      FunctionName: functionName,
      EventSourceArn: await readArn(sqs, queue.QueueUrl),
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    }),
  );
  return { url: queue.QueueUrl ?? '', deadLetters: dead.QueueUrl ?? '' };
}

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

async function readArn(sqs: SQSClient, url: string | undefined): Promise<string> {
  const request = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] });
  return (await sqs.send(request)).Attributes?.QueueArn ?? '';
}

async function put(url: string, body: Buffer | undefined): Promise<void> {
  const response = await fetch(url, { method: 'PUT', ...(body === undefined ? {} : { body: new Uint8Array(body) }) });
  if (!response.ok) throw new Error(`PUT ${url} gave ${response.status}: ${await response.text()}`);
}
