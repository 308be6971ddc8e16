import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { installMoto, MOTO_VERSION } from '../../local/install-moto.ts';

let root: string;
let bin: string;
let directory: string;
let log: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keywarden-install-'));
  bin = join(root, 'bin');
  directory = join(root, 'project', '.keywarden');
  log = [];
  await mkdir(bin);
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function putProgram(name: string, script: string): Promise<void> {
  await writeFile(join(bin, name), `#!/bin/sh\necho "$@" >> ${root}/calls\n${script}\n`);
  await chmod(join(bin, name), 0o755);
}

/** A uv that makes an environment with a Python in it, as the real one does. */
const UV = `
PATH=/usr/bin:/bin
if [ "$1" = venv ]; then for last; do :; done; mkdir -p "$last/bin"; printf '#!/bin/sh\\n' > "$last/bin/python"; chmod +x "$last/bin/python"; fi
if [ "$1" = pip ]; then sleep 0.3; fi`;

const install = () => installMoto({ directory, path: bin, log: (line) => log.push(line) });

const countInstallations = async () =>
  (await readFile(join(root, 'calls'), 'utf8')).split('\n').filter((line) => line.startsWith('pip install')).length;

test('Without any way to install it, the message says what to install', async () => {
  await expect(install()).rejects.toThrow(
    /Install one of: uv .*Python 3.10 or newer with venv.*pipx, or a running Docker/s,
  );
  expect(log).toEqual([]);
});

test('It is installed once, with one line to say so, and found afterwards', async () => {
  await putProgram('uv', UV);
  const first = await install();
  expect(first.program).toBe(join(directory, `moto-${MOTO_VERSION}`, 'bin', 'python'));
  expect(first.args(4000).slice(-4)).toEqual(['--host', '127.0.0.1', '--port', '4000']);
  await rm(join(bin, 'uv'));
  await expect(install()).resolves.toMatchObject({ program: first.program });
  expect(log).toHaveLength(1);
  expect(await readdir(directory)).toEqual([`moto-${MOTO_VERSION}`]);
});

test('Two that start at the same time install it once', async () => {
  await putProgram('uv', UV);
  await Promise.all([install(), install(), install()]);
  expect(await countInstallations()).toBe(1);
});

test('An installation that was cut off is done again, and the lock of a process that died is taken over', async () => {
  await putProgram('uv', UV);
  const target = join(directory, `moto-${MOTO_VERSION}`);
  await mkdir(join(target, 'bin'), { recursive: true });
  await writeFile(join(target, 'bin', 'left-over'), '');
  // No process has this id: it is above the largest that Linux and macOS give out.
  await writeFile(`${target}.lock`, '99999999');
  await install();
  expect(await readdir(join(target, 'bin'))).toEqual(['python']);
  expect(await readdir(directory)).toEqual([`moto-${MOTO_VERSION}`]);
});

test('One that was made from other requirements, or whose Python is gone, is done again', async () => {
  await putProgram('uv', UV);
  const { program } = await install();
  const marker = join(directory, `moto-${MOTO_VERSION}`, 'installed.json');
  await writeFile(marker, JSON.stringify({ ...JSON.parse(await readFile(marker, 'utf8')), requirements: 'others' }));
  await install();
  await rm(program);
  await install();
  expect(await countInstallations()).toBe(3);
});

test('A way that fails is followed by the next, and if all fail the message has their words and nothing is left', async () => {
  await putProgram('uv', '[ "$1" = --version ] || { echo "no route to the index" >&2; exit 2; }');
  await putProgram('pipx', '[ "$1" = --version ] || { echo "disk full" >&2; exit 1; }');
  await expect(install()).rejects.toThrow(/could not be installed.*uv: .*no route to the index.*pipx: .*disk full/s);
  expect(await readdir(directory)).toEqual([]);
});

test('A program that is there and does not work is passed over', async () => {
  await putProgram('python3', 'exit 1');
  await putProgram('docker', '[ "$1" = pull ] || [ "$1" = info ]');
  const command = await install();
  expect(command.program).toBe('docker');
  expect(command.args(4000)).toEqual(expect.arrayContaining(['--interactive', '127.0.0.1:4000:4000', '--rm']));
  expect(log).toEqual([expect.stringContaining('with docker')]);
});
