import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { localClientConfig } from '../../local/local-client.ts';
import { LOCAL_ACCOUNT, type Moto, startMoto } from '../../local/moto.ts';
import { startSchedules } from '../../local/runner/schedules.ts';
import { REGION } from './deploy-handlers.ts';

const SWEEP = `arn:aws:lambda:${REGION}:${LOCAL_ACCOUNT}:function:sweep`;
const QUEUE = `arn:aws:sqs:${REGION}:${LOCAL_ACCOUNT}:queue`;

let moto: Moto;
let events: EventBridgeClient;

beforeAll(async () => {
  moto = await startMoto();
  events = new EventBridgeClient(localClientConfig({ endpoint: moto.url, region: REGION }));
  await putRule('every-minute', 'cron(* * * * ? *)', 'ENABLED', [
    { Id: 'sweep', Arn: SWEEP },
    { Id: 'queue', Arn: QUEUE },
  ]);
  await putRule('with-input', 'cron(* * * * ? *)', 'ENABLED', [{ Id: 'sweep', Arn: SWEEP, Input: '{"all":true}' }]);
  await putRule('switched-off', 'cron(* * * * ? *)', 'DISABLED', [{ Id: 'sweep', Arn: `${SWEEP}-never` }]);
  await putRule('by-name', 'cron(0 3 ? * MON *)', 'ENABLED', [{ Id: 'sweep', Arn: SWEEP }]);
});

afterAll(async () => {
  events?.destroy();
  await moto?.stop();
});

test('A rule runs its functions when it is due, with its input or with the event of EventBridge', async () => {
  const runs: [string, unknown][] = [];
  const lines: string[] = [];
  // The clock of the test starts just before a full minute.
  const offset = Date.parse('2026-11-24T11:59:59.700Z') - Date.now();
  const clock = () => new Date(Date.now() + offset);
  const { promise: twice, resolve } = Promise.withResolvers<void>();
  const run = async (name: string, payload: string) => {
    runs.push([name, JSON.parse(payload)]);
    if (runs.length === 2) resolve();
  };
  const log = (line: string) => lines.push(line);
  const schedules = await startSchedules({
    endpoint: moto.url,
    region: REGION,
    account: LOCAL_ACCOUNT,
    run,
    log,
    clock,
  });
  await twice;
  schedules.stop();

  expect(runs).toContainEqual(['sweep', { all: true }]);
  expect(runs).toContainEqual([
    'sweep',
    expect.objectContaining({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      account: LOCAL_ACCOUNT,
      region: REGION,
      time: '2026-11-24T12:00:00Z',
      resources: [`arn:aws:events:${REGION}:${LOCAL_ACCOUNT}:rule/every-minute`],
    }),
  ]);
  expect(lines).toContainEqual(expect.stringContaining('Rule every-minute: target arn:aws:sqs'));
  expect(lines).toContainEqual(expect.stringContaining('Rule by-name is not run: Schedule "cron(0 3 ? * MON *)"'));
});

type Target = { Id: string; Arn: string; Input?: string };

async function putRule(
  name: string,
  schedule: string,
  state: 'ENABLED' | 'DISABLED',
  targets: Target[],
): Promise<void> {
  await events.send(new PutRuleCommand({ Name: name, ScheduleExpression: schedule, State: state }));
  await events.send(new PutTargetsCommand({ Rule: name, Targets: targets }));
}
