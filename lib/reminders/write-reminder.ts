import { quote } from '../alert/command.ts';
import { type Message, type Place, type Section, TITLES, writeFramed } from '../alert/frame.ts';
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
  place: Place,
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
        return [one.toUpperCase(), ofThis.flatMap((due) => describeDue(due, until))];
      }),
      ['Before Keywarden was there', baselines.map(describeBaseline)],
      ['And more', describeRest(told)],
      [TITLES.next, NEXT[kind]],
      [TITLES.look, ['keywarden findings']],
    ],
    control: 'reminders',
    state: kind,
    place,
    json: { state: kind, ...place, until, count, findings: listed, baselines },
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

function describeDue(due: Due, until: string): readonly string[] {
  const { control, openedAt, reason } = due;
  return [
    `${safeText(writeFindingRef(due), 2_048)}  open for ${describeAge(openedAt, until)}`,
    `  ${titleOf(control)}: ${safeText(reason)}`,
    `  ${describeNext(due)}`,
  ];
}

/** `5 hours`, `3 days`: whole ones. */
export function describeAge(since: string, until: string): string {
  const hours = Math.max(0, Math.floor((Date.parse(until) - Date.parse(since)) / HOUR));
  const [count, unit] = hours < 48 ? [hours, 'hour'] : [Math.floor(hours / 24), 'day'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function describeNext(due: Due): string {
  const ref = quote(safeText(writeFindingRef(due), 2_048));
  if (due.decision === 'ask') return `It waits for your approval: keywarden approve ${ref}`;
  if (due.decision === 'rejected') return `Its plan was rejected. Put it right by hand, or: keywarden waive ${ref}`;
  return findText(due.control)?.runbook[0] ?? `keywarden finding ${ref}`;
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

const describeBaseline = ({ id, count }: Told['baselines'][number]): string =>
  `${count === 1 ? '1 finding' : `${count} findings`} of the first look at all keys: keywarden approve --baseline ${safeText(id)}`;

function describeRest({ count, listed, baselines }: Told): readonly string[] {
  const rest = count - listed.length - baselines.reduce((sum, one) => sum + one.count, 0);
  return rest === 0 ? [] : [`${rest} more that are not listed here.`];
}
