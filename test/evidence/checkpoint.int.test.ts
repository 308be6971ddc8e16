import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkpointName, publicKeyName } from '../../lib/evidence/names.ts';
import { runCheckpoint } from '../../lib/evidence/run-checkpoint.ts';
import { HEAD, subjectKey } from '../../lib/ledger/keys.ts';
import { type Bed, type Fault, openBed, type World } from './bed.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

const KEYS = ['key/one', 'key/two', 'key/three'];

function run(world: World, ...how: Parameters<World['start']>) {
  const { evidence, writer } = world.start(...how);
  return runCheckpoint(evidence, writer);
}

/** Every entry of these chains is covered, each once and by its own hash. */
async function expectCovered(world: World, subjects: readonly string[]): Promise<void> {
  const covered = await world.readCovered();
  for (const subject of subjects) expect(covered.get(subject)).toEqual(await world.readHashes(subject));
}

/** As if the index showed the head only now, and its newest entry was recorded at that time. */
const showHeadOf = ({ dynamo, table }: World, subject: string, at: string) =>
  dynamo.send(
    new UpdateCommand({
      TableName: table.table,
      Key: { pk: subjectKey(subject), sk: HEAD },
      UpdateExpression: 'SET gsiTime = :time',
      ExpressionAttributeValues: { ':time': `${at}#${subject}` },
    }),
  );

describe('a run', () => {
  test('covers every entry since the last one, signs that, and keeps it in the table and in the bucket', async () => {
    const world = await bed.openWorld();
    for (const subject of KEYS) await world.append(subject, 3);
    expect(await run(world)).toMatchObject({
      made: [{ number: 1, entries: 9 }],
      completed: [],
      restored: [],
      ended: 'complete',
      whole: true,
      lock: { locked: true },
      problems: { found: 0, told: 0 },
    });
    await world.append('key/two', 2);
    expect(await run(world)).toMatchObject({ made: [{ number: 2, entries: 2 }], whole: false });
    await expectCovered(world, KEYS);
    const [first, second] = await world.readCheckpoints();
    expect(first?.ranges.map(({ subject }) => subject)).toEqual(KEYS.toSorted());
    expect(second?.ranges).toMatchObject([{ subject: 'key/two', from: 4 }]);

    const { evidence } = world.start();
    const items = await world.readCheckpointItems();
    for (const number of [1, 2]) {
      const kept = Buffer.from((await evidence.store.get(checkpointName(number))) ?? []).toString();
      const item = items.find(({ text }) => JSON.parse(String(text ?? '{}')).number === number);
      expect(JSON.parse(kept)).toEqual({ text: item?.text, signature: item?.signature });
    }
    const { pem, fingerprint } = await evidence.signer.publicKey();
    expect(Buffer.from((await evidence.store.get(publicKeyName(fingerprint))) ?? []).toString()).toBe(pem);
    expect(await world.readInbox()).toEqual([]);
  });

  test('makes an empty checkpoint of an hour without entries', async () => {
    const world = await bed.openWorld();
    expect(await run(world)).toMatchObject({ made: [{ number: 1, entries: 0 }] });
    expect(await run(world)).toMatchObject({ made: [{ number: 2, entries: 0 }] });
    expect(await world.readCheckpoints()).toHaveLength(2);
  });

  test('finds on the next day, at the latest, a chain that the index did not show in time', async () => {
    const world = await bed.openWorld();
    await world.append('key/one');
    await run(world);
    await world.append('key/two');
    await showHeadOf(world, 'key/two', '2020-01-01T00:00:00.000Z');
    expect(await run(world)).toMatchObject({ made: [{ entries: 0 }], whole: false });
    expect(await run(world, undefined, {}, 24)).toMatchObject({ made: [{ entries: 1 }], whole: true });
    await expectCovered(world, ['key/one', 'key/two']);
  });

  test('looks back an hour behind the last one, for what the index showed late', async () => {
    const world = await bed.openWorld();
    await run(world);
    await world.append('key/one');
    const halfAnHourBefore = world.start(undefined, {}, 0).evidence.clock().getTime() - 1_800_000;
    await showHeadOf(world, 'key/one', new Date(halfAnHourBefore).toISOString());
    expect(await run(world, undefined, {}, 0.5)).toMatchObject({ made: [{ entries: 1 }], whole: false });
    await expectCovered(world, ['key/one']);
  });

  test('leaves to the next run what it has no time for', async () => {
    const world = await bed.openWorld();
    for (const subject of KEYS) await world.append(subject);
    let chains = 0;
    const hasTime = () => {
      chains += 1;
      return chains < 2;
    };
    expect(await run(world, undefined, { hasTime })).toMatchObject({ ended: 'out-of-time', whole: false });
    expect((await world.readCovered()).size).toBeLessThan(KEYS.length);
    expect(await run(world)).toMatchObject({ ended: 'complete', whole: true });
    await expectCovered(world, KEYS);
  });
});

describe('a run that ends anywhere', () => {
  test.each(['crash', 'lose-response'] as const)('(%s) is continued without gap, overlap or fork', async (what) => {
    const world = await bed.openWorld();
    let callsOfWholeRun = 0;
    for (let at = 1; callsOfWholeRun === 0; at += 1) {
      for (const subject of KEYS.slice(0, 1 + (at % 3))) await world.append(subject);
      const fault: Fault = ({ number }) => (number === at ? what : undefined);
      const { evidence, writer, calls, died } = world.start(fault);
      const ended = await Promise.race([runCheckpoint(evidence, writer).catch(() => 'failed'), died]);
      if (ended !== 'died' && ended !== 'failed') callsOfWholeRun = calls.length;
      expect(await run(world)).toMatchObject({ ended: 'complete', problems: { found: 0 } });
      await expectCovered(world, KEYS.slice(0, 1 + (at % 3)));
    }
    expect(callsOfWholeRun).toBeGreaterThan(15);
    expect(await world.readInbox()).toEqual([]);
  });
});

describe('runs at once', () => {
  test('make one sequence of checkpoints; whoever comes second leaves the rest to the other', async () => {
    const world = await bed.openWorld();
    const ends: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      for (const subject of KEYS) await world.append(subject);
      const results = await Promise.all([1, 2, 3].map(() => run(world)));
      ends.push(...results.map(({ ended }) => ended));
      expect(results.map(({ problems }) => problems.found)).toEqual([0, 0, 0]);
    }
    await run(world);
    await expectCovered(world, KEYS);
    expect(ends).toContain('lost-race');
    expect(await world.readInbox()).toEqual([]);
  });
});
