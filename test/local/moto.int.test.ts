import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { startMoto } from '../../local/moto.ts';

const isUp = (url: string) =>
  fetch(`${url}/moto-api/data.json`).then(
    (response) => response.ok,
    () => false,
  );

test('Two run side by side on free ports, and stopping one leaves the other; stopping again does nothing', async () => {
  const [first, second] = await Promise.all([startMoto(), startMoto()]);
  expect(first.url).not.toBe(second.url);
  await first.stop();
  await first.stop();
  expect([await isUp(first.url), await isUp(second.url)]).toEqual([false, true]);
  await second.stop();
  expect(await isUp(second.url)).toBe(false);
});

test('A port that is taken is an error with what moto said', async () => {
  const moto = await startMoto();
  const port = Number(new URL(moto.url).port);
  await expect(startMoto({ port })).rejects.toThrow(/did not start on .*\n.*in use/s);
  await moto.stop();
});

test('moto ends with the process that started it, also when that is killed', async () => {
  const module = fileURLToPath(new URL('../../local/moto.ts', import.meta.url));
  const program = `import { startMoto } from ${JSON.stringify(module)}; console.log((await startMoto()).url);`;
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(parent.stdout, 'data');
  const url = String(line).trim();
  expect(await isUp(url)).toBe(true);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  const deadline = performance.now() + 10_000;
  while ((await isUp(url)) && performance.now() < deadline) await wait(50);
  expect(await isUp(url)).toBe(false);
});
