import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withFileLock } from './file-lock.ts';
import { findProgram } from './find-program.ts';

/** A Chromium that runs on this machine: the program, and what its environment needs besides the usual. */
export interface Chromium {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What the search and the installation may use; every part has the value of this project and this machine by default. */
export interface ChromiumOptions {
  /** The program that `CHROMIUM_PATH` names. */
  readonly chosen?: string | undefined;
  /** Search path for a browser and for what can install one. Default: `PATH`. */
  readonly path?: string;
  /** Directory under which `chromium/` is made. Default: `.keywarden/` in the project. */
  readonly directory?: string;
  /** Whether the machine may be changed: root installs the package of the distribution. */
  readonly root?: boolean;
  /** Told once before each attempt to install. Default: a line on stderr if it is a terminal. */
  readonly log?: (line: string) => void;
}

/** There is no Chromium and none can be installed; the message says what to install or what went wrong. */
export class ChromiumInstallError extends Error {
  override name = 'ChromiumInstallError';
}

/**
 * Arguments for a run without a screen in which the browser talks to nobody by itself.
 * https://www.chromium.org/developers/how-tos/run-chromium-with-flags/
 */
export const HEADLESS_ARGUMENTS: readonly string[] = [
  '--headless=new',
  // Root has no sandbox, and neither do most containers.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const HERE = dirname(fileURLToPath(import.meta.url));
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Finds a Chromium: the one that `CHROMIUM_PATH` names, one on the search path, or the one that was installed into the
 * project before. Without any it installs one, once: as root the package of the distribution, otherwise that package
 * unpacked into the project, otherwise the build that playwright-core is made for. Two that start at the same time take turns.
 *
 * @returns how to start it; it answered `--version`
 * @throws {ChromiumInstallError} when there is none and none can be installed, or when `CHROMIUM_PATH` names none
 */
export async function installChromium(options: ChromiumOptions = {}): Promise<Chromium> {
  const chosen = 'chosen' in options ? options.chosen : process.env.CHROMIUM_PATH;
  if (chosen !== undefined && chosen !== '') return takeChosen(chosen);
  const path = options.path ?? process.env.PATH ?? '';
  const directory = options.directory ?? join(HERE, '..', '.keywarden');
  const target = join(directory, 'chromium');
  const there = (await findOnPath(path)) ?? (await readDone(target));
  if (there !== undefined) return there;
  await mkdir(directory, { recursive: true });
  return withFileLock(`${target}.lock`, async () => {
    // Whoever held the lock before may have installed it.
    const meanwhile = (await findOnPath(path)) ?? (await readDone(target));
    if (meanwhile !== undefined) return meanwhile;
    return installAnew({
      path,
      target,
      root: options.root ?? process.getuid?.() === 0,
      log: options.log ?? logToTerminal,
    });
  });
}

async function takeChosen(program: string): Promise<Chromium> {
  const browser = { program, environment: {} };
  const failure = await findFailure(browser);
  if (failure === undefined) return browser;
  throw new ChromiumInstallError(
    `CHROMIUM_PATH names ${JSON.stringify(program)}, which is no Chromium that starts (${failure}). ` +
      'Set it to the path of one, or unset it to have one found.',
  );
}

async function findOnPath(path: string): Promise<Chromium | undefined> {
  for (const name of NAMES) {
    const program = await findProgram(name, path);
    // Ubuntu has a chromium-browser that only tells people to install something else: it must answer.
    if (program !== undefined && (await findFailure({ program, environment: {} })) === undefined) {
      return { program, environment: {} };
    }
  }
  return undefined;
}

/** A browser in the project is as good as its record: a cut off installation has none, and a removed library shows at once. */
async function readDone(target: string): Promise<Chromium | undefined> {
  try {
    const { program, environment } = JSON.parse(await readFile(join(target, 'installed.json'), 'utf8'));
    if (typeof program !== 'string' || typeof environment !== 'object') return undefined;
    return (await findFailure({ program, environment })) === undefined ? { program, environment } : undefined;
  } catch {
    return undefined;
  }
}

interface Place {
  readonly path: string;
  readonly target: string;
  readonly root: boolean;
  readonly log: (line: string) => void;
}

interface Way {
  readonly name: string;
  /** Programs without which it is not tried. */
  readonly needs: readonly string[];
  readonly asRootOnly: boolean;
  readonly install: (place: Place) => Promise<Chromium>;
}

async function installAnew(place: Place): Promise<Chromium> {
  const failures: string[] = [];
  for (const way of WAYS) {
    if (way.asRootOnly && !place.root) continue;
    const found = await Promise.all(way.needs.map((name) => findProgram(name, place.path)));
    if (found.includes(undefined)) continue;
    place.log(`Installing Chromium ${way.name}, once (a few minutes) ...`);
    try {
      await rm(place.target, { recursive: true, force: true });
      await mkdir(place.target, { recursive: true });
      const browser = await way.install(place);
      const failure = await findFailure(browser);
      if (failure !== undefined) throw new Error(`it does not start: ${failure}`);
      await writeFile(join(place.target, 'installed.json'), `${JSON.stringify(browser)}\n`);
      return browser;
    } catch (cause) {
      failures.push(`${way.name}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  await rm(place.target, { recursive: true, force: true });
  throw new ChromiumInstallError(explain(failures));
}

const WAYS: readonly Way[] = [
  { name: 'with apt-get', needs: ['apt-get'], asRootOnly: true, install: installPackage },
  {
    name: 'into the project with apt-get',
    needs: ['apt-get', 'dpkg-deb'],
    asRootOnly: false,
    install: unpackPackages,
  },
  { name: 'with playwright-core', needs: [], asRootOnly: false, install: installBuild },
];

const INSTALL = ['install', '--yes', '--no-install-recommends'];

async function installPackage({ path }: Place): Promise<Chromium> {
  const environment = { PATH: path, DEBIAN_FRONTEND: 'noninteractive' };
  // Other programs may be installing something: the lock is waited for.
  const install = ['-o', 'DPkg::Lock::Timeout=300', ...INSTALL, 'chromium'];
  try {
    await run('apt-get', install, { environment });
  } catch {
    // A machine that is new, or old, does not know the packages of today.
    await run('apt-get', ['update'], { environment });
    await run('apt-get', install, { environment });
  }
  return { program: '/usr/bin/chromium', environment: {} };
}

/** Unpacks the package, and whatever of its libraries the machine does not have, without changing the machine. */
async function unpackPackages({ path, target }: Place): Promise<Chromium> {
  const [lists, cache, root] = [join(target, 'lists'), join(target, 'cache'), join(target, 'root')];
  await Promise.all([mkdir(join(lists, 'partial'), { recursive: true }), mkdir(root)]);
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  const environment = { PATH: path };
  const own = [`Dir::State::lists=${lists}`, `Dir::Cache=${cache}`, 'Debug::NoLocking=true'];
  // What runs as root gives its downloads to another user, who may not write here.
  const options = [...own, 'APT::Sandbox::User=root'].flatMap((option) => ['-o', option]);
  await run('apt-get', [...options, 'update'], { environment });
  const plan = await run('apt-get', [...options, '--simulate', ...INSTALL, 'chromium'], { environment });
  const packages = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
  if (packages.length === 0)
    throw new Error('apt-get says that the package chromium is installed, and it is not found');
  await run('apt-get', [...options, 'download', ...packages], { environment, directory: cache });
  for (const file of (await readdir(cache)).filter((name) => name.endsWith('.deb'))) {
    await run('dpkg-deb', ['--extract', join(cache, file), root], { environment });
  }
  await Promise.all([lists, cache].map((directory) => rm(directory, { recursive: true })));
  return describeUnpacked(target, root);
}

async function describeUnpacked(target: string, root: string): Promise<Chromium> {
  const inLib = await readdir(join(root, 'usr', 'lib'));
  const triplets = inLib.filter((name) => name.endsWith('-linux-gnu') || name.includes('-linux-gnueabi'));
  const libraries = triplets.flatMap((triplet) => [
    join(root, 'usr', 'lib', triplet),
    join(root, 'lib', triplet),
    // The libraries of PulseAudio look for each other in this folder of the machine.
    join(root, 'usr', 'lib', triplet, 'pulseaudio'),
  ]);
  const fonts = join(target, 'fonts.conf');
  await writeFile(fonts, writeFontSettings([join(root, 'usr', 'share', 'fonts'), '/usr/share/fonts'], target));
  return {
    program: join(root, 'usr', 'lib', 'chromium', 'chromium'),
    environment: { LD_LIBRARY_PATH: libraries.join(delimiter), FONTCONFIG_FILE: fonts },
  };
}

/** https://www.freedesktop.org/software/fontconfig/fontconfig-user.html */
const writeFontSettings = (directories: readonly string[], target: string): string =>
  [
    '<?xml version="1.0"?>',
    '<!DOCTYPE fontconfig SYSTEM "fonts.dtd">',
    '<fontconfig>',
    ...directories.map((directory) => `  <dir>${directory}</dir>`),
    `  <cachedir>${join(target, 'font-cache')}</cachedir>`,
    '</fontconfig>',
    '',
  ].join('\n');

/** The build that playwright-core downloads: https://playwright.dev/docs/browsers */
async function installBuild({ path, target }: Place): Promise<Chromium> {
  const home = dirname(createRequire(import.meta.url).resolve('playwright-core/package.json'));
  const environment = { PATH: path, PLAYWRIGHT_BROWSERS_PATH: join(target, 'builds') };
  await run(process.execPath, [join(home, 'cli.js'), 'install', '--no-shell', 'chromium'], { environment });
  const ask = "process.stdout.write(require('playwright-core').chromium.executablePath())";
  const program = await run(process.execPath, ['-e', ask], { environment, directory: join(HERE, '..') });
  return { program: program.trim(), environment: {} };
}

/** @returns why it does not start; undefined when it does */
async function findFailure({ program, environment }: Chromium): Promise<string | undefined> {
  try {
    const said = await run(program, ['--version'], { environment });
    return /chrom/i.test(said) ? undefined : `it says ${JSON.stringify(said.slice(0, 100))}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface Surroundings {
  readonly environment: Readonly<Record<string, string>>;
  readonly directory?: string;
}

/** Resolves with what the program wrote to standard output; rejects with its last lines, which say why it failed. */
function run(program: string, args: readonly string[], { environment, directory }: Surroundings): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
      ...(directory === undefined ? {} : { cwd: directory }),
    });
    let [written, said] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      written += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(written);
      else reject(new Error(`${program} ended with ${signal ?? code}\n${said.trim()}`));
    });
  });
}

function explain(failures: readonly string[]): string {
  return [
    'The tests of the evidence page need Chromium, and there is none. Install it (Debian: apt-get install chromium),',
    'or set CHROMIUM_PATH to the path of a Chromium or Chrome. Then start again. What was tried:',
    ...failures,
  ].join('\n');
}

function logToTerminal(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${line}\n`);
}
