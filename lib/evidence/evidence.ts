import type { KMSClient } from '@aws-sdk/client-kms';
import type { TellOfficer } from '../alert/officer.ts';
import type { EvidenceStore } from '../aws/evidence-store.ts';
import type { Signer } from '../aws/signer.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LedgerTable } from '../ledger/read.ts';

/** What checkpoints and inventories are made with. Handlers make it once, at cold start. */
export interface Evidence {
  readonly table: LedgerTable;
  readonly ledger: Ledger;
  readonly store: EvidenceStore;
  /** Name of the bucket behind the store. */
  readonly bucket: string;
  /** How long the bucket must keep what is put into it. */
  readonly retentionYears: number;
  readonly signer: Signer;
  readonly kms: KMSClient;
  readonly tell: TellOfficer;
  readonly account: string;
  readonly region: string;
  readonly clock: () => Date;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Whether this run has the time to begin something that takes seconds; what is left is for the next run. */
  readonly hasTime: () => boolean;
}

/** Something that an untouched ledger cannot show. */
export interface Problem {
  /** A chain; or the table or the bucket, for what is about checkpoints. */
  readonly subject: string;
  /** The bad entry, or the number of the checkpoint; 0 for the whole. */
  readonly seq: number;
  readonly what: string;
}

/**
 * Checkpoints cannot be signed or kept until somebody puts something right: the key is gone, disabled or denied, or the
 * bucket is.
 */
export class NoCheckpointError extends Error {
  override name = 'NoCheckpointError';
}
