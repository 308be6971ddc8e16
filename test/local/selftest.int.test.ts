import { setTimeout as pause } from 'node:timers/promises';
import { DisableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runSelftestCommand } from '../../cli/selftest.ts';
import type { SelftestResult } from '../../lib/selftest/selftest.ts';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { localClientConfig } from '../../local/local-client.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startLocalAws({});
}, 300_000);
afterAll(() => aws.stop());

async function invoke(input: object): Promise<SelftestResult> {
  const lambda = new LambdaClient(localClientConfig({ endpoint: aws.url, region: aws.region }));
  const command = { FunctionName: 'keywarden-dev-selftest', Payload: Buffer.from(JSON.stringify(input)) };
  const { Payload = new Uint8Array() } = await lambda.send(new InvokeCommand(command));
  return JSON.parse(Buffer.from(Payload).toString('utf8')) as SelftestResult;
}

/** The command of a person, with shorter pauses. */
async function selftest(): Promise<{ code: number; result: SelftestResult }> {
  let written = '';
  const out = { write: (text: string) => (written += text) };
  const bench = { invoke, out, err: out, pause: () => pause(200), format: 'json' as const };
  const code = await runSelftestCommand({ wait: true, by: 'olivia' }, bench);
  return { code, result: JSON.parse(written) as SelftestResult };
}

test('The deployed stack proves its whole way: the tag, its record, the rule, the queue, the function, the topic, and back', async () => {
  const { code, result } = await selftest();
  expect(result).toMatchObject({ status: 'passed', seconds: expect.any(Number), reasons: [] });
  if (result.status === 'refused') throw new Error(result.message);
  expect(result.checks.filter(({ ok }) => ok !== true)).toEqual([]);
  expect(result.checks.length).toBeGreaterThan(15);
  expect(code).toBe(0);
}, 60_000);

test('A rule that somebody disabled is found, although the message came back by another', async () => {
  const events = new EventBridgeClient(localClientConfig({ endpoint: aws.url, region: aws.region }));
  await events.send(new DisableRuleCommand({ Name: 'keywarden-dev-kms-reads' }));
  const { code, result } = await selftest();
  expect(result).toMatchObject({ status: 'failed', seconds: expect.any(Number) });
  expect(JSON.stringify(result)).toContain(
    'rule keywarden-dev-kms-reads: The rule keywarden-dev-kms-reads is DISABLED',
  );
  expect(code).toBe(1);
}, 60_000);
