import type { CompletenessStatement } from './entry.ts';
import { COMPLETENESS } from './keys.ts';
import { type LedgerTable, openEntry, readEntriesBack } from './read.ts';

/**
 * Reads the completeness statements, the newest first. An entry whose text does not fit its hash counts as not there: what it
 * says must not let a window be skipped. `keywarden ledger verify` names it.
 */
export async function* readStatements(table: LedgerTable): AsyncGenerator<CompletenessStatement> {
  for await (const stored of readEntriesBack(table, COMPLETENESS)) {
    const entry = openEntry(stored);
    if (entry?.type === 'statement') yield entry.statement;
  }
}
