import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { installMoto, type MotoCommand } from './install-moto.ts';

/** The account that everything in the local AWS belongs to; AWS uses it in its own examples. */
export const LOCAL_ACCOUNT = '111122223333';

/** A running moto server. */
export type Moto = {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url: string;
  /** Ends the server and returns once its process is gone. Calling it again does nothing. */
  stop(): Promise<void>;
};

/** Options of {@link startMoto}. */
export type MotoOptions = {
  /** TCP port on 127.0.0.1. Default: any free one. */
  port?: number;
  /** Gets a line when moto is being installed. Default: stderr if it is a terminal. */
  log?: (line: string) => void;
};

/** How long moto may take to answer, in milliseconds; on a loaded two-core machine it was seen to take 6 s. */
const START_LIMIT = 60_000;
/** How long moto may take to leave before it is killed, in milliseconds. */
const STOP_LIMIT = 3_000;
/** What `moto-server.py` writes once it listens. */
const READY = 'moto is ready';
/** Free ports can be taken by somebody else before moto binds them. */
const ATTEMPTS = 3;

/**
 * Starts moto for the account {@link LOCAL_ACCOUNT}, installing it first if need be. It ends with `stop()`, and by itself
 * when this process ends, even when it is killed: the server leaves when its standard input closes.
 *
 * @throws MotoInstallError if it cannot be installed; Error with moto's own words if it does not start
 * @see https://docs.getmoto.org/en/latest/docs/server_mode.html
 */
export async function startMoto(options: MotoOptions = {}): Promise<Moto> {
  const command = await installMoto(options.log === undefined ? {} : { log: options.log });
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(command, options.port ?? (await findFreePort()));
    } catch (error) {
      if (options.port !== undefined || attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOnce(command: MotoCommand, port: number): Promise<Moto> {
  const child = spawn(command.program, command.args(port), {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Policies of AWS, such as AdministratorAccess, are there as on AWS.
    env: { ...process.env, MOTO_ACCOUNT_ID: LOCAL_ACCOUNT, MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  // Without a listener, writing to or closing the input of a child that is gone would throw out of nowhere.
  child.stdin.on('error', () => {});
  const url = `http://127.0.0.1:${port}`;
  try {
    await waitUntilReady(child);
  } catch (cause) {
    await stopChild(child);
    throw new Error(`moto did not start on ${url}. It said:\n${said.trim() || '(nothing)'}`, { cause });
  }
  return { url, stop: () => stopChild(child) };
}

/** Waits for the word of our own child, because another program may be answering on a port that the child cannot bind. */
async function waitUntilReady(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`not ready after ${START_LIMIT} ms`)), START_LIMIT);
  child.once('error', reject);
  child.once('exit', (code, signal) => reject(new Error(`ended with ${signal ?? code}`)));
  // Read to the end of its life: a pipe that nobody empties would stop it some day.
  child.stdout?.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes(READY)) resolve();
  });
  await promise.finally(() => clearTimeout(timer));
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.stdin?.destroy();
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
  await gone;
  clearTimeout(timer);
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('The system gave no free port.'));
        else resolve(address.port);
      });
    });
  });
}
