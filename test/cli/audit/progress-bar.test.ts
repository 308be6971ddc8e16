import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createProgressBar, describeProgress, measureSources } from '../../../cli/audit/progress-bar.ts';

const home = mkdtempSync(join(tmpdir(), 'keywarden-progress-test-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const read = (files: number, compressedBytes: number) => ({ files, bytes: compressedBytes * 10, compressedBytes });

/** A terminal, or a pipe, that keeps what it is given. */
function startOutput(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

describe('the progress', () => {
  test('tells share, files, bytes, speed and the time that is left', () => {
    expect(describeProgress(read(2, 25_000_000), { files: 8, bytes: 100_000_000 }, 5)).toBe(
      '[######..................] 25 %  2/8 files, 250 MB  50 MB/s  15 s left',
    );
  });

  test('tells what was read while nobody knows how much there is', () => {
    expect(describeProgress(read(2, 25_000_000), undefined, 5)).toBe('2 files, 250 MB  50 MB/s');
    expect(describeProgress(read(0, 0), { files: 1, bytes: 0 }, 0)).toBe('0/1 files, 0 MB');
  });

  test('never passes the end', () => {
    expect(describeProgress(read(9, 300), { files: 8, bytes: 100 }, 1)).toContain('100 %');
  });
});

describe('the bar', () => {
  test('is drawn at most ten times a second, and leaves an empty line', () => {
    const out = startOutput(true);
    let now = 0;
    const bar = createProgressBar(
      out,
      () => undefined,
      () => now,
    );
    for (const moment of [0, 50, 99, 100, 150, 200]) {
      now = moment;
      bar.update(read(1, 1));
    }
    expect(out.written).toHaveLength(3);
    bar.end();
    expect(out.written.at(-1)).toBe('\r\u001b[2K');
  });

  test('is not there in a pipe', () => {
    const out = startOutput(false);
    const bar = createProgressBar(
      out,
      () => undefined,
      () => 0,
    );
    bar.update(read(1, 1));
    bar.end();
    expect(out.written).toEqual([]);
  });
});

test('what there is to read is counted, and what is not there counts nothing', async () => {
  writeFileSync(join(home, 'a.json'), '12345');
  writeFileSync(join(home, 'b.txt'), 'not read');
  expect(await measureSources([home, join(home, 'absent.json'), '-'])).toEqual({ files: 2, bytes: 5 });
});
