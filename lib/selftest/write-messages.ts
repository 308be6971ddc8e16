import { type Message, numberSteps, type Place, TITLES, writeFramed } from '../alert/frame.ts';
import { type Home, writeHome } from '../alert/own-command.ts';
import { safeText } from '../alert/safe-text.ts';
import type { Check } from './check.ts';
import type { Result, Start } from './read-runs.ts';

/**
 * Writes the message that proves the way. Its JSON has the id of the run, by which it is known when it comes back.
 *
 * @returns a message with the attribute `state` = `selftest`, by which the queue of receipts filters
 */
export const writeTestMessage = (run: string, place: Place & Home): Message =>
  writeFramed({
    severity: 'low',
    headline: 'This is a test of the way from AWS KMS to you',
    sections: [
      [
        TITLES.happened,
        [
          'Keywarden made a harmless change by itself: it set a tag on the key that encrypts these messages.',
          'CloudTrail recorded that, a rule delivered the record, Keywarden recorded it as its own change, and sent this.',
          'If you read this, that way works, and so will the alert of a real violation.',
        ],
      ],
      [TITLES.next, ['Nothing to do.']],
      [TITLES.look, [showRuns(place), `Run ${safeText(run)}`]],
    ],
    control: 'selftest',
    state: 'selftest',
    place,
    json: { state: 'selftest', ...toJson(place), run },
  });

/** Writes what the officer is told of a run that failed. What could not be looked at is listed besides what is wrong. */
export function writeFailedMessage({ checks }: Pick<Start, 'checks'>, result: Result, place: Place & Home): Message {
  const bad = checks.filter(({ ok }) => ok !== true);
  const came = result.seconds !== undefined;
  return writeFramed({
    severity: came ? 'high' : 'critical',
    headline: came ? 'The selftest found something wrong' : 'The selftest failed: no test message came back',
    sections: [
      [TITLES.happened, result.reasons.map((reason) => safeText(reason, 1_000))],
      [TITLES.wrong, bad.map(describeCheck)],
      [
        TITLES.next,
        numberSteps([
          ...new Set(bad.flatMap(({ whatToDo }) => (whatToDo === undefined ? [] : [safeText(whatToDo, 1_000)]))),
          ...(came ? [] : listMissing(place)),
          `Try again: keywarden selftest ${writeHome(place)}`,
        ]),
      ],
      [TITLES.look, [showRuns(place), `Run ${safeText(result.run)}`]],
    ],
    control: 'selftest',
    state: 'selftest-failed',
    place,
    json: { state: 'selftest-failed', ...toJson(place), run: result.run, reasons: result.reasons, checks },
  });
}

const listMissing = (home: Home): readonly string[] => [
  `Until it works, no alert can be relied on. See what happened meanwhile: keywarden findings ${writeHome(home)}`,
  'Does a trail record management events (CloudTrail console)? AWS may also be late: its health page says so.',
  'Look at the logs of the lifecycle and the selftest function, and at the dead letters.',
];

const describeCheck = ({ name, ok, what }: Check): string =>
  `${safeText(name)}: ${ok === 'unknown' ? 'not known. ' : ''}${safeText(what, 1_000)}`;

/** Writes what the officer is told of a test message that came after its run had failed. */
export const writeLateMessage = (run: string, seconds: number, place: Place & Home): Message =>
  writeFramed({
    severity: 'medium',
    headline: 'The test message of a failed selftest has come after all',
    sections: [
      [TITLES.happened, [`It took ${describeSeconds(seconds)}. The way works, and it is slow.`]],
      [
        TITLES.next,
        numberSteps([
          'Look at the health page of AWS: CloudTrail and EventBridge may have been late.',
          `See whether anything was missed: keywarden status ${writeHome(place)}`,
        ]),
      ],
      [TITLES.look, [showRuns(place), `Run ${safeText(run)}`]],
    ],
    control: 'selftest',
    state: 'selftest-late',
    place,
    json: { state: 'selftest-late', ...toJson(place), run, seconds },
  });

/** `45 seconds`, `12 minutes`: whole ones. */
export const describeSeconds = (seconds: number): string => {
  const [count, unit] = seconds < 120 ? [Math.floor(seconds), 'second'] : [Math.floor(seconds / 60), 'minute'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
};

const showRuns = (home: Home): string => `keywarden ledger show selftests ${writeHome(home)}`;

const toJson = ({ account, region }: Place) => ({ account, region });
