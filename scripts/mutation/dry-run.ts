import { readFileSync, writeFileSync } from 'node:fs';
import type { MutantCoverage } from '@stryker-mutator/api/core';
import type { CompleteDryRunResult } from '@stryker-mutator/api/test-runner';

/** What the run without a mutant has shown. Each worker of Stryker needs it, and only the first makes that run. */
export interface DryRun {
  /** The tests that meet a mutant while they run, by id. */
  findTests(mutant: string): readonly string[];
  /** How long a test took, in milliseconds. */
  measure(test: string): number;
}

interface Kept {
  readonly tests: readonly (readonly [id: string, milliseconds: number])[];
  /** Mutant -> places in `tests`. */
  readonly met: Readonly<Record<string, readonly number[]>>;
}

/** @param file absolute path, inside Stryker's sandbox, which is gone after the run */
export function keepDryRun(file: string, { tests }: CompleteDryRunResult, { perTest }: MutantCoverage): void {
  const met: Record<string, number[]> = {};
  for (const [at, { id }] of tests.entries()) {
    for (const mutant of Object.keys(perTest[id] ?? {})) {
      const places = met[mutant] ?? [];
      met[mutant] = places;
      places.push(at);
    }
  }
  const kept: Kept = { tests: tests.map(({ id, timeSpentMs }) => [id, timeSpentMs]), met };
  writeFileSync(file, JSON.stringify(kept));
}

/** @param file where `keepDryRun` has put it */
export function readDryRun(file: string): DryRun {
  const { tests, met } = JSON.parse(readFileSync(file, 'utf8')) as Kept;
  const times = new Map(tests);
  return {
    findTests: (mutant) => (met[mutant] ?? []).flatMap((at) => tests[at]?.[0] ?? []),
    measure: (test) => times.get(test) ?? 0,
  };
}
