/** Builds the `keywarden` command, so that it starts fast and runs without this repository: one file, and one for its threads. */
import { chmodSync } from 'node:fs';
import { build } from 'esbuild';

await build({
  entryPoints: { keywarden: 'cli/keywarden.ts', 'audit-worker': 'lib/audit/worker.ts' },
  outdir: 'dist/cli',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  mainFields: ['module', 'main'],
  logLevel: 'warning',
  // Some dependencies are still CommonJS and call require() for Node's own modules, which an ES module does not have.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as keywardenRequire } from 'node:module'; const require = keywardenRequire(import.meta.url);",
  },
});
chmodSync('dist/cli/keywarden.js', 0o755);
