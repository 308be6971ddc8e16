import { globSync } from 'node:fs';
import { sep } from 'node:path';
import type { MutantCoverage } from '@stryker-mutator/api/core';
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { type DryRun, keepDryRun, readDryRun } from './dry-run.ts';
import { createTestLoader, type TestLoader } from './load-tests.ts';
import type { TestCase } from './test-case.ts';

/** The tests that are asked: those of what is mutated. */
const TEST_FILES = ['test/{decide,judge}.test.ts', 'test/{event,iam,controls,remediations}/**/*.test.ts'];
/** It starts processes, which see the code as it is, not the mutant. */
const NOT_ASKED = ['test/controls/controls-doc.test.ts'];

/**
 * Tests that are left out, by a part of their titles. The first try the walk over all controls, which is a test itself, by
 * walking again and again; the next four count how many of their examples are of a kind, which the few examples here do not
 * reach; the last two take a second, and there are quicker tests of the same.
 */
const LEFT_OUT = [
  'the walk complains of a control',
  'nothing more can be taken out',
  'its subject and its keys are ARNs',
  'its subject has no character that ends a line',
  'is JSON, breaks no rule, and allows no action of KMS',
  'writes nothing that KMS would refuse, whatever the record calls the maker',
  'takes as many grants as a key can have',
];

/** What Stryker's mutants look at and write to. */
interface MutantSwitch {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: MutantCoverage;
}

/**
 * Runs the unit tests inside the process of Stryker's worker, where a mutant is switched on without loading anything
 * again. Starting jest for each mutant takes about a second; this takes the time of the tests.
 *
 * @see https://stryker-mutator.io/docs/stryker-js/guides/create-a-plugin/
 */
export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'in-process', createTestRunner)];

function createTestRunner(): TestRunner {
  const root = `${process.cwd()}${sep}`;
  const loader = createTestLoader(root);
  const files = listTestFiles(root);
  const mutants: MutantSwitch = {};
  Object.assign(globalThis, { __stryker__: mutants });
  const loaded: TestCase[] = [];
  let kept: DryRun | undefined;
  return {
    capabilities: () => ({ reloadEnvironment: true }),
    async init() {
      for (const file of files) loaded.push(...(await loadFile(loader, file)));
    },
    async dryRun() {
      const result = await runTests(
        loaded.map((test) => announce(test, mutants)),
        mutants,
        false,
      );
      if (result.status !== DryRunStatus.Complete) return result;
      const { mutantCoverage = { static: {}, perTest: {} } } = mutants;
      keepDryRun(`${root}${KEPT}`, result, mutantCoverage);
      return { ...result, mutantCoverage };
    },
    mutantRun(options) {
      kept ??= readDryRun(`${root}${KEPT}`);
      const tests = { files, loaded, dryRun: kept };
      return runMutant(options, mutants, () => selectTests(options, loader, tests));
    },
  };
}

const loadFile = async (loader: TestLoader, file: string): Promise<readonly TestCase[]> =>
  (await loader.load(file)).filter(({ id }) => !LEFT_OUT.some((title) => id.includes(title)));

const KEPT = '.mutation-dry-run.json';

const listTestFiles = (root: string): readonly string[] =>
  globSync(TEST_FILES, { cwd: root, exclude: NOT_ASKED })
    .sort()
    .map((file) => `${root}${file}`);

interface Tests {
  /** Absolute paths. */
  readonly files: readonly string[];
  /** Loaded once, while no mutant was active. */
  readonly loaded: readonly TestCase[];
  readonly dryRun: DryRun;
}

/**
 * The tests that meet the mutant while they run, the fastest first. A mutant that none meets is met while modules load: it
 * needs them loaded while it is active, and the tests that import it; not the properties, which take longest and say little
 * of tables and constants.
 */
async function* selectTests(
  { activeMutant, mutantActivation, testFilter, sandboxFileName }: MutantRunOptions,
  loader: TestLoader,
  { files, loaded, dryRun }: Tests,
): AsyncIterable<TestCase> {
  const asked = new Set(mutantActivation === 'static' ? dryRun.findTests(activeMutant.id) : testFilter);
  yield* sortByTime(
    loaded.filter(({ id }) => asked.has(id)),
    dryRun,
  );
  const examples = files.filter((file) => !file.endsWith('.property.test.ts'));
  if (asked.size === 0) yield* loadLazily(loader, loader.selectImporters(examples, sandboxFileName), dryRun);
}

type TestSource = Iterable<TestCase> | AsyncIterable<TestCase>;

const sortByTime = (tests: readonly TestCase[], dryRun: DryRun): readonly TestCase[] =>
  tests.toSorted((one, other) => dryRun.measure(one.id) - dryRun.measure(other.id));

/** File by file, because a mutant is mostly noticed by the first. A file that cannot be loaded is a failed test, as it is for jest. */
async function* loadLazily(loader: TestLoader, files: readonly string[], dryRun: DryRun): AsyncIterable<TestCase> {
  loader.renew();
  for (const file of files) {
    try {
      yield* sortByTime(await loadFile(loader, file), dryRun);
    } catch (error) {
      yield { id: `${file} (loading)`, file, run: () => Promise.reject(error) };
    }
  }
}

async function runMutant(
  { activeMutant, hitLimit, disableBail }: MutantRunOptions,
  mutants: MutantSwitch,
  select: () => TestSource,
): Promise<MutantRunResult> {
  Object.assign(mutants, { activeMutant: activeMutant.id, hitLimit, hitCount: hitLimit === undefined ? undefined : 0 });
  try {
    return toMutantRunResult(await runTests(select(), mutants, !disableBail));
  } finally {
    Object.assign(mutants, { activeMutant: undefined, hitLimit: undefined, hitCount: undefined });
  }
}

async function runTests(tests: TestSource, mutants: MutantSwitch, bail: boolean): Promise<DryRunResult> {
  const results: TestResult[] = [];
  for await (const test of tests) {
    const result = await runOne(test);
    const late = determineHitLimitReached(mutants.hitCount, mutants.hitLimit);
    if (late !== undefined) return late;
    results.push(result);
    if (bail && result.status === TestStatus.Failed) break;
  }
  return { status: DryRunStatus.Complete, tests: results };
}

async function runOne({ id, file, run }: TestCase): Promise<TestResult> {
  const start = performance.now();
  const base = { id, name: id, fileName: file };
  try {
    await run();
    return { ...base, status: TestStatus.Success, timeSpentMs: performance.now() - start };
  } catch (error) {
    const failureMessage = error instanceof Error ? error.message : String(error);
    return { ...base, status: TestStatus.Failed, failureMessage, timeSpentMs: performance.now() - start };
  }
}

/** A mutant notes under this id which tests meet it. */
const announce = (test: TestCase, mutants: MutantSwitch): TestCase => ({
  ...test,
  async run() {
    mutants.currentTestId = test.id;
    try {
      await test.run();
    } finally {
      mutants.currentTestId = undefined;
    }
  },
});
