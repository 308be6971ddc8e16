import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHandOn } from '../../lib/use-files/hand-on.ts';

interface Batch {
  readonly Entries: readonly { readonly Id: string; readonly MessageBody: string }[];
}

/** moto takes every message, so that what SQS does not take is answered here. */
let server: Server;
let sqs: SQSClient;
let batches: Batch[] = [];
let refuses: (id: string) => boolean = () => false;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const batch = JSON.parse(Buffer.concat(pieces).toString()) as Batch;
    batches.push(batch);
    const refused = batch.Entries.filter(({ Id }) => refuses(Id));
    const Failed = refused.map(({ Id }) => ({ Id, Code: 'InternalError', Message: 'Not now.', SenderFault: false }));
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ Successful: [], Failed }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  sqs = new SQSClient({
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    // What is sent here is no message that was kept, and so has no digest.
    md5: false,
  });
});
afterAll(async () => {
  sqs.destroy();
  server.close();
  await once(server, 'close');
});
beforeEach(() => {
  [batches, refuses] = [[], () => false];
});

const handOn = (records: readonly unknown[]) => createHandOn(sqs, 'https://sqs.example.com/queue')(records);
const sizes = () => batches.map(({ Entries }) => Entries.length);

describe('records are handed on', () => {
  test('each as a message of its own, ten at a time, as many as there are', async () => {
    await handOn(Array.from({ length: 23 }, (_, index) => ({ index })));
    expect(sizes()).toEqual([10, 10, 3]);
    const bodies = batches.flatMap(({ Entries }) => Entries.map(({ MessageBody }) => MessageBody));
    expect(bodies[0]).toBe('{"archived":{"index":0}}');
    expect(new Set(bodies).size).toBe(23);
  });

  test('fewer at a time when they are long', async () => {
    await handOn(Array.from({ length: 5 }, () => ({ text: 'é'.repeat(50_000) })));
    expect(sizes()).toEqual([2, 2, 1]);
  });

  test('without a call when there are none', async () => {
    await handOn([]);
    expect(batches).toEqual([]);
  });

  test('and what the queue does not take is an error, so that the file is read again', async () => {
    refuses = (id) => id === '2';
    await expect(handOn([1, 2, 3, 4])).rejects.toThrow('SQS did not take 1 records: InternalError Not now.');
  });
});
