import type { SweepEntry } from '../ledger/entry.ts';
import { quote } from './command.ts';
import { type Message, numberSteps, TITLES, writeFramed } from './frame.ts';
import { safeText } from './safe-text.ts';

type SweepRecord = SweepEntry['sweep'];

const MOST_LISTED = 10;

/** Writes the message that a look at all keys did not look at all of them. */
export function writeIncompleteSweepMessage(sweep: SweepRecord): Message {
  const { counts, id, account, region, startedAt, notJudged } = sweep;
  const missed = counts.unread + counts.notReached;
  const rest = missed - Math.min(notJudged.length, MOST_LISTED);
  return writeFramed({
    severity: 'high',
    headline:
      missed === 0
        ? 'Not all keys could be listed'
        : `${missed} of ${counts.listed + counts.vanished} keys were not looked at`,
    sections: [
      [
        TITLES.happened,
        [
          `The look at all keys that began at ${startedAt} is over, and it is not complete. Nobody knows whether the keys below are in order.`,
          `${counts.listed} keys are listed; ${counts.judged} were judged, ${counts.managedByAws} are managed by AWS, ${counts.unread} could not be read, and nobody came to ${counts.notReached}.`,
        ],
      ],
      [
        TITLES.wrong,
        [
          ...notJudged
            .slice(0, MOST_LISTED)
            .map(({ key, reason }) => `${safeText(key, 2048)}: ${safeText(reason, 500)}`),
          ...(rest > 0 ? [`and ${rest} more`] : []),
        ],
      ],
      [
        TITLES.next,
        numberSteps([
          'Read the reasons. A key that could not be read is also a finding of its own (key-readable), which says what to do.',
          'If KMS throttled Keywarden, or the time was too short, raise sweep.quotaPercent in the policy file, or have AWS raise the request quotas of KMS.',
          'Look at all keys again now: aws lambda invoke --function-name <SweepFunctionName of the stack> out.json',
        ]),
      ],
      [TITLES.look, ['keywarden ledger show sweeps']],
    ],
    control: 'sweep',
    state: 'incomplete',
    place: { account, region },
    json: { state: 'sweep-incomplete', sweep: id, counts, notJudged },
  });
}

/** What the first look at all keys found, of one control. */
interface Count {
  readonly control: string;
  readonly findings: number;
  readonly askable: number;
  readonly examples: readonly string[];
}

/**
 * Writes the one message about everything that was so before Keywarden was there.
 *
 * @param found by control; at least one
 */
export function writeBaselineMessage(sweep: SweepRecord, found: readonly Count[]): Message {
  const { id, account, region, counts } = sweep;
  const total = found.reduce((sum, { findings }) => sum + findings, 0);
  const askable = found.reduce((sum, one) => sum + one.askable, 0);
  const approve = `keywarden approve --baseline ${quote(id)} --reason ${quote('<why>')}`;
  return writeFramed({
    severity: 'high',
    headline: `${total} ${total === 1 ? 'thing was' : 'things were'} wrong before Keywarden was there`,
    sections: [
      [
        TITLES.happened,
        [
          `Keywarden has looked at all ${counts.listed} keys for the first time, and at ${counts.grants} grants. This is what it found, by control:`,
          ...found.map(
            ({ control, findings, examples }) =>
              `${control}: ${findings}, e.g. ${examples.map((key) => safeText(key, 2048)).join(', ')}`,
          ),
        ],
      ],
      [
        TITLES.done,
        [
          'Nothing was changed: what was so before is changed only when a person approves. There is a finding for each, and no other message about them.',
        ],
      ],
      [
        TITLES.next,
        numberSteps([
          'See them all: keywarden findings',
          'Grant a waiver for what must stay as it is, or put it right yourself.',
          askable === 0
            ? 'Keywarden can put none of them right by itself; the findings say what to do.'
            : `Approve the rest, which is ${askable} at most: ${approve}`,
        ]),
      ],
      [TITLES.look, ['keywarden ledger show sweeps']],
    ],
    control: 'sweep',
    state: 'baseline',
    place: { account, region },
    json: { state: 'baseline', sweep: id, total, askable, found, counts },
  });
}
