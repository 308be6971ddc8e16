import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Channel } from './channel.ts';
import { toChatNotification } from './chat-notification.ts';

/**
 * Tells the chat, by a topic of its own: Amazon Q Developer understands no other form of message than its own, and whoever
 * reads the officer's topic has no use for that one.
 *
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export const createChat = (sns: SNSClient, topicArn: string): Channel => ({
  name: 'chat',
  forPeople: true,
  async send(news, abortSignal) {
    const { MessageId } = await sns.send(
      new PublishCommand({ TopicArn: topicArn, Message: JSON.stringify(toChatNotification(news)) }),
      { abortSignal },
    );
    return MessageId ?? 'unknown';
  },
});
