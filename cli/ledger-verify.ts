import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { createEvidenceStore } from '../lib/aws/evidence-store.ts';
import { type Anchors, readAnchors } from '../lib/evidence/kept.ts';
import { readPublicKey } from '../lib/ledger/checkpoint.ts';
import { type ExportSource, openExport } from '../lib/ledger/export/folder-source.ts';
import { FILES } from '../lib/ledger/export/manifest.ts';
import { createTableSource } from '../lib/ledger/table-source.ts';
import { judgeVerification } from '../lib/ledger/verification.ts';
import { verifyLedger } from '../lib/ledger/verify.ts';
import type { KeptCheckpoint } from '../lib/ledger/verify-checkpoints.ts';
import { verifySource } from '../lib/ledger/verify-source.ts';
import { connectLedger, connectS3 } from './connect.ts';
import { showEntries } from './ledger-progress.ts';
import type { GlobalOptions, Output } from './options.ts';
import { UsageError } from './usage-error.ts';
import { describeVerification } from './verification-text.ts';

/** What `keywarden ledger verify` takes beside the options of every command. */
export interface VerifyCommandOptions {
  /** Files with public keys, PEM or DER. */
  readonly publicKey: readonly string[];
  /** `NUMBER:SHA256` */
  readonly lastCheckpoint?: string;
  /** Name of the bucket whose keys and newest checkpoint count; only for the table. */
  readonly evidenceBucket?: string;
  /** sha256 of the manifest of an export. */
  readonly manifest?: string;
}

/**
 * Verifies an export, without AWS; without one, the table.
 *
 * @returns exit code: 0 whole, 1 not whole, 2 something could not be checked
 * @throws {UsageError} when an option is none; {ExportError} when the folder is no export
 */
export async function verifyLedgerOf(
  folder: string | undefined,
  given: VerifyCommandOptions,
  options: GlobalOptions,
  out: Output,
  progress: Output,
): Promise<number> {
  // Entries live for a moment: V8 would make room for more of them, which takes twice the memory and is hardly faster.
  // https://nodejs.org/api/v8.html#v8setflagsfromstringflags
  setFlagsFromString('--semi-space-growth-factor=1');
  const publicKeys = await Promise.all(given.publicKey.map(readKeyFile));
  const lastCheckpoint = given.lastCheckpoint === undefined ? undefined : readKept(given.lastCheckpoint);
  const source = await openSource(folder, given.manifest);
  const anchors = await readBucket(folder, given, options);
  const shown = showEntries(progress, source?.manifest.files.find(({ name }) => name === FILES.entries)?.lines);
  const verifyOptions = {
    ...anchors,
    ...(publicKeys.length === 0 ? {} : { publicKeys: [...(anchors.publicKeys ?? []), ...publicKeys] }),
    ...(lastCheckpoint === undefined ? {} : { lastCheckpoint }),
    onProgress: shown.update,
  };
  const verification =
    source === undefined
      ? await verifyLedger(connectLedger(options), verifyOptions)
      : await verifySource(source, verifyOptions);
  shown.end();
  const verdict = judgeVerification(verification);
  if (options.format === 'json') {
    const place = folder === undefined ? { table: options.table } : { export: folder };
    out.write(`${JSON.stringify({ ...place, verdict, whole: verdict === 'whole', ...verification })}\n`);
  } else out.write(describeVerification(folder ?? options.table, verification));
  return EXIT_CODES[verdict];
}

async function readBucket(
  folder: string | undefined,
  { evidenceBucket }: VerifyCommandOptions,
  options: GlobalOptions,
): Promise<Partial<Anchors>> {
  if (evidenceBucket === undefined) return {};
  if (folder !== undefined) {
    throw new UsageError(
      '--evidence-bucket is about the table; for an export, take the key and the newest checkpoint of its time from the bucket, and give them with --public-key and --last-checkpoint.',
    );
  }
  return readAnchors(
    createTableSource(connectLedger(options)),
    createEvidenceStore(connectS3(options), evidenceBucket),
  );
}

const EXIT_CODES = { whole: 0, 'not-whole': 1, 'not-checked': 2 } as const satisfies Record<
  ReturnType<typeof judgeVerification>,
  number
>;

/** @returns undefined when it is the table that is to be verified */
async function openSource(folder: string | undefined, manifest: string | undefined): Promise<ExportSource | undefined> {
  if (manifest !== undefined && !SHA256.test(manifest)) {
    throw new UsageError(
      `--manifest is ${manifest}; give the sha256 that "keywarden ledger export" printed: 64 digits 0-9a-f.`,
    );
  }
  if (folder !== undefined) return openExport(folder, manifest);
  if (manifest !== undefined) throw new UsageError('--manifest is about an export; give its folder too.');
  return undefined;
}

const SHA256 = /^[0-9a-f]{64}$/;

/** @throws {UsageError} */
function readKept(text: string): KeptCheckpoint {
  const [, number, sha256] = /^([1-9]\d{0,11}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (number !== undefined && sha256 !== undefined) return { number: Number(number), sha256 };
  throw new UsageError(
    `--last-checkpoint is ${text}; give NUMBER:SHA256, the number of the checkpoint and the sha256 of its text, e.g. 42:9f86d0...`,
  );
}

/**
 * Reads a public key, PEM or DER.
 *
 * @returns PEM
 * @throws {UsageError} when there is no such file, or no public key in it
 */
export async function readKeyFile(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`The public key ${file} cannot be read: ${message}`, { cause });
  }
  try {
    if (bytes.includes('-----BEGIN PUBLIC KEY-----')) {
      readPublicKey(bytes.toString('utf8'));
      return bytes.toString('utf8');
    }
    return createPublicKey({ key: bytes, format: 'der', type: 'spki' })
      .export({ type: 'spki', format: 'pem' })
      .toString();
  } catch (cause) {
    throw new UsageError(
      `${file} is no public key. Give PEM or DER, e.g. what this writes: aws kms get-public-key --key-id ALIAS --query PublicKey --output text | base64 -d > key.der`,
      { cause },
    );
  }
}
