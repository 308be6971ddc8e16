import { execFile } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openExport } from '../../lib/ledger/export/folder-source.ts';
import { writeExport } from '../../lib/ledger/export/write-export.ts';
import { ORIGIN, sealLedger } from './seal-ledger.ts';

const CHAINS = 2_000;
const LENGTH = 500;

interface Cost {
  readonly entries: number;
  readonly covered: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMB: number;
}

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Measures how fast an export of a million entries is verified, and with how much memory, in a process of its own.
 *
 * @param onProgress told what is being done
 * @returns the table of bench/README.md
 */
export async function measureVerify(onProgress: (text: string) => void): Promise<string> {
  const folder = await prepareExport(onProgress);
  onProgress('verifying');
  const { stdout } = await promisify(execFile)(process.execPath, [pathOf('./child.ts'), folder]);
  onProgress('');
  const { entries, covered, seconds, cpuSeconds, peakMB } = JSON.parse(stdout) as Cost;
  const bytes = (await stat(join(folder, 'entries.jsonl'))).size;
  const { manifest } = await openExport(folder);
  const checkpoints = manifest.files.find(({ name }) => name === 'checkpoints.jsonl')?.lines ?? 0;
  return [
    `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}; an export of ${entries} entries in ${CHAINS} chains, ${Math.round(bytes / 1e6)} MB, ${covered} of them covered by ${checkpoints} checkpoints.`,
    '',
    '| | entries/s | MB/s | wall clock, s | processor, s | peak MB |',
    '|---|---|---|---|---|---|',
    `| keywarden ledger verify | ${Math.round(entries / seconds)} | ${Math.round(bytes / 1e6 / seconds)} | ${seconds.toFixed(1)} | ${cpuSeconds.toFixed(1)} | ${Math.round(peakMB)} |`,
  ].join('\n');
}

/** It takes minutes, and is the same every time: it is made once. */
async function prepareExport(onProgress: (text: string) => void): Promise<string> {
  const parent = pathOf('../../.keywarden/bench');
  const folder = join(parent, `ledger-${CHAINS}x${LENGTH}`);
  await mkdir(parent, { recursive: true });
  const isThere = await stat(join(folder, 'SHA256SUMS')).then(
    () => true,
    () => false,
  );
  if (isThere) return folder;
  onProgress('an export: its checkpoints');
  await writeExport(sealLedger(CHAINS, LENGTH), folder, ORIGIN, (entries) =>
    onProgress(`an export: ${entries} entries`),
  );
  return folder;
}
