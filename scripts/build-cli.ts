/**
 * Builds the `keywarden` command, so that it starts fast and runs without this repository: one file, and one for its
 * threads.
 *
 * Usage: node scripts/build-cli.ts [folder]
 */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const outdir = process.argv[2] ?? 'dist/cli';

await build({
  entryPoints: { keywarden: 'cli/keywarden.ts', 'audit-worker': 'lib/audit/worker.ts' },
  outdir,
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
chmodSync(join(outdir, 'keywarden.js'), 0o755);
