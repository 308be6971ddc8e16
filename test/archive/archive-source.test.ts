import { createPublicKey } from 'node:crypto';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ArchiveOptions, createArchiveSource } from '../../lib/archive/archive-source.ts';
import type { ReadPublicKeys } from '../../lib/aws/public-keys.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import type { Gap, Window } from '../../lib/reconcile/record-source.ts';
import { createSigningKey, type DigestFile, type NamedLogFile } from '../../local/gateway/digest-file.ts';
import { ACCOUNT, archiveOf, BUCKET, type Objects, putDigest, putLog, recordAt, SIGNING_KEY } from './archive-of.ts';

const KEYS = new Map([
  [SIGNING_KEY.fingerprint, createPublicKey({ key: SIGNING_KEY.publicKey, type: 'pkcs1', format: 'der' })],
]);
const readPublicKeys: ReadPublicKeys = async () => KEYS;

const WINDOW: Window = { from: '2026-03-02T10:00:00Z', to: '2026-03-02T12:00:00Z' };

let objects: Objects;
let files: NamedLogFile[];
let digests: DigestFile[];

const hourOf = (hour: number): string => `2026-03-02T${String(hour).padStart(2, '0')}:00:00Z`;

/** A file in each hour from 9 to 15, of two records that are 10 minutes older, and the digests of 8 to 16; nothing of us-east-1 but its digests. */
beforeEach(() => {
  objects = new Map();
  files = [];
  digests = [];
  let global: DigestFile | undefined;
  for (let hour = 9; hour <= 16; hour++) {
    const together =
      hour === 16
        ? []
        : [
            putLog(objects, `2026-03-02T${String(hour).padStart(2, '0')}:30:00Z`, [
              recordAt(`2026-03-02T${String(hour).padStart(2, '0')}:20:00Z`, `event-${hour}-a`),
              recordAt(`2026-03-02T${String(hour).padStart(2, '0')}:20:01Z`, `event-${hour}-b`),
            ]),
          ];
    files.push(...together);
    digests.push(putDigest(objects, hourOf(hour), hourOf(hour + 1), together, digests.at(-1)));
    global = putDigest(objects, hourOf(hour), hourOf(hour + 1), [], global, { region: 'us-east-1' });
  }
});

interface Read {
  ids: string[];
  gaps: Gap[];
  digests: object | undefined;
}

const optionsOf = (): ArchiveOptions => ({
  archive: archiveOf(objects),
  account: ACCOUNT,
  region: 'eu-west-1',
  lookAheadHours: 3,
  clock: () => new Date('2026-09-01T00:00:00Z'),
});

const read = (changes: Partial<ArchiveOptions> = {}, window = WINDOW): Promise<Read> =>
  readWith({ ...optionsOf(), readPublicKeys, ...changes }, window);

/** Takes the files as they are. */
const readUnvalidated = (window = WINDOW): Promise<Read> => readWith(optionsOf(), window);

async function readWith(options: ArchiveOptions, window: Window): Promise<Read> {
  const source = createArchiveSource(options);
  const ids: string[] = [];
  const gaps: Gap[] = [];
  for await (const part of source.read(window)) {
    if ('gap' in part) gaps.push(part.gap);
    else ids.push((part.record as { eventID: string }).eventID);
  }
  return { ids: ids.sort(), gaps, digests: source.digests?.() };
}

const nameOf = (key: string | undefined) => `s3://${BUCKET}/${key}`;
const fileOf = (hour: number) => files[hour - 9]?.key ?? '';
const digestOf = (hour: number) => digests[hour - 9]?.key ?? '';
const change = (key: string, to: (text: string) => string) => {
  const object = objects.get(key);
  if (object === undefined) throw new Error(`There is no ${key}.`);
  objects.set(key, { ...object, body: gzipSync(to(gunzipSync(object.body).toString())) });
};

const ALL = ['event-10-a', 'event-10-b', 'event-11-a', 'event-11-b'];

describe('an archive that nobody touched', () => {
  test('gives the records of the window and no others, without a gap', async () => {
    expect(await read()).toEqual({
      ids: ALL,
      gaps: [],
      // Of eu-west-1 the files of 10:30 to 14:30; 8 digests of each Region end in the time that is looked at.
      digests: { validated: 16, invalid: 0, filesValidated: 5, filesInvalid: 0, filesWithoutDigest: 0 },
    });
  });

  test('counts of each reading what it saw in that one', async () => {
    const source = createArchiveSource({ ...optionsOf(), readPublicKeys });
    for await (const _part of source.read(WINDOW));
    const first = source.digests?.();
    for await (const _part of source.read(WINDOW));
    expect(source.digests?.()).toEqual(first);
  });

  test('gives a record that came hours late, as far ahead as is looked', async () => {
    const late = putLog(objects, '2026-03-02T16:15:00Z', [
      recordAt('2026-03-02T11:59:59Z', 'late'),
      recordAt(WINDOW.to, 'too-new'),
    ]);
    digests[7] = putDigest(objects, hourOf(16), hourOf(17), [late], digests[6]);
    expect((await read({ lookAheadHours: 4 })).ids).toEqual(ALL);
    const global = objects.get(
      digestOf(16).replaceAll('eu-west-1/', 'us-east-1/').replace('Digest_eu-west-1', 'Digest_us-east-1'),
    );
    expect(global).toBeDefined();
    const { ids, gaps } = await read({ lookAheadHours: 5 });
    expect(ids).toEqual([...ALL, 'late']);
    expect(gaps).toEqual([]);
  });

  test('gives records of IAM from the Region of global services, and no others from there', async () => {
    const iam = putLog(
      objects,
      '2026-03-02T10:40:00Z',
      [
        recordAt('2026-03-02T10:35:00Z', 'iam', {
          eventSource: 'iam.amazonaws.com',
          eventName: 'PutRolePolicy',
          awsRegion: 'us-east-1',
        }),
        recordAt('2026-03-02T10:35:00Z', 'kms-there', { awsRegion: 'us-east-1' }),
      ],
      'us-east-1',
    );
    const { ids, gaps } = await read();
    expect(ids).toEqual(ALL);
    expect(gaps).toEqual([{ what: nameOf(iam.key), reason: expect.stringContaining('No digest names it') }]);
    expect((await read({}, { from: '2026-03-02T10:00:00Z', to: '2026-03-02T11:00:00Z' })).ids).toEqual(ALL.slice(0, 2));
    expect((await readUnvalidated()).ids).toEqual([...ALL, 'iam']);
  });

  test('passes successful uses and reads of keys over, and gives what was refused or opens a way out for material', async () => {
    const key = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/00000000-0000-4000-8000-00000000000a`;
    const use = (id: string, changes: object = {}) =>
      recordAt('2026-03-02T10:41:00Z', id, {
        eventName: 'Decrypt',
        readOnly: true,
        resources: [{ ARN: key, accountId: ACCOUNT, type: 'AWS::KMS::Key' }],
        ...changes,
      });
    const records = [
      ...Array.from({ length: 50 }, (_one, index) => use(`use-${index}`)),
      use('describe', { eventName: 'DescribeKey' }),
      use('refused', { errorCode: 'KMSInvalidStateException', errorMessage: `${key} is pending deletion.` }),
      use('pair', { eventName: 'GenerateDataKeyPair' }),
      use('import', { eventName: 'GetParametersForImport' }),
    ];
    const file = putLog(objects, '2026-03-02T10:45:00Z', records);
    putDigest(objects, hourOf(10), hourOf(11), [files[1] as NamedLogFile, file], digests[0]);
    const { ids } = await read({}, { from: '2026-03-02T10:41:00Z', to: '2026-03-02T10:42:00Z' });
    expect(ids).toEqual(['import', 'pair', 'refused']);
  });
});

test('An archive covers the actions of its account and Region, and of IAM, which CloudTrail has under their own ids', () => {
  const { covers } = createArchiveSource(optionsOf());
  const action = {
    account: ACCOUNT,
    region: 'eu-west-1',
    eventId: 'one',
    eventSource: 'kms.amazonaws.com',
  } as KeyAction;
  const iam = { ...action, region: 'us-east-1', eventSource: 'iam.amazonaws.com' };
  expect([action, iam].map(covers)).toEqual([true, true]);
  const others = [
    { ...action, account: '444455556666' },
    { ...action, region: 'us-east-1' },
    { ...action, eventId: 'direct-1' },
  ];
  expect(others.map(covers)).toEqual([false, false, false]);
  const globalOf = (region: string) =>
    ['us-east-1', 'cn-north-1', 'us-gov-west-1'].filter((one) =>
      createArchiveSource({ ...optionsOf(), region }).covers({ ...iam, region: one }),
    );
  expect(['us-east-1', 'cn-northwest-1', 'us-gov-east-1'].map(globalOf)).toEqual([
    ['us-east-1'],
    ['cn-north-1'],
    ['us-gov-west-1'],
  ]);
});

describe('an archive that somebody touched', () => {
  test('names a log file that was deleted', async () => {
    objects.delete(fileOf(11));
    const { ids, gaps, digests: counts } = await read();
    expect(ids).toEqual(ALL.slice(0, 2));
    expect(gaps).toEqual([
      { what: nameOf(fileOf(11)), reason: 'It is missing: a valid digest of CloudTrail names it.' },
    ]);
    expect(counts).toMatchObject({ filesValidated: 4, filesInvalid: 1 });
  });

  test('names a log file whose content was altered, and uses none of it', async () => {
    change(fileOf(11), (text) => text.replace('event-11-a', 'event-11-x'));
    const { ids, gaps, digests: counts } = await read();
    expect(ids).toEqual(ALL.slice(0, 2));
    expect(gaps).toEqual([{ what: nameOf(fileOf(11)), reason: expect.stringContaining('It was altered') }]);
    expect(counts).toMatchObject({ filesValidated: 4, filesInvalid: 1 });
  });

  test('takes a log file that was only packed anew for what it is', async () => {
    const object = objects.get(fileOf(11));
    objects.set(fileOf(11), {
      metadata: {},
      body: gzipSync(gunzipSync(object?.body ?? Buffer.alloc(0)), { level: 1 }),
    });
    expect(await read()).toMatchObject({ ids: ALL, gaps: [] });
  });

  test('names a digest that was altered, and proves nothing by it', async () => {
    change(digestOf(11), (text) => text.replace('"logFiles":[{', '"logFiles":[{"note":"",'));
    const { ids, gaps, digests: counts } = await read();
    expect(ids).toEqual(ALL);
    expect(gaps).toEqual([
      { what: nameOf(digestOf(11)), reason: expect.stringContaining('signature is not that of CloudTrail') },
      {
        what: expect.stringContaining('CloudTrail-Digest/eu-west-1/'),
        reason: expect.stringContaining('from 2026-03-02T11:00:00Z to 2026-03-02T12:00:00Z'),
      },
      { what: nameOf(fileOf(11)), reason: expect.stringContaining('nothing proves') },
    ]);
    expect(counts).toMatchObject({ validated: 15, invalid: 1, filesValidated: 4, filesWithoutDigest: 1 });
  });

  test('names a digest that was removed', async () => {
    objects.delete(digestOf(11));
    const { gaps, digests: counts } = await read();
    expect(gaps[0]).toEqual({
      what: nameOf(digestOf(11)),
      reason: `It is missing: the digest ${digestOf(12)} names it as the one before it.`,
    });
    expect(counts).toMatchObject({ validated: 15, invalid: 1 });
  });

  test('names the time of which the newest or all digests were removed', async () => {
    for (const hour of [13, 14, 15, 16]) objects.delete(digestOf(hour));
    const { gaps } = await read();
    expect(gaps[0]).toEqual({
      what: expect.stringContaining('CloudTrail-Digest/eu-west-1/'),
      reason: expect.stringContaining('from 2026-03-02T13:00:00Z to 2026-03-02T15:00:00Z'),
    });
    for (const hour of [9, 10, 11, 12]) objects.delete(digestOf(hour));
    const { ids, gaps: all } = await read();
    expect(ids).toEqual(ALL);
    expect(all[0]?.reason).toContain('There is none at all');
  });

  test('names a log file that was planted, and uses none of it', async () => {
    const planted = putLog(objects, '2026-03-02T11:40:00Z', [recordAt('2026-03-02T11:39:00Z', 'planted')]);
    const { ids, gaps } = await read();
    expect(ids).toEqual(ALL);
    expect(gaps).toEqual([{ what: nameOf(planted.key), reason: expect.stringContaining('None of it was used') }]);
  });

  test('does not take a digest that somebody signed himself', async () => {
    const own = createSigningKey();
    const planted = putLog(objects, '2026-03-02T11:40:00Z', [recordAt('2026-03-02T11:39:00Z', 'planted')]);
    putDigest(objects, hourOf(11), hourOf(12), [files[2] as NamedLogFile, planted], digests[1], { key: own });
    const { gaps, digests: counts } = await read();
    expect(gaps[0]).toEqual({ what: nameOf(digestOf(11)), reason: expect.stringContaining(own.fingerprint) });
    expect(counts).toMatchObject({ invalid: 1 });
  });
});

async function* failingPages(): AsyncGenerator<string> {
  yield fileOf(10);
  throw new Error('Access Denied');
}

test('Whatever is done to whichever log files, each of them is named, no other is, and only records of whole ones are given', async () => {
  const originals = new Map(objects);
  const deeds = fc.array(fc.constantFrom('leave', 'delete', 'alter', 'plant'), { minLength: 5, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(deeds, async (done) => {
      objects = new Map(originals);
      const touched: string[] = [];
      done.forEach((deed, index) => {
        const key = fileOf(10 + index);
        if (deed === 'delete') objects.delete(key);
        if (deed === 'alter') change(key, (text) => text.replace('DisableKey', 'DescribeKey'));
        if (deed === 'delete' || deed === 'alter') touched.push(key);
        if (deed !== 'plant') return;
        const minute = `2026-03-02T${10 + index}:40:00Z`;
        touched.push(putLog(objects, minute, [recordAt('2026-03-02T11:00:00Z', `planted-${index}`)]).key);
      });
      const { ids, gaps } = await read();
      expect(gaps.map(({ what }) => what).sort()).toEqual(touched.map(nameOf).sort());
      const isWhole = (hour: number) => ['leave', 'plant'].includes(done[hour - 10] ?? '');
      expect(ids).toEqual([10, 11].filter(isWhole).flatMap((hour) => [`event-${hour}-a`, `event-${hour}-b`]));
    }),
    { numRuns: 40 },
  );
});

describe('what cannot be read', () => {
  test.each<[string, (body: Buffer) => Buffer, string]>([
    ['a gzip that is cut off', (body) => body.subarray(0, -20), 'cut off'],
    [
      'a gzip that is damaged',
      (body) => Buffer.concat([body.subarray(0, 40), Buffer.alloc(20), body.subarray(60)]),
      'damaged',
    ],
    ['what is no JSON', () => gzipSync('no records at all'), 'no'],
    ['nothing', () => Buffer.alloc(0), 'The file is empty.'],
  ])('is named, and the other files are read: %s', async (_name, damage, reason) => {
    const object = objects.get(fileOf(11));
    objects.set(fileOf(11), { metadata: {}, body: damage(object?.body ?? Buffer.alloc(0)) });
    const unvalidated = await readUnvalidated();
    expect(unvalidated.gaps).toEqual([
      { what: nameOf(fileOf(11)), reason: expect.stringContaining(reason) },
      // Nothing says that there was nothing.
      { what: expect.stringContaining('us-east-1'), reason: expect.stringContaining('There is no log file') },
    ]);
    expect(unvalidated.digests).toBeUndefined();
    const { ids, gaps } = await read();
    expect(ids).toEqual(ALL.slice(0, 2));
    expect(gaps).toEqual([{ what: nameOf(fileOf(11)), reason: expect.stringContaining('It was altered') }]);
  });

  test('is named when it is the list of files or the keys of CloudTrail', async () => {
    const archive = {
      ...archiveOf(objects),
      list: () => Readable.from(failingPages()),
    };
    const denied = await read({ archive });
    expect(denied.ids).toEqual([]);
    expect(denied.gaps.map(({ reason }) => reason)).toContainEqual(expect.stringContaining('Access Denied'));
    const { ids, gaps } = await read({ readPublicKeys: async () => Promise.reject(new Error('not allowed')) });
    expect(ids).toEqual(ALL);
    expect(gaps.map(({ reason }) => reason)).toContainEqual(expect.stringContaining('cloudtrail:ListPublicKeys'));
  });

  test('is a place without any file of the account', async () => {
    const { ids, gaps } = await read({ account: '444455556666' });
    expect(ids).toEqual([]);
    expect(gaps.map(({ reason }) => reason)).toContainEqual(
      expect.stringContaining('There is no log file of the account 444455556666'),
    );
  });

  test('is named from where on, when the time of the run is used up', async () => {
    let asked = 0;
    const { ids, gaps } = await read({ outOfTime: () => ++asked > 9 });
    expect(ids).toEqual(ALL.slice(0, 2));
    expect(gaps).toContainEqual({
      what: expect.stringContaining(fileOf(11)),
      reason: expect.stringContaining('time of this run'),
    });
    expect(asked).toBeGreaterThan(9);
    const none = await read({ outOfTime: () => true });
    expect(none.ids).toEqual([]);
    expect(none.digests).toMatchObject({ validated: 0, invalid: 0 });
  });

  test('is no window', async () => {
    await expect(read({}, { from: WINDOW.to, to: WINDOW.from })).rejects.toThrow(RangeError);
    await expect(read({}, { from: 'yesterday', to: WINDOW.to })).rejects.toThrow('yesterday');
  });
});

describe('what is not asked', () => {
  test('is whether files are missing or altered, unless digests are read', () => {
    expect(createArchiveSource(optionsOf()).notAsked.join()).toContain('Whether log files are missing or altered');
    expect(createArchiveSource({ ...optionsOf(), readPublicKeys }).notAsked.join()).not.toContain('Whether log files');
  });
});

describe('late digests', () => {
  test('prove what the digests of the hour left out, with the key of the day on which they were made', async () => {
    const key = createSigningKey();
    const late = putLog(objects, '2026-03-02T11:40:00Z', [recordAt('2026-03-02T11:39:00Z', 'late')]);
    const backfill = putDigest(objects, hourOf(11), hourOf(12), [late], undefined, { backfill: true, key });
    const made = '2026-03-20T00:00:00Z';
    const object = objects.get(backfill.key);
    objects.set(backfill.key, {
      body: object?.body ?? Buffer.alloc(0),
      metadata: { ...object?.metadata, 'backfill-generation-timestamp': made },
    });
    const keysOf: ReadPublicKeys = async (_region, from, to) =>
      from <= new Date(made) && to >= new Date(made)
        ? new Map([[key.fingerprint, createPublicKey({ key: key.publicKey, type: 'pkcs1', format: 'der' })]])
        : KEYS;
    const { ids, gaps } = await read({ readPublicKeys: keysOf });
    expect(gaps).toEqual([]);
    expect(ids).toEqual([...ALL, 'late']);
  });
});

describe('the newest files', () => {
  test('are not proven yet, which is said when they have records of the window', async () => {
    for (const hour of [12, 13, 14, 15, 16]) {
      for (const name of [fileOf(hour), digestOf(hour), digestOf(hour).replaceAll('eu-west-1/', 'us-east-1/')])
        objects.delete(name);
    }
    putLog(objects, '2026-03-02T12:10:00Z', [recordAt('2026-03-02T12:05:00Z', 'after')]);
    const clock = () => new Date('2026-03-02T12:20:00Z');
    expect(await read({ clock })).toMatchObject({ ids: ALL, gaps: [], digests: { filesWithoutDigest: 1 } });
    const late = putLog(objects, '2026-03-02T12:12:00Z', [recordAt('2026-03-02T11:59:00Z', 'late')]);
    const { ids, gaps } = await read({ clock });
    expect(ids).toEqual([...ALL, 'late']);
    expect(gaps).toEqual([{ what: nameOf(late.key), reason: expect.stringContaining('look again in two hours') }]);
  });
});
