import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { Zip, ZipDeflate } from 'fflate';

/** Without its 64-bit form, a ZIP archive has offsets of 32 bits: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.4) */
const MOST_BYTES = 4_294_000_000;

/**
 * Puts files of a folder into a ZIP archive, in the given order. The same files and the same time give the same bytes, on
 * whatever machine and in whatever time zone. Streams: memory does not grow with the files.
 *
 * @param paths relative to the folder, with slashes
 * @param at time of every file, as ISO 8601 UTC; the archive has it to two seconds
 * @throws {RangeError} when the files are more than an archive takes, and what the file system throws
 */
export async function zipFolder(folder: string, paths: readonly string[], target: string, at: string): Promise<void> {
  const out = createWriteStream(target);
  const done = finished(out);
  // Awaited at the end; until then an error of the file system must not end the process.
  done.catch(() => undefined);
  let bytes = 0;
  let failure: Error | undefined;
  const zip = new Zip((error, chunk, final) => {
    if (error !== null) failure = error;
    bytes += chunk?.length ?? 0;
    if (chunk !== undefined) out.write(chunk);
    if (final) out.end();
  });
  for (const path of paths) {
    const file = new ZipDeflate(path, { level: 6 });
    file.mtime = toLocal(at);
    zip.add(file);
    for await (const chunk of createReadStream(join(folder, path))) {
      file.push(chunk as Uint8Array);
      if (out.writableNeedDrain) await Promise.race([once(out, 'drain'), done]);
      if (failure !== undefined) throw failure;
      if (bytes > MOST_BYTES) {
        out.destroy();
        throw new RangeError(
          `The pack is too large for one archive (more than ${MOST_BYTES} bytes); choose a shorter window, or use the folder.`,
        );
      }
    }
    file.push(new Uint8Array(), true);
  }
  zip.end();
  await done;
}

/** The archive has no time zone and is written in local time: the parts of the UTC time are what must stand in it. */
function toLocal(at: string): Date {
  const utc = new Date(at);
  return new Date(
    ...([utc.getUTCFullYear(), utc.getUTCMonth(), utc.getUTCDate()] as const),
    ...([utc.getUTCHours(), utc.getUTCMinutes(), utc.getUTCSeconds()] as const),
  );
}
