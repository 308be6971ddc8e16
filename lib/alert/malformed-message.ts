import { type Message, toSubject } from './message.ts';
import { safeText } from './safe-text.ts';

/** An event that could not be read, and where it is kept. */
export interface MalformedNotice {
  readonly eventId: string;
  readonly error: string;
  readonly seq: number;
}

/** How many are listed; all of them are in the ledger. */
const MOST_LISTED = 10;

/** Writes one message about all the events of a batch that could not be read. */
export function writeMalformedMessage(
  notices: readonly MalformedNotice[],
  place: { readonly account: string; readonly region: string },
): Message {
  const count = notices.length === 1 ? 'An event' : `${notices.length} events`;
  const headline = `${count} could not be read`;
  const listed = notices.slice(0, MOST_LISTED).map(({ seq, error }) => `  Entry ${seq}: ${safeText(error)}`);
  const rest = notices.length > MOST_LISTED ? [`  and ${notices.length - MOST_LISTED} more`] : [];
  return {
    subject: toSubject(`[Keywarden] MEDIUM ${headline}`),
    text: [
      `MEDIUM  ${headline}`,
      '',
      'What happened',
      ...listed,
      ...rest,
      '',
      'What Keywarden did',
      '  It kept each body in the ledger. What the events say was not verified.',
      '',
      'What to do now',
      '  1. Read the bodies: keywarden ledger show malformed',
      '  2. Look up the same time in CloudTrail: was it a key lifecycle action? Then verify the key with the remediate function.',
      '  3. If AWS changed its format, update Keywarden. If somebody else sends to the queue, find out who.',
      '',
    ].join('\n'),
    json: { version: 1, state: 'malformed', account: place.account, region: place.region, events: notices },
    attributes: {
      severity: 'medium',
      control: 'event-readable',
      account: place.account,
      region: place.region,
      state: 'opened',
    },
  };
}
