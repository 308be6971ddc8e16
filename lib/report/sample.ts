import { createHash } from 'node:crypto';
import { type Line, readLines } from '../ledger/export/read-lines.ts';

/** The population cannot be sampled; the message says why. */
export class SampleError extends Error {
  override name = 'SampleError';
}

/** One row of a sample. */
export interface Sampled {
  /** sha256 (hex) of the seed followed by the id. */
  readonly rank: string;
  readonly id: string;
  /** The row as it stands in the file. */
  readonly line: string;
}

/** What a sample is drawn from, and the rows. */
export interface Sample {
  readonly population: number;
  readonly rows: readonly Sampled[];
}

/**
 * Draws a sample that anybody can draw again: the rows whose sha256 of seed and id are the smallest. Who chooses the seed
 * after the pack was made chooses the sample; nobody can choose rows.
 *
 * @param file a population as JSON lines
 * @param size rows; all of them when the population is smaller
 * @throws {SampleError} when a line has no id, an id is there twice, or the file cannot be read
 */
export async function drawSample(file: string, size: number, seed: string): Promise<Sample> {
  const kept: Sampled[] = [];
  const seen = new Set<string>();
  try {
    for await (const lines of readLines(file, () => undefined)) {
      for (const line of lines) {
        if (line.text === '' && line.problem === undefined) continue;
        const id = readId(line, file);
        if (seen.has(id))
          throw new SampleError(`${file} has the id ${JSON.stringify(id)} twice, so it is no population.`);
        seen.add(id);
        keepSmallest(kept, { rank: rankRow(seed, id), id, line: line.text }, size);
      }
    }
  } catch (error) {
    if (error instanceof SampleError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new SampleError(`${file} cannot be read (${why}); give a file such as populations/actions.jsonl.`, {
      cause: error,
    });
  }
  return { population: seen.size, rows: kept };
}

/** @returns sha256 (hex) of the seed followed by the id, in UTF-8 */
export const rankRow = (seed: string, id: string): string => createHash('sha256').update(`${seed}${id}`).digest('hex');

/** Sorted by rank; equal ranks are equal ids, and there are none. */
function keepSmallest(kept: Sampled[], row: Sampled, size: number): void {
  const last = kept.at(-1);
  if (kept.length >= size && (last === undefined || row.rank >= last.rank)) return;
  const found = kept.findIndex(({ rank }) => rank > row.rank);
  kept.splice(found === -1 ? kept.length : found, 0, row);
  if (kept.length > size) kept.pop();
}

function readId({ number, text, problem }: Line, file: string): string {
  if (problem !== undefined) throw new SampleError(`${file} line ${number}: ${problem}. Unpack the pack again.`);
  try {
    const row: unknown = JSON.parse(text);
    if (typeof row === 'object' && row !== null && 'id' in row && typeof row.id === 'string') return row.id;
  } catch {
    // Said below, with what to do.
  }
  throw new SampleError(
    `Line ${number} of ${file} is no row of a population; give a file such as populations/actions.jsonl.`,
  );
}
