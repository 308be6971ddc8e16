import { DisableKeyCommand, type KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { DeleteObjectCommand, PutObjectCommand, PutObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NoCheckpointError } from '../../lib/evidence/evidence.ts';
import { checkpointName } from '../../lib/evidence/names.ts';
import { runCheckpoint } from '../../lib/evidence/run-checkpoint.ts';
import { runHourly } from '../../lib/evidence/run-hourly.ts';
import { hashText } from '../../lib/ledger/chain.ts';
import { type Checkpoint, digestOfCheckpoint, writeCheckpoint } from '../../lib/ledger/checkpoint.ts';
import {
  CHECKPOINT,
  COVERED,
  checkpointKey,
  HEAD,
  INTEGRITY,
  INVENTORY,
  PROGRESS,
  publicKeyKey,
  seqKey,
  subjectKey,
} from '../../lib/ledger/keys.ts';
import { createTableSource } from '../../lib/ledger/table-source.ts';
import { judgeVerification } from '../../lib/ledger/verification.ts';
import { verifySource } from '../../lib/ledger/verify-source.ts';
import { createSigner as createStranger } from '../ledger/export/model.ts';
import { type Bed, openBed, type World } from './bed.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

function run(world: World, ...how: Parameters<World['start']>) {
  const { evidence, writer } = world.start(...how);
  return runCheckpoint(evidence, writer);
}

/** A world in which two chains are covered up to entry 3, and have one entry more. */
async function openCovered(): Promise<World> {
  const world = await bed.openWorld();
  for (const subject of ['key/one', 'key/two']) await world.append(subject, 3);
  await run(world);
  for (const subject of ['key/one', 'key/two']) await world.append(subject);
  return world;
}

const remove = ({ dynamo, table }: World, pk: string, sk: string) =>
  dynamo.send(new DeleteCommand({ TableName: table.table, Key: { pk, sk } }));

const change = ({ dynamo, table }: World, pk: string, sk: string, name: string, value: unknown) =>
  dynamo.send(
    new UpdateCommand({
      TableName: table.table,
      Key: { pk, sk },
      UpdateExpression: 'SET #name = :value',
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: { ':value': value },
    }),
  );

const ONE = subjectKey('key/one');

describe('a chain that does not verify', () => {
  test.each<[string, (world: World) => Promise<unknown>, { seq: number; what: RegExp }]>([
    [
      'whose new entry was altered',
      (world) => change(world, ONE, seqKey(4), 'entry', '{"altered":true}'),
      { seq: 4, what: /^altered/ },
    ],
    ['whose new entry was removed', (world) => remove(world, ONE, seqKey(4)), { seq: 4, what: /^missing: entry 4/ }],
    ['whose head was removed', (world) => remove(world, ONE, HEAD), { seq: 0, what: /head of the chain is missing/ }],
    [
      'whose head names another entry',
      (world) => change(world, ONE, HEAD, 'hash', 'f'.repeat(64)),
      { seq: 4, what: /^altered: the head names another entry/ },
    ],
    [
      'that was cut off behind what is covered',
      async (world) => {
        for (const seq of [3, 4]) await remove(world, ONE, seqKey(seq));
        await change(world, ONE, HEAD, 'seq', 2);
      },
      { seq: 3, what: /^truncated/ },
    ],
    [
      'whose mark is not that of its entries',
      (world) => change(world, ONE, COVERED, 'hash', 'f'.repeat(64)),
      { seq: 4, what: /^altered: it does not follow/ },
    ],
    [
      'whose new entry belongs to another subject, the name of which would not fit into a checkpoint',
      async (world) => {
        const text = `{"seq":4,"subject":"${'x'.repeat(350_000)}"}`;
        await change(world, ONE, seqKey(4), 'entry', text);
        await change(world, ONE, seqKey(4), 'hash', hashText(text));
      },
      { seq: 4, what: /^moved: the entry belongs to x{900,999}\.\.\.$/ },
    ],
    [
      'whose mark is no number',
      (world) => change(world, ONE, COVERED, 'seq', 1.5),
      { seq: 0, what: /^altered: entry 1.5 is marked/ },
    ],
  ])(
    '%s is not covered, is named in the checkpoint, recorded and told once; the others are covered',
    async (_name, tamper, expected) => {
      const world = await openCovered();
      await tamper(world);
      const problem = { subject: 'key/one', seq: expected.seq, what: expect.stringMatching(expected.what) };
      // A head that is gone is in no index: it is missed when every chain is looked at, which is on the next day.
      const result = await run(world, undefined, {}, 24);
      expect(result).toMatchObject({ ended: 'complete', problems: { found: 1, told: 1, first: [problem] } });
      expect((await world.readCheckpoints()).at(-1)?.problems).toEqual([problem]);
      const covered = await world.readCovered();
      expect([covered.get('key/one')?.length, covered.get('key/two')?.length]).toEqual([3, 4]);

      expect(await world.readInbox()).toMatchObject([{ state: 'does-not-verify', json: { problems: [problem] } }]);
      expect(await world.readChain(INTEGRITY)).toMatchObject([
        { type: 'integrity', checkpoint: 2, problems: [problem] },
        { type: 'outcome', of: 1, told: [{ control: 'ledger-integrity', state: 'does-not-verify' }] },
      ]);
      for (const hours of [1, 24]) {
        expect(await run(world, undefined, {}, hours)).toMatchObject({ problems: { told: 0 } });
      }
      expect(await world.readInbox()).toEqual([]);
      expect(await world.readChain(INTEGRITY)).toHaveLength(2);
    },
  );

  test('is told again in full when the run ends before that is on record', async () => {
    const world = await openCovered();
    await remove(world, ONE, seqKey(4));
    const { evidence, writer, died } = world.start(({ operation }) => (operation === 'Publish' ? 'crash' : undefined));
    expect(await Promise.race([runCheckpoint(evidence, writer), died])).toBe('died');
    await run(world);
    expect(await world.readInbox()).toMatchObject([{ json: { count: 1 } }, { json: { count: 1 } }]);
    expect((await world.readChain(INTEGRITY)).map(({ type }) => type)).toEqual(['integrity', 'outcome']);
  });
});

test('What a run found and could not tell is told by the next one, however old the chain is and whoever found it', async () => {
  const world = await openCovered();
  await run(world, undefined, {}, 24);
  await remove(world, CHECKPOINT, checkpointKey(2));
  await change(world, CHECKPOINT, PROGRESS, 'finished', 1);
  await remove(world, ONE, HEAD);
  const tell = () => Promise.reject(new Error('no topic'));
  await expect(run(world, undefined, { tell }, 24)).rejects.toThrow('no topic');
  await run(world);
  expect(await world.readInbox()).toMatchObject([
    {
      json: {
        problems: expect.arrayContaining([
          expect.objectContaining({ subject: 'key/one', seq: 0 }),
          expect.objectContaining({ subject: world.table.table, seq: 2, what: expect.stringMatching(/put back/) }),
        ]),
      },
    },
  ]);
});

describe('a table that lost checkpoints', () => {
  test('gets them back from the bucket, and what they cover shows what else it lost', async () => {
    const world = await openCovered();
    await run(world);
    // As after a restore to the time of the first checkpoint.
    await remove(world, CHECKPOINT, checkpointKey(2));
    await change(world, CHECKPOINT, PROGRESS, 'finished', 1);
    const hash = (await world.readHashes('key/one'))[2];
    await remove(world, ONE, seqKey(4));
    await change(world, ONE, HEAD, 'seq', 3);
    await change(world, ONE, HEAD, 'hash', hash);
    await change(world, ONE, COVERED, 'seq', 3);
    await change(world, ONE, COVERED, 'hash', hash);

    expect(await run(world, undefined, {}, 24)).toMatchObject({
      restored: [2],
      completed: [2],
      made: [{ number: 3 }],
      problems: {
        first: [
          { subject: world.table.table, seq: 2, what: expect.stringMatching(/put back/) },
          { subject: 'key/one', seq: 4, what: expect.stringMatching(/^truncated/) },
        ],
      },
    });
    expect((await world.readCheckpoints()).map(({ number }) => number)).toEqual([1, 2, 3]);
  });

  test('and of which the bucket has none is told, and goes on from those that are left', async () => {
    const world = await openCovered();
    await change(world, CHECKPOINT, PROGRESS, 'finished', 5);
    expect(await run(world)).toMatchObject({
      made: [{ number: 2 }],
      problems: { first: [{ seq: 2, what: expect.stringMatching(/^truncated: checkpoint 2 was made/) }] },
    });
  });

  test('gets back as many as there is time for, tells that, and gets the rest with the next run', async () => {
    const world = await openCovered();
    await run(world);
    for (const number of [1, 2]) await remove(world, CHECKPOINT, checkpointKey(number));
    const first = await run(world, undefined, { hasTime: () => false });
    expect(first).toMatchObject({ restored: [1], ended: 'out-of-time', problems: { told: 1 } });
    expect(await run(world)).toMatchObject({ restored: [2], made: [{ number: 3 }], ended: 'complete' });
  });

  test('and does not know any more when it was looked at is looked at whole', async () => {
    const world = await openCovered();
    await run(world);
    await change(world, CHECKPOINT, PROGRESS, 'looked', 'yesterday');
    await world.append('key/one');
    const made = [{ number: 3, entries: expect.any(Number) }];
    expect(await run(world)).toMatchObject({ whole: true, ended: 'complete', made });
    expect((await world.readCovered()).get('key/one')).toEqual(await world.readHashes('key/one'));
  });

  test('and forgot how far it was is looked at again from the first checkpoint', async () => {
    const world = await openCovered();
    await run(world);
    await remove(world, CHECKPOINT, PROGRESS);
    for (const subject of ['key/one', 'key/two']) await remove(world, subjectKey(subject), COVERED);
    expect(await run(world)).toMatchObject({ completed: [1, 2], made: [{ number: 3, entries: 0 }] });
    await world.append('key/one');
    expect(await run(world)).toMatchObject({ made: [{ number: 4, entries: 1 }], problems: { found: 0 } });
    expect((await world.readCovered()).get('key/one')).toEqual(await world.readHashes('key/one'));
  });
});

describe('checkpoints that somebody changed', () => {
  test('in the table are told, and the next one follows what was signed', async () => {
    const world = await openCovered();
    const signed = (await world.readCheckpointItems()).find(({ sk }) => sk === checkpointKey(1));
    const forged = String(signed?.text).replace('"entries":6', '"entries":5');
    await change(world, CHECKPOINT, checkpointKey(1), 'text', forged);
    const { problems } = await run(world);
    expect(problems.first).toContainEqual({
      subject: world.table.table,
      seq: 1,
      what: expect.stringMatching(/^forged: the root/),
    });
    expect(problems.first).toContainEqual({ subject: world.bucket, seq: 1, what: expect.stringMatching(/^forked/) });
    await change(world, CHECKPOINT, checkpointKey(1), 'text', signed?.text);
    expect(await world.readCheckpoints()).toHaveLength(2);
  });

  test('and signed with a key of their own are neither kept nor believed, although the table names the key', async () => {
    const world = await openCovered();
    const [genuine] = await world.readCheckpoints();
    const text = String((await world.readCheckpointItems()).find(({ sk }) => sk === checkpointKey(1))?.text);
    const stranger = createStranger();
    const covered = { subject: 'key/one', from: 4, hashes: (await world.readHashes('key/one')).slice(3) };
    const { table, account, region, recordedBy } = genuine as Checkpoint;
    const forged = stranger.sign(
      writeCheckpoint({
        ...{ number: 2, previous: digestOfCheckpoint({ text }), at: '2026-08-03T02:30:00.000Z', problems: [] },
        ...{ table, account, region, recordedBy, ranges: [covered], key: stranger.fingerprint },
      }),
    );
    for (const item of [
      { sk: publicKeyKey(stranger.fingerprint), pem: stranger.pem },
      { sk: checkpointKey(2), ...forged },
    ]) {
      await world.dynamo.send(new PutCommand({ TableName: world.table.table, Item: { pk: CHECKPOINT, ...item } }));
    }
    const { problems, made } = await run(world);
    expect(made).toMatchObject([{ number: 3 }]);
    expect(problems.first.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^inserted: the table has the public key/),
      expect.stringMatching(/^unverified: the public key/),
    ]);
    const { store, signer } = world.start(undefined, {}, 0).evidence;
    expect(await store.get(checkpointName(2))).toBeUndefined();

    const { pem } = await signer.publicKey();
    const verification = await verifySource(createTableSource(world.table), { publicKeys: [pem] });
    expect(judgeVerification(verification)).toBe('not-whole');
    expect(verification.problems[0]).toEqual({
      subject: 'checkpoints',
      seq: 2,
      what: 'forged: checkpoint 3 says that whoever signs does not know the key of this one',
    });
  });

  test.each<[string, number, (text: string, signature: string) => Record<string, unknown>, RegExp[]]>([
    [
      'made up, with the last number that there can be',
      999_999_999_999,
      () => ({ text: '{}', signature: '' }),
      [/^inserted: checkpoint 999999999999 stands behind a gap/],
    ],
    ['a copy behind a gap', 7, (text, signature) => ({ text, signature }), [/^inserted: checkpoint 7 stands/]],
    ['a copy in the next place', 2, (text, signature) => ({ text, signature }), [/^forged: it is checkpoint 1/]],
  ])('that are %s are told and not kept, and the next ones are made', async (_what, number, make, expected) => {
    const world = await openCovered();
    const [one] = (await world.readCheckpointItems()).filter(({ sk }) => sk === checkpointKey(1));
    const forged = make(String(one?.text), String(one?.signature));
    const Item = { pk: CHECKPOINT, sk: checkpointKey(number), ...forged };
    await world.dynamo.send(new PutCommand({ TableName: world.table.table, Item }));
    const first = await run(world);
    expect(first.problems.first.map(({ what }) => what)).toEqual(expected.map((what) => expect.stringMatching(what)));
    await world.append('key/one');
    const second = await run(world);
    const next = number === 2 ? 3 : 2;
    expect([first.made, second.made].flat()).toMatchObject([{ number: next }, { number: next + 1 }]);
    expect([first.ended, second.ended]).toEqual(['complete', 'complete']);
    expect(await world.start(undefined, {}, 0).evidence.store.get(checkpointName(number))).toBeUndefined();
  });

  test('in the bucket change nothing, because the first version counts', async () => {
    const world = await openCovered();
    const Key = checkpointName(1);
    await world.s3.send(new PutObjectCommand({ Bucket: world.bucket, Key, Body: '{"text":"forged","signature":""}' }));
    await world.s3.send(new DeleteObjectCommand({ Bucket: world.bucket, Key }));
    expect(await run(world)).toMatchObject({ problems: { found: 0 } });
  });

  test('put into the bucket ahead of the table are told, and the table goes on', async () => {
    const world = await openCovered();
    const Key = checkpointName(2);
    await world.s3.send(new PutObjectCommand({ Bucket: world.bucket, Key, Body: 'no checkpoint' }));
    const { problems, made } = await run(world);
    expect(made).toMatchObject([{ number: 2 }]);
    expect(problems.first.map(({ subject, seq }) => [subject, seq])).toEqual([
      [world.bucket, 2],
      [world.bucket, 2],
    ]);
    expect(await world.readCheckpoints()).toHaveLength(2);
  });
});

describe('a signing key that cannot sign', () => {
  test.each<[string, (world: World) => Promise<unknown>]>([
    ['disabled', ({ kms, keyArn }) => kms.send(new DisableKeyCommand({ KeyId: keyArn }))],
    ['pending deletion', ({ kms, keyArn }) => kms.send(new ScheduleKeyDeletionCommand({ KeyId: keyArn }))],
  ])('(%s) makes the run fail, and is told once a day, with the time of the last checkpoint', async (_name, spoil) => {
    const world = await openCovered();
    const [first] = await world.readCheckpoints();
    await spoil(world);
    await expect(run(world)).rejects.toThrow(NoCheckpointError);
    await expect(run(world)).rejects.toThrow(world.keyArn);
    expect(await world.readInbox()).toMatchObject([{ state: 'no-checkpoint', json: { since: first?.at } }]);
    await expect(run(world, undefined, {}, 24)).rejects.toThrow(NoCheckpointError);
    expect(await world.readInbox()).toHaveLength(1);
    expect(await world.readChain(INTEGRITY)).toMatchObject([
      { type: 'integrity', problems: [{ what: expect.stringContaining(String(first?.at)) }] },
      { type: 'outcome' },
      { type: 'integrity' },
      { type: 'outcome' },
    ]);
    expect(await world.readCheckpoints()).toHaveLength(1);
  });

  test('leaves the inventory of the day as it is: it is taken all the same', async () => {
    const world = await openCovered();
    await world.kms.send(new DisableKeyCommand({ KeyId: world.keyArn }));
    const { evidence, writer } = world.start();
    await expect(runHourly(evidence, writer)).rejects.toThrow(NoCheckpointError);
    expect(await world.readChain(INVENTORY)).toMatchObject([{ type: 'inventory' }]);
  });

  test('and a list of keys that is refused, are both in the error of the run', async () => {
    const world = await openCovered();
    await world.kms.send(new DisableKeyCommand({ KeyId: world.keyArn }));
    const kms = { send: () => Promise.reject(new Error('no list of keys')) } as unknown as KMSClient;
    const { evidence, writer } = world.start(undefined, { kms });
    await expect(runHourly(evidence, writer)).rejects.toThrow(/The signing key cannot be used.*no list of keys/s);
  });

  test('is not told when waiting helps', async () => {
    const world = await openCovered();
    const throttled = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException', $fault: 'client' });
    const signer = { publicKey: () => Promise.reject(throttled), sign: () => Promise.reject(throttled) };
    await expect(run(world, undefined, { signer })).rejects.toThrow('Rate exceeded');
    expect(await world.readInbox()).toEqual([]);
  });

  test('and one that signs something else are not taken: nothing is written that does not verify', async () => {
    const world = await openCovered();
    const other = await bed.openWorld();
    const { publicKey } = world.start().evidence.signer;
    const { sign } = other.start().evidence.signer;
    await expect(run(world, undefined, { signer: { publicKey, sign } })).rejects.toThrow('does not verify');
    expect(await world.readCheckpoints()).toHaveLength(1);
  });
});

describe('a bucket', () => {
  test('that is gone makes the run fail and is told; when it is back, what was signed gets there', async () => {
    const world = await openCovered();
    const store = {
      ...world.start().evidence.store,
      put: () =>
        Promise.reject(
          Object.assign(new Error('Access Denied'), {
            name: 'AccessDenied',
            $fault: 'client',
            $metadata: { httpStatusCode: 403 },
          }),
        ),
    };
    await expect(run(world, undefined, { store })).rejects.toThrow('The evidence bucket cannot be used: AccessDenied');
    expect(await world.readInbox()).toMatchObject([{ state: 'no-checkpoint' }]);
    expect(await run(world)).toMatchObject({ ended: 'complete', problems: { found: 0 } });
    const { evidence } = world.start();
    for (const { number } of await world.readCheckpoints()) {
      expect(await evidence.store.get(checkpointName(number))).toBeDefined();
    }
  });

  test('without the lock that the policy wants is told once a day, and checkpoints are made', async () => {
    const world = await openCovered();
    const lock = {
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Years: 7 } },
    } as const;
    const other = await bed.openWorld();
    await other.s3.send(new PutObjectLockConfigurationCommand({ Bucket: other.bucket, ObjectLockConfiguration: lock }));
    const { isLocked } = other.start().evidence.store;
    const store = { ...world.start().evidence.store, isLocked };
    for (const _hour of [1, 2])
      expect(await run(world, undefined, { store })).toMatchObject({ lock: { locked: false } });
    expect(await world.readInbox()).toMatchObject([
      { state: 'bucket-not-locked', json: { reason: expect.stringContaining('governance mode') } },
    ]);
    expect(await run(world, undefined, { retentionYears: 10 }, 24)).toMatchObject({ lock: { locked: true } });
    expect(await world.readInbox()).toMatchObject([
      { json: { reason: expect.stringContaining('2555 days, and the policy file says 10 years') } },
    ]);
    expect(await world.readCheckpoints()).toHaveLength(4);
  });
});
