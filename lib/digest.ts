import { countHeld, writeDigestMessage } from './alert/digest-message.ts';
import { digestId } from './alert/storm.ts';
import type { Delivery, Pipeline } from './context.ts';
import { DIGESTS } from './ledger/keys.ts';
import { describeReview, tellOnce } from './tell-once.ts';

/**
 * Sends the one message that stands for all that was held in a window; once, however often it is asked for.
 *
 * The entry comes first: from then on nothing more is held for this window, so that what is read afterwards is all of it.
 *
 * @param window when it began, e.g. `2026-08-03T09:15Z`
 * @throws {BusyError} while another invocation sends it
 * @throws what SNS and DynamoDB throw; the next attempt goes on
 */
export async function sendDigest(pipeline: Pipeline, window: string, delivery: Delivery): Promise<void> {
  const { storm, policy } = pipeline;
  if (storm === undefined) throw new TypeError(`A digest of ${window} is asked for, and nothing is held here.`);
  const limit = policy.alerts.storm;
  const review = describeReview(pipeline, 'keywarden (digest)', {
    eventId: digestId(window),
    api: 'SendDigest',
    subject: DIGESTS,
    request: { window, ...limit },
  });
  await tellOnce(pipeline, delivery, review, async () => {
    const digest = await countHeld(window, limit, storm.read(window));
    if (digest.count === 0) return [];
    const note = (messageId: string) => [{ control: 'digest', state: `${digest.count} messages`, messageId }];
    return [{ message: writeDigestMessage(digest, pipeline), note }];
  });
  await storm.settle(window);
}

/**
 * Sends the digests of windows that have ended and whose own message never came. Asked once an hour.
 *
 * @throws the first error, when every digest was tried
 */
export async function sendDueDigests(pipeline: Pipeline, delivery: Delivery): Promise<void> {
  const due = (await pipeline.storm?.listDue(pipeline.clock())) ?? [];
  const failures: unknown[] = [];
  for (const window of due) {
    try {
      await sendDigest(pipeline, window, delivery);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
