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
  const write = (what: Message['json']) => JSON.stringify({ default: JSON.stringify(what), email: text });
  const fits = (structure: string) => Buffer.byteLength(structure) <= MOST_BYTES;
  const full = write(json);
  if (fits(full)) return full;
  const lighter = omitAction(json);
  return fits(write(lighter)) ? write(lighter) : write(omitPlans(lighter));
}

const OMITTED = 'too large for a message; the ledger has it';

function omitAction(json: Message['json']): Message['json'] {
  if (json.action === undefined) return json;
  const { eventId, api, subject } = json.action as Partial<Record<string, string>>;
  return { ...json, action: { eventId, api, subject, omitted: OMITTED } };
}

/** A key policy may have 32 KB, and each quote in it becomes eight characters by the time SNS gets it. */
function omitPlans(json: Message['json']): Message['json'] {
  if (json.decision === undefined) return json;
  const { plan, ...decision } = json.decision as { plan?: { summary?: unknown } };
  const { undo: _undo, before: _before, ...remediation } = (json.remediation ?? {}) as Record<string, unknown>;
  return {
    ...json,
    decision: plan === undefined ? decision : { ...decision, plan: { summary: plan.summary, omitted: OMITTED } },
    remediation: json.remediation === null ? null : { ...remediation, omitted: OMITTED },
  };
}
