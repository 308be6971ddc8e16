import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** How long to wait between two looks at a lock that somebody else holds, in milliseconds. */
const PAUSE = 200;

/**
 * Runs `work` while this process alone holds the lock `file`, waiting for its turn. The file holds the process id of its
 * holder, so that the lock of a process that died is taken over.
 *
 * @param file path of the lock file; its directory must exist
 * @returns what `work` returns
 * @throws what `work` throws; the lock is released either way
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  while (!(await takeLock(file))) await wait(PAUSE);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function takeLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  const holder = await readFile(file, 'utf8').catch(() => '');
  // An empty file: its holder is between making and writing it.
  if (holder === '' || isAlive(Number(holder))) return false;
  await discard(file, holder);
  return false;
}

/** Moves the dead holder's lock away first: of several who saw it dead, only one can move it. */
async function discard(file: string, holder: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  // Somebody else was faster, and this is already the next holder's lock: give it back.
  if ((await readFile(aside, 'utf8')) !== holder) await rename(aside, file);
  else await rm(aside, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: alive, and somebody else's.
    return hasCode(error, 'EPERM');
  }
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
