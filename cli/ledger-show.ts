import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { GENESIS, type Head } from '../lib/ledger/chain.ts';
import type { Entry } from '../lib/ledger/entry.ts';
import {
  COMPLETENESS,
  DIGESTS,
  INTEGRITY,
  INVENTORY,
  MALFORMED,
  POLICY,
  REMINDERS,
  REPORTS,
  SELFTESTS,
  SWEEPS,
  WAIVERS,
} from '../lib/ledger/keys.ts';
import { type LedgerTable, readEntries } from '../lib/ledger/read.ts';
import { verifyEntry } from '../lib/ledger/verify-entry.ts';
import { connectKms, connectLedger } from './connect.ts';
import type { GlobalOptions, Output } from './options.ts';
import { tellStory } from './story.ts';
import { UsageError } from './usage-error.ts';

/**
 * Shows the chain of one key, each entry verified as it is read.
 *
 * @returns exit code: 0, or 1 when an entry is not what it was when it was written
 * @throws {UsageError} when there is no such key
 */
export async function showLedger(typed: string, options: GlobalOptions, out: Output): Promise<number> {
  const subject = await resolveSubject(typed, options);
  const { entries, problems } = await readChain(connectLedger(options), subject);
  if (options.format === 'json') out.write(`${JSON.stringify({ subject, entries, problems })}\n`);
  else out.write(tellStory(subject, entries, problems, out.isTTY === true));
  return problems.length === 0 ? 0 : 1;
}

/** A chain as it was read: what does not verify is named, and left out. */
export interface ReadChain {
  readonly entries: readonly Entry[];
  readonly problems: readonly string[];
}

/**
 * Reads a whole chain, each entry verified as it is read.
 *
 * @throws what DynamoDB throws
 */
export async function readChain(table: LedgerTable, subject: string): Promise<ReadChain> {
  const entries: Entry[] = [];
  const problems: string[] = [];
  let last: Head = GENESIS;
  for await (const item of readEntries(table, subject)) {
    const { head, seq, problem } = verifyEntry(subject, item, last);
    last = head;
    if (problem === undefined) entries.push(JSON.parse(String(item.entry)) as Entry);
    else problems.push(`entry ${seq}: ${problem}`);
  }
  return { entries, problems };
}

/** Any subject of the ledger but an alias: keys, key stores, and what no key could be found for. */
const SUBJECT = /^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:\d{12}:(?!alias\/).+$/;

const WITHOUT_KEY: readonly string[] = [
  ...[MALFORMED, WAIVERS, POLICY, COMPLETENESS, INVENTORY, INTEGRITY, REPORTS],
  ...[SWEEPS, REMINDERS, DIGESTS, SELFTESTS],
];

/**
 * Asks KMS what a key id or alias means; an ARN needs no asking, so that the story of a deleted key can be told.
 *
 * @returns the subject of a chain
 * @throws {UsageError} when KMS knows no such key
 */
export async function resolveSubject(typed: string, options: GlobalOptions): Promise<string> {
  if (WITHOUT_KEY.includes(typed) || SUBJECT.test(typed)) return typed;
  try {
    const { KeyMetadata } = await connectKms(options).send(new DescribeKeyCommand({ KeyId: typed }));
    if (KeyMetadata?.Arn !== undefined) return KeyMetadata.Arn;
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : '';
    if (name !== 'NotFoundException' && name !== 'ValidationException' && name !== 'InvalidArnException') throw cause;
  }
  throw new UsageError(
    `KMS knows no key ${JSON.stringify(typed)} here. Give a key id, key ARN, alias/name or alias ARN; for a key that is deleted, its ARN.`,
  );
}
