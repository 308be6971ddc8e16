import { ListResourceTagsCommand } from '@aws-sdk/client-kms';
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createSnsClient } from '../../lib/aws/clients.ts';
import { readEvent } from '../../lib/event/read-event.ts';
import { SELFTESTS } from '../../lib/ledger/keys.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { type Delivery, handleAction, type Pipeline } from '../../lib/pipeline.ts';
import type { Check } from '../../lib/selftest/check.ts';
import { endOverdue } from '../../lib/selftest/end-run.ts';
import { takeReceipts } from '../../lib/selftest/receipts.ts';
import { runSelftest } from '../../lib/selftest/selftest.ts';
import type { Starting } from '../../lib/selftest/start-run.ts';
import { POLICY } from '../controls/control-case.ts';
import { ACCOUNT, type Bed, openBed, REGION } from '../pipeline/bed.ts';
import { personOf, writeEvent } from '../pipeline/events.ts';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/keywarden-dev-selftest`;
const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:officer`;
const MINUTE = 60_000;
const FINE: Check = { name: 'queue', ok: true, what: 'Fine.' };

let bed: Bed;
let receiptsUrl = '';
let key = '';
let now = Date.parse('2026-08-03T07:20:00Z');
let runs = 0;
let counted: string[] = [];

beforeAll(async () => {
  bed = await openBed();
  const sns = createSnsClient({ region: REGION, endpoint: bed.gateway.url });
  await sns.send(new CreateTopicCommand({ Name: 'officer' }));
  const { QueueUrl = '' } = await bed.sqs.send(new CreateQueueCommand({ QueueName: 'receipts' }));
  receiptsUrl = QueueUrl;
  const Attributes = { FilterPolicy: JSON.stringify({ state: ['selftest'] }) };
  const Endpoint = `arn:aws:sqs:${REGION}:${ACCOUNT}:receipts`;
  await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'sqs', Endpoint, Attributes }));
});
afterAll(() => bed.stop());
beforeEach(async () => {
  // With the tags that the policy requires, so that nothing else is told of it.
  const Tags = POLICY.generation.requiredTags.map((TagKey) => ({ TagKey, TagValue: 'security' }));
  key = await bed.createKey({ Tags });
  counted = [];
  runs += 1;
});
afterEach(async () => {
  now += 60 * MINUTE;
  await bed.readInbox();
  await receive();
});

const runId = () => `selftest-run-${runs}`;

function pipelineOf(): Pipeline {
  const { pipeline } = bed.start(undefined, {}, () => new Date(now));
  return { ...pipeline, selfRoleArns: [...pipeline.selfRoleArns, ROLE], count: (metric) => counted.push(metric) };
}

let deliveries = 0;
function deliver(): Delivery {
  deliveries += 1;
  const writer = { owner: `selftest-invocation-${deliveries}`, recordedBy: 'keywarden test', leaseUntil: now };
  return { writer, last: false };
}

const startingWith = (checks: readonly Check[] = [FINE]): Starting => ({
  pipeline: pipelineOf(),
  topicKeyArn: key,
  look: () => Promise.resolve(checks),
});

const begin = (starting = startingWith(), input: unknown = { requestedBy: 'olivia@example.com' }) =>
  runSelftest(starting, input, `run-${runs}`, deliver());

const ask = () => begin(startingWith(), { run: runId() });

/** Request id of the tag that the run set, as the outcome in the chain of the key has it. */
async function findRequestId(): Promise<string> {
  const chain = await bed.readChain(key);
  const ids = chain.flatMap((entry) => (entry.type === 'outcome' ? entry.remediations : []));
  return ids.flatMap(({ requestIds }) => requestIds)[0] ?? '';
}

/** CloudTrail's record of the tag reaches the lifecycle function, which runs as it does for every event. */
async function deliverRecord(overrides: Readonly<Record<string, unknown>> = {}) {
  const eventTime = new Date(now).toISOString();
  const body = writeEvent('TagResource', key, {
    eventID: `00000000-0000-4000-8000-${String(runs).padStart(12, '0')}`,
    eventTime,
    userIdentity: personOf('keywarden-dev-selftest', 'keywarden-dev-selftest'),
    requestParameters: { keyId: key, tags: [{ tagKey: 'keywarden:selftest', tagValue: runId() }] },
    responseElements: null,
    requestID: await findRequestId(),
    ...overrides,
  });
  const pipeline = pipelineOf();
  const action = readEvent(body, { origin: 'eventbridge', selfRoleArns: pipeline.selfRoleArns, ownResources: [] });
  return handleAction(pipeline, action, deliver());
}

async function receive(): Promise<{ id: string; body: string }[]> {
  const { Messages = [] } = await bed.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: receiptsUrl, MaxNumberOfMessages: 10 }),
  );
  for (const { ReceiptHandle } of Messages) {
    await bed.sqs.send(new DeleteMessageCommand({ QueueUrl: receiptsUrl, ReceiptHandle }));
  }
  return Messages.map(({ MessageId = '', Body = '' }) => ({ id: MessageId, body: Body }));
}

const statesTold = async () => (await bed.readInbox()).map(({ attributes }) => attributes.state);

describe('a selftest', () => {
  test('makes one change, whose record brings the test message to the officer and back, and passes', async () => {
    expect(await begin()).toMatchObject({ status: 'waiting', run: runId(), checks: [FINE] });
    const { Tags } = await bed.kms.send(new ListResourceTagsCommand({ KeyId: key }));
    expect(Tags).toContainEqual({ TagKey: 'keywarden:selftest', TagValue: runId() });
    expect(await bed.readInbox()).toEqual([]);

    now += 3 * MINUTE;
    const { entry, told } = await deliverRecord();
    expect(entry).toMatchObject({ confirms: { eventId: runId(), remedy: 'selftest', how: 'request-id' } });
    expect(told).toMatchObject([{ control: 'selftest', state: 'selftest' }]);
    expect(await statesTold()).toEqual(['selftest']);

    expect(await takeReceipts(pipelineOf(), await receive(), deliver())).toEqual([]);
    expect(await ask()).toMatchObject({
      status: 'passed',
      seconds: 180,
      message: expect.stringContaining('3 minutes'),
    });
    expect(counted).toEqual(['SelftestPassed']);
    const ends = (await bed.readChain(SELFTESTS)).filter(({ eventId }) => eventId === `selftest-result-run-${runs}`);
    expect(ends).toMatchObject([{ action: { api: 'EndSelftest', request: { state: 'passed', seconds: 180 } } }, {}]);
  });

  test('passes once, however often its event and its receipt are delivered', async () => {
    await begin();
    await begin();
    await deliverRecord();
    expect(await deliverRecord()).toMatchObject({ alreadyDone: true });
    const receipts = await receive();
    expect(receipts).toHaveLength(1);
    await takeReceipts(pipelineOf(), [...receipts, ...receipts], deliver());
    await endOverdue(pipelineOf(), deliver());
    expect(counted).toEqual(['SelftestPassed']);
    expect(await statesTold()).toEqual(['selftest']);
  });

  test('fails when no message comes back in time, is told once, and a late message is told as late', async () => {
    await begin();
    now += 30 * MINUTE;
    await endOverdue(pipelineOf(), deliver());
    expect(await ask()).toMatchObject({ status: 'waiting' });
    now += MINUTE;
    for (const _time of ['first', 'second']) await endOverdue(pipelineOf(), deliver());
    expect(await bed.readInbox()).toMatchObject([
      { attributes: { state: 'selftest-failed', severity: 'critical' }, json: { run: runId() } },
    ]);
    expect(await ask()).toMatchObject({ status: 'failed', message: expect.stringContaining('30 minutes') });

    now += 9 * MINUTE;
    await deliverRecord();
    const receipts = await receive();
    for (const _time of ['first', 'second']) await takeReceipts(pipelineOf(), receipts, deliver());
    expect(await statesTold()).toEqual(['selftest', 'selftest-late']);
    expect(counted).toEqual(['SelftestFailed']);
  });

  test('fails although its message came back when something else is wrong or not known', async () => {
    const unknown: Check = { name: 'topic-key', ok: 'unknown', what: 'Not looked at.', whatToDo: 'Look at it.' };
    await begin(startingWith([FINE, unknown]));
    await deliverRecord();
    await takeReceipts(pipelineOf(), await receive(), deliver());
    expect(await ask()).toMatchObject({
      status: 'failed',
      reasons: [expect.any(String), expect.stringContaining('topic-key')],
    });
    expect(await statesTold()).toEqual(['selftest', 'selftest-failed']);
    expect(counted).toEqual(['SelftestFailed']);
  });

  test('changes nothing while the kill switch is on, and fails with that reason at once', async () => {
    await bed.setKillSwitch('on');
    const result = await begin().finally(() => bed.setKillSwitch('off'));
    expect(result).toMatchObject({ status: 'failed', message: expect.stringContaining('kill switch is on') });
    const { Tags } = await bed.kms.send(new ListResourceTagsCommand({ KeyId: key }));
    expect(Tags?.map(({ TagKey }) => TagKey)).not.toContain('keywarden:selftest');
    expect(await statesTold()).toEqual(['selftest-failed']);
  });

  test('that died before its change goes on with the next attempt, as the same run', async () => {
    const call = () => Promise.reject(new Error('socket hang up'));
    await expect(begin({ ...startingWith(), pipeline: { ...pipelineOf(), call } })).rejects.toThrow('socket hang up');
    expect(await begin()).toMatchObject({ status: 'waiting', run: runId() });
    await deliverRecord();
    await takeReceipts(pipelineOf(), await receive(), deliver());
    expect(await ask()).toMatchObject({ status: 'passed' });
    const intents = (await bed.readChain(key)).filter(({ eventId }) => eventId === runId());
    expect(intents.map(({ type }) => type)).toEqual(['action', 'outcome']);
  });

  test('is passed by nobody who only sets the tag with its role: that is a change which nobody decided', async () => {
    const { told } = await deliverRecord({ requestID: '99999999-9999-4999-8999-999999999999' });
    expect(told.map(({ state }) => state)).not.toContain('selftest');
    expect((await bed.readInbox()).map(({ attributes }) => attributes.severity)).toContain('critical');
  });

  test.each([
    ['an unknown run', { run: 'selftest-none' }, 'no run selftest-none'],
    ['a run of another form', { run: 'x' }, 'no order'],
    ['anything else', { key: 'alias/a' }, 'no order'],
  ])('refuses %s with a sentence', async (_what, input, message) => {
    expect(await begin(startingWith(), input)).toEqual({
      status: 'refused',
      message: expect.stringContaining(message),
    });
    expect(await bed.readChain(key)).toEqual([]);
  });

  test('returns a receipt of a run that is not on record to its queue', async () => {
    const body = JSON.stringify({ Message: JSON.stringify({ state: 'selftest', run: 'selftest-none' }) });
    expect(await takeReceipts(pipelineOf(), [{ id: 'm-1', body }], deliver())).toEqual(['m-1']);
  });

  test('leaves a ledger that is whole', async () => {
    expect((await verifyLedger({ client: bed.dynamo, table: bed.table })).problems).toEqual([]);
  });
});
