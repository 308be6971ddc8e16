import type { CloudTrailClient, Trail as ListedTrail } from '@aws-sdk/client-cloudtrail';
import { describe, expect, test } from '@jest/globals';
import { createReadTrails, createTrailReader } from '../../lib/facts/trail-reader.ts';
import { REGION } from './key.ts';
import { ALL_EVENTS, TRAIL_ARN, trailArn, trailWith } from './trails.ts';

type Answer = object | Error;
type Answers = Readonly<Record<string, Answer | ((input: Readonly<Record<string, unknown>>) => Answer)>>;

/** A CloudTrail for answers that moto cannot give. */
function standIn(answers: Answers) {
  const calls: string[] = [];
  const cloudTrail = (region: string): CloudTrailClient =>
    ({
      async send(command: { constructor: { name: string }; input: Readonly<Record<string, unknown>> }) {
        const operation = command.constructor.name.replace(/Command$/, '');
        const { input } = command;
        calls.push([region, operation, input.Name ?? input.TrailName].filter((part) => part !== undefined).join(' '));
        const answer = answers[operation];
        const given = typeof answer === 'function' ? (answer as (one: typeof input) => Answer)(input) : answer;
        if (given instanceof Error) throw given;
        return given ?? {};
      },
    }) as unknown as CloudTrailClient;
  return { cloudTrail, calls };
}

const refusal = (name: string, httpStatusCode = 400): Error =>
  Object.assign(new Error('no'), { name, $fault: 'client', $metadata: { httpStatusCode } });

const listed = (overrides: Partial<ListedTrail> = {}): ListedTrail => ({
  TrailARN: TRAIL_ARN,
  HomeRegion: REGION,
  IsMultiRegionTrail: true,
  IsOrganizationTrail: false,
  ...overrides,
});
const HEALTHY: Answers = {
  DescribeTrails: { trailList: [listed()] },
  GetTrailStatus: { IsLogging: true },
  GetEventSelectors: { EventSelectors: [ALL_EVENTS], AdvancedEventSelectors: [] },
};

const read = (answers: Answers, onTransient: 'throw' | 'unread' = 'unread') => {
  const { cloudTrail, calls } = standIn({ ...HEALTHY, ...answers });
  return { trails: createReadTrails({ cloudTrail, region: REGION })(onTransient), calls };
};

describe('the trails of a Region', () => {
  test('are listed with those of other Regions and accounts, and each is asked in its home Region by its ARN', async () => {
    const arn = 'arn:aws:cloudtrail:us-east-1:444455556666:trail/org';
    const { trails, calls } = read({
      DescribeTrails: {
        trailList: [listed(), listed({ TrailARN: arn, HomeRegion: 'us-east-1', IsOrganizationTrail: true })],
      },
    });
    expect(await trails).toEqual({
      known: true,
      value: [trailWith(), trailWith({ arn, homeRegion: 'us-east-1', organization: true })],
    });
    expect(calls.sort()).toEqual([
      `${REGION} DescribeTrails`,
      `${REGION} GetEventSelectors ${TRAIL_ARN}`,
      `${REGION} GetTrailStatus ${TRAIL_ARN}`,
      `us-east-1 GetEventSelectors ${arn}`,
      `us-east-1 GetTrailStatus ${arn}`,
    ]);
  });

  test('may be none', async () => {
    expect(await read({ DescribeTrails: { trailList: [] } }).trails).toEqual({ known: true, value: [] });
    expect(await read({ DescribeTrails: {} }).trails).toEqual({ known: true, value: [] });
  });

  test('are unread when they may not be listed, with what to do', async () => {
    expect(await read({ DescribeTrails: refusal('AccessDeniedException') }).trails).toEqual({
      known: false,
      reason: expect.stringContaining(
        "cloudtrail:DescribeTrails on the trails of this Region was denied to Keywarden's role",
      ),
    });
  });

  test('are each known as far as each can be read', async () => {
    const { trails } = read({
      DescribeTrails: { trailList: [listed(), listed({ TrailARN: trailArn('second') })] },
      GetTrailStatus: ({ Name }) => (Name === TRAIL_ARN ? refusal('TrailNotFoundException') : { IsLogging: false }),
      GetEventSelectors: ({ TrailName }) =>
        TrailName === TRAIL_ARN ? { EventSelectors: [ALL_EVENTS] } : refusal('AccessDeniedException'),
    });
    const refused = {
      known: false,
      reason: expect.stringMatching(/GetTrailStatus .* was refused by CloudTrail; .*TrailNotFound/),
    };
    const denied = { known: false, reason: expect.stringMatching(/GetEventSelectors .* was denied/) };
    expect(await trails).toEqual({
      known: true,
      value: [
        trailWith({ logging: refused as never }),
        {
          arn: trailArn('second'),
          homeRegion: REGION,
          multiRegion: true,
          organization: false,
          logging: { known: true, value: false },
          kmsEvents: denied,
        },
      ],
    });
  });

  test('that do not say whether they are logging are not taken for logging, nor for off', async () => {
    expect(await read({ GetTrailStatus: {} }).trails).toMatchObject({
      value: [{ logging: { known: false, reason: expect.stringContaining('did not say') } }],
    });
  });

  test.each(['DescribeTrails', 'GetTrailStatus', 'GetEventSelectors'])(
    'return the message when %s is throttled; on the last delivery that is unread',
    async (operation) => {
      const throttled = { [operation]: refusal('ThrottlingException') };
      await expect(read(throttled, 'throw').trails).rejects.toMatchObject({
        name: 'TransientReadError',
        message: expect.stringContaining(`cloudtrail:${operation}`),
      });
      expect(JSON.stringify(await read(throttled).trails)).toContain('failed and may succeed later');
    },
  );
});

describe('the reader of a trail', () => {
  test('reads the trails once, and anew when it is asked to', async () => {
    const { cloudTrail, calls } = standIn(HEALTHY);
    const reader = createTrailReader(createReadTrails({ cloudTrail, region: REGION }), 'throw');
    expect((await reader.read(['trails'])).trails).toEqual({ known: true, value: [trailWith()] });
    await reader.read(['trails', 'key']);
    expect(calls).toHaveLength(3);
    await reader.reread(['trails']);
    expect(calls).toHaveLength(6);
  });

  test('asks again after a read that failed', async () => {
    let asked = 0;
    const { cloudTrail } = standIn({
      ...HEALTHY,
      DescribeTrails: () => (asked++ === 0 ? refusal('ThrottlingException') : { trailList: [] }),
    });
    const reader = createTrailReader(createReadTrails({ cloudTrail, region: REGION }), 'throw');
    await expect(reader.read(['trails'])).rejects.toThrow('may succeed later');
    expect((await reader.read(['trails'])).trails).toEqual({ known: true, value: [] });
  });

  test('has no tag that could protect the trail from being started again, and nothing of a key', async () => {
    const { cloudTrail, calls } = standIn(HEALTHY);
    const facts = await createTrailReader(createReadTrails({ cloudTrail, region: REGION }), 'throw').read([
      'tags',
      'key',
    ]);
    expect(facts.tags).toEqual({ known: true, value: {} });
    expect(facts.key).toEqual({ known: false, reason: 'a trail is no key' });
    expect(calls).toEqual([]);
  });
});
