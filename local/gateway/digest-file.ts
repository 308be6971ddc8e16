import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A pair of keys that the local CloudTrail signs with; AWS has its own in each Region. */
export type SigningKey = {
  privateKey: KeyObject;
  /** DER of the public key in PKCS #1, as ListPublicKeys answers it. */
  publicKey: Buffer;
  fingerprint: string;
};

/** @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PublicKey.html */
export function createSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const der = publicKey.export({ type: 'pkcs1', format: 'der' });
  return { privateKey, publicKey: der, fingerprint: sha256(der).slice(0, 32) };
}

/** A log file that a digest names. */
export type NamedLogFile = {
  bucket: string;
  key: string;
  /** sha256 (hex) of the unpacked content. */
  hash: string;
  /** ISO 8601 UTC, of the records in it. */
  oldest: string;
  newest: string;
};

/** A digest that was delivered. */
export type DigestFile = {
  bucket: string;
  key: string;
  text: string;
  /** Hex; it lies in the metadata of the object. */
  signature: string;
};

/** What a digest is made of. Times are without milliseconds. */
export type DigestParts = {
  account: string;
  region: string;
  trail: { name: string; homeRegion: string; bucket: string; prefix?: string; organization?: string };
  start: string;
  end: string;
  files: readonly NamedLogFile[];
  previous?: DigestFile;
  key: SigningKey;
  /** Files that an earlier digest of the same hour should have named. */
  backfill?: true;
};

/**
 * Writes a digest as CloudTrail does, and signs it.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
 */
export function writeDigest(parts: DigestParts): DigestFile {
  const { account, trail, start, end, files, previous, key } = parts;
  const object = nameDigest(parts);
  const text = JSON.stringify({
    awsAccountId: account,
    digestStartTime: start,
    digestEndTime: end,
    digestS3Bucket: trail.bucket,
    digestS3Object: object,
    digestPublicKeyFingerprint: key.fingerprint,
    digestSignatureAlgorithm: 'SHA256withRSA',
    newestEventTime:
      files
        .map(({ newest }) => newest)
        .sort()
        .at(-1) ?? null,
    oldestEventTime: files.map(({ oldest }) => oldest).sort()[0] ?? null,
    previousDigestS3Bucket: previous?.bucket ?? null,
    previousDigestS3Object: previous?.key ?? null,
    previousDigestHashValue: previous === undefined ? null : sha256(previous.text),
    previousDigestHashAlgorithm: previous === undefined ? null : 'SHA-256',
    previousDigestSignature: previous?.signature ?? null,
    logFiles: files.map((file) => ({
      s3Bucket: file.bucket,
      s3Object: file.key,
      hashValue: file.hash,
      hashAlgorithm: 'SHA-256',
      newestEventTime: file.newest,
      oldestEventTime: file.oldest,
    })),
  });
  const signed = `${end}\n${trail.bucket}/${object}\n${sha256(text)}\n${previous?.signature ?? 'null'}`;
  return {
    bucket: trail.bucket,
    key: object,
    text,
    signature: sign('sha256', Buffer.from(signed), key.privateKey).toString('hex'),
  };
}

function nameDigest({ account, region, trail, end, backfill }: DigestParts): string {
  const folder = nameFolder(trail, account, 'CloudTrail-Digest', region, end);
  const stamp = end.replaceAll(/[-:]/g, '');
  const suffix = backfill === true ? '_backfill' : '';
  return `${folder}/${account}_CloudTrail-Digest_${region}_${trail.name}_${trail.homeRegion}_${stamp}${suffix}.json.gz`;
}

/**
 * The folder that CloudTrail delivers to.
 *
 * @param time ISO 8601 UTC, of the delivery
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
 */
export function nameFolder(
  { prefix, organization }: DigestParts['trail'],
  account: string,
  kind: 'CloudTrail' | 'CloudTrail-Digest',
  region: string,
  time: string,
): string {
  const parts = [prefix, 'AWSLogs', organization, account, kind, region, ...time.slice(0, 10).split('-')];
  return parts.filter((part) => part !== undefined && part !== '').join('/');
}

/** In hex. */
export const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
