import { setTimeout as wait } from 'node:timers/promises';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { localClientConfig } from '../../local/local-client.ts';
import { LOCAL_ACCOUNT, type Moto, startMoto } from '../../local/moto.ts';
import { type Runner, startRunner } from '../../local/runner.ts';
import { BUCKET, deployHandlers, mapQueue, REGION } from './deploy-handlers.ts';

const ECHO = `
let calls = 0;
export const handler = async (event, context) => {
  if (event.fail) throw new RangeError(event.fail);
  if (event.exit) process.exit(event.exit);
  if (event.hang) await new Promise((resolve) => setTimeout(resolve, 60_000));
  const { awsRequestId, functionName, invokedFunctionArn, memoryLimitInMB } = context;
  const left = context.getRemainingTimeInMillis();
  return { event, calls: ++calls, pid: process.pid, cwd: process.cwd(), env: process.env, left,
    context: { awsRequestId, functionName, invokedFunctionArn, memoryLimitInMB } };
};`;

/** Says on the log what it got, and works off only what is not called \`bad\`. */
const WORKER = `
export const handler = async ({ Records }) => {
  console.log('got ' + JSON.stringify(Records));
  if (Records.some(({ body }) => body === 'exit')) process.exit(1);
  return { batchItemFailures: Records.filter(({ body }) => body === 'bad').map(({ messageId }) => ({ itemIdentifier: messageId })) };
};`;

const BROKEN = 'throw new TypeError("no policy file");';

let moto: Moto;
let runner: Runner;
let sqs: SQSClient;
let queue: { url: string; deadLetters: string };
const lines: string[] = [];

beforeAll(async () => {
  moto = await startMoto();
  await deployHandlers(moto.url, {
    echo: { source: ECHO, environment: { KEYWARDEN_TABLE: 'ledger-of-the-test' } },
    hasty: { source: ECHO, timeout: 1 },
    broken: { source: BROKEN },
    worker: { source: WORKER },
  });
  queue = await mapQueue(moto.url, 'worker');
  sqs = new SQSClient(localClientConfig({ endpoint: moto.url, region: REGION }));
  runner = await startRunner({
    endpoint: moto.url,
    region: REGION,
    account: LOCAL_ACCOUNT,
    codeBucket: BUCKET,
    visibilityTimeout: 1,
    functionTimeout: 3,
    log: (line) => lines.push(line),
  });
});

afterAll(async () => {
  await runner?.stop();
  sqs?.destroy();
  await moto?.stop();
});

describe('an invocation', () => {
  test('runs the deployed code with the deployed environment and the context of Lambda', async () => {
    const answer = await invoke('echo', { hello: 'world' });
    expect(answer).toMatchObject({
      event: { hello: 'world' },
      context: {
        functionName: 'echo',
        invokedFunctionArn: `arn:aws:lambda:${REGION}:${LOCAL_ACCOUNT}:function:echo`,
        memoryLimitInMB: '256',
        awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
      env: {
        KEYWARDEN_TABLE: 'ledger-of-the-test',
        AWS_REGION: REGION,
        AWS_LAMBDA_FUNCTION_NAME: 'echo',
        AWS_ENDPOINT_URL: moto.url,
        AWS_SESSION_TOKEN: expect.stringMatching(/./),
      },
    });
    expect(answer.cwd).toBe(answer.env.LAMBDA_TASK_ROOT);
    expect(answer.left).toBeGreaterThan(0);
    expect(answer.left).toBeLessThanOrEqual(3_000);
  });

  test('gets nothing of the environment of whoever started the local AWS', async () => {
    const { env } = await invoke('echo', {});
    const own = Object.keys(env).filter(
      (name) => !/^(AWS_|KEYWARDEN_|LAMBDA_|_HANDLER$|NODE_|PATH$|LANG$|TZ$)/.test(name),
    );
    expect(own).toEqual([]);
  });

  test('finds the process of the one before it still warm', async () => {
    const first = await invoke('echo', {});
    const second = await invoke('echo', {});
    expect(second.pid).toBe(first.pid);
    expect(second.calls).toBe(first.calls + 1);
  });

  test('gets a process of its own while another one is in work', async () => {
    const [one, other] = await Promise.all([invoke('echo', {}), invoke('echo', {})]);
    expect(one.pid).not.toBe(other.pid);
  });

  test('that throws is answered with the error as Lambda gives it', async () => {
    const { functionError, payload } = await send('echo', { fail: 'key is 12 of 10' });
    expect(functionError).toBe('Unhandled');
    expect(JSON.parse(payload)).toMatchObject({
      errorType: 'RangeError',
      errorMessage: 'key is 12 of 10',
      trace: expect.arrayContaining(['RangeError: key is 12 of 10']),
    });
  });

  test('that takes longer than the deployed time-out is ended, and the next one is answered', async () => {
    const { functionError, payload } = await send('hasty', { hang: true });
    expect(functionError).toBe('Unhandled');
    expect(JSON.parse(payload)).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/Task timed out after 1\.00 seconds$/),
    });
    expect(await invoke('hasty', {})).toMatchObject({ calls: 1 });
  });

  test('that ends its process is answered as an exit, and the next one gets a new process', async () => {
    const before = await invoke('echo', {});
    const { functionError, payload } = await send('echo', { exit: 7 });
    expect(functionError).toBe('Unhandled');
    expect(JSON.parse(payload)).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/exit status 7$/),
    });
    expect((await invoke('echo', {})).pid).not.toBe(before.pid);
  });

  test('of code that cannot be loaded says why', async () => {
    const { functionError, payload } = await send('broken', {});
    expect(functionError).toBe('Unhandled');
    expect(JSON.parse(payload)).toMatchObject({ errorType: 'TypeError', errorMessage: 'no policy file' });
  });

  test('of a function that is not deployed is refused by name', async () => {
    await expect(send('nobody', {})).rejects.toThrow(/nobody/);
  });

  test('by ARN reaches the same function', async () => {
    const arn = `arn:aws:lambda:${REGION}:${LOCAL_ACCOUNT}:function:echo`;
    expect(await invoke(arn, {})).toMatchObject({ context: { functionName: 'echo' } });
  });
});

test('A crash of a principal ends what its function is doing, and nothing of other functions', async () => {
  const other = await invoke('hasty', {});
  await invoke('echo', {});
  const hanging = send('echo', { hang: true });
  await runner.crash(`arn:aws:sts::${LOCAL_ACCOUNT}:assumed-role/echo-role/echo`);
  expect(JSON.parse((await hanging).payload)).toMatchObject({ errorType: 'Runtime.ExitError' });
  expect((await invoke('hasty', {})).pid).toBe(other.pid);
});

describe('a queue mapped to a function', () => {
  test('hands its messages over in the form of Lambda and is empty when they are worked off', async () => {
    await sendMessage('good');
    const [record] = (await findDeliveries('good')).at(-1) ?? [];
    expect(record).toMatchObject({
      body: 'good',
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: expect.stringMatching(/^\d{13}$/) },
      messageAttributes: {},
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:${REGION}:${LOCAL_ACCOUNT}:worker-queue`,
      awsRegion: REGION,
    });
    await untilEmpty();
  });

  test('keeps what the function reports as failed, hands it over again, and gives it up to the dead-letter queue', async () => {
    await sendMessage('bad');
    await untilEmpty();
    const counts = (await findDeliveries('bad')).flat().map((record) => record.attributes.ApproximateReceiveCount);
    expect(counts).toEqual(['1', '2']);
    expect(await readBodies(queue.deadLetters)).toEqual(['bad']);
  });

  test('keeps every message of a batch when the process dies, until the function would have timed out', async () => {
    const begin = performance.now();
    await sendMessage('exit');
    await untilEmpty();
    expect(await findDeliveries('exit')).toHaveLength(2);
    // Two deliveries, each followed by the time-out of 3 s.
    expect(performance.now() - begin).toBeGreaterThan(5_000);
    expect(await readBodies(queue.deadLetters)).toContain('exit');
  });
});

test('A queue whose consumer is stopped keeps its messages until it is resumed', async () => {
  await runner.pauseQueues();
  const before = lines.length;
  await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'patient' }));
  // Longer than one poll of the consumer takes.
  await wait(1_500);
  expect(lines.slice(before)).toEqual([]);
  runner.resumeQueues();
  runner.resumeQueues();
  const isHandedOver = () => lines.slice(before).some((line) => line.includes('patient'));
  for (let look = 0; look < 200 && !isHandedOver(); look += 1) await wait(20);
  expect(isHandedOver()).toBe(true);
});

test('An asynchronous invocation is answered at once and tried three times in all', async () => {
  const { payload } = await runner.invoke('echo', Buffer.from(JSON.stringify({ fail: 'later' })), 'Event');
  expect(payload).toBe('');
  await until(() => runner.inFlight() === 0);
  const attempts = lines.filter((line) => line.startsWith('Attempt') && line.includes('later'));
  expect(attempts.map((line) => line.slice(0, 14))).toEqual(['Attempt 1 of 3', 'Attempt 2 of 3', 'Attempt 3 of 3']);
});

type Echo = { pid: number; calls: number; cwd: string; left: number; env: Record<string, string> };
type Delivered = { body: string; attributes: Record<string, string> };

async function invoke(name: string, event: object): Promise<Echo> {
  const { functionError, payload } = await send(name, event);
  expect(functionError).toBeUndefined();
  return JSON.parse(payload);
}

function send(name: string, event: object) {
  return runner.invoke(name, Buffer.from(JSON.stringify(event)), 'RequestResponse');
}

async function sendMessage(body: string): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: body }));
}

/** The batches with this body that the worker wrote to its log; waits for the first. */
async function findDeliveries(body: string): Promise<Delivered[][]> {
  const find = () =>
    lines
      .filter((line) => line.startsWith('[worker] got '))
      .map((line): Delivered[] => JSON.parse(line.slice('[worker] got '.length)))
      .filter((records) => records.some((record) => record.body === body));
  await until(() => find().length > 0);
  return find();
}

async function untilEmpty(): Promise<void> {
  await until(async () => {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const request = new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: [...names] });
    const { Attributes = {} } = await sqs.send(request);
    return names.every((name) => Attributes[name] === '0') && runner.inFlight() === 0;
  });
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('What the test waits for did not happen within 30 s.');
    await wait(50);
  }
}

async function readBodies(url: string): Promise<(string | undefined)[]> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }));
  return Messages.map(({ Body }) => Body);
}
