import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { deployStack } from '../../local/deploy.ts';
import { localClientConfig } from '../../local/local-client.ts';
import { LOCAL_ACCOUNT, startMoto } from '../../local/moto.ts';
import { PROJECT } from '../../local/package-stack.ts';
import { fetchFunction } from '../../local/runner/deployed-function.ts';

const REGION = 'eu-west-1';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keywarden-deploy-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('Stacks that are deployed at the same time each get their own code', async () => {
  const days = [91, 123, 234];
  expect(await Promise.all(days.map(deployAndReadPeriod))).toEqual(days);
});

/** Deploys with a policy of its own and reads from the deployed code which one it got. */
async function deployAndReadPeriod(days: number): Promise<number> {
  const policy = join(folder, `${days}.yml`);
  const text = await readFile(join(PROJECT, 'keywarden.policy.yml'), 'utf8');
  await writeFile(policy, text.replace(/^( +)periodInDays: \d+$/m, `$1periodInDays: ${days}`));
  const moto = await startMoto();
  const endpoint = moto.url;
  const lambda = new LambdaClient(localClientConfig({ endpoint, region: REGION }));
  try {
    const { outputs } = await deployStack({ endpoint, account: LOCAL_ACCOUNT, stage: 'dev', region: REGION, policy });
    const bucket = outputs.ServerlessDeploymentBucketName ?? '';
    const source = { lambda, endpoint, bucket, functionTimeout: 5 };
    const { taskRoot } = await fetchFunction(outputs.LifecycleFunctionName ?? '', source);
    const deployed = await readFile(join(taskRoot, 'keywarden.policy.yml'), 'utf8');
    await rm(taskRoot, { recursive: true });
    return Number(/^ +periodInDays: (\d+)$/m.exec(deployed)?.[1]);
  } finally {
    lambda.destroy();
    await moto.stop();
  }
}
