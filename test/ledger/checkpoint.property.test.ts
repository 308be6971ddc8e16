import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CheckpointDraft,
  digestOfCheckpoint,
  FIRST_PREVIOUS,
  openCheckpoint,
  readPublicKey,
  type SignedCheckpoint,
  writeCheckpoint,
} from '../../lib/ledger/checkpoint.ts';
import { merkleRoot } from '../../lib/ledger/merkle.ts';

const PAIR = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
const PEM = PAIR.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const { key: PUBLIC, fingerprint: FINGERPRINT } = readPublicKey(PEM);
const KEYS = new Map<string, KeyObject>([[FINGERPRINT, PUBLIC]]);

const BASE: CheckpointDraft = {
  number: 1,
  previous: FIRST_PREVIOUS,
  at: '2026-08-03T09:10:00.000Z',
  table: 'keywarden-dev-ledger',
  account: '111122223333',
  region: 'eu-west-1',
  recordedBy: 'keywarden test',
  ranges: [],
  problems: [],
  key: FINGERPRINT,
};

const signText = (text: string): SignedCheckpoint => ({
  text,
  signature: sign('sha384', Buffer.from(text), PAIR.privateKey).toString('base64'),
});

const sha256 = (...parts: readonly Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

const hashArbitrary = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const rangeArbitrary = fc.record({
  subject: fc.string(),
  from: fc.integer({ min: 1, max: 10 ** 9 }),
  hashes: fc.array(hashArbitrary, { minLength: 1, maxLength: 6 }),
});
const draftArbitrary = fc.record({
  ranges: fc.array(rangeArbitrary, { maxLength: 4 }),
  problems: fc.array(fc.record({ subject: fc.string(), seq: fc.nat(), what: fc.string() }), { maxLength: 3 }),
  number: fc.integer({ min: 1, max: 10 ** 9 }),
  previous: hashArbitrary,
});

describe('the Merkle root', () => {
  // The eight leaves and their roots with which the logs of Certificate Transparency test themselves:
  // https://github.com/google/certificate-transparency/blob/master/cpp/merkletree/merkle_tree_test.cc
  const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const roots = [
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ];

  test('of those leaves is built as RFC 6962 says', () => {
    const build = (hashes: readonly Buffer[]): Buffer => {
      if (hashes.length === 1) return hashes[0] as Buffer;
      const half = 2 ** Math.ceil(Math.log2(hashes.length) - 1);
      return sha256(Buffer.from([1]), build(hashes.slice(0, half)), build(hashes.slice(half)));
    };
    for (const [place, root] of roots.entries()) {
      const data = leaves.slice(0, place + 1).map((leaf) => Buffer.from(leaf, 'hex'));
      expect(build(data.map((leaf) => sha256(Buffer.from([0]), leaf))).toString('hex')).toBe(root);
      // Here every leaf is a hash of 32 bytes, so that the published data goes in by its own digest.
      const hashes = data.map((leaf) => sha256(leaf));
      const expected = build(hashes.map((hash) => sha256(Buffer.from([0]), hash))).toString('hex');
      expect(merkleRoot(hashes.map((hash) => hash.toString('hex')))).toBe(expected);
    }
  });

  test('of nothing is the hash of nothing', () => {
    expect(merkleRoot([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  test('of a list is that of no other list, however they are cut, swapped or repeated', () => {
    fc.assert(
      fc.property(fc.uniqueArray(hashArbitrary, { minLength: 2, maxLength: 20 }), fc.nat(), (hashes, seed) => {
        const place = seed % (hashes.length - 1);
        const swapped = hashes.with(place, hashes[place + 1] ?? '').with(place + 1, hashes[place] ?? '');
        const others = [swapped, hashes.toSpliced(place, 1), hashes.slice(1), [...hashes, hashes.at(-1) ?? '']];
        for (const other of others) expect(merkleRoot(other)).not.toBe(merkleRoot(hashes));
      }),
    );
  });
});

describe('a checkpoint', () => {
  test('opens as what was written, whatever its subjects are called', () => {
    fc.assert(
      fc.property(draftArbitrary, (draft) => {
        const signed = signText(writeCheckpoint({ ...BASE, ...draft }));
        const hashes = draft.ranges.flatMap((range) => range.hashes);
        expect(openCheckpoint(signed, KEYS)).toEqual({
          checkpoint: {
            v: 1,
            ...BASE,
            ...draft,
            entries: hashes.length,
            root: merkleRoot(hashes),
            algorithm: 'ECDSA_SHA_384',
          },
        });
      }),
    );
  });

  test('opens no more when any byte of its text or of its signature is another', () => {
    const draft = { ...BASE, ranges: [{ subject: 'key/one', from: 3, hashes: ['a'.repeat(64), 'b'.repeat(64)] }] };
    const signed = signText(writeCheckpoint(draft));
    const alter = (text: string, place: number, by: number) => {
      const bytes = Buffer.from(text);
      bytes[place % bytes.length] = ((bytes[place % bytes.length] ?? 0) + by) % 128;
      return bytes.toString();
    };
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 127 }), (place, by) => {
        expect(openCheckpoint({ ...signed, text: alter(signed.text, place, by) }, KEYS)).toHaveProperty('problem');
        expect(openCheckpoint({ ...signed, signature: alter(signed.signature, place, by) }, KEYS)).toHaveProperty(
          'problem',
        );
      }),
      { numRuns: 500 },
    );
  });

  test('does not open when it was signed again with another key, or says another key than it was signed with', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
    const { fingerprint } = readPublicKey(other.publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const text = writeCheckpoint(BASE);
    const signature = sign('sha384', Buffer.from(text), other.privateKey).toString('base64');
    expect(openCheckpoint({ text, signature }, KEYS)).toEqual({ problem: expect.stringMatching(/^forged/) });
    const claimed = writeCheckpoint({ ...BASE, key: fingerprint });
    expect(openCheckpoint(signText(claimed), KEYS)).toMatchObject({ problem: expect.stringMatching(/^unverified/) });
  });

  test('does not open when its count or its root is not that of its entries, although it is signed', () => {
    const text = writeCheckpoint({ ...BASE, ranges: [{ subject: 'key/one', from: 1, hashes: ['a'.repeat(64)] }] });
    for (const forged of [
      text.replace('"entries":1', '"entries":2'),
      text.replace('a'.repeat(64), 'c'.repeat(64)),
      text.replace(/"root":"[0-9a-f]{4}/, '"root":"0000'),
    ]) {
      expect(openCheckpoint(signText(forged), KEYS)).toEqual({
        problem: 'forged: the root does not belong to the entries',
      });
    }
  });

  test.each(['', 'null', '{}', '[]', '{"v":1}', 'no JSON'])('is not %p', (text) => {
    expect(openCheckpoint(signText(text), KEYS)).toEqual({ problem: 'forged: the text is no checkpoint' });
  });

  test('has a digest that the next one names, and that changes with every byte', () => {
    const [one, other] = [writeCheckpoint(BASE), writeCheckpoint({ ...BASE, number: 2 })];
    expect(digestOfCheckpoint({ text: one })).toBe(createHash('sha256').update(one).digest('hex'));
    expect(digestOfCheckpoint({ text: other })).not.toBe(digestOfCheckpoint({ text: one }));
  });
});
