import { stat } from 'node:fs/promises';
import { listSources } from '../../lib/audit/read/list-sources.ts';
import type { Coverage } from '../../lib/audit/run-audit.ts';
import type { Output } from '../options.ts';

/** How much there is to read. */
export interface Amount {
  files: number;
  /** As they are stored. */
  bytes: number;
}

/** Shows on a terminal how far a reading is. */
export interface ProgressBar {
  /** Shows it, at most ten times a second. */
  update(coverage: Pick<Coverage, 'files' | 'bytes' | 'compressedBytes'>): void;
  /** Takes it off the screen. */
  end(): void;
}

const SILENT: ProgressBar = { update: () => {}, end: () => {} };

/** Milliseconds between two drawings. */
const PAUSE = 100;

/**
 * Makes a progress bar: bytes, files, MB/s and the time that is left. In a pipe it is silent.
 *
 * @param total what there is to read; undefined until it is counted
 * @param clock milliseconds
 */
export function createProgressBar(out: Output, total: () => Amount | undefined, clock: () => number): ProgressBar {
  if (out.isTTY !== true) return SILENT;
  const start = clock();
  let shown = Number.NEGATIVE_INFINITY;
  return {
    update: (coverage) => {
      const now = clock();
      if (now - shown < PAUSE) return;
      shown = now;
      out.write(`\r\u001b[2K${describeProgress(coverage, total(), (now - start) / 1000)}`);
    },
    end: () => out.write('\r\u001b[2K'),
  };
}

const WIDTH = 24;

/**
 * One line on how far a reading is.
 *
 * @param seconds since it began
 */
export function describeProgress(
  { files, bytes, compressedBytes }: Pick<Coverage, 'files' | 'bytes' | 'compressedBytes'>,
  total: Amount | undefined,
  seconds: number,
): string {
  const speed = seconds > 0 ? `${(bytes / 1e6 / seconds).toFixed(0)} MB/s` : '';
  const read = `${files}${total === undefined ? '' : `/${total.files}`} files, ${(bytes / 1e6).toFixed(0)} MB`;
  if (total === undefined || total.bytes === 0) return [read, speed].filter((part) => part !== '').join('  ');
  const share = Math.min(1, compressedBytes / total.bytes);
  const bar = '#'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '.');
  const left = share > 0 ? `${Math.round((seconds * (1 - share)) / share)} s left` : '';
  return [`[${bar}] ${Math.floor(share * 100)} %`, read, speed, left].filter((part) => part !== '').join('  ');
}

/** Counts what there is to read, while it is being read. What cannot be looked at counts nothing. */
export async function measureSources(paths: readonly string[]): Promise<Amount> {
  const amount: Amount = { files: 0, bytes: 0 };
  for await (const found of listSources(paths)) {
    if (found.kind !== 'source') continue;
    amount.files += 1;
    try {
      amount.bytes += (await stat(found.file)).size;
    } catch {
      // The standard input, or a file that went away: the reading itself tells of it.
    }
  }
  return amount;
}
