import type { ActionEntry } from '../ledger/entry.ts';
import { type Message, numberSteps, type Place, TITLES, writeFramed } from './frame.ts';
import { type Home, writeListCommand } from './own-command.ts';
import { safeText } from './safe-text.ts';

/**
 * Writes the one message of an hour in which the limit of changes is reached. The findings that follow are recorded and
 * not told one by one: a storm of messages would hide what matters.
 *
 * @param entry the action whose remedy was the first to be held
 * @param limit changes per hour
 */
export function writeLimitMessage(
  { action, recordedAt, subject }: ActionEntry,
  limit: number,
  place: Place & Home,
): Message {
  const hour = recordedAt.slice(0, 13);
  const who = safeText(action.actor.person ?? action.actor.arn ?? action.actor.type);
  return writeFramed({
    severity: 'critical',
    headline: `Keywarden stopped changing keys: ${limit} changes in one hour`,
    sections: [
      [
        TITLES.happened,
        [
          `More violations than usual: the first that was held is ${safeText(action.api)} on ${safeText(subject)}`,
          `by ${who} at ${safeText(action.time)}.`,
        ],
      ],
      [
        TITLES.done,
        [
          `It made ${limit} changes in the hour that began at ${hour}:00 UTC, which is the limit of the policy (safeguards.changesPerHour).`,
          'Until the hour is over it records every further violation with its plan, changes nothing, and sends no message about it.',
        ],
      ],
      [
        TITLES.next,
        numberSteps([
          `See what waits for you: ${writeListCommand(['findings'], place)}`,
          'Find out what causes it: an attack, a deployment, or a wrong policy file? the ledger shows who did it.',
          `Look first at: ${writeListCommand(['ledger', 'show', safeText(subject, 2048)], place)}`,
          'If it is right to change them, approve them one by one: the list has the name of each, and keywarden approve NAME shows its plan and asks.',
        ]),
      ],
    ],
    control: 'changes-per-hour',
    state: 'needs-approval',
    place,
    json: { state: 'limit-reached', hour, limit, firstHeld: { subject, eventId: action.eventId } },
  });
}
