import { expandActions } from '../../lib/iam/action-set.ts';
import { parsePolicy } from '../../lib/iam/parse-policy.ts';
import type { PolicyDocument, Statement } from '../../lib/iam/policy-document.ts';
import { PolicyDocumentError } from '../../lib/iam/policy-document-error.ts';
import { classifyPrincipal, type Principal } from '../../lib/iam/principal.ts';
import { isListed } from '../../lib/iam/principal-match.ts';
import type { Refusal } from './answer.ts';

/** Bytes; https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html */
const LONGEST_POLICY = 32_768;

/**
 * Refuses a key policy that KMS refuses: one that is too long or no policy, one that names an identity which was deleted,
 * and one that would not let its caller change it again, unless the caller asks to bypass that check.
 *
 * @param caller ARN of who makes the call
 * @param bypass `BypassPolicyLockoutSafetyCheck` of the request
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
 */
export function refuseKeyPolicy(text: string, caller: string, bypass: unknown): Refusal | undefined {
  if (Buffer.byteLength(text) > LONGEST_POLICY) {
    return { code: 'LimitExceededException', message: `The key policy is longer than ${LONGEST_POLICY} bytes.` };
  }
  const document = readPolicy(text);
  if (document === undefined) return malformed('The key policy is not valid JSON.');
  if (document.statements.some(namesDeleted)) {
    return malformed('Policy contains a statement with one or more invalid principals.');
  }
  if (bypass === true || document.statements.some((statement) => letsChange(statement, caller))) return undefined;
  return malformed('The new key policy will not allow you to update the key policy in the future.');
}

const malformed = (message: string): Refusal => ({ code: 'MalformedPolicyDocumentException', message });

function readPolicy(text: string): PolicyDocument | undefined {
  try {
    return parsePolicy(text);
  } catch (error) {
    if (error instanceof PolicyDocumentError) return undefined;
    throw error;
  }
}

const namesDeleted = ({ principal }: Statement): boolean =>
  principal?.list.some(({ kind }) => kind === 'deleted') === true;

/** Neither conditions nor Deny statements are looked at: permissions are not evaluated here. */
function letsChange({ effect, principal, action }: Statement, caller: string): boolean {
  if (effect !== 'Allow' || principal?.negated !== false) return false;
  return expandActions(action).has('kms:PutKeyPolicy') && principal.list.some((one) => includes(one, caller));
}

function includes({ kind, account, text }: Principal, caller: string): boolean {
  const who = classifyPrincipal('AWS', caller);
  return kind === 'everyone' || (kind === 'account' && account === who.account) || isListed(who, [text]);
}
