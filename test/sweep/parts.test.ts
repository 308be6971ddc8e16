import { describe, expect, test } from '@jest/globals';
import { known, unread } from '../../lib/facts/key-facts.ts';
import { presetFacts } from '../../lib/facts/preset-reader.ts';
import { SettingsError } from '../../lib/settings.ts';
import { rememberFor } from '../../lib/sweep/context.ts';
import { judgeCreation } from '../../lib/sweep/judge-creation.ts';
import { readSweepMessage, SweepMessageError } from '../../lib/sweep/message.ts';
import { readSweepSettings } from '../../lib/sweep/settings.ts';
import { toSweepAction } from '../../lib/sweep/sweep-action.ts';
import { factsOf, keyWith } from '../facts/key.ts';

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

describe('the creation of a key', () => {
  const first = '2026-08-01T02:20:00.000Z';
  const evidence = (createdAt: string, more: Partial<Parameters<typeof judgeCreation>[0]> = {}) => ({
    key: keyWith({ createdAt }),
    history: known({ tags: {} }),
    firstStartedAt: first,
    settleMinutes: 60,
    now: new Date('2026-08-03T02:20:00Z'),
    ...more,
  });
  const CREATED = {
    eventId: 'e-1',
    api: 'CreateKey',
    time: '2026-08-02T09:00:00Z',
    actor: { type: 'AssumedRole', bySelf: false },
  };

  test('is asked for when the key is younger than the first look at all keys', () => {
    expect(judgeCreation(evidence('2026-08-02T09:00:00.000Z'))).toMatchObject([
      { control: 'key-creation-recorded', verdict: 'violation', severity: 'high', step: '4.1.3' },
    ]);
    expect(judgeCreation(evidence(first))).toEqual([]);
    expect(judgeCreation(evidence('2020-01-01T00:00:00.000Z'))).toEqual([]);
  });

  test('has until the comparison with CloudTrail and an hour to come', () => {
    expect(judgeCreation(evidence('2026-08-03T00:20:01.000Z'))).toEqual([]);
    expect(judgeCreation(evidence('2026-08-03T00:20:00.000Z'))).toMatchObject([{ verdict: 'violation' }]);
  });

  test('is on record, or nobody can tell', () => {
    const young = '2026-08-02T09:00:00.000Z';
    expect(judgeCreation(evidence(young, { history: known({ tags: {}, created: CREATED }) }))).toMatchObject([
      { verdict: 'compliant', reason: expect.stringContaining('e-1') },
    ]);
    expect(judgeCreation(evidence(young, { history: unread('the chain is broken') }))).toMatchObject([
      { verdict: 'unknown', reason: expect.stringContaining('the chain is broken') },
    ]);
  });

  test('is not asked for when nobody told the date', () => {
    expect(judgeCreation(evidence('2026-08-02T09:00:00.000Z', { key: keyWith({ untold: ['createdAt'] }) }))).toEqual(
      [],
    );
  });
});

describe('facts that are known already', () => {
  const fresh = { keyPolicy: known('from AWS'), tags: known({ from: 'AWS' }) };
  const open = () => {
    const asked: string[] = [];
    const read = async (names: readonly string[]) => {
      asked.push(...names);
      return { ...factsOf(), ...fresh };
    };
    const reader = presetFacts({ read, reread: read }, { keyPolicy: async () => known('known before') });
    return { reader, asked };
  };

  test('cost no call, and the others come from AWS', async () => {
    const { reader, asked } = open();
    const facts = await reader.read(['keyPolicy', 'tags']);
    expect([facts.keyPolicy, facts.tags, asked]).toEqual([known('known before'), known({ from: 'AWS' }), ['tags']]);
  });

  test('are forgotten when somebody asks anew', async () => {
    const { reader } = open();
    expect((await reader.reread(['keyPolicy'])).keyPolicy).toEqual(known('from AWS'));
    expect((await reader.read(['keyPolicy'])).keyPolicy).toEqual(known('from AWS'));
  });
});

describe('what is remembered for a while', () => {
  test('is read once in that time, and again after it', async () => {
    let now = 0;
    let reads = 0;
    const remember = rememberFor<number>(1000, () => now);
    const read = async () => {
      reads += 1;
      return reads;
    };
    expect(await Promise.all([remember(read), remember(read)])).toEqual([1, 1]);
    now = 999;
    expect(await remember(read)).toBe(1);
    now = 1000;
    expect(await remember(read)).toBe(2);
  });

  test('is read again at once when the read failed', async () => {
    const remember = rememberFor<number>(1000, () => 0);
    await expect(remember(() => Promise.reject(new Error('busy')))).rejects.toThrow('busy');
    expect(await remember(async () => 7)).toBe(7);
  });
});

describe('a message of the queue', () => {
  const keys = { sweep: 's', page: 1, chunk: 0, chunks: 1, kind: 'listed', arns: [ARN] };
  test.each([{ keys }, { check: { sweep: 's' } }])('is read as it was sent: %j', (message) => {
    expect(readSweepMessage(JSON.stringify(message))).toEqual(message);
  });

  test.each([
    '',
    '[]',
    '{"keys":{}}',
    JSON.stringify({ keys: { ...keys, arns: [] } }),
    JSON.stringify({ keys: { ...keys, kind: 'all' } }),
    JSON.stringify({ check: { sweep: 's' }, keys }),
    JSON.stringify({ check: { sweep: 's', more: 1 } }),
  ])('that is none of its own is refused with what it says: %s', (body) => {
    expect(() => readSweepMessage(body)).toThrow(SweepMessageError);
    expect(() => readSweepMessage(body)).toThrow(JSON.stringify(body.slice(0, 200)));
  });
});

describe('the settings of the function', () => {
  const good = {
    KEYWARDEN_SWEEP_TABLE: 'keywarden-dev-sweeps',
    KEYWARDEN_SWEEP_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/keywarden-dev-sweep',
    KEYWARDEN_SWEEP_WORKERS: '2',
  };

  test('are read from the environment', () => {
    expect(readSweepSettings(good)).toEqual({ ...good, KEYWARDEN_SWEEP_WORKERS: 2 });
  });

  test.each(Object.keys(good))('are refused without %s', (name) => {
    expect(() => readSweepSettings({ ...good, [name]: undefined })).toThrow(SettingsError);
    expect(() => readSweepSettings({ ...good, [name]: undefined })).toThrow(`${name} is not set`);
  });

  test('are refused when nobody is to do the work', () => {
    expect(() => readSweepSettings({ ...good, KEYWARDEN_SWEEP_WORKERS: '0' })).toThrow(
      'KEYWARDEN_SWEEP_WORKERS is "0"',
    );
  });
});

test('The action of a look has the same id and digest however often it is made, and another one for each grant', () => {
  const place = { account: '111122223333', region: 'eu-west-1', clock: () => new Date('2026-08-03T03:00:00Z') };
  const later = { ...place, clock: () => new Date('2026-08-03T04:00:00Z') };
  const [one, again, grant] = [
    toSweepAction(place, { id: 's' }, ARN),
    toSweepAction(later, { id: 's' }, ARN),
    toSweepAction(place, { id: 's' }, ARN, 'g1'),
  ];
  expect([again.eventId, again.digest]).toEqual([one.eventId, one.digest]);
  expect([one.eventId, grant.eventId, one.api, grant.api]).toEqual([
    'sweep-s-1234abcd-12ab-34cd-56ef-1234567890ab',
    'sweep-s-1234abcd-12ab-34cd-56ef-1234567890ab-g1',
    'SweepKey',
    'SweepGrant',
  ]);
});
