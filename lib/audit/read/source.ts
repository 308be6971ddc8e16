/** One thing to read: a file, or the standard input. Plain data, so that it can be sent to a worker. */
export interface Source {
  readonly kind: 'source';
  /** Path of the file as it was given or found, or `-` for the standard input. */
  readonly file: string;
}

/** Something to read that is no file of this machine: an object in a bucket, for instance. It stays in its thread. */
export interface OpenedSource extends Source {
  /** Gives its bytes from the first one on, a gzip still packed; called again when damage is looked for. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** Something below the given paths that is not read. */
export interface Skipped {
  readonly kind: 'skipped';
  readonly file: string;
  /** Why, as one sentence. */
  readonly reason: string;
  /** True when records may be missing because of it: it should have been read and could not even be looked at. */
  readonly unreadable: boolean;
}

/** What {@link Source.file} holds for the standard input, as on the command line. */
export const STDIN = '-';
