import { z } from 'zod';
import type { DailyMessage, HourlyMessage, OwnMessage, Pipeline } from './context.ts';
import { runDaily } from './daily.ts';
import { sendDigest } from './digest.ts';
import type { KeyAction } from './event/key-action.ts';
import { MalformedEventError } from './event/malformed-event-error.ts';
import { readJsonObject } from './event/plain-json.ts';
import { readEvent } from './event/read-event.ts';
import { readRecord } from './event/read-record.ts';
import { runHourly } from './hourly.ts';
import type { Writer } from './ledger/ledger.ts';
import { type Kept, keepMalformed, type Malformed, tellMalformed } from './malformed.ts';
import { approveOneOfLot } from './orders/approve-lot.ts';
import { resumeOrder } from './orders/resume.ts';
import { handleAction } from './pipeline.ts';
import { recheck } from './recheck.ts';

/** One message of the queue: an EventBridge event. */
export interface QueueMessage {
  readonly id: string;
  readonly body: string;
  /** How often it was handed out, this time included. */
  readonly receives: number;
}

/** What all messages of a batch share. */
export interface BatchContext {
  readonly writer: Writer;
  /** After this many receives the queue moves a message to its dead letters. */
  readonly maxReceives: number;
}

interface ReadMessage extends QueueMessage {
  readonly action: KeyAction;
}

/**
 * Takes a batch of messages through the pipeline. Actions on one subject go in order, because they append to one chain;
 * different subjects go side by side. One message that fails never stops the others.
 *
 * @returns ids of the messages that must be delivered again
 */
export async function handleBatch(
  pipeline: Pipeline,
  messages: readonly QueueMessage[],
  context: BatchContext,
): Promise<readonly string[]> {
  const read: ReadMessage[] = [];
  const malformed: (QueueMessage & Malformed)[] = [];
  const unreadable: string[] = [];
  const own: (QueueMessage & { readonly content: OwnMessage | DailyMessage | HourlyMessage })[] = [];
  for (const message of messages) {
    const content = readOwnMessage(message.body);
    if (content !== undefined) {
      own.push({ ...message, content });
      continue;
    }
    try {
      read.push({ ...message, action: readAction(message.body, pipeline) });
    } catch (error) {
      if (error instanceof MalformedEventError) malformed.push({ ...message, error });
      else unreadable.push(returnToQueue(pipeline, message, error));
    }
  }
  const subjects = [...Map.groupBy(read, ({ action }) => action.subject).values()];
  const failed = await Promise.all([
    ...subjects.map((group) => handleGroup(pipeline, group, context)),
    handleMalformed(pipeline, malformed, context.writer),
    ...own.map((message) => handleOwn(pipeline, message, context)),
  ]);
  return [...unreadable, ...failed.flat()];
}

/**
 * Reads what happened: from an event, or from a record of a log file that another of Keywarden's functions hands on. EventBridge
 * sends nothing of that second form, and besides its rules only Keywarden's own roles may send to this queue.
 *
 * @param body JSON text: an event, or `{"archived": <CloudTrail record>}`
 * @throws {MalformedEventError} as `readEvent` and `readRecord` do
 */
export function readAction(body: string, context: Pick<Pipeline, 'selfRoleArns' | 'ownResources'>): KeyAction {
  const { selfRoleArns, ownResources } = context;
  if (!/^\s*\{\s*"archived"\s*:/.test(body))
    return readEvent(body, { origin: 'eventbridge', selfRoleArns, ownResources });
  const { archived } = readJsonObject(body, 'the message');
  return readRecord(archived, { origin: 'archive', selfRoleArns, ownResources });
}

/**
 * Reads a message that is no event. Events have a source; only Keywarden's own roles, and its rules with a schedule, can
 * send anything else to this queue.
 *
 * @param body JSON text, in any formatting
 * @returns undefined for anything else
 */
export function readOwnMessage(body: string): OwnMessage | DailyMessage | HourlyMessage | undefined {
  // Looked at first, because most bodies are events, which are read once, and not here.
  if (!/^\s*\{\s*"(?:recheck|resume|order|daily|hourly|digest)"\s*:/.test(body)) return undefined;
  try {
    const result = ownMessageSchema.safeParse(JSON.parse(body));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

const ownMessageSchema = z.union([
  z.strictObject({ recheck: z.strictObject({ eventId: z.string(), subject: z.string() }) }),
  z.strictObject({ resume: z.strictObject({ eventId: z.string(), subject: z.string() }) }),
  z.strictObject({
    order: z.strictObject({
      lot: z.int().min(1),
      subject: z.string(),
      finding: z.string(),
      seq: z.int().min(1),
    }),
  }),
  z.strictObject({ daily: z.strictObject({}) }),
  z.strictObject({ hourly: z.strictObject({}) }),
  z.strictObject({ digest: z.strictObject({ window: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/) }) }),
]);

async function handleOwn(
  pipeline: Pipeline,
  message: QueueMessage & { readonly content: OwnMessage | DailyMessage | HourlyMessage },
  { writer, maxReceives }: BatchContext,
): Promise<readonly string[]> {
  try {
    const delivery = { writer, last: message.receives >= maxReceives };
    if ('daily' in message.content) await runDaily(pipeline, delivery);
    else if ('hourly' in message.content) await runHourly(pipeline, delivery);
    else if ('digest' in message.content) await sendDigest(pipeline, message.content.digest.window, delivery);
    else if ('resume' in message.content) await resumeOrder(message.content, { pipeline, delivery });
    else if ('order' in message.content) await approveOneOfLot(message.content, { pipeline, delivery });
    else await recheck(pipeline, message.content, delivery);
    return [];
  } catch (error) {
    return [returnToQueue(pipeline, message, error)];
  }
}

async function handleGroup(
  pipeline: Pipeline,
  group: readonly ReadMessage[],
  { writer, maxReceives }: BatchContext,
): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const message of group) {
    try {
      await handleAction(pipeline, message.action, { writer, last: message.receives >= maxReceives });
    } catch (error) {
      failed.push(returnToQueue(pipeline, message, error));
    }
  }
  return failed;
}

async function handleMalformed(
  pipeline: Pipeline,
  malformed: readonly (QueueMessage & Malformed)[],
  writer: Writer,
): Promise<readonly string[]> {
  const failed: string[] = [];
  const kept = new Map<string, Kept>();
  for (const message of malformed) {
    try {
      const one = await keepMalformed(pipeline, message, writer);
      if (one !== undefined) kept.set(message.id, one);
    } catch (error) {
      failed.push(returnToQueue(pipeline, message, error));
    }
  }
  if (kept.size === 0) return failed;
  try {
    const distinct = new Map([...kept.values()].map((one) => [one.eventId, one]));
    await tellMalformed(pipeline, [...distinct.values()], writer);
    return failed;
  } catch (error) {
    const returned = malformed.filter(({ id }) => kept.has(id));
    return [...failed, ...returned.map((message) => returnToQueue(pipeline, message, error))];
  }
}

/** Nothing is lost by an error: the queue hands the message out again, and at last to the dead letters, which raise an alarm. */
function returnToQueue({ log }: Pipeline, { id, receives }: QueueMessage, error: unknown): string {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  log.warn('returned to the queue', { messageId: id, receives, error: name, reason: message });
  return id;
}
