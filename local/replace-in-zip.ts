import { crc32, deflateRawSync } from 'node:zlib';

const CENTRAL_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const END_OF_DIRECTORY = 0x06054b50;
/** Bytes of an end record without a comment. */
const END = 22;
/** 1980-01-01, the first date that the format knows. */
const FIRST_DATE = 0x21;

/** The archive has no such entry, or is none; the message says which. */
export class ZipError extends Error {
  override name = 'ZipError';
}

/**
 * Puts other content into one entry of a zip archive, and leaves the others as they are.
 *
 * @param archive without a comment, below 4 GB, as the Serverless CLI makes it
 * @param name path of the entry in the archive
 * @returns the new archive
 * @throws ZipError if the archive has no such entry
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function replaceInZip(archive: Buffer, name: string, content: Buffer): Buffer {
  const end = archive.length - END;
  if (end < 0 || archive.readUInt32LE(end) !== END_OF_DIRECTORY) {
    throw new ZipError(`These ${archive.length} bytes are not a zip archive without a comment.`);
  }
  const directory = archive.readUInt32LE(end + 16);
  const entries = listRecords(archive, directory, archive.readUInt16LE(end + 10));
  const kept = entries.filter((entry) => entry.name !== name);
  if (kept.length === entries.length) throw new ZipError(`The archive has no entry ${name}.`);
  // The old content stays where it is, and nothing leads to it any more.
  const { local, central } = makeEntry(name, content, directory);
  const records = [...kept.map(({ record }) => record), central];
  const size = records.reduce((sum, record) => sum + record.length, 0);
  const last = Buffer.from(archive.subarray(end));
  for (const at of [8, 10]) last.writeUInt16LE(records.length, at);
  last.writeUInt32LE(size, 12);
  last.writeUInt32LE(directory + local.length, 16);
  return Buffer.concat([archive.subarray(0, directory), local, ...records, last]);
}

function listRecords(archive: Buffer, directory: number, count: number): { name: string; record: Buffer }[] {
  const records: { name: string; record: Buffer }[] = [];
  let at = directory;
  for (let left = count; left > 0; left--) {
    if (archive.readUInt32LE(at) !== CENTRAL_ENTRY) throw new ZipError(`No directory entry at byte ${at}.`);
    const nameLength = archive.readUInt16LE(at + 28);
    const length = 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    records.push({ name, record: archive.subarray(at, at + length) });
    at += length;
  }
  return records;
}

function makeEntry(name: string, content: Buffer, offset: number): { local: Buffer; central: Buffer } {
  const path = Buffer.from(name);
  const data = deflateRawSync(content);
  // What both headers have: version, flags, method, time, date, checksum, sizes, length of the name, no extra field.
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0);
  shared.writeUInt16LE(8, 4);
  shared.writeUInt16LE(FIRST_DATE, 8);
  shared.writeUInt32LE(crc32(content), 10);
  shared.writeUInt32LE(data.length, 14);
  shared.writeUInt32LE(content.length, 18);
  shared.writeUInt16LE(path.length, 22);
  const place = Buffer.alloc(14);
  // -rw-r--r--, so that a function may read it.
  place.writeUInt32LE(0o100644 * 0x10000, 6);
  place.writeUInt32LE(offset, 10);
  const signature = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  // Made by version 2.0 on Unix, without which the rights would not count.
  const madeBy = Buffer.from([20, 3]);
  return {
    local: Buffer.concat([signature(LOCAL_ENTRY), shared, path, data]),
    central: Buffer.concat([signature(CENTRAL_ENTRY), madeBy, shared, place, path]),
  };
}
