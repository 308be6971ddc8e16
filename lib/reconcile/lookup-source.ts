import { sortFailure } from '../aws/failure.ts';
import type { LookUp, LookupPage, LookupQuery } from '../aws/lookup-events.ts';
import { IAM_SOURCE } from '../event/iam-operations.ts';
import { isDirect } from '../event/same-action.ts';
import { EXPECTED_READS } from './expected.ts';
import { findGlobalRegion } from './global-region.ts';
import type { ReadPart, RecordSource, Window } from './record-source.ts';

/** What a source on Event history needs. */
export interface LookupSourceOptions {
  readonly account: string;
  readonly region: string;
  readonly lookUp: LookUp;
  readonly clock: () => Date;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Whether to stop, because what is still to be done needs the time that is left. */
  readonly outOfTime: () => boolean;
}

const DAY = 86_400_000;
/** Event history keeps 90 days; older events are not answered, and nothing says so. */
const HISTORY_DAYS = 90;
/** CloudTrail takes two lookups in a second from an account, in each Region. In milliseconds. */
const PACE = 500;
const MOST_TRIES = 6;

type Question = Pick<LookupQuery, 'region' | 'attribute'>;

/** The Event history keeps nothing older than this. */
export const oldestInHistory = (now: Date): Date => new Date(now.getTime() - HISTORY_DAYS * DAY);

/**
 * Makes the source that asks CloudTrail's Event history, which every account has, with or without a trail. One call can ask
 * for one attribute, so that it asks for every write of the Region, for each kind of read that the ledger must have, and, from
 * any other Region than that of global services, for what IAM did. It keeps to two calls in a second, and waits when CloudTrail throttles.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 */
export function createLookupSource(options: LookupSourceOptions): RecordSource {
  const { account, region } = options;
  const questions = listQuestions(region);
  return {
    source: 'lookup-events',
    account,
    region,
    queries: questions.map(describeQuestion),
    notAsked: NOT_ASKED,
    newestFirst: true,
    covers: (action) => {
      if (action.account !== account || isDirect(action)) return false;
      if (action.eventSource === IAM_SOURCE) return action.region === findGlobalRegion(region);
      const isWrite = action.kind === 'lifecycle' || action.kind === 'unrecognised';
      return action.region === region && (isWrite || EXPECTED_READS.includes(action.api));
    },
    read: (window) => readAll(questions, window, options),
  };
}

const NOT_ASKED: readonly string[] = [
  'Refused uses of keys that are pending deletion: Event history can be asked for them only together with every use of every key.',
  'What KMS tells EventBridge itself (rotation, expiration, deletion): such an event has an id of its own, and CloudTrail has a record of the same happening, which is compared.',
];

/** IAM's records are in the history of one Region, wherever the call was made. */
function listQuestions(region: string): readonly Question[] {
  const globalRegion = findGlobalRegion(region);
  return [
    { region, attribute: { key: 'ReadOnly', value: 'false' } },
    ...EXPECTED_READS.map((value) => ({ region, attribute: { key: 'EventName', value } as const })),
    ...(region === globalRegion
      ? []
      : [{ region: globalRegion, attribute: { key: 'EventSource', value: IAM_SOURCE } } as const]),
  ];
}

const describeQuestion = ({ region, attribute }: Question): string =>
  `aws cloudtrail lookup-events --region ${region} --lookup-attributes AttributeKey=${attribute.key},AttributeValue=${attribute.value} --start-time FROM --end-time TO`;

async function* readAll(
  questions: readonly Question[],
  window: Window,
  options: LookupSourceOptions,
): AsyncGenerator<ReadPart> {
  const oldest = oldestInHistory(options.clock());
  const [from, to] = [new Date(window.from), new Date(window.to)];
  if (from < oldest) {
    yield {
      gap: {
        what: `events from ${window.from} to ${new Date(Math.min(to.getTime(), oldest.getTime())).toISOString()}`,
        reason: `Event history keeps ${HISTORY_DAYS} days. Compare the log files in S3: keywarden reconcile --from ${window.from} --to ${window.to}`,
      },
    };
  }
  if (to <= oldest) return;
  const span = { from: new Date(Math.max(from.getTime(), oldest.getTime())), to };
  for (const question of questions) yield* readQuestion({ ...question, ...span }, options);
}

async function* readQuestion(
  query: Omit<LookupQuery, 'token'>,
  options: LookupSourceOptions,
): AsyncGenerator<ReadPart> {
  let token: string | undefined;
  do {
    if (options.outOfTime()) {
      yield describeGap(query, 'the time of this run was used up; the next run asks again');
      return;
    }
    const page = await readPage(token === undefined ? query : { ...query, token }, options);
    if (typeof page === 'string') {
      yield describeGap(query, page);
      return;
    }
    for (const { eventId, text } of page.records) {
      if (text === undefined)
        yield { gap: { what: `event ${eventId}`, reason: 'CloudTrail answered it without its record' } };
      else yield { record: text };
    }
    token = page.token;
  } while (token !== undefined);
}

/** @returns a sentence that says why there is no page */
async function readPage(query: LookupQuery, { lookUp, pause }: LookupSourceOptions): Promise<LookupPage | string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const page = await lookUp(query);
      await pause(PACE);
      return page;
    } catch (error) {
      const { kind, reason } = sortFailure(error);
      if (kind !== 'transient' || attempt === MOST_TRIES) return reason;
      await pause(PACE * 2 ** attempt);
    }
  }
}

/** Pages come with the newest event first: what is missing of a question is its older part, and nobody knows from where on. */
const describeGap = (query: Omit<LookupQuery, 'token'>, reason: string): ReadPart => ({
  gap: { what: `${describeQuestion(query)}, from ${query.from.toISOString()} to ${query.to.toISOString()}`, reason },
});
