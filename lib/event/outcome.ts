import type { KeyAction, Outcome } from './key-action.ts';
import { MalformedEventError } from './malformed-event-error.ts';
import { fieldOf, type JsonObject } from './plain-json.ts';

/** CloudTrail writes `AccessDenied` where the SDK throws `AccessDeniedException`; both are in real records. */
const DENIED = /^(AccessDenied(Exception)?|VpceAccessDenied|.*UnauthorizedOperation)$/;
/** KMS logs a dry run that would have succeeded as this error. Nothing was changed. */
const DRY_RUN = /^DryRunOperation(Exception)?$/;

/**
 * Says what became of the call.
 *
 * @throws {MalformedEventError} `invalid-field` when the error is no text: whether the call worked must not be guessed
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html (dry runs)
 */
export function readOutcome(record: JsonObject, request: JsonObject): Pick<KeyAction, 'outcome' | 'error'> {
  const code = readErrorText(record, 'errorCode');
  const message = readErrorText(record, 'errorMessage');
  if (code === '' && message === '') return { outcome: isDryRun(request) ? 'dry-run' : 'succeeded' };
  return { outcome: outcomeOfError(code), error: { code, message } };
}

function outcomeOfError(code: string): Outcome {
  if (DRY_RUN.test(code)) return 'dry-run';
  return DENIED.test(code) ? 'denied' : 'failed';
}

function isDryRun(request: JsonObject): boolean {
  const dryRun = fieldOf(request, 'dryRun');
  return dryRun === true || dryRun === 'true';
}

function readErrorText(record: JsonObject, field: string): string {
  const value = fieldOf(record, field) ?? '';
  if (typeof value === 'string') return value;
  throw new MalformedEventError('invalid-field', {
    field,
    value,
    expected: 'a text, or nothing when the call succeeded',
  });
}
