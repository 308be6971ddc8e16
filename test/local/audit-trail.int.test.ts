import {
  CloudTrailClient,
  CreateTrailCommand,
  GetTrailStatusCommand,
  StartLoggingCommand,
  StopLoggingCommand,
} from '@aws-sdk/client-cloudtrail';
import { DisableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { localClientConfig } from '../../local/local-client.ts';

let aws: LocalAws;
let config: ReturnType<typeof localClientConfig>;
let trails: CloudTrailClient;

beforeAll(async () => {
  aws = await startLocalAws({ visibilityTimeout: 1, functionTimeout: 10 });
  config = localClientConfig({ endpoint: aws.url, region: aws.region });
  trails = new CloudTrailClient(config);
  const scope = `Credential=anyone/20261124/${aws.region}/s3/aws4_request, SignedHeaders=host, Signature=0`;
  const body = `<CreateBucketConfiguration><LocationConstraint>${aws.region}</LocationConstraint></CreateBucketConfiguration>`;
  const headers = { authorization: `AWS4-HMAC-SHA256 ${scope}` };
  await fetch(`${aws.url}/logs`, { method: 'PUT', headers, body });
  await trails.send(new CreateTrailCommand({ Name: 'audit', S3BucketName: 'logs', IsMultiRegionTrail: true }));
  await trails.send(new StartLoggingCommand({ Name: 'audit' }));
  await aws.idle();
});
afterAll(() => aws?.stop());

/** What the officer is told because of a call. */
async function toldBy(call: () => Promise<unknown>) {
  const before = aws.messages().length;
  await call();
  await aws.idle();
  return aws.messages().slice(before);
}

test('The deployed stack starts a trail again that somebody stopped, and the officer is told', async () => {
  const told = await toldBy(() => trails.send(new StopLoggingCommand({ Name: 'audit' })));
  expect(await trails.send(new GetTrailStatusCommand({ Name: 'audit' }))).toMatchObject({ IsLogging: true });
  const intact = told.filter(({ attributes }) => attributes.control === 'audit-trail-intact');
  expect(intact).toMatchObject([{ attributes: { severity: 'critical', state: 'remediated' } }]);
  expect(intact[0]?.text).toContain('aws cloudtrail stop-logging');
  // It was the only one, so that the use of keys was not logged: the same change puts that right.
  const logged = told.filter(({ attributes }) => attributes.control === 'key-use-logged');
  expect(logged.map(({ attributes }) => attributes.state)).toEqual(['remediated']);
  const own = aws.gateway.records().findLast(({ eventName }) => eventName === 'StartLogging');
  expect(own).toMatchObject({
    userIdentity: { sessionContext: { sessionIssuer: { userName: aws.lifecycleFunction } } },
  });
});

test('The officer is told who purged the queue of Keywarden', async () => {
  const told = await toldBy(() =>
    new SQSClient(config).send(new PurgeQueueCommand({ QueueUrl: aws.deadLetterQueueUrl })),
  );
  expect(told).toMatchObject([
    { attributes: { control: 'audit-trail-intact', severity: 'critical', state: 'opened' } },
  ]);
  expect(told[0]?.text).toContain('PurgeQueue');
});

test.each(['kms-calls', 'own-transport'])(
  'The officer is told that the rule %s of Keywarden was disabled, be it the one that watches the rules',
  async (rule) => {
    const Name = `keywarden-dev-${rule}`;
    const told = await toldBy(() => new EventBridgeClient(config).send(new DisableRuleCommand({ Name })));
    expect(told).toMatchObject([{ attributes: { control: 'audit-trail-intact', state: 'opened' } }]);
    expect(told[0]?.text).toContain(`Rule ${Name} is a part of Keywarden and was changed (DisableRule)`);
  },
);
