import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

test('The demo tells its story in 80 columns, verifies the ledger, and ends with 0', async () => {
  // A pipe, so no colour; a demo that does not do what its acts expect ends with 1, which execFile throws.
  const { stdout } = await promisify(execFile)(process.execPath, ['local/demo.ts'], { cwd: PROJECT });
  const lines = stdout.split('\n');
  expect(lines.filter((line) => /^\d {2}/.test(line)).map((line) => line[0])).toEqual([
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
    '7',
  ]);
  expect(stdout).toMatch(/saw {6}DisableKeyRotation succeeded, by dana@example\.com/);
  expect(stdout).toMatch(/did {6}enable-key-rotation: confirmed, AWS request/);
  expect(stdout).toMatch(/did {6}revoke-grant: pending, AWS request/);
  expect(stdout).toMatch(/saw {6}ScheduleKeyDeletion denied, by eve@example\.com/);
  expect(stdout).toMatch(/verified \d+ entries in 2 chains\. Nothing was altered/);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).not.toContain('\u001b');
});
