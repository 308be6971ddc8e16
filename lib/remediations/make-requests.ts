import type { Call, Plan, Receipt } from './remedy.ts';

/**
 * Makes the plan's requests one after the other: a later one may build on the one before.
 *
 * @returns AWS's answers, in the same order
 * @throws what the call throws; requests after it are not made
 */
export async function makeRequests(plan: Plan, call: Call): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  for (const request of plan.requests) receipts.push(await call(request));
  return receipts;
}
