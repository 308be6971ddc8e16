import { createHash, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { readDigestName } from '../file-name.ts';

/** A digest as it lies in the bucket. */
export interface StoredDigest {
  readonly bucket: string;
  /** Name of the object. */
  readonly key: string;
  /** Unpacked content. */
  readonly text: Buffer;
  /** Metadata of the object, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a digest says, once its signature is that of CloudTrail. Times are ISO 8601 UTC. */
export interface Digest {
  readonly start: string;
  readonly end: string;
  /** sha256 (hex) of its unpacked content. */
  readonly hash: string;
  /** Hex. */
  readonly signature: string;
  /** Absent: CloudTrail began a new chain. */
  readonly previous?: {
    readonly bucket: string;
    readonly key: string;
    readonly hash: string;
    readonly signature: string;
  };
  readonly files: readonly { readonly bucket: string; readonly key: string; readonly hash: string }[];
}

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/i);
const time = z.iso.datetime();

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html */
const schema = z.object({
  awsAccountId: z.string(),
  digestStartTime: time,
  digestEndTime: time,
  digestS3Bucket: z.string(),
  digestS3Object: z.string(),
  digestPublicKeyFingerprint: z.string(),
  digestSignatureAlgorithm: z.literal('SHA256withRSA'),
  previousDigestS3Bucket: z.string().nullable(),
  previousDigestS3Object: z.string().nullable(),
  previousDigestHashValue: sha256Hex.nullable(),
  previousDigestSignature: z
    .string()
    .regex(/^[0-9a-f]+$/i)
    .nullable(),
  logFiles: z.array(
    z.object({
      s3Bucket: z.string(),
      s3Object: z.string(),
      hashValue: sha256Hex,
      hashAlgorithm: z.literal('SHA-256'),
    }),
  ),
});

type Written = z.infer<typeof schema>;

/**
 * Opens a digest: it must be whole, lie where CloudTrail put it, and bear CloudTrail's signature.
 *
 * @param keys public keys of the Region, by fingerprint
 * @returns what it says, or what is wrong with it, as a sentence without its name
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
 */
export function openDigest(
  stored: StoredDigest,
  keys: ReadonlyMap<string, KeyObject>,
): { readonly digest: Digest } | { readonly problem: string } {
  const written = parse(stored.text);
  if (written === undefined) return { problem: 'It is no digest of CloudTrail, or a damaged one.' };
  const misplaced = findMisplacement(written, stored);
  if (misplaced !== undefined) return { problem: misplaced };
  const { signature = '', 'signature-algorithm': algorithm } = stored.metadata;
  if (!/^([0-9a-f]{2})+$/i.test(signature)) return { problem: 'Its object has no signature in its metadata.' };
  if (algorithm !== written.digestSignatureAlgorithm) {
    return {
      problem: `Its object says that it is signed with ${JSON.stringify(algorithm)}, and the digest says SHA256withRSA.`,
    };
  }
  const key = keys.get(written.digestPublicKeyFingerprint);
  if (key === undefined) {
    return { problem: `CloudTrail has no public key ${written.digestPublicKeyFingerprint} for its time and Region.` };
  }
  const hash = sha256(stored.text);
  if (!verify('sha256', Buffer.from(toSignedText(written, hash)), key, Buffer.from(signature, 'hex'))) {
    return { problem: 'Its signature is not that of CloudTrail: it was altered, or its metadata was.' };
  }
  return { digest: toDigest(written, hash, signature) };
}

/**
 * Four lines. A digest that begins a chain has the word null for the signature before it.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
 */
const toSignedText = (written: Written, hash: string): string =>
  [
    written.digestEndTime,
    `${written.digestS3Bucket}/${written.digestS3Object}`,
    hash,
    written.previousDigestSignature ?? 'null',
  ].join('\n');

/** In hex. */
const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

function parse(text: Buffer): Written | undefined {
  try {
    const result = schema.safeParse(JSON.parse(text.toString('utf8')));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

function findMisplacement(written: Written, { bucket, key }: StoredDigest): string | undefined {
  const place = `s3://${written.digestS3Bucket}/${written.digestS3Object}`;
  if (place !== `s3://${bucket}/${key}`) return `It was moved: CloudTrail delivered it to ${place}.`;
  const name = readDigestName(key);
  const agrees = name?.account === written.awsAccountId && Date.parse(name.at) === Date.parse(written.digestEndTime);
  return agrees ? undefined : 'Its account or the end of its hour is not what its name says.';
}

function toDigest(written: Written, hash: string, signature: string): Digest {
  const { previousDigestS3Bucket: bucket, previousDigestS3Object: key } = written;
  const { previousDigestHashValue: before, previousDigestSignature: signed } = written;
  const isFirst = bucket === null || key === null || before === null || signed === null;
  return {
    start: written.digestStartTime,
    end: written.digestEndTime,
    hash,
    signature,
    ...(isFirst ? {} : { previous: { bucket, key, hash: before.toLowerCase(), signature: signed } }),
    files: written.logFiles.map((file) => ({
      bucket: file.s3Bucket,
      key: file.s3Object,
      hash: file.hashValue.toLowerCase(),
    })),
  };
}
