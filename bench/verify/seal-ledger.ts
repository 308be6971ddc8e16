import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { GENESIS, type Head, type SealedEntry, sealEntry } from '../../lib/ledger/chain.ts';
import {
  digestOfCheckpoint,
  FIRST_PREVIOUS,
  readPublicKey,
  type SignedCheckpoint,
  writeCheckpoint,
} from '../../lib/ledger/checkpoint.ts';
import type { ActionEntry, Draft } from '../../lib/ledger/entry.ts';
import { entryItem } from '../../lib/ledger/items.ts';
import type { ChainEnd, LedgerSource } from '../../lib/ledger/source.ts';

const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';
/** Entries of one checkpoint: as many as go into one item of DynamoDB. */
const PER_CHECKPOINT = 5_000;

export const ORIGIN = {
  table: 'keywarden-bench-ledger',
  account: ACCOUNT,
  region: REGION,
  at: '2026-08-03T00:00:00.000Z',
  by: 'bench',
  tool: 'keywarden bench',
};

/**
 * A ledger of ordinary actions, made while it is read: the same numbers give the same entries.
 *
 * @param chains how many keys
 * @param length entries of each
 */
export function sealLedger(chains: number, length: number): LedgerSource {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const heads: ChainEnd[] = [];
  const subjects = Array.from({ length: chains }, (_, chain) => subjectOf(chain));
  return {
    name: 'bench',
    async *checkpoints() {
      for (const signed of signAll(subjects, length, privateKey, readPublicKey(pem).fingerprint)) yield signed;
    },
    async *entries() {
      for (const subject of subjects) {
        let head: Head = GENESIS;
        for (const sealed of sealChain(subject, length)) {
          head = { seq: sealed.entry.seq, hash: sealed.hash };
          yield entryItem(sealed);
        }
        heads.push({ subject, head, named: length });
      }
    },
    async *ends() {
      yield* heads;
    },
    async *publicKeys() {
      yield pem;
    },
  };
}

const subjectOf = (chain: number): string =>
  `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-${String(chain).padStart(12, '0')}`;

function* sealChain(subject: string, length: number): Generator<SealedEntry> {
  let head: Head = GENESIS;
  for (let seq = 1; seq <= length; seq += 1) {
    const recordedAt = new Date(Date.UTC(2026, 0, 1, 0, seq)).toISOString();
    const seal = { subject, eventId: `event-${seq}`, recordedAt, recordedBy: 'keywarden 0.1.0 bench' };
    const sealed = sealEntry(draftAction(subject, seq, recordedAt), seal, head);
    head = { seq, hash: sealed.hash };
    yield sealed;
  }
}

function* signAll(
  subjects: readonly string[],
  length: number,
  privateKey: KeyObject,
  key: string,
): Generator<SignedCheckpoint> {
  const chainsPerCheckpoint = Math.max(1, Math.floor(PER_CHECKPOINT / length));
  let previous = FIRST_PREVIOUS;
  for (let number = 1; (number - 1) * chainsPerCheckpoint < subjects.length; number += 1) {
    const covered = subjects.slice((number - 1) * chainsPerCheckpoint, number * chainsPerCheckpoint);
    const ranges = covered.map((subject) => {
      const hashes = [...sealChain(subject, length)].map(({ hash }) => hash);
      return { subject, from: 1, hashes };
    });
    const at = new Date(Date.UTC(2026, 1, 1, number)).toISOString();
    const place = { table: ORIGIN.table, account: ACCOUNT, region: REGION, recordedBy: 'keywarden 0.1.0 bench' };
    const text = writeCheckpoint({ number, previous, at, ...place, ranges, problems: [], key });
    const signed = { text, signature: sign('sha384', Buffer.from(text), privateKey).toString('base64') };
    previous = digestOfCheckpoint(signed);
    yield signed;
  }
}

const CONTROLS = ['rotation-enabled', 'rotation-period-annual', 'key-administrator-authorized', 'key-use-logged'];

/** An action as most are: compliant with all that it was judged by. */
function draftAction(subject: string, seq: number, time: string): Draft {
  const verdicts: ActionEntry['verdicts'] = CONTROLS.map((control) => ({
    control,
    step: '4.4.1',
    severity: 'high',
    verdict: 'compliant',
    reason: `${subject} is as the procedure wants it.`,
  }));
  return {
    type: 'action',
    action: {
      eventId: `event-${seq}`,
      requestId: `request-${seq}`,
      time,
      api: 'EnableKeyRotation',
      eventSource: 'kms.amazonaws.com',
      kind: 'lifecycle',
      step: '4.4.1',
      subject,
      keys: [subject],
      account: ACCOUNT,
      region: REGION,
      actor: {
        type: 'AssumedRole',
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/KeyAdmin/dana@example.com`,
        accountId: ACCOUNT,
        sessionIssuer: `arn:aws:iam::${ACCOUNT}:role/KeyAdmin`,
        person: 'dana@example.com',
        sourceIp: '192.0.2.10',
        userAgent: 'aws-cli/2.15',
        bySelf: false,
      },
      request: { keyId: subject, rotationPeriodInDays: 365 },
      response: {},
      outcome: 'succeeded',
      origin: 'eventbridge',
      digest: String(seq % 10).repeat(64),
    },
    policy: 'a'.repeat(64),
    verdicts,
    decisions: [],
  };
}
