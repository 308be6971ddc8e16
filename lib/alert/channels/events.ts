import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Channel } from './channel.ts';
import { DETAIL_TYPES, EVENT_SOURCE, toFindingEvent } from './finding-event.ts';

/**
 * Tells other programs, by an event on the default bus (docs/schemas/finding-event.v1.json). Only findings are told so.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
 */
export const createEvents = (client: EventBridgeClient): Channel => ({
  name: 'events',
  forPeople: false,
  async send({ notice }, abortSignal) {
    if (notice === undefined) return undefined;
    const { Entries = [], FailedEntryCount = 0 } = await client.send(
      new PutEventsCommand({
        Entries: [
          {
            Source: EVENT_SOURCE,
            DetailType: DETAIL_TYPES[notice.state],
            Resources: [notice.finding.subject],
            Time: new Date(notice.finding.changedAt),
            Detail: JSON.stringify(toFindingEvent(notice)),
          },
        ],
      }),
      { abortSignal },
    );
    const [entry] = Entries;
    // The call succeeds also when the event was not taken.
    if (FailedEntryCount > 0 || entry?.EventId === undefined) {
      throw new Error(
        `EventBridge did not take the event: ${entry?.ErrorCode ?? 'no code'}: ${entry?.ErrorMessage ?? 'no reason'}`,
      );
    }
    return entry.EventId;
  },
});
