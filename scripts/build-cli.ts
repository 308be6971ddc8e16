/** Builds the `keywarden` command into one file, so that it starts fast and runs without this repository. */
import { chmodSync } from 'node:fs';
import { build } from 'esbuild';

const outfile = 'dist/cli/keywarden.js';

await build({
  entryPoints: ['cli/keywarden.ts'],
  outfile,
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
chmodSync(outfile, 0o755);
