import type { KeyAction } from '../event/key-action.ts';
import type { AwsRequest } from '../remediations/remedy.ts';

/** One row of a subject's chain. What NIST 800-53 AU-3 asks of a record: what, when, where, source, outcome, identity. */
export type Entry = ActionEntry | OutcomeEntry | MalformedEntry;

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
  readonly requestIds: readonly string[];
  readonly before: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
  readonly undo: readonly AwsRequest[];
  readonly reason?: string;
  /** What the change leaves wrong, by id of the control: such a finding stays open. */
  readonly leaves?: Readonly<Record<string, string>>;
}

/** A message to the officer. */
export interface Told {
  /** Id of the finding. */
  readonly control: string;
  readonly state: string;
  readonly messageId: string;
}

/** What a writer knows of an entry; the chain adds the rest. */
export type Draft = Omit<ActionEntry, keyof Link> | Omit<OutcomeEntry, keyof Link> | Omit<MalformedEntry, keyof Link>;
