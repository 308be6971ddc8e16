import type { LedgerTable } from './read.ts';
import { createTableSource } from './table-source.ts';
import type { Verification } from './verification.ts';
import { verifySource } from './verify-source.ts';

export type { Problem, Verification } from './verification.ts';
export { verifyEntry } from './verify-entry.ts';

/** Verifies the whole table, with the public keys that it names itself ({@link verifySource}). */
export const verifyLedger = (table: LedgerTable): Promise<Verification> => verifySource(createTableSource(table));
