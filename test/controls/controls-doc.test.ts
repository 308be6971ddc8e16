import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { builtInControls } from '../../lib/built-in-controls.ts';
import { controls } from '../../lib/controls/index.ts';
import { writeControlsPage } from '../../scripts/controls-page.ts';

const script = fileURLToPath(new URL('../../scripts/controls-doc.ts', import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

let folder: string;
let page: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'controls-doc-'));
  page = join(folder, 'controls.md');
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('the catalogue of controls', () => {
  test('is written from the controls, and is then found up to date', () => {
    expect(run(page).status).toBe(0);
    expect(readFileSync(page, 'utf8')).toBe(writeControlsPage(controls, builtInControls));
    expect(run('--check', page)).toMatchObject({ status: 0, stderr: '' });
  });

  test('in docs is up to date', () => {
    expect(run('--check')).toMatchObject({ status: 0, stderr: '' });
  });

  test.each([
    ['a changed line', (text: string) => text.replace('# Controls', '# Kontrolle'), 'first in line 3'],
    ['a line too many', (text: string) => `${text}\n`, 'first in line'],
    ['nothing in it', () => '', 'first in line 1'],
  ])('with %s is refused, with the line and what to do, and stays as it is', (_name, change, complaint) => {
    const changed = change(writeControlsPage(controls, builtInControls));
    writeFileSync(page, changed);
    const { status, stderr } = run('--check', page);
    expect([status, stderr]).toEqual([1, expect.stringContaining(complaint)]);
    expect(stderr).toContain('npm run docs');
    expect(readFileSync(page, 'utf8')).toBe(changed);
  });

  test('that is missing is refused', () => {
    expect(run('--check', page)).toMatchObject({ status: 1, stderr: expect.stringContaining('is not there') });
  });

  test('keeps a bar in a title from ending the cell of its table', () => {
    const [control] = controls;
    const text = control === undefined ? '' : writeControlsPage([{ ...control, title: 'Either | or' }]);
    expect(text).toContain('| Either \\| or |');
  });
});
