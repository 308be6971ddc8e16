import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { installChromium } from '../../local/install-chromium.ts';

let root: string;
let bin: string;
let directory: string;
let log: string[];
const downloads = process.env.PLAYWRIGHT_DOWNLOAD_HOST;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keywarden-chromium-'));
  bin = join(root, 'bin');
  directory = join(root, 'project', '.keywarden');
  log = [];
  await mkdir(bin);
  // Nothing listens there: a download fails at once, and no unit test fetches anything.
  process.env.PLAYWRIGHT_DOWNLOAD_HOST = 'http://127.0.0.1:9';
});
afterEach(async () => {
  if (downloads === undefined) delete process.env.PLAYWRIGHT_DOWNLOAD_HOST;
  else process.env.PLAYWRIGHT_DOWNLOAD_HOST = downloads;
  await rm(root, { recursive: true, force: true });
});

const BROWSER = 'echo Chromium 150.0.1.2';

async function putProgram(name: string, script: string, folder = bin): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\nPATH=/usr/bin:/bin\necho "${name} $@" >> ${root}/calls\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** An apt-get and a dpkg-deb that know two packages, of which one has the browser in it. */
async function putPackager(script = BROWSER): Promise<void> {
  await putProgram(
    'apt-get',
    `case "$*" in
      *--simulate*) echo 'Inst libflac12 (1.4.2 Debian:12 [amd64])'; echo 'Inst chromium (150 Debian:12 [amd64])'; echo 'Conf chromium (150)';;
      *download*) sleep 0.2; touch chromium_150.deb libflac12_1.4.2.deb;;
    esac`,
  );
  await putProgram(
    'dpkg-deb',
    `mkdir -p "$3/usr/lib/chromium" "$3/usr/lib/x86_64-linux-gnu"
    case "$2" in *chromium*) printf '#!/bin/sh\\n${script}\\n' > "$3/usr/lib/chromium/chromium"; chmod +x "$3/usr/lib/chromium/chromium";; esac`,
  );
}

const install = (more: { readonly chosen?: string; readonly root?: boolean } = {}) =>
  installChromium({ chosen: undefined, path: bin, directory, root: false, log: (line) => log.push(line), ...more });

const readCalls = async () => (await readFile(join(root, 'calls'), 'utf8')).trim().split('\n');

describe('a Chromium that is there', () => {
  test('is taken from the search path, and nothing is installed', async () => {
    const program = await putProgram('chromium', BROWSER);
    expect(await install()).toEqual({ program, environment: {} });
    expect(log).toEqual([]);
  });

  test('is the one that CHROMIUM_PATH names, even when the search path has another', async () => {
    await putProgram('chromium', BROWSER);
    const chosen = await putProgram('my-chrome', 'echo Google Chrome 150', join(root, 'elsewhere'));
    expect(await install({ chosen })).toEqual({ program: chosen, environment: {} });
  });

  test('is passed over when it only tells people to install something else', async () => {
    await putProgram('chromium', 'echo Please install the snap; exit 1');
    const program = await putProgram('google-chrome', 'echo Google Chrome 150');
    expect(await install()).toMatchObject({ program });
  });

  test('and is named wrongly by CHROMIUM_PATH stops the search with the path and what to do', async () => {
    await putProgram('chromium', BROWSER);
    await expect(install({ chosen: '/nowhere/chrome' })).rejects.toThrow(
      /CHROMIUM_PATH names "\/nowhere\/chrome", which is no Chromium that starts .*Set it to the path of one, or unset it/,
    );
    const editor = await putProgram('editor', 'echo An editor 1.0');
    await expect(install({ chosen: editor })).rejects.toThrow('it says "An editor 1.0');
  });
});

describe('a Chromium that is not there', () => {
  test('is unpacked into the project with the libraries that the machine lacks, once, and found afterwards', async () => {
    await putPackager();
    const first = await install();
    expect(first.program).toBe(join(directory, 'chromium', 'root', 'usr', 'lib', 'chromium', 'chromium'));
    expect(first.environment.LD_LIBRARY_PATH).toContain(join(directory, 'chromium', 'root/usr/lib/x86_64-linux-gnu'));
    const settings = await readFile(first.environment.FONTCONFIG_FILE ?? '', 'utf8');
    expect(settings).toContain(`<dir>${join(directory, 'chromium', 'root/usr/share/fonts')}</dir>`);
    expect(await readCalls()).toContainEqual(expect.stringMatching(/^apt-get .* download libflac12 chromium$/));
    await rm(join(bin, 'apt-get'));
    expect(await install()).toEqual(first);
    expect(log).toHaveLength(1);
    expect(await readdir(directory)).toEqual(['chromium']);
  });

  test('is installed once by two that start at the same time', async () => {
    await putPackager();
    await Promise.all([install(), install(), install()]);
    expect((await readCalls()).filter((call) => call.includes('download'))).toHaveLength(1);
  });

  test('is unpacked again when what was unpacked no longer starts', async () => {
    await putPackager();
    const { program } = await install();
    await rm(program);
    expect(await install()).toMatchObject({ program });
    expect(log).toHaveLength(2);
  });

  test('is installed as a package only by root, who learns the packages of today when the known ones are old', async () => {
    await putProgram(
      'apt-get',
      `if [ "$1" != update ] && ! grep -q '^apt-get update' ${root}/calls; then exit 100; fi`,
    );
    // Whether the package brings /usr/bin/chromium is for the machine to show: here the package is made up.
    await install({ root: true }).catch(() => undefined);
    const calls = await readCalls();
    expect(calls.slice(0, 3)).toEqual([
      'apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends chromium',
      'apt-get update',
      'apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends chromium',
    ]);
  });

  test('and cannot be installed is an error that says what was tried and what to install', async () => {
    await putPackager('exit 3');
    await expect(install()).rejects.toThrow(
      /need Chromium, and there is none\. Install it \(Debian: apt-get install chromium\),\s+or set CHROMIUM_PATH.*into the project with apt-get: it does not start.*with playwright-core: /s,
    );
    expect(await readdir(directory)).toEqual([]);
  });
});
