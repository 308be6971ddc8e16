import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { createRandom } from './random.ts';
import { createRecords } from './records.ts';

/** A folder of log files as CloudTrail leaves it in a bucket. */
export interface Archive {
  readonly folder: string;
  readonly files: number;
  /** Records of all files. */
  readonly records: number;
  /** Length of all files, decompressed and as they are on the disk. */
  readonly bytes: number;
  readonly compressedBytes: number;
}

/** Changes with what the generator makes, so that an old archive is not taken for a new one. */
const VERSION = 1;
/** Between the few KB of a quiet account and the 50 MB that CloudTrail allows. */
const FILE_BYTES = 8_000_000;

/**
 * Makes an archive, or finds the one that was made before: the same seed and size give the same bytes.
 *
 * @param parent where archives are kept
 * @param bytes how long all of it is at least, decompressed
 * @param onProgress called with what is done so far, from 0 to 1
 */
export async function prepareArchive(
  parent: string,
  bytes: number,
  seed: number,
  onProgress: (done: number) => void,
): Promise<Archive> {
  const folder = join(parent, `cloudtrail-${VERSION}-${seed}-${bytes}`);
  const summary = `${folder}.json`;
  if (existsSync(summary)) return JSON.parse(await readFile(summary, 'utf8')) as Archive;
  await rm(folder, { recursive: true, force: true });
  const logs = join(folder, 'AWSLogs/111122223333/CloudTrail/eu-west-1/2026/10/01');
  await mkdir(logs, { recursive: true });
  const next = createRecords(createRandom(seed));
  const made = { files: 0, records: 0, bytes: 0, compressedBytes: 0 };
  while (made.bytes < bytes) {
    const records = takeRecords(next);
    const text = `{"Records":[${records.join(',')}]}`;
    const packed = await promisify(gzip)(text);
    await writeFile(join(logs, nameFile(made.files)), packed);
    made.files += 1;
    made.records += records.length;
    made.bytes += Buffer.byteLength(text);
    made.compressedBytes += packed.length;
    onProgress(Math.min(1, made.bytes / bytes));
  }
  const archive = { folder, ...made };
  // Only a finished archive has its summary.
  await writeFile(`${summary}.part`, JSON.stringify(archive));
  await rename(`${summary}.part`, summary);
  return archive;
}

function takeRecords(next: () => string): string[] {
  const records: string[] = [];
  for (let length = 0; length < FILE_BYTES; ) {
    const record = next();
    records.push(record);
    length += record.length + 1;
  }
  return records;
}

/** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html */
function nameFile(index: number): string {
  const minute = new Date(Date.UTC(2026, 9, 1) + index * 300_000).toISOString().slice(0, 16).replace(/[-:]/g, '');
  return `111122223333_CloudTrail_eu-west-1_${minute}Z_${String(index).padStart(16, '0')}.json.gz`;
}
