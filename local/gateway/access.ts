import { randomUUID } from 'node:crypto';
import { matchesText } from './text-pattern.ts';

/** Who may not do what. A text left out matches everything; `*` in a text matches any characters. */
export type DenyRule = {
  /** ARN pattern of the caller. */
  principal?: string;
  /** Operation as IAM names it, such as `kms:ScheduleKeyDeletion` or `kms:*`. */
  action?: string;
  /** ARN pattern of the resource: for KMS the key, for other services always `*`. */
  resource?: string;
};

/** A call, as a denial sees it. */
export type Access = { principal: string; action: string; resource: string };

/** The denials of one gateway. */
export type Denials = {
  /** Adds one and returns its id. */
  add(rule: DenyRule): string;
  /** Takes one away; false if there is none with this id. */
  remove(id: string): boolean;
  clear(): void;
  list(): readonly (DenyRule & { id: string })[];
  /** Whether a rule denies this access. */
  denies(access: Access): boolean;
};

/** Makes the empty set of denials: the local AWS allows everything until told otherwise. */
export function createDenials(): Denials {
  const rules = new Map<string, DenyRule>();
  return {
    add(rule) {
      const id = randomUUID();
      rules.set(id, { ...rule });
      return id;
    },
    remove: (id) => rules.delete(id),
    clear: () => rules.clear(),
    list: () => [...rules].map(([id, rule]) => ({ id, ...rule })),
    denies: (access) => [...rules.values()].some((rule) => isDenied(rule, access)),
  };
}

function isDenied(rule: DenyRule, access: Access): boolean {
  return (
    matchesText(rule.principal, access.principal) &&
    matchesText(rule.action, access.action) &&
    matchesText(rule.resource, access.resource)
  );
}

/**
 * IAM's words for a call that no policy allows.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function describeDenial({ principal, action, resource }: Access): string {
  return (
    `User: ${principal} is not authorized to perform: ${action} on resource: ${resource} ` +
    `because no identity-based policy allows the ${action} action`
  );
}
