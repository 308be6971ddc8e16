import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { ManifestFile } from './manifest.ts';

/** Lines are written in blocks of so many characters: one call for each line would take longer than the line. */
const BLOCK = 1_000_000;

/**
 * Writes lines into a new file, and waits for a slow disk, so that memory stays the same however many they are.
 *
 * @param lines without the character that ends them
 * @throws what the file system throws, e.g. when the disk is full
 */
export async function writeLines(folder: string, name: string, lines: AsyncIterable<string>): Promise<ManifestFile> {
  const out = createWriteStream(join(folder, name), { flags: 'wx' });
  // A disk that is full is an error of the stream; whoever waits for it here gets it.
  const end = finished(out);
  end.catch(() => undefined);
  const hash = createHash('sha256');
  let [bytes, count, block] = [0, 0, ''];
  const flush = async () => {
    const buffer = Buffer.from(block, 'utf8');
    block = '';
    bytes += buffer.length;
    hash.update(buffer);
    if (!out.write(buffer)) await Promise.race([once(out, 'drain'), end]);
  };
  try {
    for await (const line of lines) {
      count += 1;
      block += `${line}\n`;
      if (block.length >= BLOCK) await flush();
    }
    await flush();
    out.end();
    await end;
  } finally {
    out.destroy();
  }
  return { name, sha256: hash.digest('hex'), bytes, lines: count };
}
