import type { Evidence } from '../facts/evidence.ts';
import type { FactName, KeyFacts } from '../facts/key-facts.ts';

/** One call to AWS as data: it can be shown, recorded, turned into a command line, and made. */
export interface AwsRequest {
  readonly service: 'kms' | 'cloudtrail';
  /** As in the API reference, e.g. `EnableKeyRotation`. */
  readonly operation: string;
  /** Region of the key, or home Region of the trail: AWS takes the call nowhere else. */
  readonly region: string;
  /** The request parameters with the API's own names, e.g. `{ KeyId, RotationPeriodInDays }`. */
  readonly parameters: Readonly<Record<string, Parameter>>;
}

/** Plain JSON. */
export type Parameter = string | number | boolean | readonly Parameter[] | { readonly [name: string]: Parameter };

/** What a remedy would do about one finding. Plain JSON: it is recorded before anything is changed. */
export interface Plan {
  /** Id of the remedy. */
  readonly remedy: string;
  /** ARN of the key or trail. */
  readonly subject: string;
  /** One sentence for the officer that says what will be done, and ends with a period. */
  readonly summary: string;
  readonly requests: readonly AwsRequest[];
  /** The requests that restore what was there before. Empty only for a plan that asks first. */
  readonly undo: readonly AwsRequest[];
  /** Why a person must approve this plan whatever the mode is, as a sentence: it cannot be undone, or touches more than a key. */
  readonly asksFirst?: string;
  /** Snapshot of what the requests change. */
  readonly before: Readonly<Record<string, unknown>>;
  /** What the undo cannot bring back, and what to mind, as sentences. */
  readonly notes?: readonly string[];
  /** What is left to a person once the change is made: a sentence, and the requests that do it. */
  readonly leftToDo?: { readonly sentence: string; readonly requests: readonly AwsRequest[] };
  /** Ids of the other controls whose findings of the same action the change puts right too. */
  readonly settles?: readonly string[];
  /** What stays wrong after the change, by id of the control that finds it, as a sentence. Such a finding stays open. */
  readonly leaves?: Readonly<Record<string, string>>;
}

/** A remedy has a plan, or says in one sentence why there is none. */
export type Planned =
  | { readonly possible: true; readonly plan: Plan }
  | { readonly possible: false; readonly reason: string };

/** AWS's answer to one request. */
export interface Receipt {
  readonly operation: string;
  /** Joins the change to its CloudTrail record (`requestID`). */
  readonly requestId: string;
}

/** Makes one call to AWS. */
export type Call = (request: AwsRequest) => Promise<Receipt>;

/** Reads facts of the plan's subject anew. */
export type Read = (names: readonly FactName[]) => Promise<KeyFacts>;

/** What a plan was made for is no longer so; nothing was changed. The message says what is so now. */
export class PlanOutdatedError extends Error {
  override name = 'PlanOutdatedError';
}

/** Read back from AWS: the change is there, or it is not and here is what is. */
export type Confirmation =
  | { readonly confirmed: true; readonly after: Readonly<Record<string, unknown>> }
  | { readonly confirmed: false; readonly reason: string };

/** What puts a violation right. One file per remedy; the file name is the id, a verb and a noun of the KMS API. */
export interface Remedy {
  readonly id: string;
  /** What it does, as a sentence without a period. */
  readonly title: string;
  /** Facts that `plan` needs. */
  readonly reads: readonly FactName[];
  /** Facts that `confirm` needs, read anew after `apply`. */
  readonly confirms: readonly FactName[];
  /** Every IAM action that reads and requests need. Checked against serverless.yml. */
  readonly iam: readonly string[];
  /**
   * Every IAM action that the undo requests need. Where Keywarden may undo, they are for the role that carries out orders, and
   * for no other of its roles; elsewhere for the person who undoes. Checked against serverless.yml.
   */
  readonly undoIam: readonly string[];
  /**
   * Why Keywarden never undoes it, whoever orders that, as sentences for the officer: it would take away what protects. Absent:
   * a person may order it.
   */
  readonly undoRefused?: string;
  /** Pure: the exact requests and how to undo them, from the facts as they are. */
  plan(evidence: Evidence): Planned;
  /** AWS shows the change for certain only after so many seconds: it is looked at again then. */
  readonly recheckAfterSeconds?: number;
  /**
   * Makes the plan's requests, in order. Throws what AWS throws; safe to repeat.
   *
   * @param read reads facts anew, for a remedy that must compare before it writes
   */
  apply(plan: Plan, call: Call, read: Read): Promise<readonly Receipt[]>;
  /** Pure: whether facts that were read after `apply` show what the plan wanted. */
  confirm(plan: Plan, facts: KeyFacts): Confirmation;
  /**
   * Pure: whether all of what the change left is there yet, exactly, so that an undo takes back nothing else. Absent: what
   * `confirm` says.
   */
  untouched?(plan: Plan, facts: KeyFacts): Confirmation;
  /**
   * The answer of AWS to the undo requests is the proof that they did it, and repeating them does no more: what they make is
   * not among the facts.
   */
  readonly undoProof?: 'answer';
}
