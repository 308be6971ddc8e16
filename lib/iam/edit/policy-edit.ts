import type { Trust } from '../trust.ts';

/** What offends in one statement of a key policy. */
export interface Offence {
  /** Index of the statement, from 0. */
  readonly statement: number;
  /** Names in its Principal element, exactly as JSON reads them; absent for all names. */
  readonly principals?: readonly string[];
  /** Entries of its Action element that these names may not have, exactly as JSON reads them; absent when the names go. */
  readonly actions?: readonly string[];
  /** Whether all of it offends. */
  readonly whole?: boolean;
}

/** What an edit must leave in the policy. */
export interface EditGuards {
  /** Of it count the account that owns the key, and the patterns of those who may administer keys. */
  readonly trust: Pick<Trust, 'keyAccount' | 'administrators'>;
  /** ARN of the key. Without it, a statement that names the key instead of `*` as its Resource counts for nothing. */
  readonly keyArn?: string;
  /** ARNs of Keywarden's own roles, one of which must keep the right to put the policy back. */
  readonly ownRoles: readonly string[];
  /** SHA-256 of the policy in which the offences were found, lower-case hexadecimal over its UTF-8 bytes. */
  readonly expectedSha256?: string;
}

/** Why a policy was left alone. */
export type RefusalCode =
  | 'policy-changed'
  | 'not-a-policy'
  | 'offence-not-found'
  | 'would-widen'
  | 'shared-statement'
  | 'service-statement'
  | 'last-statement'
  | 'root-statement'
  | 'last-administrator'
  | 'own-right'
  | 'stale-principal'
  | 'invalid-result'
  | 'too-large';

/** A refusal, with one sentence for the officer. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly reason: string;
  readonly statement?: number;
  readonly principal?: string;
}

/** Something that was taken out: names and actions of a statement, or all of it. */
export interface Removal {
  readonly statement: number;
  readonly sid?: string;
  readonly principals: readonly string[];
  readonly actions: readonly string[];
  readonly whole: boolean;
  /** The statement as it was written. */
  readonly text: string;
}

/** A statement that stays. */
export interface KeptStatement {
  /** Its index before the edit. */
  readonly statement: number;
  readonly sid?: string;
  /** Whether names or actions were taken out of it. */
  readonly narrowed: boolean;
}

/** The outcome of an edit. */
export type PolicyEdit =
  | {
      readonly edited: true;
      /** The policy to put. */
      readonly text: string;
      readonly removed: readonly Removal[];
      readonly kept: readonly KeptStatement[];
      /** The policy that puts everything back: the text as it came in. */
      readonly undo: string;
    }
  | { readonly edited: false; readonly refusal: Refusal };
