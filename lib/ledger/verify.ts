import type { LedgerTable } from './read.ts';
import { createTableSource } from './table-source.ts';
import type { Verification } from './verification.ts';
import { createFindingsCheck } from './verify-findings.ts';
import { type VerifyOptions, verifySource } from './verify-source.ts';

export type { Problem, Verification } from './verification.ts';
export { verifyEntry } from './verify-entry.ts';

/**
 * Verifies the whole table ({@link verifySource}), and that the findings beside each chain are what its entries say.
 *
 * @throws what DynamoDB throws
 */
export async function verifyLedger(
  table: LedgerTable,
  options: Omit<VerifyOptions, 'onEntry'> = {},
): Promise<Verification> {
  const findings = createFindingsCheck(table);
  const verification = await verifySource(createTableSource(table), { ...options, onEntry: findings.onEntry });
  return { ...verification, problems: [...verification.problems, ...(await findings.finish())] };
}
