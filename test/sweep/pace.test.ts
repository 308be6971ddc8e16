import { createServer } from 'node:http';
import { setImmediate as later } from 'node:timers/promises';
import { DescribeKeyCommand, GetKeyLastUsageCommand, KMSClient, ListGrantsCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { paceClient } from '../../lib/sweep/pace.ts';
import { quotaOf } from '../../lib/sweep/quotas.ts';

/** Answers every call with what is in the list, then with nothing in particular. */
const answers: { readonly status: number; readonly body: string }[] = [];
const server = createServer((_request, response) => {
  const { status, body } = answers.shift() ?? { status: 200, body: '{}' };
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body);
});
let endpoint = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterAll(() => {
  server.close();
});

function openPaced(quotaPercent: number, processes: number) {
  const waits: number[] = [];
  const kms = new KMSClient({
    region: 'eu-west-1',
    endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    retryStrategy: {
      acquireInitialRetryToken: async () => ({ getRetryCount: () => 0, getRetryDelay: () => 0 }),
      refreshRetryTokenForRetry: async () => ({ getRetryCount: () => 1, getRetryDelay: () => 0 }),
      recordSuccess: () => undefined,
    },
  });
  const counter = paceClient(kms, {
    quotaPercent,
    processes,
    now: () => 0,
    pause: async (milliseconds) => {
      waits.push(milliseconds);
    },
  });
  return { kms, counter, waits };
}

describe('a paced client', () => {
  test('gives each operation its share of its own quota, divided among the processes', async () => {
    // A tenth of 100 in a second, by two processes: five at once, then one each 200 milliseconds.
    const { kms, waits } = openPaced(10, 2);
    for (let count = 0; count < 8; count += 1) await kms.send(new ListGrantsCommand({ KeyId: 'k' }));
    expect(waits).toEqual([200, 400, 600]);
    await kms.send(new DescribeKeyCommand({ KeyId: 'k' }));
    expect(waits).toHaveLength(3);
  });

  test('waits longer than a second where the share is less than one call a second', async () => {
    const { kms, waits } = openPaced(10, 2);
    for (let count = 0; count < 2; count += 1) await kms.send(new GetKeyLastUsageCommand({ KeyId: 'k' }));
    expect(waits).toEqual([4000]);
  });

  test('waits and counts anew for what the SDK repeats', async () => {
    const { kms, counter } = openPaced(80, 1);
    answers.push({ status: 400, body: '{"__type":"ThrottlingException","message":"Rate exceeded"}' });
    const { calls } = await counter.count(() => kms.send(new DescribeKeyCommand({ KeyId: 'k' })));
    expect(calls).toEqual({ DescribeKey: 2 });
  });

  test('counts the calls of each piece of work, and none of what runs beside it', async () => {
    const { kms, counter } = openPaced(80, 1);
    const look = (times: number) => async () => {
      for (let count = 0; count < times; count += 1) {
        await kms.send(new DescribeKeyCommand({ KeyId: 'k' }));
        await later();
      }
      return counter.soFar();
    };
    const [one, other] = await Promise.all([counter.count(look(2)), counter.count(look(3))]);
    expect([one, other]).toEqual([
      { result: { DescribeKey: 2 }, calls: { DescribeKey: 2 } },
      { result: { DescribeKey: 3 }, calls: { DescribeKey: 3 } },
    ]);
    expect(counter.soFar()).toEqual({});
  });
});

test('An operation that is not in the list of quotas is called no faster than the slowest', () => {
  expect(quotaOf('ListGrants')).toBe(100);
  expect(quotaOf('GetKeyLastUsage')).toBe(5);
  expect(quotaOf('constructor')).toBe(5);
});
