import { QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Head } from './chain.ts';
import type { SignedCheckpoint } from './checkpoint.ts';
import { CHECKPOINT, LAST_SEQ, publicKeyKey, seqKey, subjectKey } from './keys.ts';
import { type LedgerTable, listSubjects, readHead, type StoredEntry } from './read.ts';
import type { ChainEnd, LedgerSource } from './source.ts';

/** Chains that are read ahead, each at most one page of 1 MB, while the one before is worked on. */
const AHEAD = 8;

/**
 * Reads a ledger from its table. The table may grow meanwhile: what is read of each chain ends with the entry that its head
 * names after the entries were read, and checkpoints that are read before the entries cover nothing that is not read.
 * Reads only: needs `dynamodb:Scan`, `dynamodb:Query` and `dynamodb:GetItem`.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
 */
export function createTableSource(table: LedgerTable): LedgerSource {
  let listed: Promise<readonly (readonly [string, number])[]> | undefined;
  /** Heads as they were right after their chain was read. */
  const heads = new Map<string, Head | undefined>();

  const list = () => {
    listed ??= listSubjects(table).then((subjects) => [...subjects].sort(([one], [other]) => (one < other ? -1 : 1)));
    return listed;
  };

  /** The pages of a chain; with the last one comes what was appended until its head was read. */
  async function* readPages(subject: string): AsyncGenerator<readonly StoredEntry[]> {
    let last = 0;
    for await (const { items, isLast } of readPartition(table, subjectKey(subject), 'SEQ#')) {
      last = Math.max(last, ...items.map(({ sk }) => seqOf(sk)));
      if (!isLast) yield items;
      else {
        const head = await readHead(table, subject);
        heads.set(subject, head);
        yield items;
        // Of a head that somebody altered nothing is expected.
        if (head !== undefined && Number.isSafeInteger(head.seq) && head.seq > last && head.seq <= LAST_SEQ) {
          const rest = readPartition(table, subjectKey(subject), { from: seqKey(last + 1), to: seqKey(head.seq) });
          for await (const appended of rest) yield appended.items;
        }
      }
    }
  }

  return {
    name: table.table,

    async *ends(): AsyncGenerator<ChainEnd> {
      for (const [subject, named] of await list()) {
        const head = heads.has(subject) ? heads.get(subject) : await readHead(table, subject);
        heads.delete(subject);
        yield {
          subject,
          named: toSeq(named),
          ...(head === undefined ? {} : { head: { ...head, seq: toSeq(head.seq) } }),
        };
      }
    },

    async *entries(): AsyncGenerator<StoredEntry> {
      const subjects = (await list()).map(([subject]) => subject);
      for await (const page of readAhead(subjects, readPages)) yield* page;
    },

    async *checkpoints(): AsyncGenerator<SignedCheckpoint> {
      for await (const { items } of readPartition(table, CHECKPOINT, 'NO#')) {
        for (const { text, signature } of items) yield { text: String(text), signature: String(signature) };
      }
    },

    async *publicKeys(): AsyncGenerator<string> {
      for await (const { items } of readPartition(table, CHECKPOINT, publicKeyKey(''))) {
        for (const { pem } of items) yield String(pem);
      }
    },
  };
}

/** JSON has no word for what somebody may have put in place of a number. */
const toSeq = (value: number): number => (Number.isFinite(value) ? value : -1);

const seqOf = (sk: unknown): number => Number(/^SEQ#(\d{12})$/.exec(String(sk))?.[1] ?? 0);

/**
 * Reads a part of one partition, page by page.
 *
 * @param part how the sort keys begin, or the first and the last of them
 */
async function* readPartition(
  { client, table }: LedgerTable,
  pk: string,
  part: string | { readonly from: string; readonly to: string },
): AsyncGenerator<{ readonly items: readonly StoredEntry[]; readonly isLast: boolean }> {
  const [condition, values] =
    typeof part === 'string'
      ? ['begins_with(sk, :part)', { ':part': part }]
      : ['sk BETWEEN :from AND :to', { ':from': part.from, ':to': part.to }];
  let start: QueryCommandInput['ExclusiveStartKey'];
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: `pk = :pk AND ${condition}`,
        ExpressionAttributeValues: { ':pk': pk, ...values },
        ConsistentRead: true,
        ExclusiveStartKey: start,
      }),
    );
    start = page.LastEvaluatedKey;
    yield { items: page.Items ?? [], isLast: start === undefined };
  } while (start !== undefined);
}

/** Reads the first page of some subjects ahead, so that many short chains do not each wait for the network. */
async function* readAhead<Page>(
  subjects: readonly string[],
  readPages: (subject: string) => AsyncGenerator<Page>,
): AsyncGenerator<Page> {
  const begun: { readonly pages: AsyncGenerator<Page>; readonly first: Promise<IteratorResult<Page>> }[] = [];
  let begin = 0;
  for (let done = 0; done < subjects.length; done += 1) {
    for (; begin < Math.min(subjects.length, done + AHEAD); begin += 1) {
      const pages = readPages(subjects[begin] as string);
      const first = pages.next();
      // Whoever awaits it gets the error; if nobody does any more, it must not end the process.
      first.catch(() => undefined);
      begun.push({ pages, first });
    }
    const { pages, first } = begun.shift() as (typeof begun)[number];
    const result = await first;
    if (result.done !== true) yield result.value;
    yield* pages;
  }
}
