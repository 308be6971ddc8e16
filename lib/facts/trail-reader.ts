import {
  type CloudTrailClient,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
  type Trail as ListedTrail,
} from '@aws-sdk/client-cloudtrail';
import { sortFailure } from '../aws/failure.ts';
import type { FactReader } from './fact-reader.ts';
import { type Fact, type FactName, factsUnread, type KeyFacts, known, type Trail, unread } from './key-facts.ts';
import { showText } from './plain-text.ts';
import { TransientReadError } from './read-error.ts';
import { readKmsEvents } from './trail-selectors.ts';

/** Reads every trail that records the Region. */
export type ReadTrails = (onTransient: 'throw' | 'unread') => Promise<Fact<readonly Trail[]>>;

/** Where to look for trails. */
export interface TrailPlace {
  readonly cloudTrail: (region: string) => CloudTrailClient;
  /** Where Keywarden runs. */
  readonly region: string;
}

/**
 * Makes the function that reads every trail that records this Region: those that are at home here, and those of other
 * Regions and of the organisation that record all of them. Each is asked about itself in its home Region and by its ARN, as
 * CloudTrail demands for the trail of another Region or account. What one trail does not tell is Unread for that trail only.
 *
 * @returns a function that throws {@link TransientReadError} with `throw`
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html
 */
export const createReadTrails =
  ({ cloudTrail, region }: TrailPlace): ReadTrails =>
  async (onTransient) => {
    const here = cloudTrail(region);
    const listed = await attempt(onTransient, 'DescribeTrails', 'the trails of this Region', async () => {
      const { trailList = [] } = await here.send(new DescribeTrailsCommand({ includeShadowTrails: true }));
      return trailList;
    });
    if (!listed.known) return listed;
    return known(await Promise.all(listed.value.map((trail) => readTrail(trail, cloudTrail, region, onTransient))));
  };

async function readTrail(
  { TrailARN: arn = '', HomeRegion, IsMultiRegionTrail, IsOrganizationTrail }: ListedTrail,
  cloudTrail: TrailPlace['cloudTrail'],
  region: string,
  onTransient: 'throw' | 'unread',
): Promise<Trail> {
  const homeRegion = HomeRegion ?? region;
  const home = cloudTrail(homeRegion);
  const [logging, selectors] = await Promise.all([
    attempt(
      onTransient,
      'GetTrailStatus',
      `trail ${showText(arn)}`,
      async () => (await home.send(new GetTrailStatusCommand({ Name: arn }))).IsLogging,
    ),
    attempt(onTransient, 'GetEventSelectors', `trail ${showText(arn)}`, async () => {
      const answer = await home.send(new GetEventSelectorsCommand({ TrailName: arn }));
      return toPlain({ basic: answer.EventSelectors, advanced: answer.AdvancedEventSelectors });
    }),
  ]);
  return {
    arn,
    homeRegion,
    multiRegion: IsMultiRegionTrail === true,
    organization: IsOrganizationTrail === true,
    logging: logging.known ? toFact(logging.value, arn) : logging,
    kmsEvents: selectors.known ? readKmsEvents(selectors.value) : selectors,
    ...(selectors.known ? { selectors: selectors.value } : {}),
  };
}

const toFact = (logging: boolean | undefined, arn: string): Fact<boolean> =>
  logging === undefined ? unread(`CloudTrail did not say whether trail ${showText(arn)} is logging`) : known(logging);

/** A copy without what is undefined or empty: an answer may hold an empty list of the kind that the trail does not have. */
const toPlain = (found: { readonly basic: unknown; readonly advanced: unknown }): NonNullable<Trail['selectors']> =>
  JSON.parse(
    JSON.stringify(found, (name, value) =>
      (name === 'basic' || name === 'advanced') && Array.isArray(value) && value.length === 0 ? undefined : value,
    ),
  );

/**
 * Gives failures their meaning.
 *
 * @throws {TransientReadError}
 */
async function attempt<T>(
  onTransient: 'throw' | 'unread',
  operation: string,
  what: string,
  send: () => Promise<T>,
): Promise<Fact<T>> {
  try {
    return known(await send());
  } catch (cause) {
    const { kind, reason } = sortFailure(cause);
    const read = `cloudtrail:${operation} on ${what}`;
    if (kind === 'transient') {
      const sentence = `${read} failed and may succeed later (${showText(reason)})`;
      if (onTransient === 'throw') throw new TransientReadError(`${sentence}.`, { cause });
      return unread(sentence);
    }
    const todo =
      kind === 'denied'
        ? "was denied to Keywarden's role; allow it in the policy of the role, and look at the trail of an organisation in its management account"
        : 'was refused by CloudTrail; look at the trail in the CloudTrail console, that of an organisation in its management account';
    return unread(`${read} ${todo} (${showText(reason)})`);
  }
}

/**
 * Reads facts for an action on a trail: the trails, and that it has no tags. A tag protects keys from being changed; on a
 * trail nobody watches it, so that whoever stops the logging could set it first.
 */
export function createTrailReader(readTrails: ReadTrails, onTransient: 'throw' | 'unread'): FactReader {
  let memo: Promise<Fact<readonly Trail[]>> | undefined;
  const read = async (names: readonly FactName[]): Promise<KeyFacts> => {
    if (!names.includes('trails')) return { ...NO_KEY, tags: known({}) };
    const now = memo ?? readTrails(onTransient);
    memo = now;
    // A read that threw is forgotten, so that the next one asks again.
    now.catch(() => {
      if (memo === now) memo = undefined;
    });
    return { ...NO_KEY, tags: known({}), trails: await now };
  };
  return {
    read,
    reread: (names) => {
      if (names.includes('trails')) memo = undefined;
      return read(names);
    },
  };
}

const NO_KEY = factsUnread('a trail is no key');
