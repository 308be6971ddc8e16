/** One thing to read: a file, or the standard input. Plain data, so that it can be sent to a worker. */
export interface Source {
  readonly kind: 'source';
  /** Path of the file as it was given or found, or `-` for the standard input. */
  readonly file: string;
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
