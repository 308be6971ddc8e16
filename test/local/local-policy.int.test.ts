import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CreateKeyCommand, EnableKeyRotationCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { localClientConfig } from '../../local/local-client.ts';
import { PROJECT } from '../../local/package-stack.ts';

let folder: string;
let aws: LocalAws;
let kms: KMSClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keywarden-policy-'));
  const policy = join(folder, 'own.policy.yml');
  const text = await readFile(join(PROJECT, 'keywarden.policy.yml'), 'utf8');
  await writeFile(policy, text.replace(/^( +)periodInDays: \d+$/m, '$1periodInDays: 123'));
  aws = await startLocalAws({ policy });
  kms = new KMSClient(localClientConfig({ endpoint: aws.url, region: aws.region }));
});
afterAll(async () => {
  kms?.destroy();
  await aws?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('The functions judge by the policy file that was named, and every record can be had as log files', async () => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  await kms.send(new EnableKeyRotationCommand({ KeyId: KeyMetadata?.KeyId, RotationPeriodInDays: 200 }));
  await aws.idle();
  const about = aws.messages().filter(({ attributes }) => attributes.control === 'rotation-period-annual');
  expect(about.map(({ text }) => text).join('\n')).toContain('123');

  const paths = await aws.writeLogs(join(folder, 'logs'));
  const read = await Promise.all(
    paths.map(async (path) => JSON.parse(gunzipSync(await readFile(path)).toString()).Records),
  );
  const ids = read.flat().map(({ eventID }) => eventID);
  expect(ids.sort()).toEqual(
    aws.gateway
      .records()
      .map(({ eventID }) => eventID)
      .sort(),
  );
  expect(ids.length).toBeGreaterThan(1);
});

test('A policy file that is wrong is named before anything is deployed', async () => {
  const policy = join(folder, 'wrong.policy.yml');
  await writeFile(policy, 'version: 7\n');
  await expect(startLocalAws({ policy })).rejects.toThrow(policy);
});
