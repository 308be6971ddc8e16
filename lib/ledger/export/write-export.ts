import { mkdir, readdir, rename, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalText, hashText } from '../chain.ts';
import { readPublicKey } from '../checkpoint.ts';
import type { StoredEntry } from '../read.ts';
import type { LedgerSource } from '../source.ts';
import {
  ExportError,
  FILES,
  keyFile,
  MANIFEST,
  type Manifest,
  type ManifestFile,
  PARTIAL,
  SUMS,
  writeManifest,
  writeSums,
} from './manifest.ts';
import { writeLines } from './write-file.ts';

/** What an export says of where it comes from. */
export type ExportOrigin = Pick<Manifest, 'table' | 'account' | 'region' | 'at' | 'by' | 'tool'>;

/** What was written. */
export interface Written {
  readonly manifest: Manifest;
  /** sha256 (hex) of `manifest.json`: whoever keeps it can tell later that nothing of the export was changed. */
  readonly manifestSha256: string;
}

/**
 * Writes a whole ledger into a new folder. While it is written the folder has another name (`.partial` at the end), so that
 * an export that was not finished is not taken for one that was.
 *
 * @param folder must not exist, or be empty
 * @param onProgress called every thousand entries with how many are written
 * @throws {ExportError} when the folder is not empty, or a partial one is in the way; and what source and file system throw
 */
export async function writeExport(
  source: LedgerSource,
  folder: string,
  origin: ExportOrigin,
  onProgress: (entries: number) => void = () => undefined,
): Promise<Written> {
  const partial = `${folder.replace(/[/\\]+$/, '')}${PARTIAL}`;
  await requireEmpty(folder);
  await makePartial(partial);
  // Checkpoints come first: all that they cover is there when the entries are read, also when the ledger grows meanwhile.
  const checkpoints = await writeLines(partial, FILES.checkpoints, mapLines(source.checkpoints(), canonicalText));
  const entries = await writeLines(partial, FILES.entries, countLines(source.entries(), onProgress));
  const heads = await writeLines(partial, FILES.heads, mapLines(source.ends(), canonicalText));
  const keys = await writeKeys(source, partial);
  const files = [checkpoints, entries, heads, ...keys].sort(({ name: one }, { name: other }) => (one < other ? -1 : 1));
  const format = { format: 'keywarden-ledger-export', version: 1, ...origin, window: 'everything' } as const;
  const manifest: Manifest = { ...format, files };
  const text = writeManifest(manifest);
  await writeFile(join(partial, MANIFEST), text, { flag: 'wx' });
  await writeFile(join(partial, SUMS), writeSums(manifest), { flag: 'wx' });
  await rmdir(folder).catch(ignoreAbsence);
  await rename(partial, folder);
  return { manifest, manifestSha256: hashText(text) };
}

async function requireEmpty(folder: string): Promise<void> {
  let names: string[] = [];
  try {
    names = await readdir(folder);
  } catch (cause) {
    if (codeOf(cause) === 'ENOTDIR')
      throw new ExportError(`${folder} is a file. Give a folder that does not exist yet.`);
    ignoreAbsence(cause);
  }
  if (names.length > 0) throw new ExportError(`${folder} is not empty. Give a folder that does not exist yet.`);
}

async function makePartial(partial: string): Promise<void> {
  try {
    await mkdir(partial);
    await mkdir(join(partial, 'keys'));
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'EEXIST') {
      const what = `${partial} is there: an export was begun and not finished, or is still running. Remove it, or give another folder.`;
      throw new ExportError(what, { cause });
    }
    if (code === 'ENOENT') {
      throw new ExportError(`The folder in which ${partial} is to be made does not exist. Make it first.`, { cause });
    }
    throw cause;
  }
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | undefined)?.code;

function ignoreAbsence(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}

async function* mapLines<Value>(values: AsyncIterable<Value>, write: (value: Value) => string): AsyncGenerator<string> {
  for await (const value of values) yield write(value);
}

const PROGRESS_EVERY = 1_000;

async function* countLines(
  entries: AsyncIterable<StoredEntry>,
  onProgress: (entries: number) => void,
): AsyncGenerator<string> {
  let count = 0;
  for await (const entry of entries) {
    yield canonicalText(entry);
    count += 1;
    if (count % PROGRESS_EVERY === 0) onProgress(count);
  }
  onProgress(count);
}

/** A key that is none is left out, and the checkpoints that it should verify cannot be verified: that is told then. */
async function writeKeys(source: LedgerSource, folder: string): Promise<ManifestFile[]> {
  const keys = new Map<string, string>();
  for await (const pem of source.publicKeys()) {
    try {
      const { key, fingerprint } = readPublicKey(pem);
      keys.set(fingerprint, key.export({ type: 'spki', format: 'pem' }).toString().trimEnd());
    } catch {}
  }
  const files: ManifestFile[] = [];
  for (const [fingerprint, pem] of keys) files.push(await writeLines(folder, keyFile(fingerprint), linesOf(pem)));
  return files;
}

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split('\n');
}
