/** A way of reading the archive. */
export type Way = 'gunzip' | 'parse' | 'find' | 'take' | 'audit' | 'one thread' | 'two threads' | 'whole';

/** How much was read. */
export interface Amount {
  /** Decompressed. */
  readonly bytes: number;
  readonly records: number;
}

/** What a way took, from the first file to the last. */
export interface Cost extends Amount {
  /** Wall clock. */
  readonly seconds: number;
  /** All threads together. */
  readonly cpuSeconds: number;
  /** The most memory that the process ever had. */
  readonly peakBytes: number;
}
