import type { Place } from './file-report.ts';
import type { ShortCut } from './short-cut.ts';
import type { Structure } from './structure.ts';

/** What is known of the kinds of records. */
export interface Kinds {
  /** The kind of the unit that just ended; undefined when it has none. */
  find(): number | undefined;
  /** Takes that unit, if its kind is known. */
  take(kind: number, place: Place): boolean;
  /** Learns the kind from the record that the unit is. */
  learn(kind: number, record: unknown): void;
}

/** Starts with no kind known. When they become too many, all are forgotten, and learned again. */
export function createKinds<T>(structure: Structure, { varying, learn, take }: ShortCut<T>): Kinds {
  const names = new Map(varying.map((name, index) => [name, index]));
  let known: (T | undefined)[] = [];

  const textOf = (name: string): string | undefined => {
    const index = names.get(name);
    if (index === undefined) throw new Error(`The member ${name} does not vary; name it in "varying".`);
    return structure.readValue(index);
  };

  return {
    find() {
      let kind = structure.kind();
      if (kind === -2) {
        structure.forgetKinds();
        known = [];
        kind = structure.kind();
      }
      return kind < 0 ? undefined : kind;
    },
    take(kind, place) {
      const one = known[kind];
      return one !== undefined && take(one, textOf, place);
    },
    learn(kind, record) {
      known[kind] = learn(record);
    },
  };
}
