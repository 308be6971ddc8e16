/** What the main thread gives each of its threads. Plain data. */
export interface WorkerData {
  readonly selfRoleArns: readonly string[];
  /** See `SortContext`. */
  readonly triggers: ReadonlySet<string>;
  /** Folder for lines that are too many to be held. */
  readonly folder: string;
  /** Characters of lines that are held at most. */
  readonly characters: number;
}
