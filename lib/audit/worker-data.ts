import type { SortContext } from './sort-record.ts';

/** What the main thread gives each of its threads. Plain data. */
export interface WorkerData extends SortContext {
  /** Folder for lines that are too many to be held. */
  readonly folder: string;
  /** Characters of lines that are held at most. */
  readonly characters: number;
}
