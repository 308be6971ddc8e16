import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { describe, expect, test } from '@jest/globals';
import { createEvents } from '../../../lib/alert/channels/events.ts';
import { createSecurityHub } from '../../../lib/alert/channels/security-hub.ts';
import { writeMessage } from '../../../lib/alert/message.ts';
import { noticeOf } from './notices.ts';

const NOTICE = noticeOf();
const NEWS = { message: writeMessage(NOTICE), notice: NOTICE };
const signal = new AbortController().signal;

/** A client that gives the answer, which no emulator gives: the call succeeds, and what was sent was not taken. */
function answering<Client extends { send: unknown }>(client: Client, answer: unknown): Client {
  client.send = async () => answer;
  return client;
}

describe('a call that succeeds without taking what was sent', () => {
  test('to EventBridge is an error with its code and reason', async () => {
    const entries = [{ ErrorCode: 'ThrottlingException', ErrorMessage: 'Rate exceeded' }];
    const client = answering(new EventBridgeClient({}), { FailedEntryCount: 1, Entries: entries });
    await expect(createEvents(client).send(NEWS, signal)).rejects.toThrow(
      'EventBridge did not take the event: ThrottlingException: Rate exceeded',
    );
  });

  test('to EventBridge that names no event is an error too', async () => {
    const client = answering(new EventBridgeClient({}), {});
    await expect(createEvents(client).send(NEWS, signal)).rejects.toThrow('EventBridge did not take the event');
  });

  test('to Security Hub is an error with its code and reason', async () => {
    const failed = [{ Id: 'x', ErrorCode: 'InvalidInput', ErrorMessage: 'Finding does not adhere to the format' }];
    const client = answering(new SecurityHubClient({}), { FailedCount: 1, SuccessCount: 0, FailedFindings: failed });
    const hub = createSecurityHub(client, () => new Date('2026-08-03T09:05:00Z'));
    await expect(hub.send(NEWS, signal)).rejects.toThrow(
      'Security Hub did not take the finding: InvalidInput: Finding does not adhere to the format',
    );
  });
});

describe('a message that is no news of a finding', () => {
  test('is nothing for programs and for Security Hub, and no call is made', async () => {
    const news = { message: NEWS.message };
    const never = { FailedEntryCount: 1, FailedCount: 1 };
    expect(await createEvents(answering(new EventBridgeClient({}), never)).send(news, signal)).toBeUndefined();
    const hub = createSecurityHub(answering(new SecurityHubClient({}), never), () => new Date());
    expect(await hub.send(news, signal)).toBeUndefined();
  });
});
