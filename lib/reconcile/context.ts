import type { LedgerTable } from '../ledger/read.ts';
import type { Delivery, Pipeline } from '../pipeline.ts';

/** What a comparison of CloudTrail with the ledger works with. */
export interface ReconcileContext {
  readonly pipeline: Pipeline;
  readonly table: LedgerTable;
  readonly delivery: Delivery;
  /** Who runs it: a function of Keywarden, or the ARN of a person. */
  readonly by: string;
  /** Version of Keywarden. */
  readonly version: string;
  /** Whether to come to an end, because the statement still has to be written in the time that is left. */
  readonly outOfTime: () => boolean;
}
