import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { BatchGetCommand, GetCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { GENESIS, type Head, type Seal, type SealedEntry, sealEntry } from './chain.ts';
import type { Draft, Entry } from './entry.ts';
import type { Finding, FindingChange, Source } from './finding.ts';
import { entryItem, findingItem, headItem, type Stage, toFinding, type Work, workItem } from './items.ts';
import { COUNT, changesKey, eventKey, findingKey, HEAD, REPORT, seqKey, subjectKey, WORK } from './keys.ts';

/** Another invocation works on the same event, or on the same subject all the time. The message must return. */
export class BusyError extends Error {
  override name = 'BusyError';
}

/** Who writes, and how long nobody else may resume what is written. */
export interface Writer {
  /** Unique per invocation. */
  readonly owner: string;
  readonly recordedBy: string;
  /** Milliseconds since 1970. */
  readonly leaseUntil: number;
}

/** What the table says about an event and its subject. */
export interface Looked {
  readonly work: Work | undefined;
  readonly head: Head;
  /** By control. */
  readonly findings: ReadonlyMap<string, Finding>;
}

/** An entry to append, and what it makes of the findings, given those that are there. */
export interface Append {
  readonly subject: string;
  readonly eventId: string;
  readonly draft: Draft;
  /** Ids of the findings that may change. */
  readonly controls: readonly string[];
  findings(previous: ReadonlyMap<string, Finding>, source: Source): readonly FindingChange[];
  /** Stage of the event's work item once this is written, from the changes that come with it. */
  stage(changes: readonly FindingChange[]): Stage;
  /** Changes in AWS that this entry announces: they count against the limit of the hour, or nothing is written. */
  readonly announces?: { readonly changes: number; readonly limit: number };
  /** This entry reports that the limit of the hour is reached: only one entry an hour can. */
  readonly reportsLimit?: boolean;
}

/**
 * What was written, or why nothing was. `taken`: another delivery of the same event was first. `limit`: the changes of this
 * hour are used up. `reported`: another entry of this hour has reported that.
 */
export type Appended =
  | { readonly result: 'written'; readonly sealed: SealedEntry; readonly changes: readonly FindingChange[] }
  | { readonly result: 'taken'; readonly work: Work }
  | { readonly result: 'limit' | 'reported' };

/** The audit table. Appends only; an entry is never overwritten and never deleted. */
export interface Ledger {
  /** One read: the event's work item, the subject's head, the findings of the controls. */
  look(eventId: string, subject: string, controls: readonly string[]): Promise<Looked>;
  /** Records an action (or a malformed event): entry, head, work item and findings in one transaction. */
  record(append: Append, writer: Writer, looked?: Looked): Promise<Appended>;
  /** Takes over an event that was recorded and not finished. Throws {@link BusyError} while another's lease lasts. */
  resume(work: Work, writer: Writer): Promise<Entry>;
  /**
   * Records the outcome and moves the work item on, in one transaction.
   *
   * @param from the stage that the work item is in; `recorded` unless said
   */
  close(append: Append, writer: Writer, looked?: Looked, from?: Stage): Promise<void>;
}

const MOST_TRIES = 6;

/**
 * @param options.client DynamoDB
 * @param options.table name of the ledger table
 * @param options.clock gives the time of record
 */
export function createLedger(options: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly clock: () => Date;
  readonly pause: (milliseconds: number) => Promise<void>;
}): Ledger {
  const { client, table, clock, pause } = options;

  async function look(eventId: string, subject: string, controls: readonly string[]): Promise<Looked> {
    const pk = subjectKey(subject);
    const keys = [
      { pk: eventKey(eventId), sk: WORK },
      ...[HEAD, ...controls.map(findingKey)].map((sk) => ({ pk, sk })),
    ];
    const items = await readAll(keys);
    const item = (sk: string) => items.find((one) => one.sk === sk);
    const head = item(HEAD);
    const findings = controls.map((control) => [control, item(findingKey(control))] as const);
    return {
      work: item(WORK) as Work | undefined,
      head: head === undefined ? GENESIS : { seq: Number(head.seq), hash: String(head.hash) },
      findings: new Map(
        findings.flatMap(([control, found]) => (found === undefined ? [] : [[control, toFinding(found)]])),
      ),
    };
  }

  async function readAll(keys: readonly Record<string, string>[]): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = [];
    let wanted: Record<string, unknown>[] = [...keys];
    for (let attempt = 1; wanted.length > 0; attempt += 1) {
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } } }),
      );
      items.push(...(Responses?.[table] ?? []));
      wanted = UnprocessedKeys?.[table]?.Keys ?? [];
      if (wanted.length > 0) {
        if (attempt === MOST_TRIES)
          throw new BusyError('DynamoDB did not answer all keys of a read; the message returns.');
        await pause(50 * attempt);
      }
    }
    return items;
  }

  /** Another event on the same subject may be appended in between: then the chain is read anew and the entry sealed anew. */
  async function append(
    { subject, eventId, draft, controls, findings, stage, announces, reportsLimit }: Append,
    writer: Writer,
    first: Looked | undefined,
    workWrite: (work: Pick<Work, 'stage' | 'seq'>) => TransactItem,
    isTaken: (looked: Looked) => boolean,
  ): Promise<Appended> {
    let looked = first ?? (await look(eventId, subject, controls));
    for (let attempt = 1; attempt <= MOST_TRIES; attempt += 1) {
      if (looked.work !== undefined && isTaken(looked)) return { result: 'taken', work: looked.work };
      const at = clock().toISOString();
      if (announces !== undefined && announces.changes > announces.limit) return { result: 'limit' };
      const guards = [
        ...(announces === undefined ? [] : [{ result: 'limit', item: countWrite(table, at, announces) } as const]),
        ...(reportsLimit === true ? [{ result: 'reported', item: reportWrite(table, at, eventId) } as const] : []),
      ];
      const seal: Seal = { subject, eventId, recordedAt: at, recordedBy: writer.recordedBy };
      const sealed = sealEntry(draft, seal, looked.head);
      const { seq } = sealed.entry;
      const changes = findings(looked.findings, { subject, eventId, seq, at });
      try {
        await client.send(
          new TransactWriteCommand({
            TransactItems: [
              ...guards.map(({ item }) => item),
              workWrite({ stage: stage(changes), seq }),
              { Put: { TableName: table, Item: entryItem(sealed), ConditionExpression: 'attribute_not_exists(pk)' } },
              headWrite(table, subject, looked.head, { seq, hash: sealed.hash }),
              ...changes.map((change) => findingWrite(table, change)),
            ],
          }),
        );
        return { result: 'written', sealed, changes };
      } catch (error) {
        const codes = codesOf(error);
        if (!lostRace(codes)) throw error;
        const closed = guards.find((_guard, place) => codes[place] === 'ConditionalCheckFailed');
        await pause(20 * attempt * attempt);
        looked = await look(eventId, subject, controls);
        // An event that was recorded meanwhile is taken, whatever the limits of the hour say.
        if (closed !== undefined && looked.work === undefined) return { result: closed.result };
      }
    }
    throw new BusyError(
      `The chain of ${subject} grew under every one of ${MOST_TRIES} attempts to append; the message returns.`,
    );
  }

  return {
    look,

    record: (entry, writer, looked) =>
      append(
        entry,
        writer,
        looked,
        ({ stage, seq }) => ({
          Put: {
            TableName: table,
            Item: workItem({
              eventId: entry.eventId,
              stage,
              subject: entry.subject,
              seq,
              leaseOwner: writer.owner,
              leaseUntil: writer.leaseUntil,
              attempts: 1,
            }),
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        }),
        () => true,
      ),

    async close(entry, writer, looked, from = 'recorded') {
      const closed = await append(
        entry,
        writer,
        looked,
        ({ stage }) => ({
          Update: {
            TableName: table,
            Key: { pk: eventKey(entry.eventId), sk: WORK },
            UpdateExpression: 'SET stage = :stage',
            ConditionExpression: 'stage = :from AND leaseOwner = :owner',
            ExpressionAttributeValues: { ':stage': stage, ':from': from, ':owner': writer.owner },
          },
        }),
        ({ work }) => work?.stage !== from || work.leaseOwner !== writer.owner,
      );
      // Moved on by ourselves: our own write whose answer was lost, and which the SDK repeated.
      if (closed.result !== 'taken' || (closed.work.stage !== from && closed.work.leaseOwner === writer.owner)) return;
      throw new BusyError(
        `Event ${entry.eventId} was taken over by ${closed.work.leaseOwner} before its outcome was recorded.`,
      );
    },

    async resume(work, writer) {
      const now = clock().getTime();
      if (work.leaseOwner !== writer.owner && work.leaseUntil > now) {
        throw new BusyError(
          `Event ${work.eventId} is being worked on by ${work.leaseOwner} until ${new Date(work.leaseUntil).toISOString()}; the message returns.`,
        );
      }
      await takeLease(work, writer);
      const { Item } = await client.send(
        new GetCommand({
          TableName: table,
          Key: { pk: subjectKey(work.subject), sk: seqKey(work.seq) },
          ConsistentRead: true,
        }),
      );
      if (Item === undefined) {
        throw new Error(
          `The ledger names entry ${work.seq} of ${work.subject} for event ${work.eventId}, and it is not there. Run: keywarden ledger verify`,
        );
      }
      return JSON.parse(String(Item.entry)) as Entry;
    },
  };

  async function takeLease(work: Work, writer: Writer): Promise<void> {
    try {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: eventKey(work.eventId), sk: WORK },
          UpdateExpression: 'SET leaseOwner = :owner, leaseUntil = :until, attempts = attempts + :one',
          ConditionExpression: 'stage = :stage AND leaseOwner = :before AND leaseUntil = :beforeUntil',
          ExpressionAttributeValues: {
            ':owner': writer.owner,
            ':until': writer.leaseUntil,
            ':one': 1,
            ':stage': work.stage,
            ':before': work.leaseOwner,
            ':beforeUntil': work.leaseUntil,
          },
        }),
      );
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ConditionalCheckFailedException') throw error;
      throw new BusyError(`Event ${work.eventId} was taken over by another invocation; the message returns.`, {
        cause: error,
      });
    }
  }
}

type TransactItem = NonNullable<ConstructorParameters<typeof TransactWriteCommand>[0]['TransactItems']>[number];

/** The head moves only from the entry that was read, so that a chain cannot fork. */
const headWrite = (table: string, subject: string, from: Head, to: Head): TransactItem => ({
  Put: {
    TableName: table,
    Item: headItem(subject, to),
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
const findingWrite = (table: string, { finding, replaces }: FindingChange): TransactItem => ({
  Put: {
    TableName: table,
    Item: findingItem(finding),
    ...(replaces === undefined
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : { ConditionExpression: 'seq = :seq', ExpressionAttributeValues: { ':seq': replaces.seq } }),
  },
});

/** Counts the changes that are about to be made, unless they are more than what is left of the hour's limit. */
const countWrite = (table: string, at: string, { changes, limit }: NonNullable<Append['announces']>): TransactItem => ({
  Update: {
    TableName: table,
    Key: { pk: changesKey(at.slice(0, HOUR)), sk: COUNT },
    UpdateExpression: 'ADD changes :changes',
    ConditionExpression: 'attribute_not_exists(changes) OR changes <= :before',
    ExpressionAttributeValues: { ':changes': changes, ':before': limit - changes },
  },
});

const reportWrite = (table: string, at: string, eventId: string): TransactItem => ({
  Put: {
    TableName: table,
    Item: { pk: changesKey(at.slice(0, HOUR)), sk: REPORT, eventId },
    ConditionExpression: 'attribute_not_exists(pk)',
  },
});

/** Length of `2026-08-03T09`. */
const HOUR = 13;

/** Why each item of a transaction was refused, in their order; empty for any other error. */
function codesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error) || error.name !== 'TransactionCanceledException') return [];
  const { CancellationReasons: reasons = [] } = error as { CancellationReasons?: readonly { Code?: string }[] };
  return reasons.map(({ Code }) => Code ?? 'None');
}

/** A condition failed, or another transaction touched the same items: read again and try again. Anything else is an error. */
function lostRace(codes: readonly string[]): boolean {
  const failed = codes.filter((code) => code !== 'None');
  return (
    failed.length > 0 && failed.every((code) => code === 'ConditionalCheckFailed' || code === 'TransactionConflict')
  );
}
