import type { ActionKind } from './key-action.ts';

/** What an operation is, and the step of OP-PROC-001 that it carries out. */
export interface Operation {
  readonly kind: ActionKind;
  /** e.g. `4.4.1`; `unrecognised` when the operation is not in the catalogue. */
  readonly step: string;
}
