/** A thread for the test of the pool: answers with the file's name and what it was started with, or fails in the ways a thread can. */
import { threadId, workerData } from 'node:worker_threads';
import { serveSources } from '../../../lib/audit/read/serve-sources.ts';

serveSources(async ({ file }) => {
  if (file === 'throws') throw new Error('no such luck');
  if (file === 'ends') process.exit(3);
  return [{ file, data: workerData, thread: threadId }];
});
