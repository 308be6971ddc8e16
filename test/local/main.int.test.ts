import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DisableKeyRotationCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { localClientConfig } from '../../local/local-client.ts';
import { PROJECT } from '../../local/package-stack.ts';

const children: ChildProcess[] = [];
/** Where the command under test puts its temporary files, and nobody else. */
let temporary: string;

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'keywarden-main-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(temporary, { recursive: true, force: true });
});

test('npm run local prints what can be copied, shows what the officer is told, and Ctrl-C leaves nothing behind', async () => {
  const port = await findFreePort();
  const local = start(['--port', String(port), '--region', 'eu-central-1']);
  await local.says('Ctrl-C ends it');
  const url = `http://127.0.0.1:${port}`;
  const keyId = /disable-key-rotation --key-id (\S+)/.exec(local.output())?.[1] ?? '';
  expect(local.output()).toContain(`aws --endpoint-url ${url} kms disable-key-rotation --key-id ${keyId}`);
  expect(local.output()).toContain(`npx keywarden --endpoint-url ${url}`);
  expect(local.output()).toContain('lambda invoke --function-name keywarden-dev-remediate');

  const kms = new KMSClient(localClientConfig({ endpoint: url, region: 'eu-central-1' }));
  await kms.send(new DisableKeyRotationCommand({ KeyId: keyId }));
  kms.destroy();
  await local.says('To the security officer');
  await local.says('How to undo it');

  local.child.kill('SIGINT');
  expect(await local.ended).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
  expect(await readdir(temporary)).toEqual([]);
  // In a pipe there is no progress and no colour, only lines.
  expect(local.output()).not.toContain('\u001b');
});

test('A port in use ends npm run local with a sentence that names it and what to do', async () => {
  const server = createServer();
  const port = await listen(server);
  const local = start(['--port', String(port)]);
  expect(await local.ended).toBe(1);
  expect(local.output()).toContain(`Port ${port} is in use, perhaps by another local AWS. Choose another one`);
  server.close();
});

test('A request to end while it starts ends it', async () => {
  const local = start(['--port', String(await findFreePort()), '--verbose']);
  await local.says('Deploying the stack');
  local.child.kill('SIGTERM');
  expect(await local.ended).toBe(0);
  expect(await readdir(temporary)).toEqual([]);
});

test.each([
  ['a port that is none', ['--port', '99999'], '--port 99999 is not a port; use a number from 1 to 65535.'],
  ['a Region that is none', ['--region', 'Ireland'], '--region Ireland is not an AWS Region'],
  ['an option that does not exist', ['--prot', '80'], "Unknown option '--prot'"],
])('A command line with %s is answered with what is allowed', async (_, args, message) => {
  const local = start(args);
  expect(await local.ended).toBe(2);
  expect(local.output()).toContain(message);
  expect(local.output()).toContain('Usage: npm run local');
});

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [join(PROJECT, 'local', 'main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  });
  children.push(child);
  let text = '';
  const ended = once(child, 'close').then(([code]: unknown[]) => code);
  const heard: (() => void)[] = [];
  const listenTo = (chunk: Buffer) => {
    text += chunk.toString();
    for (const check of heard) check();
  };
  child.stdout.on('data', listenTo);
  child.stderr.on('data', listenTo);
  const says = (words: string) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        if (text.includes(words)) resolve();
      };
      heard.push(check);
      check();
      void ended.then((code) => reject(new Error(`It ended with ${code} and did not say "${words}", but:\n${text}`)));
    });
  return { child, ended, says, output: () => text };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  return port;
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}
