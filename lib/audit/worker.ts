/** A thread of the audit: makes sorted lines of the records of a file. Loaded by `runInWorkers`. */
import { threadId, workerData } from 'node:worker_threads';
import { serveSources } from './read/serve-sources.ts';
import { createSourceReader } from './read-source.ts';
import type { WorkerData } from './worker-data.ts';

const read = createSourceReader(workerData as WorkerData, `thread-${threadId}`);
serveSources(async (source) => [await read(source)]);
