import type { TellNews } from './alert/channels/telling.ts';
import type { TellOfficer } from './alert/officer.ts';
import type { Storm } from './alert/storm.ts';
import type { Count } from './aws/count.ts';
import type { KillSwitch } from './aws/kill-switch.ts';
import type { FactReader } from './facts/fact-reader.ts';
import type { ActionEntry, RecordedRemediation, RecordedVerdict, Told } from './ledger/entry.ts';
import type { Ledger, Writer } from './ledger/ledger.ts';
import type { LedgerTable } from './ledger/read.ts';
import type { Policy } from './policy/policy.ts';
import type { Call } from './remediations/remedy.ts';

/** What the pipeline works with. Handlers make it once, at cold start. */
export interface Pipeline {
  readonly policy: Policy;
  /** sha256 (hex) of the policy file: which rules an action was judged by. */
  readonly policyDigest: string;
  readonly account: string;
  readonly region: string;
  /** Part of the names of everything in the stack, e.g. `prod`: the commands that people are told have it. */
  readonly stage: string;
  readonly selfRoleArns: readonly string[];
  /** ARNs of what Keywarden is made of; `*` stands for any characters. */
  readonly ownResources: readonly string[];
  readonly ledger: Ledger;
  /** The same table, for what is read of many subjects or of a whole chain; nothing is written past the ledger. */
  readonly records: LedgerTable;
  /** @param item what of the subject is meant, e.g. a grant id */
  readonly factsOf: (arn: string, onTransient: 'throw' | 'unread', item?: string) => FactReader;
  readonly call: Call;
  readonly tell: TellOfficer;
  /** Tells the news of one finding by every way; absent: only the officer is told, by `tell`. */
  readonly tellNews?: TellNews;
  /** Holds what is too much to be read; absent: everything is told at once. */
  readonly storm?: Storm;
  /** Reads the kill switch: true stops every change. */
  readonly stopped: KillSwitch;
  /** Sends a message to ourselves that arrives after so many seconds. */
  readonly later: (message: OwnMessage, seconds: number) => Promise<void>;
  readonly count: Count;
  readonly clock: () => Date;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly log: Log;
}

/** What Keywarden sends to itself. */
export type OwnMessage = RecheckMessage | ResumeMessage | LotMessage | DigestMessage;

/** Look once more whether AWS shows the changes that were made for an event. */
export interface RecheckMessage {
  readonly recheck: { readonly eventId: string; readonly subject: string };
}

/** Take a person's order up again, if it was recorded and not finished. */
export interface ResumeMessage {
  readonly resume: { readonly eventId: string; readonly subject: string };
}

/** Carry out the approval of one finding of a lot; who approved the lot, and why, is in the entry about it. */
export interface LotMessage {
  readonly order: {
    /** `seq` of the entry about the lot, in the chain of looks at all keys. */
    readonly lot: number;
    readonly subject: string;
    /** Id of the finding, and its `seq` when the lot was approved. */
    readonly finding: string;
    readonly seq: number;
  };
}

/** What Keywarden sends to itself when it holds messages back: tell what was held. */
export interface DigestMessage {
  /** When it began, e.g. `2026-08-03T09:15Z`. */
  readonly digest: { readonly window: string };
}

/** What a rule with a schedule sends: do what is done once a day. */
export interface DailyMessage {
  readonly daily: Readonly<Record<string, never>>;
}

/** The same for what is done once an hour. */
export interface HourlyMessage {
  readonly hourly: Readonly<Record<string, never>>;
}

/** One structured line per stage. */
export interface Log {
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** This attempt at an action. */
export interface Delivery {
  readonly writer: Writer;
  /** No attempt comes after this one: what could not be read is recorded as unknown instead of tried again. */
  readonly last: boolean;
}

/** What became of an action. */
export interface Handled {
  readonly entry: ActionEntry | undefined;
  readonly remediations: readonly RecordedRemediation[];
  readonly told: readonly Told[];
  /** An earlier delivery had finished it: nothing was done now. */
  readonly alreadyDone: boolean;
  /** Of what was judged and is not recorded, because it says nothing new. */
  readonly verdicts?: readonly RecordedVerdict[];
  /** The finding that the order was for is another one by now: nothing was recorded, and nothing done. */
  readonly overtaken?: true;
}
