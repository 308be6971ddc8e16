import type { Waiver } from '../policy/policy.ts';
import { type Message, toSubject } from './message.ts';
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
export function writeWaiverMessage(
  due: readonly DueWaiver[],
  place: { readonly account: string; readonly region: string },
): Message {
  const sorted = due.toSorted((one, other) => one.days - other.days);
  const expired = due.filter(({ state }) => state === 'expired').length;
  const severity = expired > 0 ? 'medium' : 'low';
  const headline = describeCount(expired, due.length - expired);
  const rest =
    due.length > MOST_LISTED ? [`  and ${due.length - MOST_LISTED} more: keywarden ledger show waivers`] : [];
  return {
    subject: toSubject(`[Keywarden] ${severity.toUpperCase()} ${headline}`),
    text: [
      `${severity.toUpperCase()}  ${headline}`,
      '',
      'What happened',
      ...sorted.slice(0, MOST_LISTED).flatMap(describeWaiver),
      ...rest,
      '',
      'What Keywarden did',
      ...(expired > 0
        ? ['  What is no longer waived is a finding again: keys that a waiver named by their ARN are verified now.']
        : ['  Nothing. Until its last day is over a waiver counts.']),
      '',
      'What to do now',
      '  1. Ask the owner of each: is the exception still needed?',
      '  2. If so, renew it in keywarden.policy.yml (a later "expires", with its ticket) and deploy.',
      '  3. If not, put the key right and remove the waiver; the remediate function does what has a remedy.',
      '',
    ].join('\n'),
    json: {
      version: 1,
      state: 'waivers-due',
      ...place,
      count: due.length,
      waivers: sorted.slice(0, MOST_LISTED).map(({ waiver, state, days }) => ({ ...waiver, state, days })),
    },
    attributes: { severity, control: 'waivers', ...place, state: expired > 0 ? 'expired' : 'expires-soon' },
  };
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
    `  ${state === 'expired' ? 'EXPIRED' : 'Expires soon'}: ${control} on ${safeText(what, 2048)}`,
    `    last day ${expires} (UTC)${state === 'expired' ? '' : `, ${left}`}; owner ${safeText(owner)}, ticket ${safeText(ticket)}`,
  ];
}
