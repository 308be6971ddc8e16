import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

test('The demo tells its story in 80 columns, proves it to an auditor, and ends with 0', async () => {
  // A pipe, so no colour; a demo that does not do what its acts expect ends with 1, which execFile throws.
  const { stdout } = await promisify(execFile)(process.execPath, ['local/demo.ts'], { cwd: PROJECT });
  const lines = stdout.split('\n');
  const acts = lines.flatMap((line) => /^(\d+) +[A-Z]/.exec(line)?.[1] ?? []);
  expect(acts).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
  const phases = lines.filter((line) => /^4\.\d (good|bad)/.test(line)).map((line) => line.slice(0, 8).trim());
  expect([...new Set(phases)]).toEqual(
    ['4.1', '4.2', '4.3', '4.4', '4.5'].flatMap((id) => [`${id} good`, `${id} bad`]),
  );
  expect(stdout).toMatch(/saw {6}DisableKeyRotation succeeded, by dana@example\.com/);
  expect(stdout).toMatch(/did {6}enable-key-rotation: confirmed, AWS request/);
  expect(stdout).toMatch(/did {6}revoke-grant: pending, AWS request/);
  expect(stdout).toMatch(/saw {6}ScheduleKeyDeletion denied, by eve@example\.com/);
  expect(stdout).toMatch(/did {6}restore-trail-logging: confirmed/);
  expect(stdout).toMatch(/did {6}cancel-key-deletion: confirmed/);
  expect(stdout).toMatch(/answered REFUSED: frank@example\.com\s/);
  expect(stdout).toMatch(/saw {6}ApproveRemediation succeeded, by olivia@example\.com/);
  expect(stdout).toMatch(/did {6}enable-key: confirmed/);
  expect(stdout).toMatch(/saw {6}WaiveFinding succeeded, by olivia@example\.com/);
  const [, expected, recorded] =
    /compared CloudTrail has (\d+) events that must be on record; (\d+) are\./.exec(stdout) ?? [];
  expect(Number(expected)).toBeGreaterThan(20);
  expect(recorded).toBe(expected);
  const [, signed] = /signed {3}Checkpoint 1 over (\d+) entries/.exec(stdout) ?? [];
  expect(stdout).toMatch(/verified \d+ entries in 6 chains\. Nothing was altered/);
  expect(stdout).toContain(`The public key of the checkpoints proves ${signed} of them.`);
  const page = await readFile(join(PROJECT, '.keywarden', 'demo-pack', 'index.html'), 'utf8');
  expect(page).toContain('Is the record whole?');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).not.toContain('\u001b');
});
