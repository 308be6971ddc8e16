import type { KeyAction } from '../event/key-action.ts';
import type { AwsRequest } from '../remediations/remedy.ts';

/** One row of a subject's chain. What NIST 800-53 AU-3 asks of a record: what, when, where, source, outcome, identity. */
export type Entry =
  | ActionEntry
  | OutcomeEntry
  | MalformedEntry
  | StatementEntry
  | InventoryEntry
  | IntegrityEntry
  | ReportEntry
  | SweepEntry;

/** What every entry has. */
export interface Link {
  /** Version of this layout. Readers take every version they know; entries are never rewritten. */
  readonly v: 1;
  readonly subject: string;
  /** Place in the subject's chain, from 1. */
  readonly seq: number;
  /** Hash of the entry before it; 64 zeros for the first. */
  readonly prevHash: string;
  readonly eventId: string;
  /** ISO 8601 UTC. */
  readonly recordedAt: string;
  /** Which Keywarden wrote it: version and invocation. */
  readonly recordedBy: string;
}

/** A lifecycle action: what happened, what the controls say, and what Keywarden intends. Written before anything is changed. */
export interface ActionEntry extends Link {
  readonly type: 'action';
  readonly action: KeyAction;
  /** sha256 (hex) of the policy it was judged by. */
  readonly policy: string;
  readonly verdicts: readonly RecordedVerdict[];
  readonly decisions: readonly RecordedDecision[];
  /** The limit of changes per hour was reached: `reports` when this entry is the one of the hour that tells the officer. */
  readonly limit?: 'reached' | 'reports';
  /** Only when the action was too large for one item: what was left out; its digest is in `action.digest`. */
  readonly omitted?: readonly string[];
  /**
   * This record tells of an action that another entry of the same chain already records: KMS told of it directly and through
   * CloudTrail (`twin`), or CloudTrail delivered the record anew (`addendum`). It is kept, and it is not counted a second
   * time; nor judged and told, unless it tells more than the first. Then it has verdicts of its own.
   */
  readonly sameAs?: { readonly seq: number; readonly eventId: string; readonly how: 'twin' | 'addendum' };
  /** What a person ordered; absent when an event or the daily look at all keys is what is recorded. */
  readonly order?: RecordedOrder;
  /**
   * This record of CloudTrail is that of a change which Keywarden made itself: which remediation of the same chain it proves.
   * Found by the request id; or, when a crash lost it, by an intent on record to make this very request (`intent`).
   */
  readonly confirms?: Confirms;
  /** Id of the first look at all keys: what it found was so before Keywarden was there. */
  readonly baseline?: string;
}

/** Which change of Keywarden a record of CloudTrail proves. */
export interface Confirms {
  /** Of the action entry that decided the change. */
  readonly seq: number;
  readonly eventId: string;
  /** Chain of that entry, when it is another one. */
  readonly subject?: string;
  readonly remedy: string;
  readonly requestId: string;
  readonly how: 'request-id' | 'intent';
}

/** What a person may order. `verify` changes nothing; the others are for the officer. */
export type OrderKind = 'verify' | 'remediate' | 'approve' | 'reject' | 'undo' | 'waive' | 'unwaive';

/** An order as it stands in the chain of its subject. */
export interface RecordedOrder {
  readonly kind: OrderKind;
  /** Id of the finding among those of the subject; absent: all of them. */
  readonly finding?: string;
  /**
   * The entry that it is about: of `undo`, the action entry whose remediation is taken back; of any other order about a
   * finding, the entry that had changed it last: of `approve` and `reject`, the one with the plan.
   */
  readonly of?: number;
  /** sha256 (hex) of what was approved or rejected: lib/compare-plans.ts. */
  readonly plan?: string;
  /** Who ordered it. Whether AWS says so (`verified`), or only the caller. */
  readonly by: Orderer;
  readonly reason: string;
  readonly ticket?: string;
  /** Of `waive`: its last day, e.g. `2026-12-31`, in UTC. */
  readonly until?: string;
}

/** A person who orders. */
export interface Orderer {
  /** For people to read. */
  readonly name: string;
  /** As the function URL tells it; absent for a direct invocation, which tells nothing of its caller. */
  readonly arn?: string;
  readonly verified: boolean;
}

/** What became of the intentions of an action entry, and what the officer was told. */
export interface OutcomeEntry extends Link {
  readonly type: 'outcome';
  /** `seq` of the action entry. */
  readonly of: number;
  readonly remediations: readonly RecordedRemediation[];
  readonly told: readonly Told[];
}

/** An event that could not be read, kept with its body. */
export interface MalformedEntry extends Link {
  readonly type: 'malformed';
  readonly error: { readonly code: string; readonly message: string };
  readonly body: string;
  readonly bodyBytes: number;
  readonly bodySha256: string;
}

/** What a comparison of CloudTrail with the ledger found: proof that nothing slipped through, or the list of what did. */
export interface StatementEntry extends Link {
  readonly type: 'statement';
  readonly statement: CompletenessStatement;
}

export interface CompletenessStatement {
  readonly source: 'lookup-events' | 'archive';
  readonly account: string;
  readonly region: string;
  /** What was asked of CloudTrail, in words that somebody can repeat. */
  readonly queries: readonly string[];
  /** What the ledger must have and CloudTrail was not asked for, with the reason: `complete` says nothing of it. */
  readonly notAsked: readonly string[];
  /** ISO 8601 UTC; events from `from` on, and before `to`. */
  readonly window: { readonly from: string; readonly to: string };
  /**
   * Why this window was looked at.
   * - `schedule`: it begins where the schedule's window before it ended, so that these windows leave no hole;
   * - `late`: it was read before, and is read again for what CloudTrail delivered late;
   * - `retry`: an earlier statement about it was not complete;
   * - `asked`: somebody asked for it.
   */
  readonly occasion: 'schedule' | 'late' | 'retry' | 'asked';
  readonly startedAt: string;
  readonly endedAt: string;
  readonly counts: {
    /** Records that CloudTrail gave. */
    readonly read: number;
    /** Those of them that the ledger must have. */
    readonly expected: number;
    /** Those of them that the ledger had. */
    readonly recorded: number;
    /** Those that it had not, and has now. */
    readonly backfilled: number;
    /** Those that it had not, and has not. */
    readonly failed: number;
    /** Entries of the ledger from this window that CloudTrail does not know of. */
    readonly extra: number;
  };
  readonly missing: readonly {
    readonly eventId: string;
    readonly time: string;
    readonly api: string;
    readonly subject: string;
    readonly result: 'backfilled' | 'failed';
    readonly reason?: string;
  }[];
  readonly extra: readonly {
    readonly eventId: string;
    readonly time: string;
    readonly api: string;
    readonly subject: string;
    readonly seq: number;
  }[];
  /** How many of `missing` and `extra` are not listed, because an entry has its limits. */
  readonly omitted: number;
  /** What this comparison could not look at. */
  readonly gaps: readonly { readonly what: string; readonly reason: string }[];
  /** Whether the log files are those that CloudTrail wrote; only for `archive`. */
  readonly digests?: {
    readonly validated: number;
    readonly invalid: number;
    readonly filesValidated: number;
    readonly filesInvalid: number;
    readonly filesWithoutDigest: number;
  };
  /** No gap, and nothing failed: within the queries, the ledger has all of the window. */
  readonly complete: boolean;
  /** Who ran it: a function of Keywarden, or the ARN of a person. */
  readonly by: string;
  readonly version: string;
}

/** Which keys there were at one moment. The list itself is in the evidence bucket. */
export interface InventoryEntry extends Link {
  readonly type: 'inventory';
  readonly inventory: {
    /** ISO 8601 UTC: when the listing began. */
    readonly at: string;
    readonly account: string;
    readonly region: string;
    readonly keys: number;
    /** Keys that were listed and could not be described: how many, and some of them with the reason. */
    readonly unread: number;
    readonly examples: readonly { readonly key: string; readonly reason: string }[];
    /** Name of the object in the evidence bucket (JSON lines, gzip), and the sha256 (hex) of the lines before compression. */
    readonly object: string;
    readonly sha256: string;
  };
}

/** Chains or checkpoints that did not verify when a checkpoint was made. */
export interface IntegrityEntry extends Link {
  readonly type: 'integrity';
  /** Number of the checkpoint. */
  readonly checkpoint: number;
  readonly problems: readonly { readonly subject: string; readonly seq: number; readonly what: string }[];
}

/** An evidence pack that was made. */
export interface ReportEntry extends Link {
  readonly type: 'report';
  readonly report: {
    readonly window: { readonly from: string; readonly to: string };
    /** sha256 (hex) of its manifest, which has the digest of every file. */
    readonly manifestSha256: string;
    /** Name of the pack in the evidence bucket, when it was put there. */
    readonly object?: string;
    readonly by: string;
  };
}

/** What a look at every key found, and what it could not look at. */
export interface SweepEntry extends Link {
  readonly type: 'sweep';
  readonly sweep: {
    readonly id: string;
    readonly startedAt: string;
    readonly endedAt: string;
    readonly account: string;
    readonly region: string;
    /** The first one, whose findings are a baseline. */
    readonly baseline: boolean;
    readonly counts: {
      /** Keys that KMS listed, and keys that are known from before and that it does not list any more. */
      readonly listed: number;
      readonly vanished: number;
      /** Keys of which every control was asked. */
      readonly judged: number;
      /** Keys that AWS manages: nobody can change them. */
      readonly managedByAws: number;
      /** Keys that could not be described, or whose grants could not be listed: nothing is said of them. */
      readonly unread: number;
      /** Keys that nobody came to. */
      readonly notReached: number;
      readonly grants: number;
      /** Verdicts of keys and grants. */
      readonly compliant: number;
      readonly violation: number;
      readonly unknown: number;
      /** Entries that were written because something was new. */
      readonly news: number;
      /** Calls to KMS. */
      readonly calls: number;
    };
    /** Some of the keys that were not judged, with the reason. */
    readonly notJudged: readonly { readonly key: string; readonly reason: string }[];
    /** Every key was listed, and every one of them judged. */
    readonly complete: boolean;
    readonly version: string;
  };
}

export interface RecordedVerdict {
  readonly control: string;
  /** What of the subject was judged, when it has many of them: a grant id. */
  readonly item?: string;
  readonly step: string;
  readonly severity: string;
  readonly verdict: string;
  readonly reason: string;
  /** It says nothing about what was found before: a finding that is open stays open. */
  readonly keeps?: true;
}

export interface RecordedDecision {
  readonly control: string;
  readonly item?: string;
  readonly decision: string;
  /** Only the limit of changes per hour kept Keywarden from acting. */
  readonly held?: true;
  readonly reason: string;
  /** What a person could put in place of what is wrong; Keywarden never does it itself. */
  readonly proposal?: string;
  readonly remedy?: string;
  /** The plan takes back the remediation that the action entry with this number decided. */
  readonly undoes?: number;
  readonly plan?: {
    readonly summary: string;
    readonly requests: readonly AwsRequest[];
    readonly undo: readonly AwsRequest[];
    readonly asksFirst?: string;
    readonly before: Readonly<Record<string, unknown>>;
    readonly notes?: readonly string[];
    readonly leftToDo?: { readonly sentence: string; readonly requests: readonly AwsRequest[] };
    readonly settles?: readonly string[];
    readonly leaves?: Readonly<Record<string, string>>;
  };
}

/**
 * - `confirmed`: changed, and read back from AWS;
 * - `already-so`: AWS showed the wanted state before this attempt changed anything (an earlier attempt or a person did it);
 * - `pending`: AWS accepted the change and shows such a change only after minutes; it is looked at again;
 * - `unconfirmed`: AWS accepted the change and does not show it;
 * - `failed`: AWS refused; nothing was changed.
 */
export type RemediationStatus = 'confirmed' | 'already-so' | 'pending' | 'unconfirmed' | 'failed';

export interface RecordedRemediation {
  readonly remedy: string;
  /** Ids of the findings that it is for. */
  readonly controls: readonly string[];
  readonly status: RemediationStatus;
  /** Of the calls that AWS took. */
  readonly requestIds: readonly string[];
  /** Every call that was made, in order; absent in entries of earlier versions. */
  readonly calls?: readonly RecordedCall[];
  readonly before: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
  readonly undo: readonly AwsRequest[];
  readonly reason?: string;
  /** What the change leaves wrong, by id of the control: such a finding stays open. */
  readonly leaves?: Readonly<Record<string, string>>;
  /** It takes back the remediation that the action entry with this number decided: what was found is so again. */
  readonly undoes?: number;
}

/** One call to AWS, by which CloudTrail's record of it is found. */
export interface RecordedCall {
  /** As in the API reference, e.g. `EnableKeyRotation`. */
  readonly operation: string;
  readonly region: string;
  readonly requestId: string;
  /** AWS answered with an error, or that it would have taken a dry run: nothing was changed. */
  readonly refused?: true;
}

/** A message to the officer. */
export interface Told {
  /** Id of the finding. */
  readonly control: string;
  readonly state: string;
  readonly messageId: string;
  /** Where else it went: the name of the way (`chat`, `events`, `security-hub`) and its answer, or why it did not arrive. */
  readonly also?: Readonly<Record<string, string>>;
}

/** What a writer knows of an entry; the chain adds the rest. */
export type Draft =
  | Omit<ActionEntry, keyof Link>
  | Omit<OutcomeEntry, keyof Link>
  | Omit<MalformedEntry, keyof Link>
  | Omit<StatementEntry, keyof Link>
  | Omit<InventoryEntry, keyof Link>
  | Omit<IntegrityEntry, keyof Link>
  | Omit<ReportEntry, keyof Link>
  | Omit<SweepEntry, keyof Link>;
