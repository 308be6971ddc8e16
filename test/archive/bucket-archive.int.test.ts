import { gunzipSync, gzipSync } from 'node:zlib';
import {
  CloudTrailClient,
  CreateTrailCommand,
  StartLoggingCommand,
  StopLoggingCommand,
} from '@aws-sdk/client-cloudtrail';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateKeyCommand, DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createArchiveSource } from '../../lib/archive/archive-source.ts';
import { createBucketArchive } from '../../lib/archive/bucket-archive.ts';
import { createLogBucket } from '../../lib/aws/log-bucket.ts';
import { createPublicKeyReader } from '../../lib/aws/public-keys.ts';
import type { Gap } from '../../lib/reconcile/record-source.ts';
import type { DeliveredFile } from '../../local/gateway/log-delivery.ts';
import { type LocalAws, REGION, startLocalAws } from '../local/start-local-aws.ts';

const BUCKET = 'trail-of-spring';
const WINDOW = { from: '2026-03-02T10:00:00Z', to: '2026-03-02T14:00:00Z' };

let now = new Date('2026-03-02T09:00:00Z');
let aws: LocalAws;
let s3: S3Client;
let delivered: DeliveredFile[];
let expected: string[];
/** What was delivered, so that each test begins with it. */
let originals: { key: string; body: Buffer; metadata: Record<string, string> }[];

beforeAll(async () => {
  aws = await startLocalAws({ clock: () => now });
  s3 = new S3Client(aws.access());
  const trails = new CloudTrailClient(aws.access());
  const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration }));
  const trail = {
    S3BucketName: BUCKET,
    S3KeyPrefix: 'company/logs',
    IsMultiRegionTrail: true,
    EnableLogFileValidation: true,
  };
  await trails.send(new CreateTrailCommand({ Name: 'spring', ...trail }));
  await trails.send(new StartLoggingCommand({ Name: 'spring' }));
  const kms = new KMSClient(aws.access());
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const { KeyId } = KeyMetadata ?? {};
  const iam = new IAMClient({ ...aws.access(), region: 'us-east-1' });
  await iam.send(new CreateRoleCommand({ RoleName: 'app', AssumeRolePolicyDocument: '{}' }));
  delivered = [];
  for (let hour = 10; hour <= 16; hour++) {
    now = new Date(Date.UTC(2026, 2, 2, hour, 20));
    await kms.send(hour % 2 === 0 ? new DisableKeyCommand({ KeyId }) : new EnableKeyCommand({ KeyId }));
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }] };
    await iam.send(
      new PutRolePolicyCommand({ RoleName: 'app', PolicyName: `p-${hour}`, PolicyDocument: JSON.stringify(policy) }),
    );
    // What is done at 20 past is in a file of half past.
    now = new Date(Date.UTC(2026, 2, 2, hour, 30));
    delivered.push(...(await aws.gateway.deliverLogs()));
  }
  now = new Date('2026-03-02T18:00:00Z');
  await trails.send(new StopLoggingCommand({ Name: 'spring' }));
  delivered.push(...(await aws.gateway.deliverLogs()));
  expected = aws.gateway
    .records()
    .filter(({ eventTime }) => eventTime >= WINDOW.from && eventTime < WINDOW.to)
    .map(({ eventID }) => eventID)
    .sort();
  originals = await Promise.all(delivered.map(({ key }) => readObject(key)));
  now = new Date('2026-11-24T09:00:00Z');
});
afterAll(() => aws?.stop());

async function readObject(Key: string) {
  const { Body, Metadata = {} } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  return { key: Key, body: Buffer.from((await Body?.transformToByteArray()) ?? []), metadata: Metadata };
}

const put = (Key: string, Body: Buffer, Metadata: Record<string, string>) =>
  s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, Metadata }));
const remove = (Key: string) => s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));

beforeEach(async () => {
  await Promise.all(originals.map(({ key, body, metadata }) => put(key, body, metadata)));
});

async function read() {
  const source = createArchiveSource({
    archive: createBucketArchive(createLogBucket(s3, BUCKET), { bucket: BUCKET, prefix: 'company/logs/' }),
    account: '111122223333',
    region: REGION,
    lookAheadHours: 2,
    readPublicKeys: createPublicKeyReader((region) => new CloudTrailClient({ ...aws.access(), region })),
    clock: () => now,
  });
  const ids: string[] = [];
  const gaps: Gap[] = [];
  for await (const part of source.read(WINDOW)) {
    if ('gap' in part) gaps.push(part.gap);
    else ids.push((part.record as { eventID: string }).eventID);
  }
  return { ids: ids.sort(), gaps, digests: source.digests?.() };
}

/** The object of this Region that was delivered at noon: the log file of half past twelve, or the digest of that hour. */
function find(kind: DeliveredFile['kind']): string {
  const name = kind === 'log' ? /CloudTrail_eu-west-1_20260302T1230Z/ : /Digest_eu-west-1_.*_20260302T130000Z/;
  const found = delivered.find(({ key }) => name.test(key));
  if (found === undefined) throw new Error(`No ${kind} of noon among ${delivered.map(({ key }) => key).join(', ')}.`);
  return found.key;
}
const nameOf = (key: string) => `s3://${BUCKET}/${key}`;

describe('a bucket of CloudTrail, nine months later', () => {
  test('gives every record of the window, of this Region and of IAM, and is proven to be whole', async () => {
    const { ids, gaps, digests } = await read();
    expect(gaps).toEqual([]);
    expect(ids).toEqual(expected);
    // Four hours, a change of the key and of a role in each.
    expect(ids).toHaveLength(8);
    expect(digests).toMatchObject({ invalid: 0, filesInvalid: 0, filesWithoutDigest: 0 });
    expect(digests?.filesValidated).toBe(12);
  });

  test('says which log file was deleted', async () => {
    await remove(find('log'));
    const { ids, gaps, digests } = await read();
    expect(ids).toHaveLength(7);
    expect(gaps).toEqual([{ what: nameOf(find('log')), reason: expect.stringContaining('missing') }]);
    expect(digests).toMatchObject({ filesInvalid: 1, filesValidated: 11 });
  });

  test('says which log file was altered and packed again', async () => {
    const { body, metadata } = await readObject(find('log'));
    const altered = gunzipSync(body).toString().replace('DisableKey', 'DescribeKey');
    await put(find('log'), gzipSync(altered), metadata);
    const { ids, gaps } = await read();
    expect(ids).toHaveLength(7);
    expect(gaps).toEqual([{ what: nameOf(find('log')), reason: expect.stringContaining('altered') }]);
  });

  test('says which digest was altered', async () => {
    const { body, metadata } = await readObject(find('digest'));
    await put(find('digest'), gzipSync(gunzipSync(body).toString().replace('"logFiles":[', '"logFiles": [')), metadata);
    const { gaps, digests } = await read();
    expect(gaps.map(({ what }) => what)).toContain(nameOf(find('digest')));
    expect(digests).toMatchObject({ invalid: 1, filesWithoutDigest: 1 });
  });

  test('says which digest was removed', async () => {
    await remove(find('digest'));
    const { gaps, digests } = await read();
    expect(gaps).toContainEqual({ what: nameOf(find('digest')), reason: expect.stringContaining('It is missing') });
    expect(digests).toMatchObject({ invalid: 1 });
  });

  test('says which file was planted', async () => {
    const planted = find('log').replace(/_[^_]*$/, '_planted000000000.json.gz');
    await s3.send(new CopyObjectCommand({ Bucket: BUCKET, Key: planted, CopySource: `${BUCKET}/${find('log')}` }));
    const { ids, gaps } = await read();
    await remove(planted);
    expect(ids).toEqual(expected);
    expect(gaps).toEqual([{ what: nameOf(planted), reason: expect.stringContaining('No digest names it') }]);
  });

  test('says that a bucket which is not there could not be looked at', async () => {
    const archive = createBucketArchive(createLogBucket(s3, 'no-such-bucket'), {
      bucket: 'no-such-bucket',
      prefix: '',
    });
    const source = createArchiveSource({ archive, account: '111122223333', region: REGION, clock: () => now });
    const parts = [];
    for await (const part of source.read(WINDOW)) parts.push(part);
    expect(parts).toContainEqual({ gap: expect.objectContaining({ reason: expect.stringContaining('NoSuchBucket') }) });
  });
});
