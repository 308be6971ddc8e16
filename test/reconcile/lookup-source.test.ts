import { describe, expect, test } from '@jest/globals';
import type { LookUp, LookupQuery } from '../../lib/aws/lookup-events.ts';
import { readRecord } from '../../lib/event/read-record.ts';
import { createLookupSource } from '../../lib/reconcile/lookup-source.ts';
import type { ReadPart } from '../../lib/reconcile/record-source.ts';
import { ACCOUNT, recordOf } from './records.ts';

const NOW = new Date('2026-08-03T12:00:00Z');
const WINDOW = { from: '2026-08-03T09:00:00Z', to: '2026-08-03T10:00:00Z' };

/** A stand-in for the one answer that an emulator cannot be made to give at a certain moment. */
class Throttled extends Error {
  override name = 'ThrottlingException';
  readonly $metadata = { httpStatusCode: 400 };
  readonly $fault = 'client';
}

/** A source whose calls and pauses are written down. */
function watch(lookUp: LookUp, region = 'eu-west-1', outOfTime = () => false) {
  const asked: LookupQuery[] = [];
  const paused: number[] = [];
  const source = createLookupSource({
    account: ACCOUNT,
    region,
    clock: () => NOW,
    outOfTime,
    pause: async (milliseconds) => void paused.push(milliseconds),
    lookUp: async (query) => {
      asked.push(query);
      return lookUp(query);
    },
  });
  const read = async (window = WINDOW): Promise<ReadPart[]> => {
    const parts: ReadPart[] = [];
    for await (const part of source.read(window)) parts.push(part);
    return parts;
  };
  return { source, asked, paused, read };
}

const nothing: LookUp = async () => ({ records: [] });

describe('what Event history is asked', () => {
  test('is every write, the reads that matter, and what IAM did in us-east-1, in words that somebody can repeat', async () => {
    const { source, asked, read } = watch(nothing);
    await read();
    expect(asked.map(({ region, attribute }) => `${region} ${attribute.key}=${attribute.value}`)).toEqual([
      'eu-west-1 ReadOnly=false',
      'eu-west-1 EventName=GetParametersForImport',
      'eu-west-1 EventName=GenerateDataKeyPair',
      'us-east-1 EventSource=iam.amazonaws.com',
    ]);
    expect(asked[0]).toMatchObject({ from: new Date(WINDOW.from), to: new Date(WINDOW.to) });
    expect(source.queries).toHaveLength(4);
    expect(source.queries[3]).toContain('--region us-east-1 --lookup-attributes AttributeKey=EventSource');
  });

  test('is not IAM a second time where the writes of IAM are', async () => {
    const { source, asked, read } = watch(nothing, 'us-east-1');
    await read();
    expect(asked).toHaveLength(3);
    expect(source.queries).toHaveLength(3);
  });

  test('is IAM in the one Region of each partition that has its records', async () => {
    for (const [region, global] of [
      ['cn-northwest-1', 'cn-north-1'],
      ['us-gov-east-1', 'us-gov-west-1'],
    ] as const) {
      const { source, asked, read } = watch(nothing, region);
      await read();
      expect(asked[3]).toMatchObject({ region: global, attribute: { key: 'EventSource' } });
      const action = readRecord(
        recordOf({ eventSource: 'iam.amazonaws.com', eventName: 'PutRolePolicy', awsRegion: global }),
        { origin: 'eventbridge', selfRoleArns: [] },
      );
      expect(source.covers(action)).toBe(true);
    }
    expect(watch(nothing, 'cn-north-1').source.queries).toHaveLength(3);
  });

  test('is asked page by page, twice a second at most', async () => {
    const pages: LookUp = async ({ token, attribute }) =>
      attribute.key !== 'ReadOnly'
        ? { records: [] }
        : token === undefined
          ? { records: [{ eventId: 'a', text: '{"a":1}' }], token: 'next' }
          : { records: [{ eventId: 'b', text: '{"b":1}' }] };
    const { asked, paused, read } = watch(pages);
    expect(await read()).toEqual([{ record: '{"a":1}' }, { record: '{"b":1}' }]);
    expect(asked.map(({ token }) => token)).toEqual([undefined, 'next', undefined, undefined, undefined]);
    expect(paused).toEqual([500, 500, 500, 500, 500]);
  });

  test('is asked again after longer and longer pauses when CloudTrail throttles', async () => {
    let refusals = 3;
    const { asked, paused, read } = watch(async () => {
      refusals -= 1;
      if (refusals >= 0) throw new Throttled('Rate exceeded');
      return { records: [] };
    });
    expect(await read()).toEqual([]);
    expect(asked).toHaveLength(7);
    expect(paused.slice(0, 4)).toEqual([1000, 2000, 4000, 500]);
  });

  test('is a gap when CloudTrail throttles for too long, and the other questions are asked all the same', async () => {
    const { asked, read } = watch(async ({ attribute }) => {
      if (attribute.key === 'ReadOnly') throw new Throttled('Rate exceeded');
      return { records: [{ eventId: 'a', text: '{}' }] };
    });
    const [gap, ...others] = await read();
    expect(gap).toMatchObject({ gap: { reason: 'ThrottlingException: Rate exceeded' } });
    expect(others).toHaveLength(3);
    expect(asked).toHaveLength(9);
  });

  test('is a gap for an event that comes without its record', async () => {
    const { read } = watch(async () => ({ records: [{ eventId: 'e-1', text: undefined }] }));
    expect((await read())[0]).toMatchObject({ gap: { what: 'event e-1' } });
  });

  test('is a gap for what the time does not suffice for', async () => {
    let looks = 0;
    const outOfTime = () => {
      looks += 1;
      return looks > 1;
    };
    const { asked, read } = watch(nothing, 'eu-west-1', outOfTime);
    expect(await read()).toHaveLength(3);
    expect(asked).toHaveLength(1);
  });

  test('is nothing of more than 90 days ago, which is a gap, and what is younger all the same', async () => {
    const { asked, read } = watch(nothing);
    const parts = await read({ from: '2026-05-05T11:00:00Z', to: '2026-05-05T13:00:00Z' });
    expect(parts).toEqual([
      { gap: { what: 'events from 2026-05-05T11:00:00Z to 2026-05-05T12:00:00.000Z', reason: expect.any(String) } },
    ]);
    expect(asked[0]?.from).toEqual(new Date('2026-05-05T12:00:00Z'));
  });
});

describe('an entry that nobody knows is a finding', () => {
  const { source } = watch(nothing);
  const read = (overrides: object) => readRecord(recordOf(overrides as Record<string, unknown>), CONTEXT);
  const CONTEXT = { origin: 'eventbridge', selfRoleArns: [] } as const;
  const iam = { eventSource: 'iam.amazonaws.com', eventName: 'DeleteRole', requestParameters: { roleName: 'a' } };

  test.each<[string, object, boolean]>([
    ['for a change of a key', {}, true],
    ['for an operation that nobody knows', { eventName: 'AnOperationOfTomorrow' }, true],
    ['for a read that is asked for', { eventName: 'GenerateDataKeyPair', readOnly: true }, true],
    ['not for a refused use', { eventName: 'Decrypt', readOnly: true, errorMessage: 'x is pending deletion.' }, false],
    ['not in another Region', { awsRegion: 'eu-central-1' }, false],
    ['not in another account', { recipientAccountId: '444455556666' }, false],
    ['for what IAM did', { ...iam, awsRegion: 'us-east-1' }, true],
    ['not for what IAM cannot have done elsewhere', { ...iam, awsRegion: 'eu-central-1' }, false],
  ])('%s', (_name, overrides, covers) => {
    expect(source.covers(read(overrides))).toBe(covers);
  });

  test('not for what KMS tells itself', () => {
    expect(source.covers({ ...read({}), eventId: 'direct-abc' })).toBe(false);
  });
});
