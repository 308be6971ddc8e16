import type { EvidenceStore } from '../aws/evidence-store.ts';
import { hashText } from '../ledger/chain.ts';
import { digestOfCheckpoint, readPublicKey } from '../ledger/checkpoint.ts';
import type { LedgerSource } from '../ledger/source.ts';
import type { KeptCheckpoint } from '../ledger/verify-checkpoints.ts';
import { CHECKPOINTS_FOLDER, checkpointName, KEYS_FOLDER, publicKeyName } from './names.ts';
import { readKept } from './read-kept.ts';

/**
 * The public keys that the evidence bucket keeps, in PEM. Whoever can write the table could put a key of their own into it;
 * into the bucket only those can who sign. A key that is not the one that it is named after is left out.
 *
 * @param named keys in PEM that are looked for although a delete marker may lie on them
 * @throws what S3 throws
 */
export async function readKeptKeys(store: EvidenceStore, named: readonly string[]): Promise<readonly string[]> {
  const names = new Set(named.map(nameOf).filter((name) => name !== undefined));
  for await (const name of store.list(KEYS_FOLDER)) names.add(name);
  const keys: string[] = [];
  for (const name of names) {
    const body = await store.get(name);
    const pem = body === undefined ? '' : Buffer.from(body).toString('utf8');
    if (nameOf(pem) === name) keys.push(pem);
  }
  return keys;
}

function nameOf(pem: string): string | undefined {
  try {
    return publicKeyName(readPublicKey(pem).fingerprint);
  } catch {
    return undefined;
  }
}

/**
 * The newest checkpoint that the evidence bucket keeps: the ledger must have it, whatever was cut off the table.
 *
 * @returns undefined when there is none; of an object that is no checkpoint the digest of that, which no checkpoint has
 * @throws what S3 throws
 */
export async function readNewestKept(store: EvidenceStore): Promise<KeptCheckpoint | undefined> {
  let number = 0;
  for await (const name of store.list(CHECKPOINTS_FOLDER)) {
    const found = Number(/(\d{12})\.json$/.exec(name)?.[1] ?? 0);
    if (checkpointName(found) === name) number = Math.max(number, found);
  }
  const body = number === 0 ? undefined : await store.get(checkpointName(number));
  if (body === undefined) return undefined;
  const signed = readKept(body);
  const sha256 = signed === undefined ? hashText(Buffer.from(body).toString('utf8')) : digestOfCheckpoint(signed);
  return { number, sha256 };
}

/** What a ledger is measured by. */
export interface Anchors {
  /** In PEM. */
  readonly publicKeys: readonly string[];
  readonly lastCheckpoint?: KeptCheckpoint;
}

/**
 * Reads what the ledger is measured by from the evidence bucket: whoever can write the table can write another ledger there,
 * with checkpoints and a key of their own, and cannot write the bucket.
 *
 * @param source the table itself; an export is older than the newest checkpoint of the bucket may be
 * @throws what S3 and DynamoDB throw
 */
export async function readAnchors(source: Pick<LedgerSource, 'publicKeys'>, store: EvidenceStore): Promise<Anchors> {
  const named: string[] = [];
  for await (const pem of source.publicKeys()) named.push(pem);
  const publicKeys = await readKeptKeys(store, named);
  const lastCheckpoint = await readNewestKept(store);
  return { publicKeys, ...(lastCheckpoint === undefined ? {} : { lastCheckpoint }) };
}
