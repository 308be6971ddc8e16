import { queryItems } from '../aws/query-items.ts';
import { canonicalText } from './chain.ts';
import type { Entry } from './entry.ts';
import { type Finding, findingId } from './finding.ts';
import { findingItem } from './items.ts';
import { findingKey, subjectKey } from './keys.ts';
import { changeByEntry } from './projection.ts';
import { type LedgerTable, readHead } from './read.ts';
import type { Problem } from './verification.ts';
import type { VerifyOptions } from './verify-source.ts';

/** Compares the findings beside each chain with what the chain says they are. */
export interface FindingsCheck {
  /** Takes every entry of a verification. */
  readonly onEntry: NonNullable<VerifyOptions['onEntry']>;
  /** To be called at the end. @returns findings that somebody changed, hid or made up */
  finish(): Promise<readonly Problem[]>;
}

/**
 * Findings are a projection: the entries of a chain, read from its beginning, give the same ones. Nothing is said of a chain
 * of which an entry is not what was written. Needs one more `dynamodb:Query` for each chain.
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
  readonly ended: Set<number>;
  last: number;
  broken: boolean;
}

const startChain = (subject: string): Followed => ({
  subject,
  findings: new Map(),
  ended: new Set(),
  last: 0,
  broken: false,
});

function follow(chain: Followed, entry: Entry): void {
  for (const { finding } of changeByEntry(entry, chain.findings, chain.ended)) {
    chain.findings.set(findingId(finding), finding);
  }
  if (entry.type === 'outcome') chain.ended.add(entry.of);
  chain.last = entry.seq;
}

async function compareFindings(table: LedgerTable, { subject, findings, last }: Followed): Promise<Problem[]> {
  const stored = new Map<string, StoredFinding>();
  for await (const item of readFindings(table, subject)) stored.set(String(item.sk), item);
  const grown = await findNewest(table, subject, last, stored.values());
  const problems: Problem[] = [];
  const complain = (seq: number, sk: string, what: string) =>
    problems.push({ subject, seq, what: `altered: the finding ${sk.slice(findingKey('').length)} ${what}` });
  for (const finding of findings.values()) {
    const sk = findingKey(findingId(finding));
    const item = stored.get(sk);
    stored.delete(sk);
    if (item === undefined) complain(finding.seq, sk, `is not there; by the chain it is ${finding.status}`);
    else if (!isBetween(item, last, grown) && canonicalText(item) !== canonicalText(findingItem(finding))) {
      complain(finding.seq, sk, `is ${String(item.status)}, and not as the chain says: ${finding.status}`);
    }
  }
  for (const [sk, item] of stored) {
    if (!isBetween(item, last, grown)) complain(0, sk, 'is there, and no entry of the chain says so');
  }
  return problems;
}

type StoredFinding = Readonly<Record<string, unknown>>;

/** The chain may have grown since it was read, and its findings with it; how far, its head says. */
async function findNewest(
  table: LedgerTable,
  subject: string,
  last: number,
  stored: Iterable<StoredFinding>,
): Promise<number> {
  const isNewer = [...stored].some(({ seq }) => typeof seq === 'number' && seq > last);
  return isNewer ? ((await readHead(table, subject))?.seq ?? last) : last;
}

const isBetween = ({ seq }: StoredFinding, last: number, newest: number): boolean =>
  typeof seq === 'number' && seq > last && seq <= newest;

async function* readFindings({ client, table }: LedgerTable, subject: string): AsyncGenerator<StoredFinding> {
  yield* queryItems(client, {
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :finding)',
    ExpressionAttributeValues: { ':pk': subjectKey(subject), ':finding': findingKey('') },
    ConsistentRead: true,
  });
}
