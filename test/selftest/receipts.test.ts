import { describe, expect, test } from '@jest/globals';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { findRun } from '../../lib/selftest/confirm-run.ts';
import { readReceipt } from '../../lib/selftest/receipts.ts';
import { describeSeconds, writeFailedMessage, writeTestMessage } from '../../lib/selftest/write-messages.ts';

const PLACE = { account: '111122223333', region: 'eu-west-1', stage: 'prod' };
const RUN = 'selftest-1234abcd-12ab-34cd-56ef-1234567890ab';
const envelope = (message: unknown) => JSON.stringify({ Type: 'Notification', Message: JSON.stringify(message) });

test('the test message says that it is one and that nothing is to do, and its JSON comes back as a receipt', () => {
  const message = writeTestMessage(RUN, PLACE);
  expect(message.subject).toBe('[Keywarden] LOW This is a test of the way from AWS KMS to you');
  expect(message.attributes.state).toBe('selftest');
  expect(message.text).toMatchInlineSnapshot(`
"LOW  This is a test of the way from AWS KMS to you

What happened
  Keywarden made a harmless change by itself: it set a tag on the key that encrypts these messages.
  CloudTrail recorded that, a rule delivered the record, Keywarden recorded it as its own change, and sent this.
  If you read this, that way works, and so will the alert of a real violation.

What to do now
  Nothing to do.

Where to look
  keywarden ledger show selftests --region eu-west-1 --stage prod
  Run selftest-1234abcd-12ab-34cd-56ef-1234567890ab
"
`);
  expect(readReceipt(envelope(message.json))).toBe(RUN);
});

test.each([
  ['no JSON', 'hello'],
  ['no message of SNS', '{}'],
  ['another message', envelope({ state: 'opened' })],
  ['no run', envelope({ state: 'selftest', run: 'on-demand-1' })],
])('a receipt that is %s is refused, so that it ends among the dead letters', (_what, body) => {
  expect(() => readReceipt(body)).toThrow();
});

const action = (tags: unknown, api = 'TagResource', origin = 'eventbridge') =>
  ({ api, origin, request: { tags } }) as unknown as KeyAction;
const confirms = { seq: 1, eventId: RUN, remedy: 'selftest', requestId: 'r-1', how: 'request-id' } as const;
const tag = { tagKey: 'keywarden:selftest', tagValue: RUN };

describe('a record of CloudTrail', () => {
  test('names the run whose change it confirms', () => {
    expect(findRun({ confirms, action: action([tag]) })).toBe(RUN);
  });

  test.each([
    ['confirms nothing: somebody else set the tag', { action: action([tag]) }],
    ['confirms another change', { confirms: { ...confirms, remedy: 'tag-key' }, action: action([tag]) }],
    ['sets another tag', { confirms, action: action([{ ...tag, tagKey: 'Owner' }]) }],
    ['has a value that is no run', { confirms, action: action([{ ...tag, tagValue: 'x' }]) }],
    ['is of another operation', { confirms, action: action([tag], 'UntagResource') }],
    ['came by a comparison and not by the rule', { confirms, action: action([tag], 'TagResource', 'reconcile') }],
    ['has tags of another form', { confirms, action: action('none') }],
  ])('is of no run when it %s', (_what, entry) => {
    expect(findRun(entry)).toBeUndefined();
  });
});

test('a failed run says what is wrong, what is not known, and what to do first', () => {
  const checks = [
    { name: 'queue', ok: true, what: 'Fine.' },
    { name: 'subscriptions', ok: false, what: 'Nobody is subscribed.', whatToDo: 'Subscribe somebody.' },
    { name: 'topic-key', ok: 'unknown', what: 'It could not be looked at.', whatToDo: 'Run it again.' },
  ] as const;
  const result = { run: RUN, state: 'failed', reasons: ['No test message came back within 30 minutes.'] } as const;
  const { text, attributes } = writeFailedMessage({ checks }, result, PLACE);
  expect(attributes).toMatchObject({ state: 'selftest-failed', severity: 'critical', control: 'selftest' });
  expect(text).toMatchInlineSnapshot(`
"CRITICAL  The selftest failed: no test message came back

What happened
  No test message came back within 30 minutes.

What is wrong
  subscriptions: Nobody is subscribed.
  topic-key: not known. It could not be looked at.

What to do now
  1. Subscribe somebody.
  2. Run it again.
  3. Until it works, no alert can be relied on. See what happened meanwhile: keywarden findings --region eu-west-1 --stage prod
  4. Does a trail record management events (CloudTrail console)? AWS may also be late: its health page says so.
  5. Look at the logs of the lifecycle and the selftest function, and at the dead letters.
  6. Try again: keywarden selftest --region eu-west-1 --stage prod

Where to look
  keywarden ledger show selftests --region eu-west-1 --stage prod
  Run selftest-1234abcd-12ab-34cd-56ef-1234567890ab
"
`);
});

test.each([
  [1.9, '1 second'],
  [119, '119 seconds'],
  [120, '2 minutes'],
])('%d seconds are %s', (seconds, text) => {
  expect(describeSeconds(seconds)).toBe(text);
});
