import type { Place } from './file-report.ts';

/**
 * A way around parsing: most records of an archive are like one before, but for times, ids and the like. Records are of
 * one kind when their JSON texts are the same, byte for byte, without the values of the members that may vary.
 *
 * Only the first record of a kind is parsed. For the others, the values of the varying members are not looked at beyond
 * strings and brackets unless `take` does.
 */
export interface ShortCut<T> {
  /** Names of the members whose values may vary, up to 16 of up to 31 characters. */
  readonly varying: readonly string[];
  /**
   * Learns a kind from a record of it, after that was handed over.
   *
   * @returns undefined when every record of the kind has to be handed over
   */
  readonly learn: (record: unknown) => T | undefined;
  /**
   * Takes a record instead of having it handed over.
   *
   * @param textOf gives the JSON text of a varying member: a text with its quotes, for instance; undefined when the record
   *   has none
   * @returns false when the record has to be parsed and handed over after all
   */
  readonly take: (known: T, textOf: (name: string) => string | undefined, place: Place) => boolean;
}
