import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withFileLock } from './file-lock.ts';

/** The root of this project. */
export const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The template of the packaged stack, inside the directory that {@link packageStack} returns. */
export const TEMPLATE_FILE = 'cloudformation-template-update-stack.json';

/** Who the local stack tells. RFC 2606 keeps example.com free, so that no real mailbox can be meant. */
export const LOCAL_OFFICER = 'officer@example.com';

/** What a package is made for. */
export type PackageOptions = {
  stage: string;
  /** AWS Region, such as `eu-west-1`. */
  region: string;
  /** Gets one line when packaging begins. */
  log?: (line: string) => void;
  /** Ends the packaging. */
  signal?: AbortSignal;
  /** Directory that keeps packages. Default: `.keywarden/package/` in the project. */
  cache?: string;
};

/** `serverless` failed; the message has its own words. */
export class ServerlessError extends Error {
  override name = 'ServerlessError';
}

/** What decides what a package contains; everything else may change without packaging anew. */
const INPUTS = ['serverless.yml', 'keywarden.policy.yml', 'package.json', 'package-lock.json', 'handlers', 'lib'];
/** Packages of earlier sources are kept for a day, because another local AWS may still be deploying one. Milliseconds. */
const KEPT = 24 * 3600 * 1000;

/**
 * Packages the stack with `serverless package`, without AWS and without the network, or returns the package that was
 * made of the same sources before. Two that package at the same time take turns.
 *
 * @returns the directory of the package; for reading only
 * @throws ServerlessError with the words of the command if it fails
 */
export async function packageStack(options: PackageOptions): Promise<string> {
  const cache = options.cache ?? join(PROJECT, '.keywarden', 'package');
  const name = `${options.stage}-${options.region}`;
  const target = join(cache, `${name}-${(await hashInputs()).slice(0, 16)}`);
  if (await exists(target)) return target;
  await mkdir(cache, { recursive: true });
  // One lock for all: the bundler works in one directory of the project, .esbuild/.
  return withFileLock(join(cache, 'lock'), async () => {
    if (await exists(target)) return target;
    options.log?.('Packaging the stack ...');
    const work = await mkdtemp(join(cache, `.new-`));
    try {
      const officer = `officerEmail=${LOCAL_OFFICER}`;
      const place = ['--stage', options.stage, '--region', options.region, '--param', officer];
      await runServerless(['package', '--package', work, ...place], {}, options.signal);
      await rename(work, target);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    await discardOld(cache, target);
    return target;
  });
}

/**
 * Runs the project's own Serverless CLI.
 *
 * @param environment added to a cleaned copy of this process's environment
 * @param signal ends the command
 * @param folder has the serverless.yml; default: the project
 * @throws ServerlessError with the words of the command if it fails; the reason of `signal` if that ended it
 * @see https://github.com/oss-serverless/osls
 */
export async function runServerless(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal?: AbortSignal,
  folder = PROJECT,
): Promise<void> {
  // The bundler leaves folders behind in the system's temporary directory; here it gets one that is removed.
  const temporary = await mkdtemp(join(tmpdir(), 'keywarden-serverless-'));
  try {
    const env = { ...cleanEnvironment(process.env), ...environment, TMPDIR: temporary };
    await run(args, folder, env, signal);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function run(
  args: readonly string[],
  cwd: string,
  env: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const cli = join(PROJECT, 'node_modules', 'serverless', 'bin', 'serverless.js');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'], env });
    const end = () => child.kill();
    signal?.addEventListener('abort', end, { once: true });
    let said = '';
    const keep = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-8000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    // Only now is it gone, and what it wrote can be removed.
    child.once('close', (code, killer) => {
      signal?.removeEventListener('abort', end);
      if (signal?.aborted === true) reject(signal.reason);
      else if (code === 0) resolve();
      else reject(new ServerlessError(`serverless ${args.join(' ')} ended with ${killer ?? code}:\n${said.trim()}`));
    });
    if (signal?.aborted === true) end();
  });
}

/**
 * Leaves out what would send the command to a real AWS account or through a proxy: the local AWS is on this machine.
 *
 * @param environment of this process
 */
export function cleanEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const foreign = /^(AWS_|https?_proxy$|proxy$|SLS_|NODE_OPTIONS$)/i;
  const kept = Object.entries(environment).filter(([name]) => !foreign.test(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']));
}

/** SHA-256 in hex over the path and the content of every input. */
async function hashInputs(): Promise<string> {
  const hash = createHash('sha256');
  for (const input of INPUTS) {
    for (const file of await listFiles(input)) hash.update(`${file}\0`).update(await readFile(join(PROJECT, file)));
  }
  return hash.digest('hex');
}

async function listFiles(path: string): Promise<string[]> {
  const found = await stat(join(PROJECT, path)).catch(() => undefined);
  if (found === undefined) return [];
  if (!found.isDirectory()) return [path];
  const entries = await readdir(join(PROJECT, path), { recursive: true, withFileTypes: true });
  return entries
    .flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []))
    .map(relative)
    .sort();
}

function relative(file: string): string {
  return file.slice(PROJECT.length + 1);
}

async function discardOld(cache: string, kept: string): Promise<void> {
  for (const entry of await readdir(cache)) {
    const path = join(cache, entry);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (path !== kept && entry !== 'lock' && Date.now() - mtimeMs > KEPT)
      await rm(path, { recursive: true, force: true });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
