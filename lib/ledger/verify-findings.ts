import { queryItems } from '../aws/query-items.ts';
import { canonicalText } from './chain.ts';
import type { Entry } from './entry.ts';
import { type Finding, findingId } from './finding.ts';
import { findingItem, waiverItem } from './items.ts';
import { findingKey, subjectKey, waiverKey } from './keys.ts';
import { changeByEntry } from './projection.ts';
import { type LedgerTable, readHead } from './read.ts';
import type { Problem } from './verification.ts';
import type { VerifyOptions } from './verify-source.ts';
import { changeWaivers, type GrantedWaiver } from './waiver.ts';

/** Compares the findings and the waivers by order beside each chain with what the chain says they are. */
export interface FindingsCheck {
  /** Takes every entry of a verification. */
  readonly onEntry: NonNullable<VerifyOptions['onEntry']>;
  /** To be called at the end. @returns findings and waivers that somebody changed, hid or made up */
  finish(): Promise<readonly Problem[]>;
}

/**
 * Findings and waivers are a projection: the entries of a chain, read from its beginning, give the same ones. Nothing is said
 * of a chain of which an entry is not what was written. Needs two more `dynamodb:Query` for each chain.
 */
export function createFindingsCheck(table: LedgerTable): FindingsCheck {
  const problems: Problem[] = [];
  let chain = startChain('');

  async function leave(): Promise<void> {
    if (chain.last > 0 && !chain.broken) problems.push(...(await compareFindings(table, chain)));
  }

  return {
    async onEntry(entry, { pk }, { problem, unchecked }) {
      // By where it is stored: what a broken entry says of its chain may be wrong, and must not speak for the chain before.
      const subject = String(pk).slice(subjectKey('').length);
      if (subject !== chain.subject) {
        await leave();
        chain = startChain(subject);
      }
      if (problem !== undefined || unchecked !== undefined) chain.broken = true;
      if (!chain.broken) follow(chain, entry);
    },
    async finish() {
      await leave();
      return problems;
    },
  };
}

/** What the entries of a chain have said so far. */
interface Followed {
  readonly subject: string;
  readonly findings: Map<string, Finding>;
  readonly waivers: Map<string, GrantedWaiver>;
  readonly ended: Set<number>;
  last: number;
  broken: boolean;
}

const startChain = (subject: string): Followed => ({
  subject,
  findings: new Map(),
  waivers: new Map(),
  ended: new Set(),
  last: 0,
  broken: false,
});

function follow(chain: Followed, entry: Entry): void {
  for (const { finding } of changeByEntry(entry, chain.findings, chain.ended)) {
    chain.findings.set(findingId(finding), finding);
  }
  if (entry.type === 'action') {
    const source = { subject: entry.subject, eventId: entry.eventId, seq: entry.seq, at: entry.recordedAt };
    for (const { waiver } of changeWaivers(entry.order, chain.waivers, source)) {
      chain.waivers.set(findingId(waiver), waiver);
    }
  }
  if (entry.type === 'outcome') chain.ended.add(entry.of);
  chain.last = entry.seq;
}

/** One thing beside the chain, as the chain says it must be. */
interface Expected {
  readonly status: string;
  readonly seq: number;
  readonly item: StoredItem;
}

async function compareFindings(table: LedgerTable, { subject, findings, waivers, last }: Followed): Promise<Problem[]> {
  const found = [...findings].map(([id, finding]) => [findingKey(id), expect(finding, findingItem(finding))] as const);
  const granted = [...waivers].map(([id, waiver]) => [waiverKey(id), expect(waiver, waiverItem(waiver))] as const);
  return [
    ...(await compareItems(table, { subject, last, prefix: findingKey(''), name: 'finding', expected: found })),
    ...(await compareItems(table, { subject, last, prefix: waiverKey(''), name: 'waiver', expected: granted })),
  ];
}

const expect = ({ status, seq }: Finding | GrantedWaiver, item: StoredItem): Expected => ({ status, seq, item });

interface Comparison {
  readonly subject: string;
  readonly last: number;
  readonly prefix: string;
  /** What problems call such an item. */
  readonly name: string;
  /** By sort key. */
  readonly expected: readonly (readonly [string, Expected])[];
}

async function compareItems(
  table: LedgerTable,
  { subject, last, prefix, name, expected }: Comparison,
): Promise<Problem[]> {
  const stored = new Map<string, StoredItem>();
  for await (const item of readItems(table, subject, prefix)) stored.set(String(item.sk), item);
  const grown = await findNewest(table, subject, last, stored.values());
  const problems: Problem[] = [];
  const complain = (seq: number, sk: string, what: string) =>
    problems.push({ subject, seq, what: `altered: the ${name} ${sk.slice(prefix.length)} ${what}` });
  for (const [sk, one] of expected) {
    const item = stored.get(sk);
    stored.delete(sk);
    if (item === undefined) complain(one.seq, sk, `is not there; by the chain it is ${one.status}`);
    else if (!isBetween(item, last, grown) && canonicalText(item) !== canonicalText(one.item)) {
      complain(one.seq, sk, `is ${String(item.status)}, and not as the chain says: ${one.status}`);
    }
  }
  for (const [sk, item] of stored) {
    if (!isBetween(item, last, grown)) complain(0, sk, 'is there, and no entry of the chain says so');
  }
  return problems;
}

type StoredItem = Readonly<Record<string, unknown>>;

/** The chain may have grown since it was read, and what is beside it too; how far, its head says. */
async function findNewest(
  table: LedgerTable,
  subject: string,
  last: number,
  stored: Iterable<StoredItem>,
): Promise<number> {
  const isNewer = [...stored].some(({ seq }) => typeof seq === 'number' && seq > last);
  return isNewer ? ((await readHead(table, subject))?.seq ?? last) : last;
}

const isBetween = ({ seq }: StoredItem, last: number, newest: number): boolean =>
  typeof seq === 'number' && seq > last && seq <= newest;

async function* readItems({ client, table }: LedgerTable, subject: string, prefix: string): AsyncGenerator<StoredItem> {
  yield* queryItems(client, {
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':pk': subjectKey(subject), ':prefix': prefix },
    ConsistentRead: true,
  });
}
