/** Tests are native ES modules; swc only strips the types. The kind of a test is its suffix (see CONTRIBUTING.md). */
const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
};

export default {
  reporters: ['default', '<rootDir>/test/summary-reporter.mjs'],
  // Tests that start a local AWS take what it takes; no test measures time.
  testTimeout: 120_000,
  // By default jest leaves a core free, which on a small machine is half of it.
  maxWorkers: '100%',
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.int\\.test\\.ts$'],
    },
    {
      ...common,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/**/*.int.test.ts'],
      globalSetup: '<rootDir>/test/integration/global-setup.mjs',
    },
  ],
};
