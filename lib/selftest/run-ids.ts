/** Tag of the topic's key whose value is the id of the newest run. It says nothing else, and nothing obeys it. */
export const SELFTEST_TAG = 'keywarden:selftest';

/** What the run's one change is called where remedies are named; no file of lib/remediations, for no finding asks for it. */
export const SELFTEST_REMEDY = 'selftest';

const PREFIX = 'selftest-';

/** @param invocation unique, of letters, digits and dashes, e.g. the request id of Lambda */
export const runIdOf = (invocation: string): string => `${PREFIX}${invocation}`;

/** Whether a text has the form of a run's id. A tag may hold 256 characters; an id of ours has fewer. */
export const isRunId = (text: string): boolean => /^selftest-[A-Za-z0-9-]{1,80}$/.test(text);

/** Ids of what a run puts into the chain of selftests: that it began, how it ended, and that its message came after that. */
export const startId = (run: string): string => `${PREFIX}start-${run.slice(PREFIX.length)}`;
export const resultId = (run: string): string => `${PREFIX}result-${run.slice(PREFIX.length)}`;
export const lateId = (run: string): string => `${PREFIX}late-${run.slice(PREFIX.length)}`;
