import { readCoverage, readKeyUse } from '../key-use/read-table.ts';
import type { UseTable } from '../key-use/store.ts';
import type { KeyUseSource } from './key-use.ts';

/** Reads the uses of keys from their table; for a window, the whole table is read. */
export const createKeyUseSource = (table: UseTable): KeyUseSource => ({
  uses: (window) => readKeyUse(table, window),
  hours: (window) => readCoverage(table, window),
});
