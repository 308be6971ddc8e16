import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** One event, as its process and the wall clock saw it. */
export interface Measured {
  /** Wall clock, in milliseconds. */
  readonly ms: number;
  /** CPU time of the process, in milliseconds. */
  readonly cpuMs: number;
}

/** What one process needed. */
export interface ChildRun {
  /** From the start of the process to the end of its first event, in milliseconds. */
  readonly startToHandledMs: number;
  readonly warm: readonly Measured[];
}

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/**
 * Starts a process with a bundle, gives it events one after the other, and ends it.
 *
 * @param bundle path of the module that exports `handler`
 * @param bodies events; the first one is the cold one
 * @throws {Error} when an event was not handled
 */
export async function runChild(
  bundle: string,
  bodies: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd: string,
): Promise<ChildRun> {
  const started = performance.now();
  const child = fork(CHILD, [bundle], { cwd, env: { ...environment }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`The process of ${bundle} ended with ${code} in the middle of the benchmark.`);
  });
  // Only what waits for an answer hears of it.
  died.catch(() => undefined);
  const answers = () => Promise.race([once(child, 'message'), died]);
  try {
    await answers();
    const measured: Measured[] = [];
    let startToHandledMs = 0;
    for (const body of bodies) {
      const before = performance.now();
      child.send(body);
      const [answer] = (await answers()) as [{ failed: number; cpuMs: number }];
      if (answer.failed > 0) throw new Error(`${bundle} did not handle an event of the benchmark.`);
      if (startToHandledMs === 0) startToHandledMs = performance.now() - started;
      else measured.push({ ms: performance.now() - before, cpuMs: answer.cpuMs });
    }
    return { startToHandledMs, warm: measured };
  } finally {
    if (child.connected) child.disconnect();
    await died.catch(() => undefined);
  }
}
