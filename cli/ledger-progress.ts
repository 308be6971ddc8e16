import type { Output } from './options.ts';

/** Shows on a terminal how many entries were read. */
export interface EntryProgress {
  update(entries: number): void;
  /** Takes it off the screen. */
  end(): void;
}

/**
 * @param of how many there are; absent when nobody knows
 * @returns silent in a pipe
 */
export function showEntries(out: Output, of?: number): EntryProgress {
  if (out.isTTY !== true) return { update: () => undefined, end: () => undefined };
  return {
    update: (entries) => out.write(`\r${entries}${of === undefined ? '' : ` of ${of}`} entries`),
    end: () => out.write('\r\u001b[2K'),
  };
}
