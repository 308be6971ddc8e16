import { readFindingRef } from '../ledger/finding-ref.ts';
import { quote } from './command.ts';
import { type Message, numberSteps, type Place, TITLES, writeFramed } from './frame.ts';
import { writeOwnCommand, YOUR_REASON } from './own-command.ts';
import { safeText } from './safe-text.ts';
import type { HeldNews } from './storm.ts';

/** What was held in one window, counted. */
export interface Digest {
  readonly window: string;
  /** How many messages the policy lets through in how many minutes. */
  readonly limit: { readonly messages: number; readonly minutes: number };
  readonly count: number;
  readonly bySeverity: ReadonlyMap<string, number>;
  readonly byState: ReadonlyMap<string, number>;
  readonly byControl: ReadonlyMap<string, number>;
  /** The first of those that wait for an approval, and of all others; the gravest first. */
  readonly waiting: readonly HeldNews[];
  readonly gravest: readonly HeldNews[];
}

/** How many are named, so that a message never grows beyond what SNS takes; all of them are in the ledger. */
const MOST_NAMED = 20;
const MOST_CONTROLS = 30;

/**
 * Counts what was held and keeps the gravest of it, however much there is.
 *
 * @param held the gravest first
 */
export async function countHeld(
  window: string,
  limit: Digest['limit'],
  held: AsyncIterable<HeldNews>,
): Promise<Digest> {
  const [bySeverity, byState, byControl] = [
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, number>(),
  ];
  const [waiting, gravest]: [HeldNews[], HeldNews[]] = [[], []];
  let count = 0;
  for await (const news of held) {
    count += 1;
    add(bySeverity, news.severity);
    add(byState, news.state);
    add(byControl, news.control);
    const named = news.state === 'needs-approval' ? waiting : gravest;
    if (named.length < MOST_NAMED) named.push(news);
  }
  return { window, limit, count, bySeverity, byState, byControl, waiting, gravest };
}

const add = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};

/**
 * Writes the one message that stands for many.
 *
 * @param place where Keywarden runs, and the stage that its commands need
 */
export function writeDigestMessage(digest: Digest, place: Place & { readonly stage: string }): Message {
  const { window, limit, count, bySeverity, byState, byControl, waiting, gravest } = digest;
  const severity = SEVERITIES.find((one) => bySeverity.has(one)) ?? 'low';
  const all = `keywarden findings --region ${quote(place.region)} --stage ${quote(place.stage)}`;
  const untold = (byState.get('needs-approval') ?? 0) - waiting.length;
  return writeFramed({
    severity,
    headline: `${count} messages in one: ${describeCounts(bySeverity, SEVERITIES)}`,
    sections: [
      [
        TITLES.happened,
        [
          `More than ${limit.messages} messages were due in the ${limit.minutes} minutes from ${window} (critical ones and others are counted apart).`,
          `Those ${limit.messages} were sent one by one; this message stands for the other ${count}.`,
          `By severity: ${describeCounts(bySeverity, SEVERITIES)}.`,
          `By state: ${describeCounts(byState)}.`,
          `By control: ${describeCounts(byControl)}.`,
        ],
      ],
      ['What waits for your approval', waiting.flatMap((news) => describeWaiting(news, place))],
      ['And besides', untold > 0 ? [`${untold} more wait for your approval: ${all}`] : []],
      [`The gravest of the others`, gravest.map(describeNews)],
      [TITLES.done, ['It judged, recorded and put right each of them as always; only the messages were held.']],
      [
        TITLES.next,
        numberSteps([
          `See all that is open: ${all}`,
          'Find out what causes so many at once: an attack, a deployment, or a wrong policy file? Each finding names who did it.',
          ...(waiting.length === 0 ? [] : ['Approve or reject what waits for it, by the commands above.']),
        ]),
      ],
    ],
    control: 'digest',
    state: 'sent',
    place,
    json: {
      state: 'digest',
      window,
      count,
      bySeverity: Object.fromEntries(bySeverity),
      byState: Object.fromEntries(byState),
      byControl: Object.fromEntries(byControl),
      waiting: waiting.map(toJson),
      gravest: gravest.map(toJson),
    },
  });
}

const SEVERITIES = ['critical', 'high', 'medium', 'low'];

/** In the order of `names`, or the most frequent first. */
function describeCounts(counts: ReadonlyMap<string, number>, names?: readonly string[]): string {
  const sorted = names ?? [...counts].sort(([, one], [, other]) => other - one).map(([name]) => name);
  const parts = sorted.flatMap((name) => (counts.has(name) ? [`${counts.get(name)} ${safeText(name, 80)}`] : []));
  const rest = parts.length > MOST_CONTROLS ? [`and ${parts.length - MOST_CONTROLS} kinds more`] : [];
  return [...parts.slice(0, MOST_CONTROLS), ...rest].join(', ');
}

/** The ledger has the rest of a long reason. */
const LONGEST_REASON = 200;
/** Names of IAM policies with long paths; the whole is in the ledger. */
const LONGEST_NAME = 1_000;

const describeNews = ({ severity, state, finding, reason }: HeldNews): string =>
  `${severity.toUpperCase()} ${state} ${safeText(finding, LONGEST_NAME)}: ${safeText(reason, LONGEST_REASON)}`;

function describeWaiting(news: HeldNews, home: { readonly region: string; readonly stage: string }): readonly string[] {
  const ref = readFindingRef(news.finding);
  if (ref === undefined || news.plan === undefined) return [describeNews(news)];
  const options = { plan: news.plan.slice(0, PLAN_DIGITS), reason: YOUR_REASON };
  return [describeNews(news), `  ${writeOwnCommand('approve', ref, options, home)}`];
}

/** As many digits of the digest of a plan as an order needs at least. */
const PLAN_DIGITS = 12;

const toJson = ({ finding, control, severity, state, plan }: HeldNews) => ({
  finding: safeText(finding, LONGEST_NAME),
  control,
  severity,
  state,
  ...(plan === undefined ? {} : { plan }),
});
