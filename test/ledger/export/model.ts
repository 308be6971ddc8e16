import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GENESIS, type Head, sealEntry } from '../../../lib/ledger/chain.ts';
import {
  digestOfCheckpoint,
  FIRST_PREVIOUS,
  readPublicKey,
  type SignedCheckpoint,
  writeCheckpoint,
} from '../../../lib/ledger/checkpoint.ts';
import type { Draft } from '../../../lib/ledger/entry.ts';
import { openExport } from '../../../lib/ledger/export/folder-source.ts';
import { writeExport } from '../../../lib/ledger/export/write-export.ts';
import { entryItem } from '../../../lib/ledger/items.ts';
import { subjectKey } from '../../../lib/ledger/keys.ts';
import type { StoredEntry } from '../../../lib/ledger/read.ts';
import type { ChainEnd, LedgerSource } from '../../../lib/ledger/source.ts';
import { ACCOUNT, DRAFTS, keyArn, REGION } from '../drafts.ts';

/** A whole ledger in memory, to be tampered with. Every list is in the order of an export. */
export interface Model {
  readonly entries: readonly StoredEntry[];
  readonly ends: readonly ChainEnd[];
  readonly checkpoints: readonly SignedCheckpoint[];
  readonly keys: readonly string[];
}

export const ORIGIN = {
  table: 'keywarden-dev-ledger',
  account: ACCOUNT,
  region: REGION,
  at: '2026-08-04T00:00:00.000Z',
  by: 'dana@example.com',
  tool: 'keywarden 0.1.0',
};

/** A key as the one in KMS, P-384. */
export function createSigner() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const { fingerprint } = readPublicKey(pem);
  const signText = (text: string): SignedCheckpoint => ({
    text,
    signature: sign('sha384', Buffer.from(text, 'utf8'), privateKey).toString('base64'),
  });
  return { pem, fingerprint, sign: signText };
}

export type Signer = ReturnType<typeof createSigner>;

/**
 * Covers chains with signed checkpoints.
 *
 * @param chains hashes of the entries of each chain, by subject
 * @param cuts the last entry of each chain that each checkpoint covers
 */
export function signCheckpoints(
  chains: ReadonlyMap<string, readonly string[]>,
  cuts: readonly number[],
  signer: Signer,
): SignedCheckpoint[] {
  const signed: SignedCheckpoint[] = [];
  const subjects = [...chains.keys()].sort();
  for (const [place, cut] of cuts.entries()) {
    const from = cuts[place - 1] ?? 0;
    const ranges = subjects
      .map((subject) => ({ subject, from: from + 1, hashes: (chains.get(subject) ?? []).slice(from, cut) }))
      .filter(({ hashes }) => hashes.length > 0);
    const last = signed.at(-1);
    const text = writeCheckpoint({
      number: place + 1,
      previous: last === undefined ? FIRST_PREVIOUS : digestOfCheckpoint(last),
      at: `2026-08-03T1${place}:00:00.000Z`,
      table: ORIGIN.table,
      account: ACCOUNT,
      region: REGION,
      recordedBy: 'keywarden 0.1.0 test',
      ranges,
      problems: [],
      key: signer.fingerprint,
    });
    signed.push(signer.sign(text));
  }
  return signed;
}

/** The hashes of each chain, by subject. */
export function hashesOf(entries: readonly StoredEntry[]): ReadonlyMap<string, readonly string[]> {
  const chains = new Map<string, string[]>();
  for (const { pk, hash } of entries) {
    const subject = String(pk).slice(subjectKey('').length);
    const hashes = chains.get(subject);
    if (hashes === undefined) chains.set(subject, [String(hash)]);
    else hashes.push(String(hash));
  }
  return chains;
}

/** What is written as entry `seq` of a chain: the kinds take turns. */
export const draftFor = (subject: string, seq: number): Draft =>
  (DRAFTS[(seq - 1) % DRAFTS.length] ?? DRAFTS[0])(subject, seq);

/** A ledger as it is written, without a table: every chain has every kind of entry. */
export function sealLedger(chains: number, length: number, cuts: readonly number[], signer: Signer): Model {
  const entries: StoredEntry[] = [];
  const ends: ChainEnd[] = [];
  for (let chain = 1; chain <= chains; chain += 1) {
    const subject = keyArn(chain);
    let head: Head = GENESIS;
    for (let seq = 1; seq <= length; seq += 1) {
      const recordedAt = new Date(Date.UTC(2026, 7, 3, 9, 0, seq)).toISOString();
      const seal = { subject, eventId: `event-${seq}`, recordedAt, recordedBy: 'keywarden 0.1.0 test' };
      const sealed = sealEntry(draftFor(subject, seq), seal, head);
      head = { seq, hash: sealed.hash };
      entries.push(entryItem(sealed));
    }
    ends.push({ subject, head, named: length });
  }
  const checkpoints = signCheckpoints(hashesOf(entries), cuts, signer);
  return { entries, ends, checkpoints, keys: [signer.pem] };
}

export const sourceOf = ({ entries, ends, checkpoints, keys }: Model): LedgerSource => ({
  name: 'a ledger in memory',
  entries: () => give(entries),
  ends: () => give(ends),
  checkpoints: () => give(checkpoints),
  publicKeys: () => give(keys),
});

async function* give<Value>(values: readonly Value[]): AsyncGenerator<Value> {
  yield* values;
}

/** Writes a ledger as an export that agrees with itself: manifest, digests and all. */
export async function exportModel(model: Model): Promise<{ folder: string; manifestSha256: string }> {
  const folder = join(await mkdtemp(join(tmpdir(), 'keywarden-export-')), 'export');
  const { manifestSha256 } = await writeExport(sourceOf(model), folder, ORIGIN);
  return { folder, manifestSha256 };
}

/** Everything that comes. */
export async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const collected: Value[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}

/** Reads an export back. */
export async function loadModel(folder: string): Promise<Model> {
  const source = await openExport(folder);
  return {
    entries: await collect(source.entries()),
    ends: await collect(source.ends()),
    checkpoints: await collect(source.checkpoints()),
    keys: await collect(source.publicKeys()),
  };
}
