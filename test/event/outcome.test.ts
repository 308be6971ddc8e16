import { describe, expect, test } from '@jest/globals';
import { readOutcome } from '../../lib/event/outcome.ts';

describe('the outcome', () => {
  test.each([
    ['no error', {}, {}, 'succeeded'],
    ['an empty error', { errorCode: '', errorMessage: null }, {}, 'succeeded'],
    ['AccessDenied, as CloudTrail spells it', { errorCode: 'AccessDenied' }, {}, 'denied'],
    ['AccessDeniedException, as the SDK spells it', { errorCode: 'AccessDeniedException' }, {}, 'denied'],
    ['a refusal by an endpoint policy', { errorCode: 'VpceAccessDenied' }, {}, 'denied'],
    ['a refusal in the words of EC2', { errorCode: 'Client.UnauthorizedOperation' }, {}, 'denied'],
    ['a state error', { errorCode: 'KMSInvalidStateException' }, {}, 'failed'],
    ['throttling', { errorCode: 'ThrottlingException' }, {}, 'failed'],
    ['an error that only contains the word', { errorCode: 'NotAccessDenied' }, {}, 'failed'],
    ['an error that begins with the word', { errorCode: 'AccessDeniedTooOften' }, {}, 'failed'],
    ['an error that ends like a dry run', { errorCode: 'NotDryRunOperation' }, {}, 'failed'],
    ['an error that begins like a dry run', { errorCode: 'DryRunOperationUnknown' }, {}, 'failed'],
    ['a dry run without an error, written as text', {}, { dryRun: 'true' }, 'dry-run'],
    ['a text that says it was no dry run', {}, { dryRun: 'false' }, 'succeeded'],
    ['a message without a code', { errorMessage: 'Rate exceeded' }, {}, 'failed'],
    ['a dry run', { errorCode: 'DryRunOperationException' }, { dryRun: true }, 'dry-run'],
    ['a dry run in the short word', { errorCode: 'DryRunOperation' }, {}, 'dry-run'],
    ['a dry run without an error', {}, { dryRun: true }, 'dry-run'],
    ['a dry run that was refused', { errorCode: 'AccessDenied' }, { dryRun: true }, 'denied'],
    ['a call that was no dry run', {}, { dryRun: false }, 'succeeded'],
  ])('with %s', (_what, record, request, outcome) => {
    expect(readOutcome(record, request).outcome).toBe(outcome);
  });

  test('keeps code and message of the error', () => {
    const record = { errorCode: 'DisabledException', errorMessage: 'The key is disabled.' };
    expect(readOutcome(record, {}).error).toEqual({ code: 'DisabledException', message: 'The key is disabled.' });
    expect(readOutcome({}, {})).not.toHaveProperty('error');
  });

  test.each([
    [{ errorCode: 403 }, 'errorCode is 403; expected a text, or nothing when the call succeeded.'],
    [{ errorMessage: ['no'] }, 'errorMessage is ["no"]; expected a text, or nothing when the call succeeded.'],
  ])('is not guessed from %j', (record, message) => {
    expect(() => readOutcome(record, {})).toThrow(expect.objectContaining({ code: 'invalid-field', message }));
  });
});
