import type { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Head } from './chain.ts';
import type { FindingChange } from './finding.ts';
import { findingItem, headItem, waiverItem } from './items.ts';
import { COUNT, changesKey, REPORT } from './keys.ts';
import { type OwnChangeWrite, ownChangeItem } from './own-change.ts';
import type { WaiverChange } from './waiver.ts';

/** One write of the transaction by which an entry is appended. */
export type TransactItem = NonNullable<ConstructorParameters<typeof TransactWriteCommand>[0]['TransactItems']>[number];

/** The head moves only from the entry that was read, so that a chain cannot fork. */
export const headWrite = (table: string, subject: string, from: Head, to: Head, at: string): TransactItem => ({
  Put: {
    TableName: table,
    Item: headItem(subject, to, at),
    ...(from.seq === 0
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: 'seq = :seq AND #hash = :hash',
          ExpressionAttributeNames: { '#hash': 'hash' },
          ExpressionAttributeValues: { ':seq': from.seq, ':hash': from.hash },
        }),
  },
});

/** A finding changes only from the state that was read. */
export const findingWrite = (table: string, { finding, replaces }: FindingChange): TransactItem => ({
  Put: {
    TableName: table,
    Item: findingItem(finding),
    ...fromState(replaces),
  },
});

const fromState = (replaces: { readonly seq: number } | undefined) =>
  replaces === undefined
    ? { ConditionExpression: 'attribute_not_exists(pk)' }
    : { ConditionExpression: 'seq = :seq', ExpressionAttributeValues: { ':seq': replaces.seq } };

/** So does a waiver. */
export const waiverWrite = (table: string, { waiver, replaces }: WaiverChange): TransactItem => ({
  Put: { TableName: table, Item: waiverItem(waiver), ...fromState(replaces) },
});

/** And what is known of a request that Keywarden made. */
export const ownChangeWrite = (table: string, { change, replaces }: OwnChangeWrite): TransactItem => ({
  Put: {
    TableName: table,
    Item: ownChangeItem(change),
    ...(replaces === undefined
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: '#status = :status',
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: { ':status': replaces.status },
        }),
  },
});

/** Changes in AWS that an entry announces, and how many the hour may have in all. */
export interface Announced {
  readonly changes: number;
  readonly limit: number;
}

/** Counts the changes that are about to be made, unless they are more than what is left of the hour's limit. */
export const countWrite = (table: string, at: string, { changes, limit }: Announced): TransactItem => ({
  Update: {
    TableName: table,
    Key: { pk: changesKey(at.slice(0, HOUR)), sk: COUNT },
    UpdateExpression: 'ADD changes :changes',
    ConditionExpression: 'attribute_not_exists(changes) OR changes <= :before',
    ExpressionAttributeValues: { ':changes': changes, ':before': limit - changes },
  },
});

/** Only one entry an hour can tell that the limit is reached. */
export const reportWrite = (table: string, at: string, eventId: string): TransactItem => ({
  Put: {
    TableName: table,
    Item: { pk: changesKey(at.slice(0, HOUR)), sk: REPORT, eventId },
    ConditionExpression: 'attribute_not_exists(pk)',
  },
});

/** Length of `2026-08-03T09`. */
const HOUR = 13;

/** Why each item of a transaction was refused, in their order; empty for any other error. */
export function codesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error) || error.name !== 'TransactionCanceledException') return [];
  const { CancellationReasons: reasons = [] } = error as { CancellationReasons?: readonly { Code?: string }[] };
  return reasons.map(({ Code }) => Code ?? 'None');
}

/**
 * A condition failed, another transaction touched the same items, or DynamoDB takes no more writes on one chain for now: read
 * again and try again. Anything else is an error.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html (cancellation reasons)
 */
export function lostRace(codes: readonly string[]): boolean {
  const failed = codes.filter((code) => code !== 'None');
  return failed.length > 0 && failed.every((code) => PASSING.has(code));
}

const PASSING: ReadonlySet<string> = new Set([
  'ConditionalCheckFailed',
  'TransactionConflict',
  'ProvisionedThroughputExceeded',
  'ThrottlingError',
]);

/**
 * Waits a random part of a time that doubles: writers who lost to each other must not meet again at the next attempt.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export const chooseWait = (attempt: number, random: () => number): number =>
  Math.round(random() * Math.min(LONGEST_WAIT, 25 * 2 ** attempt));

/** Milliseconds. */
const LONGEST_WAIT = 1_600;
