import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** The text of a log file, packed as CloudTrail packs it. */
export const packRecords = (records: readonly unknown[]): Buffer =>
  gzipSync(JSON.stringify({ Records: records }), { level: 1 });

/** Writes a file into a folder, and gives its path. */
export async function writeTo(folder: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, 'file.json.gz');
  await writeFile(path, content);
  return path;
}
