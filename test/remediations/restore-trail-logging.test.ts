import { describe, expect, test } from '@jest/globals';
import type { KeyAction } from '../../lib/event/key-action.ts';
import type { Evidence } from '../../lib/facts/evidence.ts';
import { type KeyFacts, known, type Trail, unread } from '../../lib/facts/key-facts.ts';
import { type AwsRequest, type Plan, PlanOutdatedError } from '../../lib/remediations/remedy.ts';
import restoreTrailLogging from '../../lib/remediations/restore-trail-logging.ts';
import { actionOf, NOW, OWN_RESOURCES, OWN_ROLES, POLICY } from '../controls/control-case.ts';
import { REGION } from '../facts/key.ts';
import { ALL_EVENTS, narrowTrail, TRAIL_ARN, trailArn, trailsAre, trailWith, WITHOUT_KMS } from '../facts/trails.ts';

const OFF = trailWith({ logging: known(false) });
const onTrail = (api: string, subject = TRAIL_ARN): KeyAction =>
  actionOf(api, { eventSource: 'cloudtrail.amazonaws.com', subject, keys: [], request: { name: 'audit' } });

const evidenceOf = (action: KeyAction | undefined, facts: KeyFacts): Evidence => ({
  facts,
  policy: POLICY,
  now: NOW,
  ownRoles: OWN_ROLES,
  ownResources: OWN_RESOURCES,
  ...(action === undefined ? {} : { action }),
});

function planFor(api: string, facts: KeyFacts): Plan {
  const planned = restoreTrailLogging.plan(evidenceOf(onTrail(api), facts));
  if (!planned.possible) throw new Error(planned.reason);
  return planned.plan;
}
const START = () => planFor('StopLogging', trailsAre(OFF));
const SELECT = () => planFor('PutEventSelectors', trailsAre(narrowTrail()));

describe('the plan of restore-trail-logging', () => {
  test('starts the trail in its home Region, by its ARN, and stops it to undo that', () => {
    const far = trailWith({ logging: known(false), homeRegion: 'us-east-1' });
    const plan = planFor('StopLogging', trailsAre(far));
    const request = { service: 'cloudtrail', region: 'us-east-1', parameters: { Name: TRAIL_ARN } };
    expect(plan).toMatchObject({
      remedy: 'restore-trail-logging',
      subject: TRAIL_ARN,
      summary: 'Start the logging of trail audit again.',
      requests: [{ ...request, operation: 'StartLogging' }],
      undo: [{ ...request, operation: 'StopLogging' }],
      before: { logging: false },
    });
    expect(plan.asksFirst).toBeUndefined();
  });

  test('asks first while nobody is named who may stop a trail that nothing depends on', () => {
    const second = trailWith({ arn: trailArn('second') });
    const asks = (other: Trail, policy = POLICY) => {
      const planned = restoreTrailLogging.plan({
        ...evidenceOf(onTrail('StopLogging'), trailsAre(OFF, other)),
        policy,
      });
      return planned.possible ? planned.plan.asksFirst : planned.reason;
    };
    expect(asks(second)).toContain('Another trail records all use of keys');
    expect(asks({ ...second, logging: known(false) })).toBeUndefined();
    expect(asks({ ...second, logging: unread('busy') })).toBeUndefined();
    expect(asks({ ...second, multiRegion: false })).toBeUndefined();
    const maintainers = ['arn:aws:iam::111122223333:role/Deployer'];
    expect(asks(second, { ...POLICY, auditTrail: { maintainers } })).toBeUndefined();
  });

  test.each<[string, Partial<Trail>, readonly string[] | undefined]>([
    ['takes everything in all Regions', {}, ['key-use-logged']],
    ['takes one Region', { multiRegion: false }, undefined],
    ['takes writes only', { kmsEvents: known({ reads: false, writes: true }) }, undefined],
    ['takes reads only', { kmsEvents: known({ reads: true, writes: false }) }, undefined],
    ['takes nobody knows what', { kmsEvents: unread('busy') }, undefined],
  ])('has the use of keys logged again when the trail %s', (_what, overrides, settles) => {
    const trail = trailWith({ logging: known(false), ...overrides });
    expect(planFor('StopLogging', trailsAre(trail)).settles).toEqual(settles);
  });

  test('puts selectors that record KMS after a person has looked, and those that are there now to undo it', () => {
    const plan = SELECT();
    const request = { service: 'cloudtrail', operation: 'PutEventSelectors', region: REGION };
    expect(plan).toMatchObject({
      requests: [{ ...request, parameters: { TrailName: TRAIL_ARN, EventSelectors: [ALL_EVENTS] } }],
      undo: [{ ...request, parameters: { TrailName: TRAIL_ARN, EventSelectors: [WITHOUT_KMS] } }],
      asksFirst: expect.stringContaining('is in no record'),
      before: { selectors: { basic: [WITHOUT_KMS] } },
    });
  });

  test('puts selectors of the kind that the trail has', () => {
    const advanced = [
      {
        FieldSelectors: [
          { Field: 'eventCategory', Equals: ['Management'] },
          { Field: 'readOnly', Equals: ['false'] },
        ],
      },
    ];
    const plan = planFor(
      'PutEventSelectors',
      trailsAre(narrowTrail({ kmsEvents: known({ reads: false, writes: true }), selectors: { advanced } })),
    );
    expect(Object.keys(plan.requests[0]?.parameters ?? {})).toEqual(['TrailName', 'AdvancedEventSelectors']);
    expect(plan.undo[0]?.parameters.AdvancedEventSelectors).toEqual(advanced);
  });

  test('is plain JSON, as it will be recorded', () => {
    for (const plan of [START(), SELECT()]) expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  const five = Array.from({ length: 5 }, () => ({ ...WITHOUT_KMS, DataResources: [{ type: 'AWS::S3::Object' }] }));
  const foreign = trailArn('audit', '444455556666');
  test.each<[string, KeyAction | undefined, KeyFacts, string]>([
    ['nothing was done', undefined, trailsAre(OFF), 'known from an action only'],
    ['the trails could not be read', onTrail('StopLogging'), { ...trailsAre(), trails: unread('denied') }, 'denied'],
    ['the trail is gone', onTrail('DeleteTrail'), trailsAre(), 'aws cloudtrail create-trail --name audit'],
    ['the trail is logging', onTrail('StopLogging'), trailsAre(trailWith()), 'This is already so'],
    [
      'it is not known whether it is logging',
      onTrail('StopLogging'),
      trailsAre(trailWith({ logging: unread('busy') })),
      'busy',
    ],
    ['the trail records KMS', onTrail('PutEventSelectors'), trailsAre(trailWith()), 'This is already so'],
    [
      'the selectors are not understood',
      onTrail('PutEventSelectors'),
      trailsAre(trailWith({ kmsEvents: unread('odd') })),
      'odd',
    ],
    [
      'there are five of them',
      onTrail('PutEventSelectors'),
      trailsAre(narrowTrail({ selectors: { basic: five } })),
      'five',
    ],
    [
      'the settings were changed',
      onTrail('UpdateTrail'),
      trailsAre(trailWith()),
      'aws cloudtrail get-trail --name audit',
    ],
    [
      'the trail belongs to another account',
      onTrail('StopLogging', foreign),
      trailsAre(trailWith({ arn: foreign, logging: known(false) })),
      'belongs to account 444455556666',
    ],
    [
      'a part of Keywarden was changed',
      actionOf('DisableRule', { eventSource: 'events.amazonaws.com' }),
      trailsAre(OFF),
      'deploy the stack again',
    ],
  ])('is refused when %s', (_what, action, facts, reason) => {
    const planned = restoreTrailLogging.plan(evidenceOf(action, facts));
    expect(planned).toEqual({ possible: false, reason: expect.stringContaining(reason) });
    expect(planned).toMatchObject({ reason: expect.stringMatching(/[^.]\.$/) });
  });

  test('is refused when CloudTrail did not give the selectors', () => {
    const { selectors: _none, ...trail } = narrowTrail();
    expect(restoreTrailLogging.plan(evidenceOf(onTrail('PutEventSelectors'), trailsAre(trail)))).toMatchObject({
      reason: expect.stringContaining('did not give them'),
    });
  });
});

async function apply(plan: Plan, now: KeyFacts) {
  const made: AwsRequest[] = [];
  const call = async (request: AwsRequest) => {
    made.push(request);
    return { operation: request.operation, requestId: 'request' };
  };
  const receipts = await restoreTrailLogging.apply(plan, call, async () => now);
  return { made, receipts };
}

describe('carrying it out', () => {
  test('makes the request of the plan', async () => {
    expect((await apply(START(), trailsAre(OFF))).made).toEqual(START().requests);
    expect((await apply(SELECT(), trailsAre(narrowTrail()))).made).toEqual(SELECT().requests);
  });

  test('makes none when the trail is as wanted by now', async () => {
    expect(await apply(START(), trailsAre(trailWith()))).toEqual({ made: [], receipts: [] });
    expect(await apply(SELECT(), trailsAre(trailWith()))).toEqual({ made: [], receipts: [] });
  });

  test('goes on when the trails cannot be read just now: starting twice does no harm', async () => {
    expect((await apply(START(), { ...trailsAre(), trails: unread('busy') })).made).toHaveLength(1);
  });

  test.each<[string, () => Plan, Trail[]]>([
    ['the trail is gone', START, []],
    [
      'the selectors are others by now',
      SELECT,
      [narrowTrail({ selectors: { basic: [{ ...WITHOUT_KMS, ReadWriteType: 'ReadOnly' }] } })],
    ],
  ])('is given up when %s', async (_what, plan, trails) => {
    await expect(apply(plan(), trailsAre(...trails))).rejects.toBeInstanceOf(PlanOutdatedError);
  });
});

describe('reading it back', () => {
  test.each<[string, () => Plan, KeyFacts, boolean, string]>([
    ['it is logging', START, trailsAre(trailWith()), true, ''],
    ['it is not', START, trailsAre(OFF), false, 'still not logging'],
    ['it cannot be seen', START, trailsAre(trailWith({ logging: unread('busy') })), false, 'busy'],
    ['it is gone', START, trailsAre(), false, 'gone'],
    ['the trails cannot be read', START, { ...trailsAre(), trails: unread('busy') }, false, 'busy'],
    ['it records KMS', SELECT, trailsAre(trailWith()), true, ''],
    ['it does not', SELECT, trailsAre(narrowTrail()), false, 'still does not record'],
    [
      'it records writes only',
      SELECT,
      trailsAre(narrowTrail({ selectors: { basic: [{ ...ALL_EVENTS, ReadWriteType: 'WriteOnly' }] } })),
      false,
      'still does not record',
    ],
    [
      'the selectors are odd',
      SELECT,
      trailsAre(narrowTrail({ selectors: { basic: [{ ReadWriteType: 'Odd' }] } })),
      false,
      'Odd',
    ],
  ])('says whether %s', (_what, plan, facts, confirmed, reason) => {
    const confirmation = restoreTrailLogging.confirm(plan(), facts);
    expect(confirmation.confirmed).toBe(confirmed);
    if (!confirmation.confirmed) expect(confirmation.reason).toContain(reason);
  });
});
