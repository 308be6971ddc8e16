import { describe, expect, test } from '@jest/globals';
import type { Channel } from '../../../lib/alert/channels/channel.ts';
import { type ChannelFailure, createTelling } from '../../../lib/alert/channels/telling.ts';
import { writeMessage } from '../../../lib/alert/message.ts';
import { noticeOf } from './notices.ts';

const NOTICE = noticeOf();
const NEWS = { message: writeMessage(NOTICE), notice: NOTICE };

/** A way that answers as the test says, and what it was told. */
function wayOf(name: Channel['name'], answer: () => Promise<string | undefined>, forPeople = name === 'chat') {
  const told: string[] = [];
  const channel: Channel = {
    name,
    forPeople,
    send: (news) => {
      told.push(news.message.subject);
      return answer();
    },
  };
  return { channel, told };
}

const never = () => new Promise<never>(() => undefined);

/** A telling with these ways, a clock that stands still, and what it reported as failed. */
function open(channels: readonly Channel[], officer = async () => 'm-1') {
  const failures: ChannelFailure[] = [];
  let now = Date.parse('2026-08-03T09:00:00Z');
  const telling = createTelling({
    officer,
    channels,
    failed: (failure) => failures.push(failure),
    clock: () => new Date(now),
    patience: 50,
  });
  return { ...telling, failures, wait: (seconds: number) => (now += seconds * 1000) };
}

describe('telling by every way', () => {
  test('gives the answers of all of them', async () => {
    const chat = wayOf('chat', async () => 'c-1');
    const events = wayOf('events', async () => 'e-1');
    const { tellNews, failures } = open([chat.channel, events.channel]);
    expect(await tellNews(NEWS)).toEqual({ messageId: 'm-1', also: { chat: 'c-1', events: 'e-1' } });
    expect(failures).toEqual([]);
  });

  test.each([
    ['refuses', async () => Promise.reject(new Error('AccessDenied')), 'Error: AccessDenied'],
    [
      'throws at once',
      () => {
        throw new TypeError('no topic');
      },
      'TypeError: no topic',
    ],
    ['never answers', never, 'It did not answer within 50 ms.'],
  ])('goes on when one way %s, and says so', async (_what, answer, reason) => {
    const chat = wayOf('chat', answer);
    const events = wayOf('events', async () => 'e-1');
    const { tellNews, failures } = open([chat.channel, events.channel]);
    expect(await tellNews(NEWS)).toEqual({ messageId: 'm-1', also: { chat: `not told: ${reason}`, events: 'e-1' } });
    expect(failures).toEqual([{ channel: 'chat', reason, subject: NEWS.message.subject }]);
  });

  test('tells nobody else, and fails, when the officer was not told: the message comes again', async () => {
    const chat = wayOf('chat', async () => 'c-1');
    const { tellNews, tell } = open([chat.channel], async () => Promise.reject(new Error('SNS is away')));
    await expect(tellNews(NEWS)).rejects.toThrow('SNS is away');
    await expect(tell(NEWS.message)).rejects.toThrow('SNS is away');
    expect(chat.told).toEqual([]);
  });

  test('leaves a way alone for a while that did not answer, and reports each message that it missed', async () => {
    const chat = wayOf('chat', never);
    const { tellNews, failures, wait } = open([chat.channel]);
    await tellNews(NEWS);
    await tellNews(NEWS);
    expect(chat.told).toHaveLength(1);
    expect(failures.at(-1)?.reason).toBe('It did not answer before, and was not tried again yet.');
    wait(31);
    await tellNews(NEWS);
    expect(chat.told).toHaveLength(2);
    expect(failures).toHaveLength(3);
  });

  test('tells a message that is no news of a finding to the chat too', async () => {
    const chat = wayOf('chat', async () => 'c-1');
    const { tell } = open([chat.channel]);
    expect(await tell(NEWS.message)).toBe('m-1');
    expect(chat.told).toEqual([NEWS.message.subject]);
  });

  test('in a storm keeps people in peace, and tells machines as always', async () => {
    let asked = 0;
    const chat = wayOf('chat', async () => 'c-1');
    const events = wayOf('events', async () => 'e-1');
    const { tellNews } = open([chat.channel, events.channel], async () => {
      asked += 1;
      return 'm-1';
    });
    const heard = await tellNews(NEWS, 'in the digest');
    expect(heard).toEqual({ messageId: 'in the digest', also: { events: 'e-1' } });
    expect([asked, chat.told]).toEqual([0, []]);
  });
});
