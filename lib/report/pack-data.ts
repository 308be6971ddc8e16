import type { Severity } from '../controls/control.ts';
import type { CompletenessStatement } from '../ledger/entry.ts';
import type { Problem } from '../ledger/verification.ts';

/**
 * Everything that an evidence pack says, as plain JSON: `data.json` of the pack, and what its page shows. Times are ISO 8601
 * UTC. Names, reasons and the like come from the account and may hold anything; whoever shows them must make them harmless.
 */
export interface PackData {
  readonly v: 1;
  readonly generator: Generator;
  readonly window: TimeWindow;
  /** Accounts and Regions that the records of the window name, sorted. */
  readonly places: readonly Place[];
  readonly entries: EntryCounts;
  readonly integrity: Integrity;
  readonly coverage: Coverage;
  /** One per place. */
  readonly inventory: readonly InventoryEquation[];
  /** Every step of the procedure, in its order. */
  readonly steps: readonly StepSummary[];
  /** Controls that this version does not know, or that serve no step of the procedure. */
  readonly otherControls: readonly ControlSummary[];
  readonly trend: Trend;
  readonly findings: FindingsOverTime;
  /** Exceptions that somebody answers for; what they excepted is in the population `waived`. */
  readonly waivers: readonly WaiverSummary[];
  /** In the order in which they are to be read. Each is a file of its own; see {@link Population}. */
  readonly populations: readonly Population[];
  readonly keyUse: KeyUseSummary;
  readonly policies: readonly PolicyVersion[];
  readonly matrix: readonly MatrixRow[];
}

/** What made the pack, for whom, and from what. */
export interface Generator {
  readonly name: 'keywarden';
  readonly version: string;
  /** Commit that it was built from; absent when the build did not know. */
  readonly commit?: string;
  /** The function, or the ARN of the person who ran the command. */
  readonly by: string;
  readonly at: string;
  /** What was read: the table with account and Region, or the folder of an export. */
  readonly source: string;
  /** What was asked of the source, in words that somebody can repeat. */
  readonly query: string;
}

/** From `from` on, and before `to`. */
export interface TimeWindow {
  readonly from: string;
  readonly to: string;
}

export interface Place {
  readonly account: string;
  readonly region: string;
}

/**
 * What became of every entry that was read: `read` is the sum of all others. An action belongs to the window by when it
 * happened, everything else by when it was recorded.
 */
export interface EntryCounts {
  readonly read: number;
  readonly inWindow: number;
  readonly before: number;
  readonly after: number;
  /** They did not verify: in the population `unverified`, whenever they are from, and in no other. */
  readonly unverified: number;
}

/** Whether the ledger is what was written. */
export interface Integrity {
  /** `not-checked`: nothing wrong was found, and not all of it could be checked. That is not whole. */
  readonly state: 'whole' | 'not-whole' | 'not-checked';
  readonly chains: number;
  readonly entries: number;
  readonly problems: readonly Problem[];
  /** How many more there are than `problems` lists. */
  readonly problemsLeft: number;
  /** What could not be checked, and why. */
  readonly unchecked: readonly Problem[];
  /** What the signed checkpoints themselves say was wrong when they were made. */
  readonly noted: readonly Problem[];
  readonly checkpoints: number;
  /** The newest checkpoint that a key proves; absent when there is none. */
  readonly lastCheckpoint?: { readonly number: number; readonly at: string; readonly sha256: string };
  /** Entries that a proven checkpoint covers, and those that only their chain protects. */
  readonly covered: number;
  readonly uncovered: number;
  /** sha256 (hex) of each public key in DER that signed. */
  readonly keys: readonly string[];
  /** The keys came from whoever made the pack, and not from the ledger that they are to prove. */
  readonly keysGiven: boolean;
  /** What was verified and how, as sentences. */
  readonly how: readonly string[];
}

/** Whether the ledger has everything that CloudTrail has. */
export interface Coverage {
  /** Every place was seen, and nothing of the window is uncovered. Never true without a statement. */
  readonly complete: boolean;
  readonly statements: Table;
  readonly gaps: Table;
  /** Parts of the window that no complete statement covers, by place. */
  readonly uncovered: readonly (Place & TimeWindow & { readonly why: string })[];
  /** What the ledger must have and CloudTrail was not asked for, with the reason: `complete` says nothing of it. */
  readonly notAsked: readonly string[];
  /** Of the newest statement about each part of the window, so that no record counts twice; `backfilled` is that of all. */
  readonly counts: CompletenessStatement['counts'];
}

/** The keys at the start, and what was made and destroyed, against the keys at the end. */
export type InventoryEquation = Place &
  (
    | {
        readonly looked: true;
        readonly start: InventoryPoint;
        readonly end: InventoryPoint;
        readonly created: number;
        readonly destroyed: number;
        /** `start.keys + created - destroyed`. */
        readonly expected: number;
        /** `end.keys`. */
        readonly found: number;
        readonly balanced: boolean;
        /** Keys that make the two sides differ, each with what is so. */
        readonly differences: readonly { readonly key: string; readonly what: string }[];
        readonly differencesLeft: number;
      }
    | {
        readonly looked: false;
        /** Why there is no equation, as a sentence: that is no statement that all is well. */
        readonly reason: string;
        readonly start?: InventoryPoint;
        readonly end?: InventoryPoint;
        readonly created: number;
        readonly destroyed: number;
      }
  );

/** A list of keys: when it was made, how long it is, and where it is. */
export interface InventoryPoint {
  readonly at: string;
  /** Customer managed keys, and those that could not be described; of a list that was not read, as many as are listed. */
  readonly keys: number;
  /** All keys of the list, those that AWS manages too. */
  readonly listed: number;
  /** Keys that were listed and could not be described. */
  readonly unread: number;
  readonly object: string;
  readonly sha256: string;
}

/** Verdicts by what they were; one that was waived is counted as `waived` and not as what it was. */
export interface VerdictCounts {
  readonly compliant: number;
  readonly violation: number;
  readonly unknown: number;
  readonly waived: number;
  readonly 'not-applicable': number;
}

export interface ControlSummary {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly mode: string;
  /** How often it ran in the window: the sum of `counts`. */
  readonly evaluated: number;
  readonly counts: VerdictCounts;
  /** Findings that are open at the end of the window. */
  readonly open: number;
}

/** A step of the procedure, with what served it. */
export interface StepSummary {
  /** Section and row, e.g. `4.4.1`. */
  readonly id: string;
  /** Number and title of its phase, e.g. `4.4 Key rotation`. */
  readonly phase: string;
  readonly who: string;
  readonly what: string;
  readonly artefact: string;
  /** Why no control serves the step, as a sentence. */
  readonly uncontrolled?: string;
  /** Recorded actions that carry out the step. */
  readonly actions: number;
  readonly controls: readonly ControlSummary[];
  /** Of all its controls. */
  readonly counts: VerdictCounts;
  /** Open findings of all its controls. */
  readonly open: number;
  /**
   * - `attention`: a violation or an unknown in the window, or a finding that is open at its end;
   * - `compliant`: controls ran, and nothing of that;
   * - `none`: no control of it ran in the window, so that nothing is said of it.
   */
  readonly state: 'attention' | 'compliant' | 'none';
  /** The state as a sentence. */
  readonly says: string;
}

export interface Trend {
  readonly per: 'day' | 'week';
  /** Every day or week of the window, those without an action too. */
  readonly points: readonly TrendPoint[];
}

export interface TrendPoint {
  /** First day of it, e.g. `2026-08-03`. */
  readonly day: string;
  readonly actions: number;
  readonly violations: number;
  readonly unknown: number;
  /** Changes that Keywarden made. */
  readonly remediations: number;
}

/** `atStart + opened - closed = atEnd`. A finding that is waived is not open. By when it was recorded. */
export interface FindingsOverTime {
  readonly atStart: number;
  readonly opened: number;
  readonly closed: number;
  readonly atEnd: number;
  /** The open ones at the end of the window, the gravest first. */
  readonly open: Table;
}

export interface WaiverSummary {
  readonly control: string;
  /** The ARN, or `tag <key> = <value>`. */
  readonly subject: string;
  readonly owner: string;
  readonly ticket: string;
  /** The last day on which it holds. */
  readonly expires: string;
  readonly state: 'in force' | 'expired' | 'withdrawn';
  /** Verdicts of the window that it excepted. */
  readonly used: number;
}

/** One kind of records, complete in its files. */
export interface Population extends Table {
  /** One sentence: what is a row, and what is counted. */
  readonly what: string;
  /** The same rows as JSON lines, with nothing changed; the CSV neutralises what a spreadsheet could run. */
  readonly jsonFile: string;
}

/** Some rows of what a file has in full. */
export interface Table {
  /** e.g. `actions`. */
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  /** The first rows; every row has a cell for each column. */
  readonly rows: readonly Row[];
  /** How many there are. */
  readonly total: number;
  /** How many of them are only in the file: `total` less the length of `rows`. */
  readonly left: number;
  /** Path in the pack of all rows as CSV, e.g. `populations/actions.csv`. */
  readonly file: string;
}

export interface Column {
  readonly id: string;
  readonly title: string;
  /** How to show it; text when absent. */
  readonly kind?: 'time' | 'number' | 'verdict' | 'severity' | 'arn';
}

/** null: there is nothing to say in this place. */
export type Cell = string | number | boolean | null;

/** By id of the column. `id` is unique in the table and never changes: a sample names rows by it. */
export type Row = { readonly id: string } & Readonly<Record<string, Cell>>;

/** Uses of keys, from the log files of CloudTrail; the rows are in the population `key-use`. */
export type KeyUseSummary =
  | { readonly collected: false; readonly reason: string }
  | {
      readonly collected: true;
      readonly uses: number;
      readonly keys: number;
      /** Of each place of which a file was read: hours of the window, and those for which no file was, or not all of it. */
      readonly hours: readonly (Place & { readonly looked: number; readonly notLooked: number })[];
      /** Files that could not be read, or not wholly. */
      readonly unreadFiles: number;
      readonly table: Population;
    };

/** A policy that judged in the window. */
export interface PolicyVersion {
  /** sha256 (hex) of the policy file. */
  readonly sha256: string;
  /** Times of record of the first and the last entry of the window that it judged. */
  readonly first: string;
  readonly last: string;
  readonly entries: number;
  /** Path in the pack of the file itself; absent when whoever made the pack had no file with this digest. */
  readonly file?: string;
}

export interface MatrixRow {
  readonly control: string;
  readonly title: string;
  readonly why: string;
  readonly steps: readonly string[];
  readonly severity: Severity;
  readonly mode: string;
  readonly remedy?: string;
  /** References per standard, e.g. `{ 'SOC 2': ['CC6.1', 'CC6.7'] }`. */
  readonly standards: Readonly<Record<string, readonly string[]>>;
  readonly evaluated: number;
}
