import { createHash } from 'node:crypto';
import { controls } from '../controls/index.ts';
import type { StatementEntry } from '../ledger/entry.ts';
import type { LedgerSource } from '../ledger/source.ts';
import { judgeVerification, type Verification } from '../ledger/verification.ts';
import type { KeptCheckpoint } from '../ledger/verify-checkpoints.ts';
import { verifySource } from '../ledger/verify-source.ts';
import type { GrantedWaiver } from '../ledger/waiver.ts';
import type { Policy, Waiver } from '../policy/policy.ts';
import { findUncovered, sumCounts } from './coverage.ts';
import { type Collected, createEntryCollector, waivedKey } from './entry-collector.ts';
import { balanceInventory, chooseLists, type Inventory, type KeySet } from './inventory-equation.ts';
import { collectKeyUse, type KeyUseSource } from './key-use.ts';
import type {
  Coverage,
  FindingsOverTime,
  Generator,
  Integrity,
  InventoryEquation,
  PackData,
  Place,
  PolicyVersion,
  Row,
  TimeWindow,
  WaiverSummary,
} from './pack-data.ts';
import type { PackFiles } from './pack-files.ts';
import type { PopulationId } from './populations.ts';
import { createTables, type Tables } from './tables.ts';

/** Reads the lists of keys that inventories name. */
export interface KeyLists {
  /**
   * @returns a row of `keys-at-start` for each key of a list
   * @throws an Error whose message says why the list cannot be had, or is not what the ledger names
   */
  read(inventory: Inventory): AsyncIterable<Row>;
}

/** What a pack is made from. */
export interface PackSources {
  readonly source: LedgerSource;
  readonly window: TimeWindow;
  readonly generator: Generator;
  /** The policy file that is in force, and what it says. */
  readonly policy: Policy;
  readonly policyText: string;
  /** Public keys in PEM from elsewhere than the ledger. */
  readonly publicKeys?: readonly string[];
  /** The newest checkpoint of the evidence bucket: the ledger must have it. */
  readonly lastCheckpoint?: KeptCheckpoint;
  /** Absent: the lists of keys cannot be read here, with the reason. */
  readonly keyLists: KeyLists | { readonly problem: string };
  readonly keyUse: KeyUseSource | { readonly problem: string };
  readonly files: PackFiles;
  readonly onProgress?: (entries: number) => void;
}

/**
 * Reads and verifies the ledger once, writes the populations as they come, and gives what the page shows. Memory: the keys of
 * the lists, what is open, and 32 bytes for each entry that a checkpoint covers.
 *
 * @throws what the sources throw when they cannot be read
 */
export async function buildPack(sources: PackSources): Promise<PackData> {
  const { source, window, policy, policyText, files, generator, keyUse } = sources;
  const tables = createTables(files);
  const { verification, collected } = await readLedger(sources, tables);
  const inventory = await compareInventories(sources, collected, tables);
  const uses = await collectKeyUse(keyUse, window, tables, collected.places);
  const findings = listFindings(collected, window, tables);
  return {
    v: 1,
    generator,
    window,
    places: collected.places,
    entries: collected.counts,
    integrity: toIntegrity(verification, source.name, sources.lastCheckpoint),
    coverage: toCoverage(collected, window, tables),
    inventory,
    ...collected.controls,
    trend: collected.trend,
    findings,
    waivers: [
      ...policy.waivers.map((waiver) => summariseWaiver(waiver, window, collected)),
      ...collected.granted.map((waiver) => summariseGranted(waiver, window, collected)),
    ],
    populations: tables.showAll(),
    keyUse: uses,
    policies: collected.policies.map((version) => attachPolicy(version, policyText, files)),
  };
}

async function readLedger(
  { source, window, policy, publicKeys, lastCheckpoint, files, onProgress }: PackSources,
  tables: Tables,
): Promise<{ readonly verification: Verification; readonly collected: Collected }> {
  const statements = files.open('statements/completeness.jsonl', true);
  const onStatement = (entry: StatementEntry) => statements.write(`${JSON.stringify(entry)}\n`, 1);
  const collector = createEntryCollector({ window, policy, controls, tables, onStatement });
  let wasRead = true;
  const verification = await verifySource(
    {
      name: source.name,
      ends: () => source.ends(),
      checkpoints: () => source.checkpoints(),
      publicKeys: () => source.publicKeys(),
      ...(source.complaints === undefined ? {} : { complaints: () => source.complaints?.() ?? NO_COMPLAINTS }),
      // The verification tells only of entries that it could read; every other is named too.
      async *entries() {
        for await (const item of source.entries()) {
          wasRead = false;
          yield item;
          if (!wasRead) collector.refuse(String(item.pk ?? ''), 'its text is no entry');
        }
      },
    },
    {
      ...(publicKeys === undefined ? {} : { publicKeys }),
      ...(lastCheckpoint === undefined ? {} : { lastCheckpoint }),
      ...(onProgress === undefined ? {} : { onProgress }),
      onEntry(entry, stored, { problem, unchecked }) {
        wasRead = true;
        const reason = problem ?? unchecked;
        if (reason === undefined) collector.take(entry, String(stored.hash));
        else collector.refuse(String(entry.subject), reason, entry);
      },
    },
  );
  return { verification, collected: collector.finish() };
}

const NO_COMPLAINTS = { problems: [], unchecked: [] };

const MOST_PROBLEMS = 200;

function toIntegrity(verification: Verification, name: string, kept: KeptCheckpoint | undefined): Integrity {
  const { chains, entries, problems, omitted, unchecked, noted, coverage } = verification;
  const { last } = coverage;
  return {
    state: judgeVerification(verification),
    ...{ chains, entries, checkpoints: coverage.checkpoints },
    problems: problems.slice(0, MOST_PROBLEMS),
    problemsLeft: omitted + Math.max(0, problems.length - MOST_PROBLEMS),
    unchecked: unchecked.slice(0, MOST_PROBLEMS),
    noted: noted.slice(0, MOST_PROBLEMS),
    ...(last === undefined ? {} : { lastCheckpoint: { number: last.number, at: last.at, sha256: last.sha256 } }),
    ...{ covered: coverage.covered, uncovered: coverage.uncovered },
    keys: coverage.signedBy,
    keysGiven: coverage.trusted,
    how: [
      `Every entry of ${name} was hashed again, and compared with the hash beside it and with the one that the next entry of its chain names.`,
      'The end of every chain was compared with its head, and with the newest entry that the record of an event names.',
      coverage.checkpoints === 0
        ? 'There is no checkpoint: only the chains speak for the entries, and whoever can write the table can write a chain.'
        : `${coverage.checkpoints} checkpoints were verified by their signatures, each with the one before it, and every entry that they cover by its hash.`,
      coverage.trusted
        ? 'The public keys were given by whoever made this pack.'
        : 'The public keys came from the ledger itself: compare their fingerprints with those that you know of the signing key.',
      ...(kept === undefined
        ? []
        : [
            `Checkpoint ${kept.number}, the newest of the evidence bucket, was looked for in the ledger by its sha256.`,
          ]),
    ],
  };
}

function toCoverage({ places, statements }: Collected, window: TimeWindow, tables: Tables): Coverage {
  const uncovered = findUncovered(window, places, statements);
  return {
    complete: places.length > 0 && uncovered.length === 0,
    statements: tables.show('statements'),
    gaps: tables.show('gaps'),
    uncovered,
    notAsked: [...new Set(statements.flatMap((one) => one.notAsked))].sort(),
    counts: sumCounts(statements),
  };
}

async function compareInventories(
  { window, keyLists }: PackSources,
  { places, inventories, keyChanges }: Collected,
  tables: Tables,
): Promise<readonly InventoryEquation[]> {
  const equations: InventoryEquation[] = [];
  for (const place of places) {
    const here = inventories.filter((one) => isSamePlace(one, place));
    const lists = chooseLists(window, here);
    const sets = {
      ...(await readSet('start', 'keys-at-start', lists.start, keyLists, tables)),
      ...(await readSet('end', 'keys-at-end', lists.end, keyLists, tables)),
    };
    const changes = keyChanges.filter(({ key }) => isSamePlace(placeOf(key), place));
    equations.push(balanceInventory(place, lists, changes, window, sets));
  }
  return equations;
}

const isSamePlace = (one: Place, other: Place): boolean => one.account === other.account && one.region === other.region;

const placeOf = (arn: string): Place => {
  const [, , , region = '', account = ''] = arn.split(':');
  return { account, region };
};

async function readSet<Side extends 'start' | 'end'>(
  side: Side,
  population: PopulationId,
  list: Inventory | undefined,
  keyLists: PackSources['keyLists'],
  tables: Tables,
): Promise<{ readonly [Name in Side]?: KeySet }> {
  const give = (set: KeySet) => ({ [side]: set }) as { readonly [Name in Side]?: KeySet };
  if (list === undefined) return {};
  if ('problem' in keyLists) return give({ problem: keyLists.problem });
  const keys = new Set<string>();
  try {
    for await (const row of keyLists.read(list)) {
      // AWS makes and destroys those by itself, and the procedure is not about them.
      if (row.manager === 'AWS') continue;
      keys.add(row.id);
      tables.add(population, row);
    }
    return give({ keys });
  } catch (error) {
    return give({ problem: error instanceof Error ? error.message : String(error) });
  }
}

const DAY = 86_400_000;

function listFindings({ findings }: Collected, { to }: TimeWindow, tables: Tables): FindingsOverTime {
  for (const one of findings.open) {
    tables.add('open-findings', {
      id: `${one.subject}#${one.control}${one.item === undefined ? '' : `#${one.item}`}`,
      severity: one.severity,
      control: one.control,
      subject: one.subject,
      item: one.item ?? null,
      openedAt: one.openedAt,
      days: Math.floor((Date.parse(to) - Date.parse(one.openedAt)) / DAY),
      verdict: one.verdict,
      decision: one.decision,
      reason: one.reason,
      of: `${one.subject}#${one.seq}`,
    });
  }
  const { atStart, opened, closed, open } = findings;
  return { atStart, opened, closed, atEnd: open.length, open: tables.show('open-findings') };
}

function summariseWaiver(waiver: Waiver, { to }: TimeWindow, { waived }: Collected): WaiverSummary {
  const { control, subject, tag, owner, ticket, expires } = waiver;
  // A waiver by tag is for keys that only their tags name: all that was waived of its control is its doing or another's.
  const used =
    subject === undefined
      ? [...waived].filter(([key]) => key.startsWith(`${control} `)).reduce((all, [, count]) => all + count, 0)
      : (waived.get(waivedKey(control, subject)) ?? 0);
  return {
    control,
    subject: subject ?? `tag ${tag?.key} = ${tag?.value}`,
    ...{ owner, ticket, expires },
    state: Date.parse(`${expires}T00:00:00Z`) + DAY > Date.parse(to) ? 'in force' : 'expired',
    used,
  };
}

/** It says nothing of other items of its subject. */
function summariseGranted(granted: GrantedWaiver, { to }: TimeWindow, { waived }: Collected): WaiverSummary {
  const { control, item, subject, by, ticket, eventId, until, status } = granted;
  const isOver = Date.parse(`${until}T00:00:00Z`) + DAY <= Date.parse(to);
  return {
    control,
    subject: item === undefined ? subject : `${item} of ${subject}`,
    ...{ owner: by.name, ticket: ticket ?? eventId, expires: until },
    state: status === 'withdrawn' ? 'withdrawn' : isOver ? 'expired' : 'in force',
    used: waived.get(waivedKey(control, subject)) ?? 0,
  };
}

function attachPolicy(version: Omit<PolicyVersion, 'file'>, text: string, files: PackFiles): PolicyVersion {
  if (createHash('sha256').update(text).digest('hex') !== version.sha256) return version;
  const file = `policy/${version.sha256}.yml`;
  files.open(file).write(text);
  return { ...version, file };
}
