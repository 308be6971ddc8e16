import { LambdaClient } from '@aws-sdk/client-lambda';
import { STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { localClientConfig } from '../../local/local-client.ts';
import { type Moto, startMoto } from '../../local/moto.ts';
import { startFunctionPool } from '../../local/runner/function-pool.ts';
import { BUCKET, deployHandlers, REGION } from './deploy-handlers.ts';

let moto: Moto;
let clients: { lambda: LambdaClient; sts: STSClient };

beforeAll(async () => {
  moto = await startMoto();
  const config = localClientConfig({ endpoint: moto.url, region: REGION });
  clients = { lambda: new LambdaClient(config), sts: new STSClient(config) };
  await deployHandlers(moto.url, {
    pid: { source: 'export const handler = async () => process.pid;' },
  });
});

afterAll(async () => {
  for (const client of Object.values(clients ?? {})) client.destroy();
  await moto?.stop();
});

test('A process that starts while the others are killed is known, and ended with the pool', async () => {
  const gate = openLater();
  const pool = startFunctionPool('pid', {
    source: { lambda: clients.lambda, endpoint: moto.url, bucket: BUCKET, functionTimeout: 5 },
    sts: holdAnswers(clients.sts, gate.opened),
    endpoint: moto.url,
    region: REGION,
    log: () => {},
  });
  gate.open();
  const first = await pool.invoke('{}');
  gate.close();
  const busy = pool.invoke('{}');
  const starting = pool.invoke('{}');
  await gate.waiting();
  const crashed = pool.crash();
  gate.open();
  const pid = Number((await starting).payload);
  await crashed;
  await busy;
  expect(pid).not.toBe(Number(first.payload));
  expect(isAlive(pid)).toBe(true);
  await pool.stop();
  expect(isAlive(pid)).toBe(false);
});

/** STS as it is, but its answers wait for a sign. */
function holdAnswers(sts: STSClient, opened: () => Promise<void>): STSClient {
  const send = async (command: Parameters<STSClient['send']>[0]) => {
    const answer = await sts.send(command);
    await opened();
    return answer;
  };
  return { send } as unknown as STSClient;
}

function openLater() {
  let gate = Promise.withResolvers<void>();
  let arrived = Promise.withResolvers<void>();
  return {
    open: () => gate.resolve(),
    close: () => {
      gate = Promise.withResolvers<void>();
      arrived = Promise.withResolvers<void>();
    },
    opened: () => {
      arrived.resolve();
      return gate.promise;
    },
    waiting: () => arrived.promise,
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
