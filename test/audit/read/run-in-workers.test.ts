import { describe, expect, test } from '@jest/globals';
import { type Outcome, runInWorkers } from '../../../lib/audit/read/run-in-workers.ts';
import type { Source } from '../../../lib/audit/read/source.ts';

const WORKER = new URL('./name-worker.ts', import.meta.url);

interface Named {
  readonly file: string;
  readonly data: unknown;
  readonly thread: number;
}

const sourcesOf = (...files: string[]): Source[] => files.map((file) => ({ kind: 'source', file }));

async function run(files: readonly string[], threads = 2): Promise<Outcome<Named>[]> {
  const outcomes: Outcome<Named>[] = [];
  await runInWorkers<Named>(sourcesOf(...files), WORKER, { threads, data: { greeting: 'hello' } }, (outcome) => {
    outcomes.push(outcome);
  });
  return outcomes;
}

const names = (outcomes: readonly Outcome<Named>[]) => outcomes.map(({ source }) => source.file).sort();
const messages = (outcomes: readonly Outcome<Named>[]) =>
  outcomes.flatMap((outcome) => ('messages' in outcome ? outcome.messages : []));

describe('a pool of threads', () => {
  test('works on every source once, with what it was started with', async () => {
    const files = Array.from({ length: 20 }, (_, at) => `file-${at}`);
    const found = messages(await run(files));
    expect(found.map(({ file }) => file).sort()).toEqual([...files].sort());
    expect(found.every(({ data }) => (data as { greeting: string }).greeting === 'hello')).toBe(true);
    expect(new Set(found.map(({ thread }) => thread)).size).toBe(2);
  });

  test('starts no thread when there is nothing to do', async () => {
    expect(await run([])).toEqual([]);
  });

  test.each([
    ['throws', /no such luck/],
    ['ends', /ended with code 3/],
  ])('loses only the source with which a thread %s', async (file, reason) => {
    const outcomes = await run(['a', file, 'b', file, 'c', 'd']);
    expect(names(outcomes)).toEqual(['a', 'b', 'c', 'd', file, file].sort());
    const lost = outcomes.filter((outcome) => 'lost' in outcome);
    expect(lost).toHaveLength(2);
    for (const one of lost) expect(one.lost).toMatch(reason);
    expect(
      messages(outcomes)
        .map((message) => message.file)
        .sort(),
    ).toEqual(['a', 'b', 'c', 'd']);
  });

  test('gives out no source before the taker of results is ready for one more', async () => {
    let taken = 0;
    let given = 0;
    let mostAhead = 0;
    async function* sources(): AsyncGenerator<Source> {
      for (const source of sourcesOf('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')) {
        given += 1;
        mostAhead = Math.max(mostAhead, given - taken);
        yield source;
      }
    }
    await runInWorkers<Named>(sources(), WORKER, { threads: 2 }, async () => {
      await new Promise(setImmediate);
      taken += 1;
    });
    expect(taken).toBe(8);
    expect(mostAhead).toBeLessThanOrEqual(2);
  });

  test('ends with what the taker of results throws', async () => {
    const running = runInWorkers<Named>(sourcesOf('a', 'b', 'c', 'd'), WORKER, { threads: 2 }, () => {
      throw new Error('the disk is full');
    });
    await expect(running).rejects.toThrow('the disk is full');
  });

  test('ends with what the list of sources throws', async () => {
    async function* sources(): AsyncGenerator<Source> {
      yield* sourcesOf('a');
      throw new Error('the list is lost');
    }
    await expect(runInWorkers<Named>(sources(), WORKER, { threads: 2 }, () => undefined)).rejects.toThrow(
      'the list is lost',
    );
  });
});
