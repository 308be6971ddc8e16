import { createHash } from 'node:crypto';
import type { PackFiles } from '../../lib/report/pack-files.ts';

/** The files of a pack in memory; `texts` has what was written, by path. */
export function createMemoryFiles(): PackFiles & { readonly texts: ReadonlyMap<string, string> } {
  const texts = new Map<string, string>();
  const rows = new Map<string, number>();
  return {
    texts,
    open(path, isTable = false) {
      if (texts.has(path)) throw new Error(`${path} is opened twice.`);
      texts.set(path, '');
      if (isTable) rows.set(path, 0);
      return {
        write(text, count = 0) {
          texts.set(path, `${texts.get(path)}${text}`);
          if (rows.has(path)) rows.set(path, (rows.get(path) ?? 0) + count);
        },
      };
    },
    close: () =>
      [...texts].toSorted().map(([path, text]) => {
        const count = rows.get(path);
        const sha256 = createHash('sha256').update(text).digest('hex');
        return { path, sha256, bytes: Buffer.byteLength(text), ...(count === undefined ? {} : { rows: count }) };
      }),
  };
}
