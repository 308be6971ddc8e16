/** Where a record begins. */
export interface Place {
  readonly file: string;
  /** How many records of the file come before it. */
  readonly index: number;
  /** Offset of its first byte in the decompressed text. */
  readonly byte: number;
}

/** What could not be read, and where. */
export interface Problem {
  /** Offset in the decompressed text; for a file that cannot be opened, 0. */
  readonly byte: number;
  /** One sentence: what is wrong there, and what became of the rest. */
  readonly message: string;
}

/** What was found in one file. Plain data, so that it can be sent between threads. */
export interface FileReport {
  readonly file: string;
  /** Length of the decompressed text that was read. */
  readonly bytes: number;
  /** Length of what was read from the disk; the same as `bytes` for a file that is not compressed. */
  readonly compressedBytes: number;
  /** Records that were found, wanted or not. */
  readonly records: number;
  /** Records that were handed over. */
  readonly wanted: number;
  /** In the order of the file; empty when all of it was read. */
  readonly problems: readonly Problem[];
}

/**
 * Takes one record, as `JSON.parse` gives it: a CloudTrail record, or the EventBridge event that carries it. What it
 * throws ends the reading of the file.
 */
export type OnRecord = (record: unknown, place: Place) => void;
