import type { Waiver } from '../policy/policy.ts';
import { type Message, numberSteps, type Place, TITLES, writeFramed } from './frame.ts';
import { type Home, writeListCommand } from './own-command.ts';
import { safeText } from './safe-text.ts';

/** A waiver that somebody must look at. */
export interface DueWaiver {
  readonly waiver: Waiver;
  readonly state: 'expires-soon' | 'expired';
  /** Whole days until its end; negative since. */
  readonly days: number;
}

/** How many are listed, so that a message never grows beyond what SNS takes; all of them are in the ledger. */
const MOST_LISTED = 20;

/** Writes the one message of a day about waivers that end soon or have just ended; what has ended comes first. */
export function writeWaiverMessage(due: readonly DueWaiver[], place: Place & Home): Message {
  const sorted = due.toSorted((one, other) => one.days - other.days);
  const listed = sorted.slice(0, MOST_LISTED);
  const expired = due.filter(({ state }) => state === 'expired').length;
  const rest = due.length > MOST_LISTED ? [`and ${due.length - MOST_LISTED} more: keywarden ledger show waivers`] : [];
  return writeFramed({
    severity: expired > 0 ? 'medium' : 'low',
    headline: describeCount(expired, due.length - expired),
    sections: [
      [TITLES.happened, [...listed.flatMap(describeWaiver), ...rest]],
      [
        TITLES.done,
        [
          expired > 0
            ? 'What is no longer waived is a finding again: keys that a waiver named are verified now.'
            : 'Nothing. Until its last day is over a waiver counts.',
        ],
      ],
      [
        TITLES.next,
        numberSteps([
          `Ask the owner of each whether the exception is still needed; this lists all: ${writeListCommand(['waivers'], place)}`,
          'If so, renew it: one of the policy file in keywarden.policy.yml (a later "expires", with its ticket), and deploy; one that was granted by order with keywarden waive.',
          'If not, put the key right and remove the waiver (keywarden unwaive, or the policy file); keywarden remediate does what has a remedy.',
        ]),
      ],
    ],
    control: 'waivers',
    state: expired > 0 ? 'expired' : 'expires-soon',
    place,
    json: {
      state: 'waivers-due',
      count: due.length,
      waivers: listed.map(({ waiver, state, days }) => ({ ...waiver, state, days })),
    },
  });
}

function describeCount(expired: number, soon: number): string {
  const name = (count: number) => (count === 1 ? '1 waiver' : `${count} waivers`);
  const parts = [
    ...(expired > 0 ? [`${name(expired)} expired`] : []),
    ...(soon > 0 ? [`${name(soon)} ${soon === 1 ? 'expires' : 'expire'} soon`] : []),
  ];
  return parts.join(', ');
}

function describeWaiver({ waiver, days, state }: DueWaiver): readonly string[] {
  const { control, subject, tag, owner, ticket, expires } = waiver;
  const what = subject ?? `keys with the tag ${tag?.key}=${tag?.value}`;
  const left = days === 0 ? 'today is its last day' : `${days} ${days === 1 ? 'day' : 'days'} left`;
  return [
    `${state === 'expired' ? 'EXPIRED' : 'Expires soon'}: ${control} on ${safeText(what, 2048)}`,
    `  last day ${expires} (UTC)${state === 'expired' ? '' : `, ${left}`}; owner ${safeText(owner)}, ticket ${safeText(ticket)}`,
  ];
}
