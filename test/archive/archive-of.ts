import { gzipSync } from 'node:zlib';
import type { Archive } from '../../lib/archive/archive.ts';
import {
  createSigningKey,
  type DigestFile,
  type NamedLogFile,
  sha256,
  writeDigest,
} from '../../local/gateway/digest-file.ts';

export const ACCOUNT = '111122223333';
export const BUCKET = 'logs';

/** An object of a bucket, by its name; tests change it as an intruder would. */
export type Objects = Map<string, { body: Buffer; metadata: Record<string, string> }>;

/** An archive that is nothing but these objects. */
export const archiveOf = (objects: Objects): Archive => ({
  name: `s3://${BUCKET}/AWSLogs/`,
  bucket: BUCKET,
  async *list(kind, account, region, day) {
    for (const key of [...objects.keys()].sort())
      if (key.startsWith(`AWSLogs/${account}/${kind}/${region}/${day}/`)) yield key;
  },
  async open(key) {
    const object = objects.get(key);
    if (object === undefined) throw new Error('The specified key does not exist.');
    return {
      metadata: object.metadata,
      body: (async function* () {
        yield object.body;
      })(),
    };
  },
  nameFile: (key) => `s3://${BUCKET}/${key}`,
});

export const SIGNING_KEY = createSigningKey();

/** A record of KMS that the ledger must have. */
export const recordAt = (eventTime: string, eventID: string, changes: object = {}) => ({
  eventVersion: '1.11',
  userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/operator`, accountId: ACCOUNT },
  eventTime,
  eventSource: 'kms.amazonaws.com',
  eventName: 'DisableKey',
  awsRegion: 'eu-west-1',
  sourceIPAddress: '192.0.2.10',
  userAgent: 'test',
  requestParameters: { keyId: '00000000-0000-4000-8000-00000000000a' },
  responseElements: null,
  eventID,
  readOnly: false,
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: ACCOUNT,
  eventCategory: 'Management',
  ...changes,
});

/** Puts a log file that was delivered at a minute. */
export function putLog(
  objects: Objects,
  minute: string,
  records: readonly { eventTime: string }[],
  region = 'eu-west-1',
): NamedLogFile {
  const text = JSON.stringify({ Records: records });
  const stamp = minute.slice(0, 16).replaceAll(/[-:]/g, '');
  const day = minute.slice(0, 10).replaceAll('-', '/');
  const key = `AWSLogs/${ACCOUNT}/CloudTrail/${region}/${day}/${ACCOUNT}_CloudTrail_${region}_${stamp}Z_${sha256(text).slice(0, 16)}.json.gz`;
  objects.set(key, { body: gzipSync(text), metadata: {} });
  const times = records.map(({ eventTime }) => eventTime).sort();
  return { bucket: BUCKET, key, hash: sha256(text), oldest: times[0] ?? minute, newest: times.at(-1) ?? minute };
}

export type DigestChanges = Partial<Parameters<typeof writeDigest>[0]>;

/** Puts the digest of an hour, or of another time. */
export function putDigest(
  objects: Objects,
  start: string,
  end: string,
  files: readonly NamedLogFile[],
  previous?: DigestFile,
  changes: DigestChanges = {},
): DigestFile {
  const digest = writeDigest({
    account: ACCOUNT,
    region: 'eu-west-1',
    trail: { name: 'audit', homeRegion: 'eu-west-1', bucket: BUCKET },
    start,
    end,
    files,
    ...(previous === undefined ? {} : { previous }),
    key: SIGNING_KEY,
    ...changes,
  });
  objects.set(digest.key, {
    body: gzipSync(digest.text),
    metadata: { signature: digest.signature, 'signature-algorithm': 'SHA256withRSA' },
  });
  return digest;
}
