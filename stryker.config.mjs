/**
 * Mutation testing (docs/mutation.md): `npm run mutate`, or `npm run mutate -- --mutate lib/decide.ts` for a part.
 *
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  mutate: ['lib/decide.ts', 'lib/event/**/*.ts', 'lib/iam/**/*.ts', 'lib/controls/**/*.ts'],
  testRunner: 'in-process',
  plugins: ['./scripts/mutation/test-runner.ts', './scripts/mutation/prose.ts'],
  testRunnerNodeArgs: ['--disable-warning=ExperimentalWarning'],
  ignorers: ['prose'],
  coverageAnalysis: 'perTest',
  // A new worker from time to time, because modules that were loaded again for a mutant stay in memory.
  maxTestRunnerReuse: 400,
  concurrency: 1,
  // Stryker looks for it only to rewrite paths that lead out of the project, and there are none.
  tsconfigFile: 'none',
  ignorePatterns: ['.keywarden', '.serverless', 'dist', 'coverage'],
  tempDirName: '.stryker-tmp',
  incremental: true,
  incrementalFile: '.keywarden/mutation-incremental.json',
  reporters: ['clear-text', 'progress', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: '.keywarden/mutation.json' },
  thresholds: { high: 95, low: 90, break: 85 },
};
