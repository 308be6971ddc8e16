import type { KeyAction } from '../../lib/event/key-action.ts';
import { known, unread } from '../../lib/facts/key-facts.ts';
import { factsOf, GONE } from '../facts/key.ts';
import { narrowTrail, TRAIL_ARN, trailArn, trailsAre, trailWith } from '../facts/trails.ts';
import { actionOf, type ControlCase } from './control-case.ts';

const acting = (api: string): KeyAction =>
  actionOf(api, { eventSource: 'cloudtrail.amazonaws.com', subject: TRAIL_ARN, keys: [], request: { name: 'audit' } });

const OFF = trailWith({ logging: known(false) });
const OTHER = trailWith({ arn: trailArn('second') });
const HIDDEN = unread('cloudtrail:GetTrailStatus on trail audit was denied');

export const cases: readonly ControlCase[] = [
  {
    name: 'one trail records everything',
    action: acting('StartLogging'),
    facts: trailsAre(trailWith()),
    expected: 'compliant',
    says: 'trail audit records the reads and writes of KMS in all Regions',
  },
  {
    name: 'one trail was stopped and another records everything',
    action: acting('StopLogging'),
    facts: trailsAre(OFF, OTHER),
    expected: 'compliant',
    says: 'trail second',
  },
  {
    name: 'one trail takes the reads and another the writes',
    action: acting('PutEventSelectors'),
    facts: trailsAre(
      trailWith({ kmsEvents: known({ reads: true, writes: false }) }),
      trailWith({ arn: trailArn('second'), kmsEvents: known({ reads: false, writes: true }) }),
    ),
    expected: 'compliant',
    says: 'trail audit and trail second',
  },
  {
    name: 'a trail of the organisation records everything, and another cannot be read',
    facts: { ...factsOf(), trails: known([trailWith({ organization: true }), trailWith({ logging: HIDDEN })]) },
    expected: 'compliant',
    says: 'is logged',
  },

  {
    name: 'there is no trail',
    facts: { ...factsOf(), trails: known([]) },
    expected: 'violation',
    says: 'no trail records this Region',
  },
  {
    name: 'the only trail was deleted',
    action: acting('DeleteTrail'),
    facts: trailsAre(),
    expected: 'violation',
    says: 'no trail records this Region',
  },
  {
    name: 'the only trail was stopped',
    action: acting('StopLogging'),
    facts: trailsAre(OFF),
    expected: 'violation',
    says: 'no trail of all Regions is logging (trail audit is off)',
  },
  {
    name: 'the only trail records one Region',
    action: acting('UpdateTrail'),
    facts: trailsAre(trailWith({ multiRegion: false })),
    expected: 'violation',
    says: 'no trail records all Regions (trail audit only its own)',
  },
  {
    name: 'the only trail leaves KMS out',
    action: acting('PutEventSelectors'),
    facts: trailsAre(narrowTrail()),
    expected: 'violation',
    says: 'trail audit leaves the events of KMS out',
  },
  {
    name: 'the only trail records writes',
    action: acting('PutEventSelectors'),
    facts: trailsAre(trailWith({ kmsEvents: known({ reads: false, writes: true }) })),
    expected: 'violation',
    says: 'trail audit records only writes of KMS',
  },
  {
    name: 'the only trail records reads',
    action: acting('CreateTrail'),
    facts: trailsAre(trailWith({ kmsEvents: known({ reads: true, writes: false }) })),
    expected: 'violation',
    says: 'trail audit records only reads of KMS',
  },
  {
    name: 'a trail that is off could not be understood, which does not matter',
    action: acting('StopLogging'),
    facts: trailsAre(trailWith({ logging: known(false), kmsEvents: HIDDEN })),
    expected: 'violation',
    says: 'is off',
  },
  {
    name: 'many trails are off',
    facts: trailsAre(...['a-1', 'a-2', 'a-3', 'a-4', 'a-5'].map((name) => ({ ...OFF, arn: trailArn(name) }))),
    expected: 'violation',
    says: 'trail a-1, trail a-2, trail a-3 and 2 more is off',
  },

  {
    name: 'the key is gone',
    action: actionOf('DeleteKey'),
    facts: { ...GONE, trails: known([]) },
    expected: 'not-applicable',
    says: 'The key does not exist any more',
  },

  {
    name: 'the trails could not be listed',
    action: acting('StopLogging'),
    facts: { ...trailsAre(), trails: unread('cloudtrail:DescribeTrails was denied') },
    expected: 'unknown',
    says: 'cannot be judged because cloudtrail:DescribeTrails was denied',
  },
  {
    name: 'whether the only trail is logging could not be read',
    facts: trailsAre(trailWith({ logging: HIDDEN })),
    expected: 'unknown',
    says: 'cloudtrail:GetTrailStatus on trail audit was denied',
  },
  {
    name: 'what the only trail that is logging records is not clear',
    facts: trailsAre(trailWith({ kmsEvents: unread('it has an event selector by eventType') })),
    expected: 'unknown',
    says: 'it has an event selector by eventType',
  },
];
