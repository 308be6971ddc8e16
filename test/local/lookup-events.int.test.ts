import {
  CloudTrailClient,
  type LookupAttribute,
  LookupEventsCommand,
  type LookupEventsCommandInput,
  type LookupEventsCommandOutput,
} from '@aws-sdk/client-cloudtrail';
import { CreatePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateKeyCommand, DisableKeyCommand, EnableKeyCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLookupLimit } from '../../local/gateway/lookup-events.ts';
import { type LocalAws, REGION, startLocalAws } from './start-local-aws.ts';

let aws: LocalAws;
let kms: KMSClient;
let cloudTrail: CloudTrailClient;
let now = Date.parse('2026-08-03T09:00:00Z');
let key = '';

beforeAll(async () => {
  aws = await startLocalAws({ clock: () => new Date(now) });
  kms = new KMSClient(aws.access());
  cloudTrail = new CloudTrailClient(aws.access());
  key = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? '';
  for (let minute = 0; minute < 3; minute += 1) {
    now += 60_000;
    await kms.send(new DisableKeyCommand({ KeyId: key }));
    await kms.send(new EnableKeyCommand({ KeyId: key }));
  }
  await kms.send(new EncryptCommand({ KeyId: key, Plaintext: Buffer.from('text') }));
  const policy = {
    PolicyName: 'one',
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'kms:DescribeKey', Resource: '*' }],
    }),
  };
  await new IAMClient(aws.access()).send(new CreatePolicyCommand(policy));
});
afterAll(() => aws?.stop());
beforeEach(() => aws.gateway.faults.clear());

const lookUp = (input: LookupEventsCommandInput = {}, client = cloudTrail) =>
  client.send(new LookupEventsCommand(input));
const by = (AttributeKey: LookupAttribute['AttributeKey'], AttributeValue: string) => ({
  LookupAttributes: [{ AttributeKey, AttributeValue }],
});
const namesOf = ({ Events = [] }: Pick<LookupEventsCommandOutput, 'Events'>) =>
  Events.map(({ EventName }) => EventName);

describe('LookupEvents', () => {
  test('answers the records of the Region, the newest first, each with the whole record as JSON text', async () => {
    const { Events = [], NextToken } = await lookUp();
    expect(namesOf({ Events })).toEqual([
      'Encrypt',
      ...['EnableKey', 'DisableKey', 'EnableKey', 'DisableKey', 'EnableKey', 'DisableKey'],
      'CreateKey',
    ]);
    expect(NextToken).toBeUndefined();
    const [encrypt] = Events;
    const record = aws.gateway.records().find(({ eventName }) => eventName === 'Encrypt');
    expect(JSON.parse(encrypt?.CloudTrailEvent ?? '')).toEqual(record);
    expect(encrypt).toMatchObject({
      EventId: record?.eventID,
      ReadOnly: 'true',
      EventSource: 'kms.amazonaws.com',
      EventTime: new Date('2026-08-03T09:03:00Z'),
      Resources: [{ ResourceType: 'AWS::KMS::Key', ResourceName: key }],
    });
  });

  test('answers pages; a token goes on behind its page although new records came in between', async () => {
    const query = { ...by('ReadOnly', 'false'), MaxResults: 3 };
    const first = await lookUp(query);
    await kms.send(new EnableKeyCommand({ KeyId: key }));
    const second = await lookUp({ ...query, NextToken: first.NextToken });
    const third = await lookUp({ ...query, NextToken: second.NextToken });
    const seen = [first, second, third].flatMap(({ Events = [] }) => Events.map(({ EventId }) => EventId));
    expect(new Set(seen).size).toBe(7);
    expect(third.NextToken).toBeUndefined();
    await expect(lookUp({ MaxResults: 3, NextToken: first.NextToken })).rejects.toThrow('Invalid token');
  });

  test.each<[string, LookupEventsCommandInput, number]>([
    ['by a name', by('EventName', 'DisableKey'), 3],
    ['by whether it is a read', by('ReadOnly', 'true'), 1],
    ['by a source', by('EventSource', 'iam.amazonaws.com'), 0],
    [
      'in a time whose ends belong to it',
      {
        ...by('EventName', 'DisableKey'),
        StartTime: new Date('2026-08-03T09:01:00Z'),
        EndTime: new Date('2026-08-03T09:02:00Z'),
      },
      2,
    ],
  ])('finds %s', async (_name, input, count) => {
    expect((await lookUp(input)).Events).toHaveLength(count);
  });

  test('finds what IAM did in us-east-1', async () => {
    const virginia = new CloudTrailClient({ ...aws.access(), region: 'us-east-1' });
    expect(namesOf(await lookUp(by('EventSource', 'iam.amazonaws.com'), virginia))).toEqual(['CreatePolicy']);
  });

  test.each<[string, LookupEventsCommandInput]>([
    ['InvalidLookupAttributesException', { LookupAttributes: [...two(), ...two()] }],
    [
      'InvalidTimeRangeException',
      { StartTime: new Date('2026-08-03T10:00:00Z'), EndTime: new Date('2026-08-03T09:00:00Z') },
    ],
    ['InvalidMaxResultsException', { MaxResults: 51 }],
    ['InvalidNextTokenException', { NextToken: 'none' }],
    ['InvalidEventCategoryException', { EventCategory: 'insight' }],
  ])('is refused with %s', async (name, input) => {
    await expect(lookUp(input)).rejects.toMatchObject({ name });
  });

  test('forgets what is older than 90 days', async () => {
    const before = now;
    now += 90 * 86_400_000;
    const { Events = [] } = await lookUp(by('ReadOnly', 'false'));
    expect(Events.map(({ EventTime }) => EventTime?.toISOString())).not.toContain('2026-08-03T09:02:00.000Z');
    expect(Events).not.toHaveLength(0);
    now = before;
  });

  test('is no record itself, and can be throttled as any other call', async () => {
    aws.gateway.faults.add({ kind: 'throttle', service: 'cloudtrail', operation: 'LookupEvents', times: 1 });
    await expect(lookUp()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(namesOf(await lookUp())).not.toContain('LookupEvents');
  });
});

function two(): LookupAttribute[] {
  return [{ AttributeKey: 'EventName', AttributeValue: 'EnableKey' }];
}

test('A Region takes so many lookups in a second, and the next one takes as many', () => {
  let at = 0;
  const isOver = createLookupLimit(2, () => at);
  expect([isOver(REGION), isOver(REGION), isOver(REGION), isOver('us-east-1')]).toEqual([false, false, true, false]);
  at = 999;
  expect(isOver(REGION)).toBe(true);
  at = 1000;
  expect(isOver(REGION)).toBe(false);
  expect(createLookupLimit(undefined, () => 0)(REGION)).toBe(false);
});
