import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Message } from './message.ts';

/** Tells the security officer; gives the id under which SNS took the message. */
export type TellOfficer = (message: Message) => Promise<string>;

/** SNS refuses more than 256 KB in all: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MOST_BYTES = 250_000;

/**
 * Publishes to the officer's topic: the text for e-mail, the JSON for everything else.
 *
 * @returns a function that throws what SNS throws: an alert that was not taken must not pass as sent
 */
export const createOfficer =
  (sns: SNSClient, topicArn: string): TellOfficer =>
  async ({ subject, text, json, attributes }) => {
    const output = await sns.send(
      new PublishCommand({
        TopicArn: topicArn,
        Subject: subject,
        MessageStructure: 'json',
        Message: toStructure(text, json),
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
        ),
      }),
    );
    return output.MessageId ?? 'unknown';
  };

/**
 * People who read e-mail get the text; `default` goes to every other protocol.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
 */
function toStructure(text: string, json: Message['json']): string {
  const full = JSON.stringify({ default: JSON.stringify(json), email: text });
  if (Buffer.byteLength(full) <= MOST_BYTES) return full;
  const { eventId, api, subject } = json.action as Partial<Record<string, string>>;
  const action = { eventId, api, subject, omitted: 'too large for a message; the ledger has it' };
  return JSON.stringify({ default: JSON.stringify({ ...json, action }), email: text });
}
