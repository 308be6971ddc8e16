import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { GENESIS, type Head, sealEntry } from '../../lib/ledger/chain.ts';
import {
  digestOfCheckpoint,
  FIRST_PREVIOUS,
  type SignedCheckpoint,
  writeCheckpoint,
} from '../../lib/ledger/checkpoint.ts';
import type { Draft } from '../../lib/ledger/entry.ts';
import { entryItem } from '../../lib/ledger/items.ts';
import type { StoredEntry } from '../../lib/ledger/read.ts';
import type { LedgerSource } from '../../lib/ledger/source.ts';

/** One pair for all ledgers of a test run: making one takes long. */
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });

/** The public key that signs the checkpoints of every ledger here, in PEM. */
export const PUBLIC_KEY = publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** A signer as KMS is one, with that key. */
export const MEMORY_SIGNER = {
  publicKey: async () => ({
    pem: PUBLIC_KEY,
    fingerprint: FINGERPRINT,
    keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/signing',
  }),
  sign: async (text: string) => sign('sha384', Buffer.from(text, 'utf8'), privateKey).toString('base64'),
};

const FINGERPRINT = createHash('sha256')
  .update(publicKey.export({ type: 'spki', format: 'der' }))
  .digest('hex');

interface Chain {
  head: Head;
  covered: number;
  readonly items: StoredEntry[];
}

/** A ledger in memory: sealed, chained and signed by the same code as the real one. */
export function createMemoryLedger(name = 'ledger') {
  const chains = new Map<string, Chain>();
  const checkpoints: SignedCheckpoint[] = [];

  const chainOf = (subject: string): Chain => {
    const chain = chains.get(subject) ?? { head: GENESIS, covered: 0, items: [] };
    chains.set(subject, chain);
    return chain;
  };

  return {
    /** @returns the number of the entry in its chain */
    append(subject: string, eventId: string, recordedAt: string, draft: Draft): number {
      const chain = chainOf(subject);
      const sealed = sealEntry(draft, { subject, eventId, recordedAt, recordedBy: 'keywarden 0.1.0 test' }, chain.head);
      chain.head = { seq: sealed.entry.seq, hash: sealed.hash };
      chain.items.push(entryItem(sealed) as StoredEntry);
      return sealed.entry.seq;
    },

    /** Signs everything since the checkpoint before. */
    checkpoint(at: string): void {
      const ranges = [...chains]
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .flatMap(([subject, chain]) => {
          const hashes = chain.items.slice(chain.covered).map(({ hash }) => String(hash));
          const from = chain.covered + 1;
          chain.covered = chain.items.length;
          return hashes.length === 0 ? [] : [{ subject, from, hashes }];
        });
      const before = checkpoints.at(-1);
      const text = writeCheckpoint({
        ...{ number: checkpoints.length + 1, at, table: name, account: '111122223333', region: 'eu-west-1' },
        previous: before === undefined ? FIRST_PREVIOUS : digestOfCheckpoint(before),
        ...{ recordedBy: 'keywarden 0.1.0 test', ranges, problems: [], key: FINGERPRINT },
      });
      checkpoints.push({ text, signature: sign('sha384', Buffer.from(text, 'utf8'), privateKey).toString('base64') });
    },

    /** @param change what somebody did to an entry; undefined takes it out */
    source(change: (item: StoredEntry) => StoredEntry | undefined = (item) => item): LedgerSource {
      const sorted = [...chains].toSorted(([one], [other]) => (one < other ? -1 : 1));
      return {
        name,
        async *ends() {
          for (const [subject, { head }] of sorted) yield { subject, head, named: head.seq };
        },
        async *entries() {
          for (const [, { items }] of sorted) {
            for (const item of items) {
              const changed = change(item);
              if (changed !== undefined) yield changed;
            }
          }
        },
        async *checkpoints() {
          yield* checkpoints;
        },
        async *publicKeys() {
          yield PUBLIC_KEY;
        },
      };
    },
  };
}

export type MemoryLedger = ReturnType<typeof createMemoryLedger>;
