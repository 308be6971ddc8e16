import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { BatchGetCommand, GetCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { queryItems } from '../aws/query-items.ts';
import type { KeyAction } from '../event/key-action.ts';
import { GENESIS, type Head, type Seal, type SealedEntry, sealEntry } from './chain.ts';
import type { Draft, Entry } from './entry.ts';
import { findSame, type Same } from './find-same.ts';
import type { Finding, FindingChange, Source } from './finding.ts';
import { entryItem, type Stage, toFinding, toWaiver, type Work, workItem } from './items.ts';
import { CHANGE, eventKey, findingKey, HEAD, requestKey, seqKey, subjectKey, WORK, waiverKey } from './keys.ts';
import { AWAITED, type OwnChange, type OwnChangeWrite, toOwnChange } from './own-change.ts';
import { readNewest } from './read.ts';
import {
  type Announced,
  chooseWait,
  codesOf,
  countWrite,
  findingWrite,
  headWrite,
  lostRace,
  ownChangeWrite,
  reportWrite,
  type TransactItem,
  waiverWrite,
} from './transact.ts';
import { type GrantedWaiver, splitFindingId, type WaiverChange } from './waiver.ts';

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
  /** By id. */
  readonly findings: ReadonlyMap<string, Finding>;
  /** Waivers by order of these findings, by id; and of their controls on the whole subject, by control. */
  readonly waivers: ReadonlyMap<string, GrantedWaiver>;
  /** What is known of the requests that were asked for, by id; absent when none was. */
  readonly ownChanges?: ReadonlyMap<string, OwnChange>;
}

/** An entry to append, and what it makes of the findings, given those that are there. */
export interface Append {
  readonly subject: string;
  readonly eventId: string;
  readonly draft: Draft;
  /** Ids of the findings that may change. */
  readonly controls: readonly string[];
  findings(previous: ReadonlyMap<string, Finding>, source: Source): readonly FindingChange[];
  /** What it makes of the waivers of the subject; absent: nothing. */
  waivers?(previous: ReadonlyMap<string, GrantedWaiver>, source: Source): readonly WaiverChange[];
  /** Ids of the requests that Keywarden made and that this entry says something of; absent: none. */
  readonly requestIds?: readonly string[];
  /** What it makes of what is known of these requests; absent: nothing. */
  ownChanges?(known: ReadonlyMap<string, OwnChange>, source: Source): readonly OwnChangeWrite[];
  /** What else is written with it, in the same transaction; absent: nothing. */
  also?(source: Source): readonly TransactItem[];
  /** Stage of the event's work item once this is written, from the changes that come with it. */
  stage(changes: readonly FindingChange[]): Stage;
  /** Changes in AWS that this entry announces: they count against the limit of the hour, or nothing is written. */
  readonly announces?: Announced;
  /** This entry reports that the limit of the hour is reached: only one entry an hour can. */
  readonly reportsLimit?: boolean;
  /**
   * Whether what the entry says still holds, asked whenever the chain has grown under an attempt to append; nothing is written
   * when it does not. Absent: it holds whatever comes before it.
   */
  stillHolds?(): Promise<boolean>;
}

/**
 * What was written, or why nothing was. `taken`: another delivery of the same event was first. `limit`: the changes of this
 * hour are used up. `reported`: another entry of this hour has reported that. `outdated`: the chain has grown, and what the
 * entry says does not hold any more.
 */
export type Appended =
  | { readonly result: 'written'; readonly sealed: SealedEntry; readonly changes: readonly FindingChange[] }
  | { readonly result: 'taken'; readonly work: Work }
  | { readonly result: 'limit' | 'reported' | 'outdated' };

/** The audit table. Appends only; an entry is never overwritten and never deleted. */
export interface Ledger {
  /** One read: the event's work item, the subject's head, the findings of the controls, and what is known of requests. */
  look(eventId: string, subject: string, controls: readonly string[], requestIds?: readonly string[]): Promise<Looked>;
  /** The action in the chain of its subject that this record tells of too, when AWS tells of such actions twice. */
  findSame(action: KeyAction): Promise<Same | undefined>;
  /** Entries of a chain, the newest first; undefined in place of one that does not fit its hash. At most so many. */
  readNewest(subject: string, most: number): AsyncGenerator<Entry | undefined>;
  /** Changes of Keywarden whose record has to come and that were recorded before a moment, the oldest first. */
  listAwaited(before: Date, most: number): Promise<readonly OwnChange[]>;
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

/** Attempts to read what DynamoDB leaves unanswered. */
const MOST_READS = 6;

/** Attempts to append while others append to the same chain (docs/adr/0011). */
const MOST_TRIES = 24;

/** Attempts that are made even when the lease is nearly over: together they take no longer than two seconds. */
const FEWEST_TRIES = 6;

/** No further one begins with less than this left of the lease, so that what follows the entry has time too. Milliseconds. */
const TIME_TO_FINISH = 2_000;

/**
 * @param options.client DynamoDB
 * @param options.table name of the ledger table
 * @param options.clock gives the time of record
 * @param options.pause waits so many milliseconds
 * @param options.random from 0 to 1, without 1: spreads writers who wait for the same chain
 */
export function createLedger(options: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly clock: () => Date;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly random?: () => number;
}): Ledger {
  const { client, table, clock, pause, random = Math.random } = options;

  async function look(
    eventId: string,
    subject: string,
    controls: readonly string[],
    requestIds: readonly string[] = [],
  ): Promise<Looked> {
    const pk = subjectKey(subject);
    const waivable = [...new Set(controls.flatMap((id) => [id, splitFindingId(id).control]))];
    const keys = [
      { pk: eventKey(eventId), sk: WORK },
      ...[HEAD, ...controls.map(findingKey), ...waivable.map(waiverKey)].map((sk) => ({ pk, sk })),
      ...[...new Set(requestIds)].map((id) => ({ pk: requestKey(id), sk: CHANGE })),
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
      waivers: new Map(
        waivable.flatMap((id) => {
          const found = item(waiverKey(id));
          return found === undefined ? [] : [[id, toWaiver(found)]];
        }),
      ),
      ownChanges: new Map(
        items.filter(({ sk }) => sk === CHANGE).map((found) => [String(found.requestId), toOwnChange(found)]),
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
        if (attempt === MOST_READS)
          throw new BusyError('DynamoDB did not answer all keys of a read; the message returns.');
        await pause(50 * attempt);
      }
    }
    return items;
  }

  /** Another event on the same subject may be appended in between: then the chain is read anew and the entry sealed anew. */
  async function append(
    { subject, eventId, draft, controls, requestIds, findings, waivers, ownChanges, also, ...rest }: Append,
    writer: Writer,
    first: Looked | undefined,
    workWrite: (work: Pick<Work, 'stage' | 'seq'>) => TransactItem,
    isTaken: (looked: Looked) => boolean,
  ): Promise<Appended> {
    const { stage, announces, reportsLimit, stillHolds } = rest;
    let looked = first ?? (await look(eventId, subject, controls, requestIds));
    for (let attempt = 1; ; attempt += 1) {
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
      const source = { subject, eventId, seq, at };
      const changes = findings(looked.findings, source);
      try {
        await client.send(
          new TransactWriteCommand({
            TransactItems: [
              ...guards.map(({ item }) => item),
              workWrite({ stage: stage(changes), seq }),
              { Put: { TableName: table, Item: entryItem(sealed), ConditionExpression: 'attribute_not_exists(pk)' } },
              headWrite(table, subject, looked.head, { seq, hash: sealed.hash }, at),
              ...changes.map((change) => findingWrite(table, change)),
              ...(waivers?.(looked.waivers, source) ?? []).map((change) => waiverWrite(table, change)),
              ...(ownChanges?.(looked.ownChanges ?? new Map(), source) ?? []).map((change) =>
                ownChangeWrite(table, change),
              ),
              ...(also?.(source) ?? []),
            ],
          }),
        );
        return { result: 'written', sealed, changes };
      } catch (error) {
        const codes = codesOf(error);
        if (!lostRace(codes)) throw error;
        const closed = guards.find((_guard, place) => codes[place] === 'ConditionalCheckFailed');
        const wait = chooseWait(attempt, random);
        const isLate = clock().getTime() + wait > writer.leaseUntil - TIME_TO_FINISH;
        if (attempt === MOST_TRIES || (attempt >= FEWEST_TRIES && isLate)) {
          throw new BusyError(
            `The chain of ${subject} grew under every one of ${attempt} attempts to append; the message returns.`,
          );
        }
        await pause(wait);
        looked = await look(eventId, subject, controls, requestIds);
        // An event that was recorded meanwhile is taken, whatever the limits of the hour say.
        if (closed !== undefined && looked.work === undefined) return { result: closed.result };
        if (looked.work === undefined && (await stillHolds?.()) === false) return { result: 'outdated' };
      }
    }
  }

  return {
    look,

    findSame: (action) => findSame({ client, table }, action),

    readNewest: (subject, most) => readNewest({ client, table }, subject, most),

    async listAwaited(before, most) {
      const awaited: OwnChange[] = [];
      const items = queryItems(client, {
        TableName: table,
        IndexName: 'openFindings',
        KeyConditionExpression: 'gsiOpen = :awaited AND gsiTime < :before',
        ExpressionAttributeValues: { ':awaited': AWAITED, ':before': before.toISOString() },
        Limit: most,
      });
      for await (const item of items) {
        awaited.push(toOwnChange(item));
        if (awaited.length === most) break;
      }
      return awaited;
    },

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
