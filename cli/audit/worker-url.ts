/** The module of the audit's threads: beside the built command, or in the sources that Node runs as they are. */
export const workerUrl: URL = import.meta.url.endsWith('.ts')
  ? new URL('../../lib/audit/worker.ts', import.meta.url)
  : new URL('./audit-worker.js', import.meta.url);
