import { quote } from '../alert/command.ts';
import { type Message, type Place, type Section, TITLES, writeFramed } from '../alert/frame.ts';
import { type Home, writeHome, writeOwnCommand, YOUR_REASON } from '../alert/own-command.ts';
import { safeText } from '../alert/safe-text.ts';
import { textOfControl } from '../judge.ts';
import { writeFindingRef } from '../ledger/finding-ref.ts';
import { type Due, type ReminderKind, rankOf, SEVERITIES } from './list-due.ts';
import type { Reminder, Told } from './reminder.ts';

/** Milliseconds of an hour. */
const HOUR = 3_600_000;

/**
 * Writes the one message of a run about findings that are still open.
 *
 * @param until ISO 8601 UTC: their age is counted to this moment
 * @returns a message with the attribute `state` = `reminder`, or `escalated` and then also `escalation` = `true`
 */
export function writeReminder(
  kind: ReminderKind,
  told: Told,
  { until }: Pick<Reminder, 'until'>,
  place: Place & Home,
): Message {
  const { count, severity, listed, baselines } = told;
  const what = count === 1 ? '1 finding is' : `${count} findings are`;
  const message = writeFramed({
    severity: rankOf(severity) === -1 ? 'critical' : severity,
    headline: kind === 'escalated' ? `${what} open for too long and escalated` : `${what} still open`,
    sections: [
      ...SEVERITIES.map((one): Section => {
        const ofThis = listed.filter(
          (due) => due.severity === one || (one === 'critical' && rankOf(due.severity) === -1),
        );
        return [one.toUpperCase(), ofThis.flatMap((due) => describeDue(due, until, place))];
      }),
      ['Before Keywarden was there', baselines.map((one) => describeBaseline(one, place))],
      ['And more', describeRest(told)],
      [TITLES.next, NEXT[kind]],
      [TITLES.look, [`keywarden findings ${writeHome(place)}`]],
    ],
    control: 'reminders',
    state: kind,
    place,
    json: { state: kind, account: place.account, region: place.region, until, count, findings: listed, baselines },
  });
  return kind === 'escalated' ? { ...message, attributes: { ...message.attributes, escalation: 'true' } } : message;
}

const NEXT: Readonly<Record<ReminderKind, readonly string[]>> = {
  reminder: [
    'Act on each, the gravest first. What must stay as it is: reject the plan, or waive the finding until a day.',
  ],
  escalated: [
    'Ask the security officer why these are open: each is older than the policy allows (alerts.escalateAfterHours).',
    'Then see that each is put right, or rejected or waived by somebody who answers for it.',
  ],
};

function describeDue(due: Due, until: string, home: Home): readonly string[] {
  const { control, openedAt, reason } = due;
  return [
    `${safeText(writeFindingRef(due), 2_048)}  open for ${describeAge(openedAt, until)}`,
    `  ${titleOf(control)}: ${safeText(reason)}`,
    `  ${describeNext(due, home)}`,
  ];
}

/** `5 hours`, `3 days`: whole ones. */
export function describeAge(since: string, until: string): string {
  const hours = Math.max(0, Math.floor((Date.parse(until) - Date.parse(since)) / HOUR));
  const [count, unit] = hours < 48 ? [hours, 'hour'] : [Math.floor(hours / 24), 'day'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Enough of a digest that nobody finds another plan with the same. */
const SHOWN_DIGITS = 16;

function describeNext(due: Due, home: Home): string {
  const write = (command: Parameters<typeof writeOwnCommand>[0], options: Readonly<Record<string, string>>) =>
    writeOwnCommand(command, due, options, home);
  if (due.decision === 'ask') {
    const plan = due.plan === undefined ? {} : { plan: due.plan.slice(0, SHOWN_DIGITS) };
    return `It waits for your approval: ${write('approve', { ...plan, reason: YOUR_REASON })}`;
  }
  if (due.decision === 'rejected')
    return `Its plan was rejected. Put it right by hand, or waive it: ${write('finding', {})}`;
  // The first step of the runbook, without its number.
  return findText(due.control)?.runbook[0]?.replace(/^1\. /, '') ?? write('finding', {});
}

const titleOf = (control: string): string => findText(control)?.title ?? control;

/** A finding of a control that this version no longer has is open all the same. */
function findText(control: string): ReturnType<typeof textOfControl> | undefined {
  try {
    return textOfControl(control);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

const describeBaseline = ({ id, count }: Told['baselines'][number], home: Home): string =>
  `${count === 1 ? '1 finding' : `${count} findings`} of the first look at all keys: keywarden approve --baseline ${quote(safeText(id))} --reason ${quote(YOUR_REASON)} ${writeHome(home)}`;

function describeRest({ count, listed, baselines }: Told): readonly string[] {
  const rest = count - listed.length - baselines.reduce((sum, one) => sum + one.count, 0);
  return rest === 0 ? [] : [`${rest} more that are not listed here.`];
}
