import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { inflateRawSync } from 'node:zlib';

/** The archive is not one that Lambda would take; the message says what is wrong with it. */
export class UnzipError extends Error {
  override name = 'UnzipError';
}

const CENTRAL_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
/** Bytes of the end record and of its longest comment. */
const LONGEST_END = 22 + 65_535;

/**
 * Writes the files of a zip archive below `directory`, as Lambda does with a deployment package.
 *
 * @param archive stored or deflated entries, no encryption, below 4 GB
 * @throws UnzipError if it is not such an archive, or if an entry would be written outside `directory`
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function unzip(archive: Buffer, directory: string): Promise<void> {
  for (const entry of listEntries(archive)) {
    const path = resolve(directory, entry.name);
    if (!path.startsWith(resolve(directory) + sep))
      throw new UnzipError(`Entry ${entry.name} leads out of the archive.`);
    if (entry.name.endsWith('/')) continue;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, readEntry(archive, entry));
  }
}

type Entry = { name: string; method: number; compressed: number; offset: number };

function listEntries(archive: Buffer): Entry[] {
  const end = findEnd(archive);
  const entries: Entry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== CENTRAL_ENTRY) throw new UnzipError(`No directory entry at byte ${at}.`);
    const nameLength = archive.readUInt16LE(at + 28);
    entries.push({
      name: archive.toString('utf8', at + 46, at + 46 + nameLength),
      method: archive.readUInt16LE(at + 10),
      compressed: archive.readUInt32LE(at + 20),
      offset: archive.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return entries;
}

function findEnd(archive: Buffer): number {
  for (let at = archive.length - 22; at >= Math.max(0, archive.length - LONGEST_END); at--) {
    if (archive.readUInt32LE(at) === END_OF_DIRECTORY) return at;
  }
  throw new UnzipError(`These ${archive.length} bytes are not a zip archive: the directory is missing.`);
}

function readEntry(archive: Buffer, { name, method, compressed, offset }: Entry): Buffer {
  const start = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
  const data = archive.subarray(start, start + compressed);
  if (method === 0) return data;
  if (method === 8) return inflateRawSync(data);
  throw new UnzipError(`Entry ${name} is compressed with method ${method}; stored (0) and deflate (8) can be read.`);
}
