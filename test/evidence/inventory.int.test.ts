import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  type KMSClient,
  ListKeysCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createKmsClient } from '../../lib/aws/clients.ts';
import { listKeys } from '../../lib/evidence/list-keys.ts';
import { takeDailyInventory } from '../../lib/evidence/take-inventory.ts';
import type { InventoryEntry } from '../../lib/ledger/entry.ts';
import { INVENTORY } from '../../lib/ledger/keys.ts';
import { type Bed, openBed, REGION, type World } from './bed.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

const take = (world: World, ...how: Parameters<World['start']>) => {
  const { evidence, writer } = world.start(...how);
  return takeDailyInventory(evidence, writer);
};

async function readLines(world: World, { object, sha256 }: InventoryEntry['inventory']) {
  const body = (await world.start(undefined, {}, 0).evidence.store.get(object)) ?? new Uint8Array();
  const text = gunzipSync(body).toString();
  expect(createHash('sha256').update(text).digest('hex')).toBe(sha256);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function takeAndRead(world: World, ...how: Parameters<World['start']>) {
  const inventory = await take(world, ...how);
  if (inventory === undefined) throw new Error('No inventory was taken.');
  return { inventory, lines: await readLines(world, inventory) };
}

/** A client that refuses some calls, as KMS does. */
function refusing(kms: KMSClient, operation: string, arns: readonly string[]): KMSClient {
  kms.middlewareStack.add(
    (next, context) => async (args) => {
      const { KeyId } = args.input as { KeyId?: string };
      if (context.commandName === `${operation}Command` && (arns.length === 0 || arns.includes(KeyId ?? ''))) {
        const metadata = { $fault: 'client', $metadata: { httpStatusCode: 400 } };
        throw Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' }, metadata);
      }
      return next(args);
    },
    { step: 'initialize' },
  );
  return kms;
}

describe('the inventory of the day', () => {
  test('has every key as it is, with its aliases, in the bucket and on record', async () => {
    const world = await bed.openWorld();
    const create = async (input: CreateKeyCommandInput) =>
      (await world.kms.send(new CreateKeyCommand(input))).KeyMetadata;
    const plain = await create({});
    for (const AliasName of ['alias/b', 'alias/a']) {
      await world.kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: plain?.KeyId }));
    }
    const dying = await create({});
    const { DeletionDate } = await world.kms.send(new ScheduleKeyDeletionCommand({ KeyId: dying?.KeyId }));
    const primary = await create({ MultiRegion: true });
    await world.kms.send(new ReplicateKeyCommand({ KeyId: primary?.Arn, ReplicaRegion: 'eu-central-1' }));

    const { inventory, lines } = await takeAndRead(world);
    const lineOf = (arn: string | undefined) => lines.find((line) => line.arn === arn);
    expect(lineOf(plain?.Arn)).toEqual({
      arn: plain?.Arn,
      state: 'Enabled',
      manager: 'CUSTOMER',
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      origin: 'AWS_KMS',
      createdAt: plain?.CreationDate?.toISOString(),
      multiRegion: false,
      aliases: ['alias/a', 'alias/b'],
    });
    expect(lineOf(world.keyArn)).toMatchObject({ spec: 'ECC_NIST_P384', usage: 'SIGN_VERIFY' });
    expect(lineOf(dying?.Arn)).toMatchObject({
      state: 'PendingDeletion',
      deletionDate: DeletionDate?.toISOString(),
    });
    expect(lineOf(primary?.Arn)).toMatchObject({ multiRegion: true, primary: primary?.Arn });
    expect(inventory).toMatchObject({ region: REGION, keys: lines.length, unread: 0, examples: [] });
    expect(await world.readChain(INVENTORY)).toMatchObject([{ type: 'inventory', inventory }]);

    const replicas = { kms: createKmsClient({ ...bed.options, region: 'eu-central-1' }), region: 'eu-central-1' };
    const elsewhere = await takeAndRead(world, undefined, replicas);
    expect(elsewhere.lines).toMatchObject([
      { arn: primary?.Arn?.replace(REGION, 'eu-central-1'), multiRegion: true, primary: primary?.Arn },
    ]);
  });

  test('is taken once a day, and again when it could not be put on record', async () => {
    const world = await bed.openWorld();
    const { evidence, writer, died } = world.start(({ operation }) =>
      operation === 'PutObject' ? 'crash' : undefined,
    );
    expect(await Promise.race([takeDailyInventory(evidence, writer), died])).toBe('died');
    expect(await take(world)).toBeDefined();
    expect(await take(world)).toBeUndefined();
    expect(await take(world, undefined, {}, 24)).toBeDefined();
    expect(await world.readChain(INVENTORY)).toHaveLength(2);
  });

  test('names a key that cannot be described, with the reason, and lists the others', async () => {
    const world = await bed.openWorld();
    const { KeyMetadata } = await world.kms.send(new CreateKeyCommand({}));
    const key = KeyMetadata?.Arn ?? '';
    const kms = refusing(createKmsClient(bed.options), 'DescribeKey', [key]);
    const { inventory, lines } = await takeAndRead(world, undefined, { kms });
    const reason = 'AccessDeniedException: not authorized';
    expect(inventory).toMatchObject({ unread: 1, examples: [{ key, reason }] });
    expect(lines).toContainEqual({ arn: key, unread: reason });
    expect(lines.length).toBeGreaterThan(1);
    expect(inventory.keys).toBe(lines.length);
  });

  test.each(['ListKeys', 'ListAliases'])(
    'is not taken when %s is refused: no list is not an empty list',
    async (operation) => {
      const world = await bed.openWorld();
      const kms = refusing(createKmsClient(bed.options), operation, []);
      await expect(take(world, undefined, { kms })).rejects.toThrow('not authorized');
      expect(await world.readChain(INVENTORY)).toEqual([]);
    },
  );

  test('of hundreds of keys has each once, in the order of KMS', async () => {
    const world = await bed.openWorld();
    for (let made = 0; made < 300; made += 20) {
      await Promise.all(Array.from({ length: 20 }, () => world.kms.send(new CreateKeyCommand({}))));
    }
    const { lines } = await takeAndRead(world);
    const listed: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page: { Keys?: { KeyArn?: string | undefined }[]; NextMarker?: string | undefined } = (await world.kms.send(
        new ListKeysCommand({ Marker }),
      )) as never;
      listed.push(...(page.Keys ?? []).map(({ KeyArn }) => KeyArn));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    expect(lines.map(({ arn }) => arn)).toEqual(listed);
    expect(lines.length).toBeGreaterThanOrEqual(300);
  });

  test('goes over all pages in which KMS lists keys', async () => {
    const world = await bed.openWorld();
    for (const _key of ['one', 'other']) await world.kms.send(new CreateKeyCommand({}));
    const { Keys: [one, other] = [] } = await world.kms.send(new ListKeysCommand({}));
    const kms = createKmsClient(bed.options);
    // The local KMS answers all keys in one page.
    kms.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName !== 'ListKeysCommand') return next(args);
        const { Marker } = args.input as { Marker?: string };
        const page =
          Marker === undefined
            ? { Keys: [one], Truncated: true, NextMarker: 'second' }
            : { Keys: [other], Truncated: false };
        return { output: { ...page, $metadata: {} }, response: {} };
      },
      { step: 'initialize' },
    );
    const { lines } = await takeAndRead(world, undefined, { kms });
    expect(lines.map(({ arn }) => arn)).toEqual([one?.KeyArn, other?.KeyArn]);
  });

  test('lets DescribeKey begin 200 times a second at most, because its quota belongs to everybody', async () => {
    const world = await bed.openWorld();
    await world.kms.send(new CreateKeyCommand({}));
    // A clock that stands still, so that every call has to wait for its turn.
    const now = new Date('2026-08-03T09:00:00Z');
    const waits: number[] = [];
    const pause = async (milliseconds: number) => {
      waits.push(milliseconds);
    };
    let keys = 0;
    for await (const _line of listKeys({ kms: createKmsClient(bed.options), clock: () => now, pause })) keys += 1;
    expect(keys).toBeGreaterThan(1);
    expect(waits).toEqual(Array.from({ length: keys - 1 }, (_, place) => 5 * (place + 1)));
  });
});
