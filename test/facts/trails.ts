import { factsUnread, type KeyFacts, known, type Trail } from '../../lib/facts/key-facts.ts';
import { ACCOUNT, REGION } from './key.ts';

export const trailArn = (name: string, account = ACCOUNT): string =>
  `arn:aws:cloudtrail:${REGION}:${account}:trail/${name}`;
export const TRAIL_ARN = trailArn('audit');

/** Basic selectors as CloudTrail gives those of a new trail. */
export const ALL_EVENTS = {
  ReadWriteType: 'All',
  IncludeManagementEvents: true,
  DataResources: [],
  ExcludeManagementEventSources: [],
};
export const WITHOUT_KMS = { ...ALL_EVENTS, ExcludeManagementEventSources: ['kms.amazonaws.com'] };

/** A trail that records everything; a test says only what is different about its own. */
export const trailWith = (overrides: Partial<Trail> = {}): Trail => ({
  arn: TRAIL_ARN,
  homeRegion: REGION,
  multiRegion: true,
  organization: false,
  logging: known(true),
  kmsEvents: known({ reads: true, writes: true }),
  selectors: { basic: [ALL_EVENTS] },
  ...overrides,
});

/** A trail whose selectors leave KMS out. */
export const narrowTrail = (overrides: Partial<Trail> = {}): Trail =>
  trailWith({ kmsEvents: known({ reads: false, writes: false }), selectors: { basic: [WITHOUT_KMS] }, ...overrides });

/** Facts of a trail, which is no key. */
export const trailsAre = (...trails: readonly Trail[]): KeyFacts => ({
  ...factsUnread('a trail is no key'),
  tags: known({}),
  trails: known(trails),
});
