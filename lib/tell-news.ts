import { type Notice, writeMessage } from './alert/message.ts';
import type { HeldNews } from './alert/storm.ts';
import type { Pipeline } from './context.ts';
import type { Told } from './ledger/entry.ts';
import { findingId } from './ledger/finding.ts';
import { writeFindingRef } from './ledger/finding-ref.ts';

/**
 * Tells everybody the news of one finding: the officer first, who must hear of it, at once or in the digest of a storm; then
 * the chat, other programs and Security Hub, as far as they answer.
 *
 * @throws what SNS throws when it did not take the officer's message
 */
export async function tellNews(pipeline: Pipeline, notice: Notice): Promise<Told> {
  const message = writeMessage(notice);
  const window = await holdInStorm(pipeline, notice);
  const heldIn = window === undefined ? undefined : `in the digest of the messages from ${window}`;
  const { messageId, also } = await (pipeline.tellNews?.({ message, notice }, heldIn) ??
    tellOfficerOnly(pipeline, message, heldIn));
  return {
    control: findingId(notice.finding),
    state: notice.state,
    messageId,
    ...(Object.keys(also).length === 0 ? {} : { also }),
  };
}

const tellOfficerOnly = async ({ tell }: Pipeline, message: Parameters<Pipeline['tell']>[0], heldIn?: string) => ({
  messageId: heldIn ?? (await tell(message)),
  also: {},
});

/** What cannot be held is told at once: too many messages are better than one that is missing. */
async function holdInStorm({ storm, clock, log }: Pipeline, notice: Notice): Promise<string | undefined> {
  try {
    return await storm?.hold(toHeldNews(notice), clock());
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    log.warn('not held', { eventId: notice.finding.eventId, finding: findingId(notice.finding), reason });
    return undefined;
  }
}

function toHeldNews({ finding, state, planDigest }: Notice): HeldNews {
  return {
    finding: writeFindingRef(finding),
    control: finding.control,
    state,
    severity: finding.severity,
    // The ledger has the rest: an item of the table has its limits.
    reason: finding.reason.slice(0, 1_000).toWellFormed(),
    eventId: finding.eventId,
    ...(planDigest === undefined ? {} : { plan: planDigest }),
  };
}
