/** Something that an untouched ledger cannot show. */
export interface Problem {
  /** The chain; {@link CHECKPOINTS} or {@link EXPORT} for what is about a checkpoint or a file. */
  readonly subject: string;
  /** The bad entry, or the number of the checkpoint; 0 for the whole. */
  readonly seq: number;
  readonly what: string;
}

/** Subject of the problems of checkpoints; `seq` is the number of the checkpoint. */
export const CHECKPOINTS = 'checkpoints';

/** Subject of the problems of the files of an export. */
export const EXPORT = 'export';

/** How far signed checkpoints prove that the entries are those that were written. */
export interface Coverage {
  /** How many checkpoints there are. */
  readonly checkpoints: number;
  /** The newest checkpoint that is proven by a key (or by {@link VerifyOptions.lastCheckpoint}); absent when there is none. */
  readonly last?: {
    readonly number: number;
    /** ISO 8601 UTC. */
    readonly at: string;
    /** sha256 (hex) of its text. */
    readonly sha256: string;
    readonly table: string;
    readonly account: string;
    readonly region: string;
  };
  /** Entries that are what a proven checkpoint says. */
  readonly covered: number;
  /** Entries that no proven checkpoint covers: their chains agree, and nothing else speaks for them. */
  readonly uncovered: number;
  /** Fingerprints (sha256, hex) of the keys that signed. */
  readonly signedBy: readonly string[];
  /**
   * The keys were given by whoever verifies. Otherwise they come from the ledger itself, so that whoever could write the
   * ledger could have written them too, and everything is only proven to agree with itself.
   */
  readonly trusted: boolean;
}

/** What a verification saw. */
export interface Verification {
  readonly chains: number;
  readonly entries: number;
  /** Of each chain the first and some more, in the order of the chains; those of checkpoints and files come first. */
  readonly problems: readonly Problem[];
  /** How many more problems there are than are listed. */
  readonly omitted: number;
  /** What could not be checked. It is neither whole nor broken. */
  readonly unchecked: readonly Problem[];
  /** What the signed checkpoints themselves say was wrong when they were made. */
  readonly noted: readonly Problem[];
  readonly coverage: Coverage;
}

/** Whether a ledger is whole. What could not be checked is not whole. */
export const judgeVerification = ({
  problems,
  omitted,
  unchecked,
}: Pick<Verification, 'problems' | 'omitted' | 'unchecked'>): 'whole' | 'not-whole' | 'not-checked' => {
  if (problems.length + omitted > 0) return 'not-whole';
  return unchecked.length > 0 ? 'not-checked' : 'whole';
};

/** Gathers problems, and no more of them than a person reads: a ledger may be rotten in a million places. */
export interface ProblemList {
  add(problem: Problem): void;
  readonly problems: Problem[];
  readonly omitted: number;
}

const MOST_OF_ONE = 10;
const MOST = 10_000;

export function listProblems(): ProblemList {
  const problems: Problem[] = [];
  const counts = new Map<string, number>();
  let omitted = 0;
  return {
    problems,
    get omitted() {
      return omitted;
    },
    add(problem) {
      const before = counts.get(problem.subject) ?? 0;
      if (problems.length === MOST || before === MOST_OF_ONE) {
        omitted += 1;
        return;
      }
      counts.set(problem.subject, before + 1);
      problems.push(problem);
    },
  };
}
