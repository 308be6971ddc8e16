import { setTimeout as wait } from 'node:timers/promises';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type LocalEndpoint, localClientConfig } from './local-client.ts';

/** What the officer was told. */
export type OfficerMessage = {
  /** Of SNS. */
  messageId: string;
  subject: string;
  /** The text that an e-mail subscriber gets. */
  text: string;
  /** What every other subscriber gets: JSON. */
  machine: string;
  /** The message attributes, which subscription filters look at. */
  attributes: Readonly<Record<string, string>>;
};

/** The officer's mailbox in the local AWS. */
export type OfficerInbox = {
  /** Every message read so far, oldest first. */
  messages(): readonly OfficerMessage[];
  /** Returns once every message that was sent before is in `messages()`. */
  read(): Promise<void>;
  stop(): Promise<void>;
};

/** The queue in which `moto-server.py` puts what e-mail subscribers get. */
const QUEUE = 'local-mail';
/** Milliseconds between two looks at the mailbox. */
const PAUSE = 250;

/**
 * Opens the mailbox of every e-mail subscriber in the local AWS; what was sent before is not in it.
 *
 * @param options of moto itself, so that reading mail is not an AWS call that the gateway counts
 * @param onMessage gets each message once, as it arrives
 */
export async function openOfficerInbox(
  options: LocalEndpoint & { onMessage?: (message: OfficerMessage) => void; log?: (line: string) => void },
): Promise<OfficerInbox> {
  const sqs = new SQSClient(localClientConfig(options));
  const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand({ QueueName: QUEUE }));
  const messages: OfficerMessage[] = [];
  const stopping = new AbortController();

  const empty = async () => {
    for (;;) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }));
      if (Messages.length === 0) return;
      for (const { Body = '', ReceiptHandle } of Messages) {
        const message: OfficerMessage = JSON.parse(Body);
        messages.push(message);
        options.onMessage?.(message);
        await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
      }
    }
  };
  // One after the other, so that a message is never on its way to `messages` while somebody is told that these are all.
  let last = Promise.resolve();
  const emptyInTurn = () => {
    last = last.catch(() => {}).then(empty);
    return last;
  };
  const watch = async () => {
    while (!stopping.signal.aborted) {
      await emptyInTurn().catch((error: unknown) => {
        if (!stopping.signal.aborted) options.log?.(`The officer's mailbox could not be read: ${error}`);
      });
      await wait(PAUSE, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const watching = watch();
  return {
    messages: () => [...messages],
    read: emptyInTurn,
    stop: async () => {
      stopping.abort();
      await watching;
      sqs.destroy();
    },
  };
}
