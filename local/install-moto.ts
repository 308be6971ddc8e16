import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, constants, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withFileLock } from './file-lock.ts';
import { findProgram } from './find-program.ts';

/** The version that `requirements.txt` pins; the gateway closes the gaps of exactly this one. */
export const MOTO_VERSION = '5.2.5';

/** How to start moto: a program and the arguments that come before those of `moto-server.py`. */
export type MotoCommand = { program: string; args: (port: number) => readonly string[] };

/** What the installation may use; every part has the value of this project and this machine by default. */
export type InstallOptions = {
  /** Directory under which `moto-<version>/` is made. Default: `.keywarden/` in the project. */
  directory?: string;
  /** The search path for uv, python3, pipx and docker. Default: `PATH`. */
  path?: string;
  /** Told once, before an installation begins. Default: a line on stderr if it is a terminal. */
  log?: (line: string) => void;
};

/** moto is not there and cannot be installed; the message says what to install or what went wrong. */
export class MotoInstallError extends Error {
  override name = 'MotoInstallError';
}

const HERE = dirname(fileURLToPath(import.meta.url));
const REQUIREMENTS = join(HERE, 'requirements.txt');
const SERVER = join(HERE, 'moto-server.py');
const IMAGE = `motoserver/moto:${MOTO_VERSION}`;

/**
 * Installs moto for this project only, once, with the first of uv, python3 (3.10 or newer), pipx and Docker that works.
 * Two that start at the same time take turns; an installation that was cut off is done again.
 *
 * @returns how to start it
 * @throws MotoInstallError if nothing can install it
 * @see https://docs.getmoto.org/en/latest/docs/server_mode.html
 */
export async function installMoto(options: InstallOptions = {}): Promise<MotoCommand> {
  const directory = options.directory ?? join(HERE, '..', '.keywarden');
  const target = join(directory, `moto-${MOTO_VERSION}`);
  const done = await readDone(target);
  if (done !== undefined) return done;
  await mkdir(directory, { recursive: true });
  return withFileLock(`${target}.lock`, async () => {
    // Whoever held the lock before may have installed it.
    const meanwhile = await readDone(target);
    if (meanwhile !== undefined) return meanwhile;
    await rm(target, { recursive: true, force: true });
    return installAnew(target, options);
  });
}

async function installAnew(target: string, options: InstallOptions): Promise<MotoCommand> {
  const path = options.path ?? process.env.PATH ?? '';
  const log = options.log ?? logToTerminal;
  const failures: string[] = [];
  for (const way of WAYS) {
    const program = await findProgram(way.program, path);
    if (program === undefined || !(await succeeds(program, way.probe))) continue;
    log(`Installing moto ${MOTO_VERSION} with ${way.program}, once (about a minute) ...`);
    try {
      for (const step of way.steps(program, target)) await run(step);
      await mkdir(target, { recursive: true });
      await writeFile(join(target, 'installed.json'), `${JSON.stringify({ way: way.program, ...(await stamp()) })}\n`);
      return commandOf(way.program, target);
    } catch (cause) {
      failures.push(`${way.program}: ${cause instanceof Error ? cause.message : String(cause)}`);
      await rm(target, { recursive: true, force: true });
    }
  }
  throw new MotoInstallError(explain(failures));
}

type Step = { program: string; args: readonly string[]; environment?: Readonly<Record<string, string>> };
type Way = {
  program: string;
  /** Arguments with which the program succeeds only if it can be used. */
  probe: readonly string[];
  steps: (program: string, target: string) => readonly Step[];
};

const WAYS: readonly Way[] = [
  {
    program: 'uv',
    probe: ['--version'],
    steps: (uv, target) => [
      { program: uv, args: ['venv', '--quiet', '--python', '>=3.10', target] },
      { program: uv, args: ['pip', 'install', '--quiet', '--python', pythonIn(target), '-r', REQUIREMENTS] },
    ],
  },
  {
    program: 'python3',
    // Debian ships python3 without ensurepip, and then `venv` makes an environment without pip.
    probe: ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'],
    steps: (python, target) => [
      { program: python, args: ['-m', 'venv', target] },
      {
        program: pythonIn(target),
        args: ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS],
      },
    ],
  },
  {
    program: 'pipx',
    probe: ['--version'],
    steps: (pipx, target) => [
      {
        program: pipx,
        args: ['install', '--quiet', PINNED],
        environment: { PIPX_HOME: target, PIPX_BIN_DIR: join(target, 'bin'), PIPX_MAN_DIR: join(target, 'man') },
      },
    ],
  },
  {
    program: 'docker',
    probe: ['info'],
    steps: (docker) => [{ program: docker, args: ['pull', '--quiet', IMAGE] }],
  },
];

const PINNED = (await readFile(REQUIREMENTS, 'utf8'))
  .split('\n')
  .filter((line) => line.startsWith('moto'))
  .join('');

function commandOf(way: string, target: string): MotoCommand {
  if (way === 'docker') return { program: 'docker', args: dockerArguments };
  const python = way === 'pipx' ? join(target, 'venvs', 'moto', 'bin', 'python') : pythonIn(target);
  return { program: python, args: (port) => [SERVER, '--host', '127.0.0.1', '--port', String(port)] };
}

/** `--interactive` hands our end of standard input to the container, which is how it notices that we are gone. */
function dockerArguments(port: number): readonly string[] {
  const container = ['run', '--rm', '--interactive', '--publish', `127.0.0.1:${port}:${port}`];
  const server = ['--env', 'MOTO_ACCOUNT_ID', '--volume', `${SERVER}:/moto-server.py:ro`, '--entrypoint', 'python'];
  return [...container, ...server, IMAGE, '/moto-server.py', '--host', '0.0.0.0', '--port', String(port)];
}

function pythonIn(target: string): string {
  return join(target, 'bin', 'python');
}

/** What must be as it was at the installation: other requirements mean another installation. */
async function stamp(): Promise<{ requirements: string }> {
  return {
    requirements: createHash('sha256')
      .update(await readFile(REQUIREMENTS))
      .digest('hex'),
  };
}

async function readDone(target: string): Promise<MotoCommand | undefined> {
  try {
    const { way, requirements } = JSON.parse(await readFile(join(target, 'installed.json'), 'utf8'));
    if (typeof way !== 'string' || requirements !== (await stamp()).requirements) return undefined;
    const command = commandOf(way, target);
    // A Python that was upgraded or removed leaves a dangling link behind.
    if (way !== 'docker') await access(command.program, constants.X_OK);
    return command;
  } catch {
    return undefined;
  }
}

function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return run({ program, args }).then(
    () => true,
    () => false,
  );
}

/** Rejects with the last lines the program wrote, which say why it failed. */
function run({ program, args, environment }: Step): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    let said = '';
    const keep = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${[program, ...args].join(' ')} ended with ${signal ?? code}\n${said.trim()}`));
    });
  });
}

function explain(failures: readonly string[]): string {
  if (failures.length === 0) {
    return (
      `The local AWS needs moto ${MOTO_VERSION}, a Python program, and nothing that could install it was found. ` +
      'Install one of: uv (https://docs.astral.sh/uv/), Python 3.10 or newer with venv (Debian and Ubuntu: ' +
      'apt-get install python3 python3-venv), pipx, or a running Docker. Then start again.'
    );
  }
  return (
    `moto ${MOTO_VERSION} could not be installed. The package index must be reachable once. ` +
    `What was tried:\n${failures.join('\n')}`
  );
}

function logToTerminal(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${line}\n`);
}
