import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalText } from '../chain.ts';
import { readPublicKey, type SignedCheckpoint } from '../checkpoint.ts';
import type { StoredEntry } from '../read.ts';
import type { ChainEnd, LedgerSource } from '../source.ts';
import { EXPORT, listProblems } from '../verification.ts';
import {
  ExportError,
  FILES,
  keyFile,
  MANIFEST,
  type Manifest,
  PARTIAL,
  readManifest,
  SUMS,
  writeSums,
} from './manifest.ts';
import { type FileSum, type Line, readLines } from './read-lines.ts';

/** An export, opened. */
export interface ExportSource extends LedgerSource {
  readonly manifest: Manifest;
  /** sha256 (hex) of `manifest.json`. */
  readonly manifestSha256: string;
  complaints: NonNullable<LedgerSource['complaints']>;
}

const headLine = z.strictObject({
  subject: z.string(),
  head: z.strictObject({ seq: z.number(), hash: z.string() }).exactOptional(),
  named: z.number(),
});
const checkpointLine = z.strictObject({ text: z.string(), signature: z.string() });
const entryLine = z.record(z.string(), z.unknown());

/**
 * Opens an export of a ledger. Nothing in it is believed: what is damaged is told by `complaints()`, and the rest is read.
 *
 * @param folder as `writeExport` made it
 * @param manifestSha256 sha256 (hex) of `manifest.json` that is known from elsewhere
 * @throws {ExportError} when the folder is no export, or one that was not finished
 */
export async function openExport(folder: string, manifestSha256?: string): Promise<ExportSource> {
  if (new RegExp(`${PARTIAL}[/\\\\]*$`).test(folder)) {
    throw new ExportError(`${folder} is an export that was not finished. Export the ledger again.`);
  }
  const bytes = await readNamed(folder, MANIFEST);
  const manifest = readManifest(bytes.toString('utf8'));
  const [problems, unchecked] = [listProblems(), listProblems()];
  const told = new Set<string>();
  const complain = (what: string, list = problems) => {
    if (!told.has(what)) list.add({ subject: EXPORT, seq: 0, what });
    told.add(what);
  };
  const sums = (await readNamed(folder, SUMS)).toString('latin1');
  const manifestSum = createHash('sha256').update(bytes).digest('hex');
  if (sums !== writeSums(manifest) || !sums.includes(`${manifestSum}  ${MANIFEST}\n`)) {
    complain(`altered: ${SUMS} and ${MANIFEST} do not agree`);
  }
  if (manifestSha256 !== undefined && manifestSha256 !== manifestSum) {
    complain(`altered: the sha256 of ${MANIFEST} is ${manifestSum}, and ${manifestSha256} is what is known of it`);
  }

  /** Lines of a file; that it is not the file of the manifest, or cannot be read, is told. */
  async function* readFileLines(name: string): AsyncGenerator<readonly Line[]> {
    const onEnd = (sum: FileSum) => {
      if (!isDescribed(manifest, name, sum)) complain(`altered: ${name} is not the file that ${MANIFEST} describes`);
    };
    try {
      yield* readLines(join(folder, name), onEnd);
    } catch (cause) {
      complain(`${name} could not be read: ${cause instanceof Error ? cause.message : String(cause)}`, unchecked);
    }
  }

  /** Lines of a file as values; what is no such line is told and left out. */
  async function* readValues<Value>(name: string, schema: z.ZodType<Value>): AsyncGenerator<Value> {
    for await (const lines of readFileLines(name)) {
      for (const { number, text, problem } of lines) {
        const value = problem === undefined ? parseLine(text, schema) : undefined;
        if (value === undefined)
          complain(`altered: ${name} line ${number}: ${problem ?? 'it is not as it was written'}`);
        else yield value;
      }
    }
  }

  async function* readKeys(): AsyncGenerator<string> {
    for (const { name } of manifest.files.filter((file) => file.name.startsWith('keys/'))) {
      const parts: string[] = [];
      for await (const lines of readFileLines(name)) parts.push(...lines.map(({ text }) => text));
      const pem = `${parts.join('\n')}\n`;
      if (nameOfKey(pem) === name) yield pem;
      else if (parts.length > 0) complain(`altered: ${name} is not the public key that it is named after`);
    }
  }

  return {
    name: folder,
    manifest,
    manifestSha256: manifestSum,
    entries: () => readValues<StoredEntry>(FILES.entries, entryLine),
    ends: () => readValues<ChainEnd>(FILES.heads, headLine),
    checkpoints: () => readValues<SignedCheckpoint>(FILES.checkpoints, checkpointLine),
    publicKeys: readKeys,
    complaints: () => ({ problems: problems.problems, unchecked: unchecked.problems }),
  };
}

async function readNamed(folder: string, name: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, name));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ExportError(
      `${folder} is no whole export of a ledger: ${name} cannot be read (${message}). Give the folder that "keywarden ledger export" made.`,
      { cause },
    );
  }
}

function isDescribed({ files }: Manifest, name: string, sum: FileSum): boolean {
  const expected = files.find((file) => file.name === name);
  return expected?.sha256 === sum.sha256 && expected.bytes === sum.bytes && expected.lines === sum.lines;
}

/** @returns undefined for what is not exactly as it was written: other blanks, a name that is there twice */
function parseLine<Value>(line: string, schema: z.ZodType<Value>): Value | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (canonicalText(value) !== line) return undefined;
    const result = schema.safeParse(value);
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

function nameOfKey(pem: string): string | undefined {
  try {
    return keyFile(readPublicKey(pem).fingerprint);
  } catch {
    return undefined;
  }
}
