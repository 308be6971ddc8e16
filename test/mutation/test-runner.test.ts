import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));

const CODE = `
export const GREETINGS = ['hello', 'good day'];
export const isMany = (count: number): boolean => count > 3;
export function countDown(from: number): number {
  let left = from;
  while (left > 0) left -= 1;
  return left;
}
export const unasked = (): string => 'nobody calls this';
export const control = {
  id: 'a',
  title: 'Prose',
  runbook: ['Prose.'],
};
export const other = { title: 'No prose' };
`;

const TEST = `
import { beforeEach, describe, expect, test } from '@jest/globals';
import { control, countDown, GREETINGS, isMany, other } from '../../lib/code.ts';

let prepared = 0;
beforeEach(() => {
  prepared += 1;
});

describe('the code', () => {
  test.each([[4, true], [2, false]])('calls %i many: %s', (count, many) => {
    expect(isMany(count)).toBe(many);
  });
  test('counts down', async () => {
    expect(countDown(await Promise.resolve(2))).toBe(0);
  });
  test('greets', () => {
    expect(GREETINGS).toEqual(['hello', 'good day']);
    expect([control.id, other.title]).toEqual(['a', 'No prose']);
  });
  test('is prepared', () => {
    expect(prepared).toBeGreaterThan(0);
  });
});
`;

const CONFIG = `export default {
  mutate: ['lib/code.ts'],
  testRunner: 'in-process',
  plugins: ['test-runner.ts', 'prose.ts'].map((file) => ${JSON.stringify(`${root}scripts/mutation/`)} + file),
  ignorers: ['prose'],
  coverageAnalysis: 'perTest',
  concurrency: 1,
  tsconfigFile: 'none',
  reporters: ['json'],
  jsonReporter: { fileName: 'mutation.json' },
};`;

interface Mutant {
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number } };
}

let folder: string;
let mutants: readonly Mutant[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mutation-'));
  for (const path of ['lib', 'test/event']) mkdirSync(join(folder, path), { recursive: true });
  const files = {
    'lib/code.ts': CODE,
    'test/event/code.test.ts': TEST,
    'stryker.config.mjs': CONFIG,
    'package.json': '{"type":"module"}',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const stryker = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const { stdout, stderr } = spawnSync(process.execPath, [stryker, 'run'], { cwd: folder, encoding: 'utf8' });
  try {
    const report = JSON.parse(readFileSync(join(folder, 'mutation.json'), 'utf8'));
    mutants = report.files['lib/code.ts'].mutants;
  } catch (cause) {
    throw new Error(`Stryker wrote no report:\n${stdout}\n${stderr}`, { cause });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The status of a mutant, by a piece of the line that it changes and what it puts there. */
function statusOf(piece: string, mutatorName: string, replacement: string): string | undefined {
  const line = CODE.split('\n').findIndex((text) => text.includes(piece)) + 1;
  return mutants.find(
    (mutant) =>
      mutant.location.start.line === line && mutant.mutatorName === mutatorName && mutant.replacement === replacement,
  )?.status;
}

describe('the mutation run', () => {
  test.each([
    ['count > 3', 'EqualityOperator', 'count <= 3', 'Killed'],
    ['count > 3', 'EqualityOperator', 'count >= 3', 'Survived'],
    ['left > 0', 'AssignmentOperator', 'left += 1', 'Timeout'],
    ["['hello'", 'ArrayDeclaration', '[]', 'Killed'],
    ["['hello'", 'StringLiteral', '""', 'Killed'],
    ["id: 'a'", 'StringLiteral', '""', 'Killed'],
    ["title: 'No prose'", 'StringLiteral', '""', 'Killed'],
    ['nobody calls', 'StringLiteral', '""', 'NoCoverage'],
  ])('where the code says %s, finds that the %s to %s is %s', (piece, mutator, replacement, status) => {
    expect(statusOf(piece, mutator, replacement)).toBe(status);
  });

  test('leaves the prose of a control alone', () => {
    const prose = mutants.filter(({ replacement, status }) => replacement === '""' && status === 'Ignored');
    expect(prose).toHaveLength(2);
  });
});
