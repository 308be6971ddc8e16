import { type Message, numberSteps, type Place, TITLES, writeFramed } from './frame.ts';
import { type Home, writeListCommand } from './own-command.ts';
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
export function writeMalformedMessage(notices: readonly MalformedNotice[], place: Place & Home): Message {
  const count = notices.length === 1 ? 'An event' : `${notices.length} events`;
  const listed = notices.slice(0, MOST_LISTED).map(({ seq, error }) => `Entry ${seq}: ${safeText(error)}`);
  const rest = notices.length > MOST_LISTED ? [`and ${notices.length - MOST_LISTED} more`] : [];
  return writeFramed({
    severity: 'medium',
    headline: `${count} could not be read`,
    sections: [
      [TITLES.happened, [...listed, ...rest]],
      [TITLES.done, ['It kept each body in the ledger. What the events say was not verified.']],
      [
        TITLES.next,
        numberSteps([
          `Read the bodies: ${writeListCommand(['ledger', 'show', 'malformed'], place)}`,
          'Look up the same time in CloudTrail: was it a key lifecycle action? Then verify the key: keywarden verify KEY',
          'If AWS changed its format, update Keywarden. If somebody else sends to the queue, find out who.',
        ]),
      ],
    ],
    control: 'event-readable',
    state: 'opened',
    place,
    json: { state: 'malformed', events: notices },
  });
}
