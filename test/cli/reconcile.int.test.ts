import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CloudTrailClient, CreateTrailCommand, StartLoggingCommand } from '@aws-sdk/client-cloudtrail';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateKeyCommand, DisableKeyCommand, KMSClient, TagResourceCommand } from '@aws-sdk/client-kms';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { localClientConfig } from '../../local/local-client.ts';

const HOUR = 3_600_000;
const BUCKET = 'company-trail';

/** How long ago it is for CloudTrail: what it recorded must be old enough to be compared. */
let ago = 6 * HOUR;
let aws: LocalAws;
let s3: S3Client;
let folder: string;
let keyArn: string;
let eventId: string;
let logKey: string;

const iso = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
/** From when the trail began to log; what was before, nothing proves. */
let from = iso(Date.now() - 6.5 * HOUR);
const windowOf = () => ['--from', from, '--to', iso(Date.parse(from) + HOUR)];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keywarden-reconcile-'));
  // The command as it is installed: `npm ci` builds it, and a change of its source must be tested too.
  await promisify(execFile)(process.execPath, ['scripts/build-cli.ts']);
  aws = await startLocalAws({ clock: () => new Date(Date.now() - ago) });
  const config = localClientConfig({ endpoint: aws.url, region: aws.region });
  s3 = new S3Client({ ...config, forcePathStyle: true });
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const;
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration }));
  const trails = new CloudTrailClient(config);
  const trail = { S3BucketName: BUCKET, IsMultiRegionTrail: true, EnableLogFileValidation: true };
  await trails.send(new CreateTrailCommand({ Name: 'company', ...trail }));
  await trails.send(new StartLoggingCommand({ Name: 'company' }));
  from = aws.gateway.records().find(({ eventName }) => eventName === 'StartLogging')?.eventTime ?? '';
  const iam = new IAMClient(config);
  await iam.send(new CreateRoleCommand({ RoleName: 'app', AssumeRolePolicyDocument: '{}' }));
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }] };
  const document = { PolicyName: 'list', PolicyDocument: JSON.stringify(policy) };
  await iam.send(new PutRolePolicyCommand({ RoleName: 'app', ...document }));
  const kms = new KMSClient(config);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  keyArn = KeyMetadata?.Arn ?? '';
  await aws.idle();
  // CloudTrail records it, and EventBridge loses it.
  aws.gateway.faults.add({ kind: 'drop', service: 'kms', operation: 'DisableKey', times: 1 });
  await kms.send(new DisableKeyCommand({ KeyId: keyArn }));
  await kms.send(new TagResourceCommand({ KeyId: keyArn, Tags: [{ TagKey: 'team', TagValue: 'payments' }] }));
  await aws.idle();
  eventId = aws.gateway.records().find(({ eventName }) => eventName === 'DisableKey')?.eventID ?? '';
  const files = await aws.deliverLogs();
  logKey = files.find(({ key }) => key.includes('CloudTrail/eu-west-1/'))?.key ?? '';
  ago = 0;
  await aws.deliverLogs();
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await aws?.stop();
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command as a user does. */
function keywarden(...args: string[]): Promise<Ran> {
  const env = {
    PATH: process.env.PATH,
    AWS_REGION: aws.region,
    AWS_ACCESS_KEY_ID: 'auditor',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_ENDPOINT_URL: aws.url,
    KEYWARDEN_TABLE: aws.table,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, ['dist/cli/keywarden.js', 'reconcile', ...args], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

const ARCHIVE = ['--archive', `s3://${BUCKET}`, '--look-ahead', '1'];

describe('keywarden reconcile', () => {
  test('names what Event history has and the ledger has not, and records nothing', async () => {
    const before = aws.gateway.calls().length;
    const { code, out } = await keywarden(...windowOf());
    expect(out).toContain('THE LEDGER IS NOT WHAT CLOUDTRAIL SAYS');
    expect(out).toContain(`DisableKey ${keyArn} (eventID ${eventId}), not recorded: it was only compared`);
    expect(code).toBe(1);
    const calls = aws.gateway
      .calls()
      .slice(before)
      .map(({ service, operation }) => `${service}:${operation}`);
    expect(
      calls.filter((call) => /dynamodb:(Put|Update|Transact|Delete|BatchWrite)|kms:|sns:|sqs:Send/.test(call)),
    ).toEqual([]);
  });

  test('says the same of the log files in S3, with the proof that they are as CloudTrail wrote them', async () => {
    const { code, out } = await keywarden(...windowOf(), ...ARCHIVE, '--format', 'json');
    const [statement, ...others] = JSON.parse(out);
    expect(others).toEqual([]);
    expect(statement).toMatchObject({
      source: 'archive',
      gaps: [],
      missing: [{ eventId, api: 'DisableKey', result: 'failed' }],
    });
    expect(statement.digests).toMatchObject({ invalid: 0, filesInvalid: 0, filesWithoutDigest: 0 });
    expect(code).toBe(1);
  });

  test('cannot tell when a log file is gone, and says which', async () => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: logKey }));
    const content = await Body?.transformToByteArray();
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: logKey }));
    const { code, out } = await keywarden(...windowOf(), ...ARCHIVE);
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: logKey, Body: content ?? '' }));
    expect(out).toContain('COMPLETENESS IS NOT KNOWN');
    expect(out).toContain(`s3://${BUCKET}/${logKey}: It is missing`);
    expect(code).toBe(2);
  });

  test('compares downloaded files, which nobody can prove', async () => {
    await aws.writeLogs(folder);
    const proven = await keywarden(...windowOf(), '--archive', folder);
    expect(proven).toMatchObject({ code: 2, out: expect.stringContaining('cannot be validated') });
    const taken = await keywarden(...windowOf(), '--archive', folder, '--no-digests', '--look-ahead', '0');
    expect(taken).toMatchObject({ code: 1, out: expect.stringContaining('Digests: not validated') });
  });

  test('lets the function of Keywarden record what is missing from the log files, and finds nothing missing then', async () => {
    const recorded = await keywarden(...windowOf(), ...ARCHIVE, '--backfill');
    expect(recorded.out).toContain(`DisableKey ${keyArn} (eventID ${eventId}), recorded now`);
    expect(recorded.code).toBe(1);
    await aws.idle();
    const again = await keywarden(...windowOf());
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('The ledger is complete') });
  });

  test.each([
    [['--from', '2026-01-02', '--to', '2026-01-01'], '--from is 2026-01-02'],
    [['--to', '2026-01-01'], '--from is missing'],
    [[...windowOf(), '--archive', 's3://'], 'no place in S3'],
    [[...windowOf(), '--no-digests'], '--no-digests is about log files'],
    [[...windowOf(), '--look-ahead', '721', '--archive', './logs'], 'whole hours, up to 720'],
    [[...windowOf(), '--archive', './logs', '--backfill'], '--backfill cannot read ./logs'],
    [[...windowOf(), '--organization', 'company', '--archive', 's3://company-trail'], 'looks like o-a1b2c3d4e5'],
    [[...windowOf(), '--table', 'no-such-table'], 'There is no table no-such-table here'],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, err } = await keywarden(...args);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });
});
