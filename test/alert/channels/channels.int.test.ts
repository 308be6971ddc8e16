import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { EnableSecurityHubCommand, GetFindingsCommand } from '@aws-sdk/client-securityhub';
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createChat } from '../../../lib/alert/channels/chat.ts';
import { createEvents } from '../../../lib/alert/channels/events.ts';
import { DETAIL_TYPES } from '../../../lib/alert/channels/finding-event.ts';
import { createSecurityHub } from '../../../lib/alert/channels/security-hub.ts';
import { type ChannelFailure, createTelling } from '../../../lib/alert/channels/telling.ts';
import { writeMessage } from '../../../lib/alert/message.ts';
import type { Notice } from '../../../lib/alert/notice.ts';
import { createOfficer } from '../../../lib/alert/officer.ts';
import {
  createEventBridgeClient,
  createSecurityHubClient,
  createSnsClient,
  createSqsClient,
} from '../../../lib/aws/clients.ts';
import { LOCAL_ACCOUNT, startMoto } from '../../../local/moto.ts';
import { EVERY_STATE, KEY, noticeOf } from './notices.ts';

const REGION = 'eu-west-1';
let bed: Awaited<ReturnType<typeof openBed>>;

beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

/** The officer, the chat, a program that listens for events, and Security Hub, all on an emulator over HTTP. */
async function openBed() {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const moto = await startMoto();
  const options = { region: REGION, endpoint: moto.url };
  const [sns, sqs] = [createSnsClient(options), createSqsClient(options)];
  const [events, hub] = [createEventBridgeClient(options), createSecurityHubClient(options)];
  let now = Date.parse('2026-08-03T09:05:00Z');
  const clock = () => new Date(now);

  async function createInbox(name: string): Promise<{ arn: string; read: () => Promise<string[]> }> {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    const read = async () => {
      const bodies: string[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
        if (Messages.length === 0) return bodies;
        bodies.push(...Messages.map(({ Body = '' }) => Body));
        const Entries = Messages.map(({ ReceiptHandle }, place) => ({ Id: String(place), ReceiptHandle }));
        await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      }
    };
    return { arn: `arn:aws:sqs:${REGION}:${LOCAL_ACCOUNT}:${name}`, read };
  }

  async function createTopic(name: string) {
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: name }));
    const inbox = await createInbox(`${name}-inbox`);
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: inbox.arn }));
    const read = async () =>
      (await inbox.read()).map((body) => JSON.parse((JSON.parse(body) as { Message: string }).Message));
    return { arn: TopicArn, read };
  }

  const officer = await createTopic('officer');
  const chat = await createTopic('chat');
  const listener = await createInbox('listener');
  const pattern = { source: ['keywarden'], 'detail-type': ['Keywarden Finding Needs Approval'] };
  await events.send(new PutRuleCommand({ Name: 'waiting', EventPattern: JSON.stringify(pattern) }));
  await events.send(new PutTargetsCommand({ Rule: 'waiting', Targets: [{ Id: 'queue', Arn: listener.arn }] }));
  await hub.send(new EnableSecurityHubCommand({}));

  const failures: ChannelFailure[] = [];
  const open = (chatTopic = chat.arn) =>
    createTelling({
      officer: createOfficer(sns, officer.arn),
      channels: [createChat(sns, chatTopic), createEvents(events), createSecurityHub(hub, clock)],
      failed: (failure) => failures.push(failure),
      clock,
    });

  return {
    officer,
    chat,
    listener,
    failures,
    open,
    wait: (seconds: number) => {
      now += seconds * 1000;
    },
    readFindings: async () => (await hub.send(new GetFindingsCommand({}))).Findings ?? [],
    stop: () => moto.stop(),
  };
}

const newsOf = (notice: Notice) => ({ message: writeMessage(notice), notice });
const inOurAccount = (notice: Notice): Notice => ({ ...notice, action: { ...notice.action, account: LOCAL_ACCOUNT } });

describe('news of a finding', () => {
  test('reaches the officer, the chat, a rule of another program and Security Hub, each in its own form', async () => {
    const { also, messageId } = await bed.open().tellNews(newsOf(inOurAccount(EVERY_STATE['needs-approval'])));
    expect(bed.failures).toEqual([]);
    expect(Object.keys(also).sort()).toEqual(['chat', 'events', 'security-hub']);
    expect(messageId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await bed.officer.read()).toMatchObject([{ state: 'needs-approval' }]);
    expect(await bed.chat.read()).toMatchObject([
      { version: '1.0', source: 'custom', metadata: { threadId: expect.stringContaining('rotation-enabled@') } },
    ]);
    const [event, ...others] = (await bed.listener.read()).map((body) => JSON.parse(body));
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      source: 'keywarden',
      'detail-type': DETAIL_TYPES['needs-approval'],
      resources: [KEY],
      detail: { version: 1, state: 'needs-approval', finding: { control: 'rotation-enabled' } },
    });
    expect(await bed.readFindings()).toMatchObject([{ RecordState: 'ACTIVE', Compliance: { Status: 'FAILED' } }]);
  });

  test('of another state does not reach a rule that asks for approvals only, and updates the same finding', async () => {
    bed.wait(60);
    await bed.open().tellNews(newsOf(inOurAccount(EVERY_STATE.resolved)));
    expect(await bed.listener.read()).toEqual([]);
    expect(await bed.readFindings()).toMatchObject([{ RecordState: 'ARCHIVED', Compliance: { Status: 'PASSED' } }]);
    await bed.officer.read();
    await bed.chat.read();
  });

  test('reaches all others when the topic of the chat is gone', async () => {
    const gone = `${bed.chat.arn}-gone`;
    const { also } = await bed.open(gone).tellNews(newsOf(inOurAccount(noticeOf({ state: 'needs-approval' }))));
    expect(also).toMatchObject({ chat: expect.stringContaining('not told: NotFound'), events: expect.any(String) });
    expect(bed.failures).toMatchObject([{ channel: 'chat' }]);
    expect(await bed.officer.read()).toHaveLength(1);
    expect(await bed.listener.read()).toHaveLength(1);
    expect(await bed.chat.read()).toEqual([]);
  });

  test('that is held in a storm reaches programs, and neither the officer nor the chat', async () => {
    const news = newsOf(inOurAccount(noticeOf({ state: 'needs-approval' })));
    const { also } = await bed.open().tellNews(news, 'in the digest');
    expect(Object.keys(also).sort()).toEqual(['events', 'security-hub']);
    expect(await bed.listener.read()).toHaveLength(1);
    expect([await bed.officer.read(), await bed.chat.read()]).toEqual([[], []]);
  });
});
