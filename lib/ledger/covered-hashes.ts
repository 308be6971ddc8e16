import type { CoveredRange } from './checkpoint.ts';

/** What checkpoints say of one chain. */
export interface CoveredChain {
  /** The last entry that is covered. */
  readonly last: number;
  /** The checkpoint that covers the last one. */
  readonly lastNumber: number;
  /** @returns which checkpoint covers the entry, and the hash it must have; undefined when none does */
  at(seq: number): { readonly number: number; isHash(hash: string): boolean } | undefined;
}

/** The hashes of all entries that checkpoints cover, 32 bytes each. */
export interface CoveredHashes {
  /** The last entry of a chain that is covered so far; 0 when none is. */
  lastOf(subject: string): number;
  /** @returns sha256 (hex) that an entry must have by what was added so far; undefined when nothing covers it */
  hashOf(subject: string, seq: number): string | undefined;
  add(range: CoveredRange, number: number): void;
  /** Gives what is known of a chain, once: it is forgotten here. */
  take(subject: string): CoveredChain | undefined;
  /** The chains that nobody took, in their order. */
  rest(): IterableIterator<string>;
}

const HASH = 32;
const CHUNK = 32_768;

/** Numbers of one range, four in a row: as objects they would take more room than the hashes. */
const FIELDS = 4;

/** Keeps hashes in a few large buffers: a million entries take 32 MB, and some bytes per chain. */
export function createCoveredHashes(): CoveredHashes {
  const chunks: Buffer[] = [];
  let stored = 0;
  /** first seq, how many, place of the first hash, number of the checkpoint; by subject */
  const ranges = new Map<string, number[]>();

  function store(hash: string): void {
    const place = stored % CHUNK;
    if (place === 0) chunks.push(Buffer.allocUnsafe(HASH * CHUNK));
    (chunks.at(-1) as Buffer).write(hash, place * HASH, 'hex');
    stored += 1;
  }

  function read(index: number): string | undefined {
    const start = (index % CHUNK) * HASH;
    return chunks[Math.floor(index / CHUNK)]?.toString('hex', start, start + HASH);
  }

  function lastOf(list: readonly number[] | undefined): number {
    const [from = 1, count = 0] = list?.slice(-FIELDS) ?? [];
    return from + count - 1;
  }

  return {
    lastOf: (subject) => lastOf(ranges.get(subject)),
    hashOf(subject, seq) {
      const list = ranges.get(subject) ?? [];
      // A chain has a range for each hour in which it grew: years of them are searched by halves.
      let [low, high] = [0, list.length / FIELDS];
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        const [from = 0, count = 0, place = 0] = list.slice(middle * FIELDS, middle * FIELDS + FIELDS);
        if (seq < from) high = middle;
        else if (seq >= from + count) low = middle + 1;
        else return read(place + seq - from);
      }
      return undefined;
    },
    add({ subject, from, hashes }, number) {
      const list = ranges.get(subject);
      const fields = [from, hashes.length, stored, number];
      if (list === undefined) ranges.set(subject, fields);
      else list.push(...fields);
      for (const hash of hashes) store(hash);
    },
    take(subject) {
      const list = ranges.get(subject);
      if (list === undefined) return undefined;
      ranges.delete(subject);
      // Entries come in their order, so that the range of one is that of the one before or a later one.
      let cursor = 0;
      return {
        last: lastOf(list),
        lastNumber: list.at(-1) ?? 0,
        at(seq) {
          if (seq < (list[cursor] ?? 0)) cursor = 0;
          while (cursor < list.length && seq >= (list[cursor] ?? 0) + (list[cursor + 1] ?? 0)) cursor += FIELDS;
          const [from = 0, , place = 0, number = 0] = list.slice(cursor, cursor + FIELDS);
          if (cursor >= list.length || seq < from) return undefined;
          return { number, isHash: (hash) => read(place + seq - from) === hash };
        },
      };
    },
    rest: () => [...ranges.keys()].sort()[Symbol.iterator](),
  };
}
