import type { Grant } from './grant.ts';

/**
 * Finds grants that give the same as an older one: same key, grantee, operations, constraints, retiring principal and name.
 * The oldest of equal grants is no duplicate, so that not all of them can go. One pass; 50,000 grants, the most that a key
 * can have, cost one short text each.
 *
 * @returns the id of each duplicate with the id of the grant that stays
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grant-best-practices.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
 */
export function findDuplicateGrants(grants: Iterable<Grant>): ReadonlyMap<string, string> {
  const oldest = new Map<string, Grant>();
  const all: [id: string, gives: string][] = [];
  for (const grant of grants) {
    const gives = describe(grant);
    all.push([grant.grantId, gives]);
    const other = oldest.get(gives);
    if (other === undefined || isOlder(grant, other)) oldest.set(gives, grant);
  }
  const stays = ([id, gives]: readonly [string, string]) => [id, oldest.get(gives)?.grantId ?? id] as const;
  return new Map(all.map(stays).filter(([id, of]) => id !== of));
}

/** Grants of one moment, or without a date, are ordered by their ids, so that every run keeps the same one. */
function isOlder(one: Grant, other: Grant): boolean {
  const [a, b] = [one.createdAt ?? '9999', other.createdAt ?? '9999'];
  return a === b ? one.grantId < other.grantId : a < b;
}

/** The order of operations and of context pairs says nothing, and an operation named twice gives nothing more. */
function describe(grant: Grant): string {
  const { encryptionContextEquals: equals, encryptionContextSubset: subset, sourceArn } = grant.constraints ?? {};
  return JSON.stringify([
    grant.keyArn,
    [grant.granteePrincipal, grant.granteeServicePrincipal, grant.retiringPrincipal, grant.retiringServicePrincipal],
    grant.name,
    [...new Set(grant.operations)].sort(),
    [equals, subset].map((pairs) => Object.entries(pairs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))),
    sourceArn,
  ]);
}
