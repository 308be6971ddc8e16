import { describe, expect, test } from '@jest/globals';
import { check, inOrder } from '../../lib/selftest/check.ts';
import { judgeSubscriptions } from '../../lib/selftest/checks/subscriptions.ts';
import { judgeTopicKeyPolicy } from '../../lib/selftest/checks/topic.ts';

const ACCOUNT = '111122223333';
const RECEIPTS = `arn:aws:sqs:eu-west-1:${ACCOUNT}:keywarden-dev-selftest-receipts`;
const arnOf = (id: string) => `arn:aws:sns:eu-west-1:${ACCOUNT}:officer:${id}`;
const receipts = { SubscriptionArn: arnOf('r'), Protocol: 'sqs', Endpoint: RECEIPTS };
const officer = { SubscriptionArn: arnOf('o'), Protocol: 'email', Endpoint: 'officer@example.com' };

describe('the subscriptions', () => {
  test('are in order when somebody is told and the test message comes back', () => {
    expect(judgeSubscriptions([officer, receipts], RECEIPTS)).toEqual({
      ok: true,
      what: '1 subscription is confirmed, none waits.',
    });
  });

  test('are wrong while one waits for its confirmation, and it is said which, without the whole address', () => {
    const pending = { ...officer, SubscriptionArn: 'PendingConfirmation', Endpoint: 'olivia@example.com' };
    const found = judgeSubscriptions([officer, pending, receipts], RECEIPTS);
    expect(found).toMatchObject({ ok: false, what: expect.stringContaining('email o...@example.com') });
    expect(found.what).not.toContain('olivia');
    expect(found.whatToDo).toContain('link');
  });

  test.each([
    ['nobody is subscribed', [receipts], 'Nobody is subscribed'],
    ['the only one was deleted', [{ ...officer, SubscriptionArn: 'Deleted' }, receipts], 'Nobody is subscribed'],
    ['the test message cannot come back', [officer], 'brings the test message back'],
  ])('are wrong when %s', (_why, all, what) => {
    expect(judgeSubscriptions(all, RECEIPTS)).toMatchObject({ ok: false, what: expect.stringContaining(what) });
  });
});

const SERVICES = ['sns.amazonaws.com', 'cloudwatch.amazonaws.com'];
const statement = (overrides: object = {}) => ({
  Effect: 'Allow',
  Principal: { Service: SERVICES },
  Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
  Resource: '*',
  Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
  ...overrides,
});
const judge = (...statements: object[]) =>
  judgeTopicKeyPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), ACCOUNT);

describe("the policy of the topic's key", () => {
  test('is in order when it lets SNS and CloudWatch decrypt and make data keys for this account', () => {
    expect(judge(statement()).ok).toBe(true);
    expect(judge(statement({ Condition: undefined, Action: 'kms:*' })).ok).toBe(true);
  });

  test.each([
    ['has no such statement', { Effect: 'Deny' }, 'sns.amazonaws.com and cloudwatch.amazonaws.com'],
    ['leaves CloudWatch out', { Principal: { Service: 'sns.amazonaws.com' } }, 'let cloudwatch.amazonaws.com'],
    ['lets them decrypt only', { Action: 'kms:Decrypt' }, 'sns.amazonaws.com and'],
    ['is for another account', { Condition: { StringEquals: { 'aws:SourceAccount': '444455556666' } } }, 'sns'],
    ['asks for something else', { Condition: { StringEquals: { 'aws:SourceArn': 'arn:aws:sns:::x' } } }, 'sns'],
    ['excepts actions', { Action: undefined, NotAction: 'kms:Decrypt' }, 'sns'],
  ])('is wrong when it %s', (_what, overrides, refused) => {
    expect(judge(statement(overrides))).toMatchObject({ ok: false, what: expect.stringContaining(refused) });
  });

  test('is not known to be in order when another statement denies something to everybody', () => {
    const deny = { Effect: 'Deny', Principal: '*', Action: 'kms:Decrypt', Resource: '*' };
    expect(judge(statement(), deny).ok).toBe('unknown');
  });
});

const failing = (name: string, status: number) =>
  Object.assign(new Error('no'), { name, $fault: 'client', $metadata: { httpStatusCode: status } });

describe('a check', () => {
  test('gives what was found, under its name', async () => {
    expect(await check('queue', async () => inOrder('Fine.'))).toEqual({ name: 'queue', ok: true, what: 'Fine.' });
  });

  test.each([
    ['is wrong about what is not there', failing('ResourceNotFoundException', 404), false, 'Deploy'],
    ['does not know what it may not look at', failing('AccessDeniedException', 403), 'unknown', 'role of the selftest'],
    ['does not know what AWS does not answer', new Error('socket hang up'), 'unknown', 'again in some minutes'],
  ] as const)('%s', async (_title, error, ok, whatToDo) => {
    const found = await check('queue', () => Promise.reject(error));
    expect(found).toMatchObject({ name: 'queue', ok, whatToDo: expect.stringContaining(whatToDo) });
  });
});
