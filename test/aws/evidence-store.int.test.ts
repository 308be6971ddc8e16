import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createS3Client } from '../../lib/aws/clients.ts';
import { createEvidenceStore } from '../../lib/aws/evidence-store.ts';
import { type Moto, startMoto } from '../../local/moto.ts';

const REGION = 'eu-west-1';
let moto: Moto;
let s3: S3Client;
beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  moto = await startMoto();
  s3 = createS3Client({ region: REGION, endpoint: moto.url });
});
afterAll(() => moto.stop());

let buckets = 0;
async function createBucket(lock?: {
  Mode: 'COMPLIANCE' | 'GOVERNANCE';
  Years?: number;
  Days?: number;
}): Promise<string> {
  buckets += 1;
  const Bucket = `evidence-${buckets}`;
  const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  if (lock !== undefined) {
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: lock } } as const;
    await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
  }
  return Bucket;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (body: Uint8Array | undefined) => (body === undefined ? undefined : new TextDecoder().decode(body));
const COMPLIANCE = { Mode: 'COMPLIANCE', Years: 7 } as const;

describe('the evidence store', () => {
  test('writes a name once, says so when the same comes again, and never writes something else under it', async () => {
    const store = createEvidenceStore(s3, await createBucket(COMPLIANCE));
    expect(await store.get('a/1.json')).toBeUndefined();
    expect(await store.put('a/1.json', bytes('one'), 'application/json')).toBe('written');
    expect(await store.put('a/1.json', bytes('one'), 'application/json')).toBe('same');
    expect(await store.put('a/1.json', bytes('two'), 'application/json')).toBe('different');
    expect(textOf(await store.get('a/1.json'))).toBe('one');
  });

  test('gives the first version, whatever somebody put on top of it', async () => {
    const Bucket = await createBucket(COMPLIANCE);
    const store = createEvidenceStore(s3, Bucket);
    await store.put('a', bytes('first'), 'text/plain');
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'forged' }));
    expect(textOf(await store.get('a'))).toBe('first');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
    expect(textOf(await store.get('a'))).toBe('first');
    expect(await store.put('a', bytes('first'), 'text/plain')).toBe('same');
    expect(await store.put('a', bytes('second'), 'text/plain')).toBe('different');
  });

  test('does not take a name for another that begins with it', async () => {
    const store = createEvidenceStore(s3, await createBucket(COMPLIANCE));
    await store.put('a/10', bytes('ten'), 'text/plain');
    expect(await store.get('a/1')).toBeUndefined();
    expect(await store.put('a/1', bytes('one'), 'text/plain')).toBe('written');
    expect(textOf(await store.get('a/1'))).toBe('one');
  });

  test('keeps what it wrote: the version cannot be deleted before its day', async () => {
    const Bucket = await createBucket(COMPLIANCE);
    await createEvidenceStore(s3, Bucket).put('a', bytes('kept'), 'text/plain');
    const { Versions: [version] = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const deletion = new DeleteObjectCommand({ Bucket, Key: 'a', VersionId: version?.VersionId });
    await expect(s3.send(deletion)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('lets one of two that write the same name at once win, and tells the other what is there', async () => {
    const store = createEvidenceStore(s3, await createBucket(COMPLIANCE));
    const results = await Promise.all(['x', 'x', 'x'].map((body) => store.put('a', bytes(body), 'text/plain')));
    expect(results.every((result) => result !== 'different')).toBe(true);
    expect(textOf(await store.get('a'))).toBe('x');
  });

  test('lists names, page after page', async () => {
    const store = createEvidenceStore(s3, await createBucket(COMPLIANCE));
    const names = Array.from({ length: 12 }, (_, place) => `a/${String(place).padStart(4, '0')}`);
    for (const name of [...names, 'b/1']) await store.put(name, bytes(name), 'text/plain');
    const listed: string[] = [];
    for await (const name of store.list('a/')) listed.push(name);
    expect(listed).toEqual(names);
  });
});

describe('whether the bucket is locked', () => {
  test('is so in compliance mode, with the period', async () => {
    const store = createEvidenceStore(s3, await createBucket(COMPLIANCE));
    expect(await store.isLocked()).toMatchObject({ locked: true, mode: 'COMPLIANCE', period: { years: 7 } });
  });

  test('is not so without Object Lock, in governance mode, or when it cannot be read; each says why', async () => {
    const reasonOf = async (bucket: string) => createEvidenceStore(s3, bucket).isLocked();
    expect(await reasonOf(await createBucket())).toEqual({ locked: false, reason: 'it has no Object Lock' });
    expect(await reasonOf(await createBucket({ Mode: 'GOVERNANCE', Days: 1 }))).toEqual({
      locked: false,
      reason: expect.stringContaining('governance mode'),
    });
    expect(await reasonOf('a-bucket-that-is-not-there')).toEqual({
      locked: false,
      reason: expect.stringMatching(/could not be read: NoSuchBucket: /),
    });
  });
});
