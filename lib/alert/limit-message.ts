import type { ActionEntry } from '../ledger/entry.ts';
import { quote } from './command.ts';
import { type Message, toSubject } from './message.ts';
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
  place: { readonly account: string; readonly region: string },
): Message {
  const headline = `Keywarden stopped changing keys: ${limit} changes in one hour`;
  const hour = recordedAt.slice(0, 13);
  return {
    subject: toSubject(`[Keywarden] CRITICAL ${headline}`),
    text: [
      `CRITICAL  ${headline}`,
      '',
      'What happened',
      `  More violations than usual: the first that was held is ${safeText(action.api)} on ${safeText(subject)}`,
      `  by ${safeText(action.actor.person ?? action.actor.arn ?? action.actor.type)} at ${safeText(action.time)}.`,
      '',
      'What Keywarden did',
      `  It made ${limit} changes in the hour that began at ${hour}:00 UTC, which is the limit of the policy (safeguards.changesPerHour).`,
      '  Until the hour is over it records every further violation with its plan, changes nothing, and sends no message about it.',
      '',
      'What to do now',
      '  1. See what waits for you: keywarden findings',
      '  2. Find out what causes it: an attack, a deployment, or a wrong policy file? keywarden ledger show shows who did it.',
      `  3. If it is right to change them, order it key by key with the remediate function, e.g. for ${quote(safeText(subject))}`,
      '',
    ].join('\n'),
    json: {
      version: 1,
      state: 'limit-reached',
      hour,
      limit,
      firstHeld: { subject, eventId: action.eventId },
      ...place,
    },
    attributes: { severity: 'critical', control: 'changes-per-hour', ...place, state: 'needs-approval' },
  };
}
