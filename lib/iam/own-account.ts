import type { Access } from './access.ts';
import type { Trust } from './trust.ts';

/**
 * Whether a row is the statement that lets IAM policies of the key's own account give access. It gives nobody access by
 * itself, and a key without it can become unmanageable.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-root-enable-iam
 */
export const isOwnAccount = ({ principal }: Access, trust: Trust): boolean =>
  principal.kind === 'account' && principal.account === trust.keyAccount;
