import { createHash, createPublicKey, verify } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import {
  CloudTrailClient,
  CreateTrailCommand,
  ListPublicKeysCommand,
  StartLoggingCommand,
  StopLoggingCommand,
} from '@aws-sdk/client-cloudtrail';
import { CreateKeyCommand, DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type LocalAws, REGION, startLocalAws } from './start-local-aws.ts';

let now = new Date('2026-03-02T10:00:00Z');
let aws: LocalAws;
let s3: S3Client;
let trails: CloudTrailClient;
let kms: KMSClient;

beforeAll(async () => {
  aws = await startLocalAws({ clock: () => now });
  s3 = new S3Client(aws.access());
  trails = new CloudTrailClient(aws.access());
  kms = new KMSClient(aws.access());
});
afterAll(() => aws?.stop());

async function startTrail(Name: string, options: object): Promise<void> {
  const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
  await s3.send(new CreateBucketCommand({ Bucket: Name, CreateBucketConfiguration }));
  await trails.send(new CreateTrailCommand({ Name, S3BucketName: Name, ...options }));
  await trails.send(new StartLoggingCommand({ Name }));
}

async function read(Bucket: string, Key: string) {
  const { Body, Metadata } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  const text = gunzipSync((await Body?.transformToByteArray()) ?? new Uint8Array()).toString();
  return { text, json: JSON.parse(text), metadata: Metadata };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('A trail gets its records in files where CloudTrail puts them, and signed digests that name them and each other', async () => {
  await startTrail('validated', { S3KeyPrefix: 'logs', EnableLogFileValidation: true });
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  now = new Date('2026-03-02T10:07:30Z');
  const [first, ...others] = await aws.gateway.deliverLogs();
  expect(others).toEqual([]);
  expect(first).toMatchObject({ bucket: 'validated', kind: 'log' });
  const place = 'logs/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02';
  expect(first?.key).toMatch(`${place}/111122223333_CloudTrail_eu-west-1_20260302T1007Z_`);
  const file = await read('validated', first?.key ?? '');
  expect(file.json.Records.map(({ eventName }: { eventName: string }) => eventName)).toEqual([
    // In the second in which the logging began.
    'CreateTrail',
    'StartLogging',
    'CreateKey',
  ]);

  now = new Date('2026-03-02T12:00:10Z');
  await kms.send(new DisableKeyCommand({ KeyId: KeyMetadata?.KeyId }));
  const later = await aws.gateway.deliverLogs();
  expect(later.map(({ kind }) => kind)).toEqual(['digest', 'digest', 'log']);
  const [hour, empty] = await Promise.all(later.map(({ key }) => read('validated', key)));
  const name = '111122223333_CloudTrail-Digest_eu-west-1_validated_eu-west-1_20260302T110000Z.json.gz';
  expect(later[0]?.key).toBe(`logs/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/02/${name}`);
  expect(hour?.json).toMatchObject({
    awsAccountId: '111122223333',
    digestStartTime: '2026-03-02T10:00:00Z',
    digestEndTime: '2026-03-02T11:00:00Z',
    digestS3Bucket: 'validated',
    digestS3Object: later[0]?.key,
    previousDigestS3Object: null,
    previousDigestSignature: null,
    logFiles: [{ s3Bucket: 'validated', s3Object: first?.key, hashValue: sha256(file.text), hashAlgorithm: 'SHA-256' }],
  });
  expect(empty?.json).toMatchObject({
    previousDigestS3Object: later[0]?.key,
    previousDigestHashValue: sha256(hour?.text ?? ''),
    previousDigestSignature: hour?.metadata?.signature,
    oldestEventTime: null,
    logFiles: [],
  });
  const { PublicKeyList = [] } = await trails.send(new ListPublicKeysCommand({ StartTime: now, EndTime: now }));
  const key = PublicKeyList.find(({ Fingerprint }) => Fingerprint === empty?.json.digestPublicKeyFingerprint);
  const der = Buffer.from(key?.Value ?? []);
  const signed = `2026-03-02T12:00:00Z\nvalidated/${later[1]?.key}\n${sha256(empty?.text ?? '')}\n${hour?.metadata?.signature}`;
  const signature = Buffer.from(empty?.metadata?.signature ?? '', 'hex');
  const publicKey = createPublicKey({ key: der, type: 'pkcs1', format: 'der' });
  expect(verify('sha256', Buffer.from(signed), publicKey, signature)).toBe(true);
  expect(empty?.metadata?.['signature-algorithm']).toBe('SHA256withRSA');
});

test('What happens while a trail is stopped is not delivered, the last digest tells of the stop, and the next one starts anew', async () => {
  await trails.send(new StopLoggingCommand({ Name: 'validated' }));
  const end = await aws.gateway.deliverLogs();
  expect(end.map(({ kind }) => kind)).toEqual(['log', 'digest']);
  expect((await read('validated', end[1]?.key ?? '')).json.logFiles).toHaveLength(2);
  now = new Date('2026-03-02T14:00:00Z');
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  expect(await aws.gateway.deliverLogs()).toEqual([]);
  now = new Date('2026-03-02T15:00:00Z');
  await trails.send(new StartLoggingCommand({ Name: 'validated' }));
  await kms.send(new EnableKeyCommand({ KeyId: KeyMetadata?.KeyId }));
  now = new Date('2026-03-02T15:05:00Z');
  const [log] = await aws.gateway.deliverLogs();
  const { Records } = (await read('validated', log?.key ?? '')).json;
  expect(Records.map(({ eventName }: { eventName: string }) => eventName)).toEqual(['StartLogging', 'EnableKey']);
  now = new Date('2026-03-02T16:00:00Z');
  const [digest] = await aws.gateway.deliverLogs();
  const { json } = await read('validated', digest?.key ?? '');
  expect(json).toMatchObject({ digestStartTime: '2026-03-02T15:00:00Z', previousDigestSignature: null });
});

test('A trail of one Region gets no files of others, one of all Regions does, and without validation there are no digests', async () => {
  await startTrail('everywhere', { IsMultiRegionTrail: true });
  await new KMSClient({ ...aws.access(), region: 'eu-central-1' }).send(new CreateKeyCommand({}));
  const answer = await fetch(`${aws.gateway.url}/_keywarden/log-deliveries`, { method: 'POST' });
  const files = (await answer.json()) as { bucket: string; key: string }[];
  const regions = (bucket: string) =>
    files.filter((file) => file.bucket === bucket).map(({ key }) => /CloudTrail\/([^/]+)/.exec(key)?.[1]);
  expect(regions('everywhere')).toEqual(['eu-west-1', 'eu-central-1']);
  expect(regions('validated')).toEqual(['eu-west-1']);
  expect(files).toHaveLength(3);
});
