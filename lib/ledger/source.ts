import type { Head } from './chain.ts';
import type { SignedCheckpoint } from './checkpoint.ts';
import type { StoredEntry } from './read.ts';
import type { Problem } from './verification.ts';

/** What is said elsewhere of the end of a chain, so that a chain that was cut off shows. */
export interface ChainEnd {
  readonly subject: string;
  /** The head item; absent when it is gone. */
  readonly head?: Head;
  /** The newest entry that a work item names; 0 when none does. */
  readonly named: number;
}

/**
 * Where a ledger is read from: the table itself, or an export of it. Everything comes in one pass and in order, so that a
 * ledger of any size can be verified and reported on with little memory.
 */
export interface LedgerSource {
  /** For people: the table's name, or the folder. */
  readonly name: string;
  /** Sorted by subject (by UTF-16 code units, as `<` compares). */
  ends(): AsyncIterable<ChainEnd>;
  /** Sorted by subject, then in the order of the chain. */
  entries(): AsyncIterable<StoredEntry>;
  /** In the order of their numbers. */
  checkpoints(): AsyncIterable<SignedCheckpoint>;
  /** Public keys in PEM (SubjectPublicKeyInfo) that the ledger itself names; whoever verifies should know the key otherwise. */
  publicKeys(): AsyncIterable<string>;
  /**
   * What reading itself has shown so far: lines that are none, files that are not what the manifest says. Complete once
   * everything was read to its end.
   */
  complaints?(): { readonly problems: readonly Problem[]; readonly unchecked: readonly Problem[] };
}
