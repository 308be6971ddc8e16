import { createPublicKey, type KeyObject } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { openDigest, type StoredDigest } from '../../lib/archive/digest/digest.ts';
import { createSigningKey } from '../../local/gateway/digest-file.ts';
import { BUCKET, putDigest, putLog, recordAt, SIGNING_KEY } from './archive-of.ts';

const toKey = (der: Buffer): KeyObject => createPublicKey({ key: der, type: 'pkcs1', format: 'der' });
const KEYS = new Map([[SIGNING_KEY.fingerprint, toKey(SIGNING_KEY.publicKey)]]);

const objects = new Map();
const file = putLog(objects, '2026-03-02T10:07:00Z', [recordAt('2026-03-02T10:05:00Z', 'one')]);
const first = putDigest(objects, '2026-03-02T10:00:00Z', '2026-03-02T11:00:00Z', [file]);
const second = putDigest(objects, '2026-03-02T11:00:00Z', '2026-03-02T12:00:00Z', [], first);

const METADATA = { signature: second.signature, 'signature-algorithm': 'SHA256withRSA' };
const stored = (changes: Partial<StoredDigest> = {}): StoredDigest => ({
  bucket: BUCKET,
  key: second.key,
  text: Buffer.from(second.text),
  metadata: METADATA,
  ...changes,
});
const problemOf = (one: StoredDigest, keys = KEYS): string => {
  const opened = openDigest(one, keys);
  return 'problem' in opened ? opened.problem : 'none';
};

describe('a digest', () => {
  test('that CloudTrail signed says which files there are, and which digest comes before', () => {
    expect(openDigest(stored(), KEYS)).toMatchObject({
      digest: {
        start: '2026-03-02T11:00:00Z',
        end: '2026-03-02T12:00:00Z',
        previous: { bucket: BUCKET, key: first.key, signature: first.signature },
        files: [],
      },
    });
    const metadata = { signature: first.signature, 'signature-algorithm': 'SHA256withRSA' };
    const opened = openDigest({ bucket: BUCKET, key: first.key, text: Buffer.from(first.text), metadata }, KEYS);
    expect(opened).toMatchObject({ digest: { files: [{ bucket: BUCKET, key: file.key, hash: file.hash }] } });
    expect(opened).not.toHaveProperty('digest.previous');
  });

  const whole: Record<string, unknown> = JSON.parse(second.text);
  const other = (value: unknown): unknown => {
    if (Array.isArray(value))
      return [{ s3Bucket: BUCKET, s3Object: file.key, hashValue: file.hash, hashAlgorithm: 'SHA-256' }];
    if (value === null) return '2026-03-02T11:30:00Z';
    const text = String(value);
    return /[0-9]/.test(text) ? text.replace(/[0-9]/, (digit) => String((Number(digit) + 1) % 10)) : `${text}1`;
  };

  test.each(Object.keys(whole))('is refused when its %s is another one', (field) => {
    const value = field === 'digestSignatureAlgorithm' ? 'SHA512withRSA' : other(whole[field]);
    expect(value).not.toEqual(whole[field]);
    const text = Buffer.from(JSON.stringify({ ...whole, [field]: value }));
    expect(problemOf(stored({ text }))).not.toBe('none');
  });

  test.each(Object.keys(whole))('is refused when its %s is left out', (field) => {
    const { [field]: _left, ...rest } = whole;
    expect(problemOf(stored({ text: Buffer.from(JSON.stringify(rest)) }))).not.toBe('none');
  });

  test.each<[string, Partial<StoredDigest>, string]>([
    ['a white space was added', { text: Buffer.from(`${second.text} `) }, 'signature is not that of CloudTrail'],
    ['it is cut off', { text: Buffer.from(second.text.slice(0, -1)) }, 'no digest of CloudTrail'],
    [
      'it lies in another bucket',
      { bucket: 'copies' },
      `It was moved: CloudTrail delivered it to s3://${BUCKET}/${second.key}.`,
    ],
    ['it lies under another name', { key: first.key }, 'It was moved'],
    ['it has no signature', { metadata: { 'signature-algorithm': 'SHA256withRSA' } }, 'no signature in its metadata'],
    ['its signature is no hex', { metadata: { ...METADATA, signature: 'zz' } }, 'no signature in its metadata'],
    [
      'its signature is that of another',
      { metadata: { ...METADATA, signature: first.signature } },
      'signature is not that',
    ],
    ['its algorithm is not said', { metadata: { signature: second.signature } }, 'signed with undefined'],
  ])('is refused when %s', (_name, changes, problem) => {
    expect(problemOf(stored(changes))).toContain(problem);
  });

  test('is refused when its key is not one of CloudTrail, or another one of the same fingerprint', () => {
    expect(problemOf(stored(), new Map())).toContain(`no public key ${SIGNING_KEY.fingerprint}`);
    const imposter = new Map([[SIGNING_KEY.fingerprint, toKey(createSigningKey().publicKey)]]);
    expect(problemOf(stored(), imposter)).toContain('signature is not that of CloudTrail');
  });

  test('is refused when its name says another hour than it does', () => {
    const moved = putDigest(new Map(), '2026-03-02T11:00:00Z', '2026-03-02T12:00:00Z', [], first);
    const key = moved.key.replace('T120000Z', 'T130000Z');
    const text = moved.text.replace(moved.key, key);
    expect(problemOf(stored({ key, text: Buffer.from(text) }))).toContain('is not what its name says');
  });
});
