import { PutEventsCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createEventBridgeClient, createSqsClient } from '../../lib/aws/clients.ts';
import { type Gateway, startGateway } from '../../local/gateway/gateway.ts';
import { LOCAL_ACCOUNT, type Moto, startMoto } from '../../local/moto.ts';

const REGION = 'eu-west-1';
let moto: Moto;
let gateway: Gateway;
beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  moto = await startMoto();
  gateway = await startGateway({ motoUrl: moto.url, account: LOCAL_ACCOUNT });
});
afterAll(async () => {
  await gateway?.stop();
  await moto?.stop();
});

/** A rule with a queue of its own, and what arrives in it. */
async function listen(name: string, rule: { EventPattern: string } | { ScheduleExpression: string }) {
  const options = { region: REGION, endpoint: gateway.url };
  const [events, sqs] = [createEventBridgeClient(options), createSqsClient(options)];
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  await events.send(new PutRuleCommand({ Name: name, ...rule }));
  const Arn = `arn:aws:sqs:${REGION}:${LOCAL_ACCOUNT}:${name}`;
  await events.send(new PutTargetsCommand({ Rule: name, Targets: [{ Id: 'queue', Arn }] }));
  return async () => {
    await gateway.delivered();
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    return Messages.map(({ Body = '' }) => JSON.parse(Body));
  };
}

test('An event of a program reaches the rules whose pattern matches it, and no schedule; what is wrong is refused by itself', async () => {
  const matching = await listen('matching', {
    EventPattern: '{"source":["shop"],"detail":{"total":[{"numeric":[">",5]}]}}',
  });
  const schedule = await listen('schedule', { ScheduleExpression: 'rate(1 day)' });
  const client = createEventBridgeClient({ region: REGION, endpoint: gateway.url });
  const good = { Source: 'shop', DetailType: 'Sold', Detail: '{"total":7}' };
  const Time = new Date('2026-08-03T09:00:00Z');
  const answer = await client.send(
    new PutEventsCommand({
      Entries: [
        { ...good, Resources: ['arn:aws:x:::y'], Time },
        { ...good, Detail: '{"total":3}' },
        { ...good, Detail: 'seven' },
        { ...good, Source: 'aws.kms' },
        { DetailType: 'Sold', Detail: '{}' },
      ],
    }),
  );
  expect(answer.FailedEntryCount).toBe(3);
  expect(answer.Entries?.map(({ EventId, ErrorCode }) => ErrorCode ?? typeof EventId)).toEqual([
    'string',
    'string',
    'MalformedDetail',
    'NotAuthorizedForSourceException',
    'InvalidArgument',
  ]);
  expect(await matching()).toMatchObject([
    {
      source: 'shop',
      'detail-type': 'Sold',
      account: LOCAL_ACCOUNT,
      region: REGION,
      time: '2026-08-03T09:00:00Z',
      resources: ['arn:aws:x:::y'],
      detail: { total: 7 },
    },
  ]);
  expect(await schedule()).toEqual([]);
});
