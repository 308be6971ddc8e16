import type { Control } from '../controls/control.ts';
import { isObject, objectOf, textOf } from '../event/plain-json.ts';
import type { KeyHistory } from '../facts/key-facts.ts';
import { EMPTY_HISTORY, nextHistory } from '../facts/key-history.ts';
import { type ChangeRecords, createChangeRecords } from '../ledger/change-records.ts';
import type { ActionEntry, Entry, OutcomeEntry, RecordedRemediation, StatementEntry } from '../ledger/entry.ts';
import { changeWaivers, type GrantedWaiver } from '../ledger/waiver.ts';
import type { Policy } from '../policy/policy.ts';
import { type ControlCounter, createControlCounter } from './control-counter.ts';
import { reachesInto, type Stated } from './coverage.ts';
import type { Inventory, KeyChange } from './inventory-equation.ts';
import type { EntryCounts, Place, PolicyVersion, Row, TimeWindow } from './pack-data.ts';
import { createFindingsReplay, type FindingsReplay } from './replay-findings.ts';
import { isOrder, makeActionRows, type Placed } from './rows/action-rows.ts';
import { joinWords, orNull, rowId } from './rows/cells.ts';
import {
  type ActionBrief,
  isChange,
  makeMalformedRow,
  makeOutcomeRows,
  makeRecordRow,
  makeStatementRows,
} from './rows/other-rows.ts';
import type { Tables } from './tables.ts';
import { createTrendCounter, type TrendCounter } from './trend.ts';

/** What is gathered from the entries of a ledger, besides the rows of the populations. */
export interface Collected {
  readonly counts: EntryCounts;
  readonly places: readonly Place[];
  readonly statements: readonly Stated[];
  readonly inventories: readonly Inventory[];
  readonly keyChanges: readonly KeyChange[];
  readonly policies: readonly Omit<PolicyVersion, 'file'>[];
  /** Verdicts that were waived, by control and subject: see {@link waivedKey}. */
  readonly waived: ReadonlyMap<string, number>;
  /** Waivers by order, as they stand at the end of the window. */
  readonly granted: readonly GrantedWaiver[];
  readonly controls: ReturnType<ControlCounter['finish']>;
  readonly trend: ReturnType<TrendCounter['finish']>;
  readonly findings: ReturnType<FindingsReplay['finish']>;
}

/** Takes the entries of a ledger one after another, in the order of a {@link LedgerSource}. */
export interface EntryCollector {
  /** @param hash of the entry, which verified */
  take(entry: Entry, hash: string): void;
  /** @param entry what can be read of it; nothing of it is believed */
  refuse(subject: string, reason: string, entry?: Partial<Entry>): void;
  finish(): Collected;
}

/** @param policy that is in force where the pack is made */
export function createEntryCollector(options: {
  readonly window: TimeWindow;
  readonly policy: Policy;
  readonly controls: readonly Control[];
  readonly tables: Tables;
  /** Gets every statement that reaches into the window. */
  readonly onStatement: (entry: StatementEntry) => void;
}): EntryCollector {
  const { window, policy, controls, tables, onStatement } = options;
  const [from, to] = [Date.parse(window.from), Date.parse(window.to)];
  const counts = { read: 0, inWindow: 0, before: 0, after: 0, unverified: 0 };
  const counter = createControlCounter(controls, policy);
  const trend = createTrendCounter(window);
  const replay = createFindingsReplay(window);
  const statements: Stated[] = [];
  const inventories: Inventory[] = [];
  const keyChanges: KeyChange[] = [];
  const places = new Map<string, Place>();
  const policies = new Map<string, { sha256: string; first: string; last: string; entries: number }>();
  const waived = new Map<string, number>();
  const granted = new Map<string, GrantedWaiver>();
  let chain = openChain('');

  function take(entry: Entry, hash: string): void {
    if (entry.subject !== chain.subject) leaveChain(entry.subject);
    const when = Date.parse(entry.type === 'action' ? entry.action.time : entry.recordedAt);
    if (Number.isNaN(when) || Number.isNaN(Date.parse(entry.recordedAt))) throw new TypeError('its time is no time');
    const isIn = when >= from && when < to;
    const placed = isIn ? listRows(entry, hash) : [];
    follow(entry, isIn);
    counts.read += 1;
    counts[isIn ? 'inWindow' : when < from ? 'before' : 'after'] += 1;
    for (const [id, row] of placed) if (id !== 'remediations') tables.add(id, row);
    if (entry.type === 'outcome') holdRemediations(entry, placed);
  }

  /** @param placed with one row for each remediation, in their order */
  function holdRemediations({ of, remediations }: OutcomeEntry, placed: readonly Placed[]): void {
    const rows = placed.filter(([id]) => id === 'remediations');
    for (const [place, [, row]] of rows.entries()) {
      const one = remediations[place];
      if (one !== undefined) chain.remediations.push({ of, one, row });
    }
  }

  /** The record of a change comes after its remediation as a rule: whether there is one is known at the end of the chain. */
  function leaveChain(next: string): void {
    for (const { of, one, row } of chain.remediations) {
      tables.add('remediations', { ...row, records: joinWords(chain.records.listOf(of, one)) });
    }
    chain = openChain(next);
  }

  /** Everything that may fail comes before anything is counted. */
  function listRows(entry: Entry, hash: string): readonly Placed[] {
    switch (entry.type) {
      case 'action':
        return makeActionRows(entry, hash, { history: chain.history, approvalTag: policy.deletion.approvalTag });
      case 'outcome':
        return makeOutcomeRows(entry, hash, chain.actions.get(entry.of));
      case 'malformed':
        return [['malformed', makeMalformedRow(entry, hash)]];
      default:
        return [['keywarden-records', makeRecordRow(entry, hash)]];
    }
  }

  function follow(entry: Entry, isIn: boolean): void {
    if (entry.type === 'statement') followStatement(entry);
    if (entry.type === 'inventory') {
      notePlace(entry.inventory);
      inventories.push(entry.inventory);
    }
    if (entry.type === 'outcome' && isIn)
      trend.count('remediations', entry.recordedAt, entry.remediations.filter(isChange).length);
    if (entry.type === 'action') followAction(entry, isIn);
    replay.take(entry);
  }

  function followStatement(entry: StatementEntry): void {
    if (!reachesInto(entry.statement.window, window)) return;
    notePlace(entry.statement);
    const { account, region, window: span, complete, counts: found, notAsked, endedAt, occasion } = entry.statement;
    statements.push({ account, region, window: span, complete, counts: found, notAsked, endedAt, occasion });
    for (const [id, row] of makeStatementRows(entry)) tables.add(id, row);
    onStatement(entry);
  }

  function followAction(entry: ActionEntry, isIn: boolean): void {
    chain.records.note(entry);
    if (entry.decisions.length > 0) chain.actions.set(entry.seq, toBrief(entry));
    // A second record that says nothing new must not move what the first one says.
    if (entry.sameAs === undefined || entry.verdicts.length > 0)
      chain.history = nextHistory(chain.history, entry.action);
    followKeyChanges(entry);
    followWaivers(entry);
    if (!isIn) return;
    counter.count(entry);
    notePolicy(entry);
    for (const key of listWaived(entry)) waived.set(key, (waived.get(key) ?? 0) + 1);
    if (isOrder(entry.action)) return;
    const isSecond = entry.sameAs !== undefined;
    notePlace(entry.action);
    const worst = listStanding(entry);
    if (!isSecond) trend.count('actions', entry.action.time);
    trend.count('violations', entry.action.time, worst.filter((one) => one === 'violation').length);
    trend.count('unknown', entry.action.time, worst.filter((one) => one === 'unknown').length);
  }

  /** What was granted before the window counts too, and what comes after it does not. */
  function followWaivers({ order, subject, eventId, seq, recordedAt }: ActionEntry): void {
    if (order?.finding === undefined || Date.parse(recordedAt) >= to) return;
    const id = `${subject} ${order.finding}`;
    const before = granted.get(id);
    const previous = new Map(before === undefined ? [] : [[order.finding, before]]);
    for (const { waiver } of changeWaivers(order, previous, { subject, eventId, seq, at: recordedAt }))
      granted.set(id, waiver);
  }

  /** Of two records of one happening the earlier time is nearer to it: a list of keys may be made between the two. */
  function followKeyChanges(entry: ActionEntry): void {
    const place = entry.sameAs === undefined ? undefined : chain.keyChanges.get(entry.sameAs.seq);
    const first = place === undefined ? undefined : keyChanges[place];
    for (const change of listKeyChanges(entry)) {
      if (place !== undefined && first?.key === change.key && first.what === change.what) {
        if (Date.parse(change.time) < Date.parse(first.time)) keyChanges[place] = change;
      } else {
        chain.keyChanges.set(entry.seq, keyChanges.length);
        keyChanges.push(change);
      }
    }
  }

  function notePlace({ account, region }: Place): void {
    places.set(`${account} ${region}`, { account, region });
  }

  function notePolicy({ policy: sha256, recordedAt }: ActionEntry): void {
    const known = policies.get(sha256) ?? { sha256, first: recordedAt, last: recordedAt, entries: 0 };
    const first = recordedAt < known.first ? recordedAt : known.first;
    const last = recordedAt > known.last ? recordedAt : known.last;
    policies.set(sha256, { sha256, first, last, entries: known.entries + 1 });
  }

  function refuse(subject: string, reason: string, entry?: Partial<Entry>): void {
    counts.read += 1;
    counts.unverified += 1;
    tables.add('unverified', describeRefused(subject, counts.unverified, reason, entry));
  }

  return {
    take(entry, hash) {
      try {
        take(entry, hash);
      } catch (error) {
        // An entry of this layout that is no such entry: kept apart, and named.
        refuse(entry.subject, `not readable: ${error instanceof Error ? error.message : String(error)}`, entry);
      }
    },
    refuse,
    finish() {
      leaveChain('');
      const findings = replay.finish();
      return {
        counts,
        places: [...places].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, place]) => place),
        statements,
        inventories,
        keyChanges,
        policies: [...policies.values()].toSorted((one, other) => (one.first < other.first ? -1 : 1)),
        waived,
        granted: [...granted.values()],
        controls: counter.finish(findings.open),
        trend: trend.finish(),
        findings,
      };
    },
  };
}

/** What of a chain must be known for its later entries. */
interface Chain {
  readonly subject: string;
  history: KeyHistory;
  readonly actions: Map<number, ActionBrief>;
  /** Where what an action did to the list of keys stands, by its number. */
  readonly keyChanges: Map<number, number>;
  readonly records: ChangeRecords;
  /** Rows that wait for the records of what they tell of. */
  readonly remediations: { readonly of: number; readonly one: RecordedRemediation; readonly row: Row }[];
}

const openChain = (subject: string): Chain => ({
  subject,
  history: EMPTY_HISTORY,
  actions: new Map(),
  keyChanges: new Map(),
  records: createChangeRecords(),
  remediations: [],
});

function toBrief({ action }: ActionEntry): ActionBrief {
  const why = textOf(action.request, 'reason');
  if (!isOrder(action)) return { api: action.api };
  return {
    api: action.api,
    orderedBy: action.actor.person ?? action.actor.type,
    ...(why === undefined ? {} : { why }),
  };
}

/** By control and subject, so that a waiver finds what it excepted. */
export const waivedKey = (control: string, subject: string): string => `${control} ${subject}`;

const listWaived = ({ decisions, subject }: ActionEntry): readonly string[] =>
  decisions.filter(({ decision }) => decision === 'waived').map(({ control }) => waivedKey(control, subject));

const listStanding = ({ verdicts, decisions }: ActionEntry): readonly string[] =>
  verdicts
    .filter(
      ({ control, item }) =>
        !decisions.some((one) => one.control === control && one.item === item && one.decision === 'waived'),
    )
    .map(({ verdict }) => verdict);

/** Keys that an action made or destroyed. */
function listKeyChanges({ action }: ActionEntry): readonly KeyChange[] {
  const { api, outcome, subject, time, response, eventSource } = action;
  if (outcome !== 'succeeded' || eventSource !== 'kms.amazonaws.com') return [];
  if (api === 'CreateKey' && isKey(subject)) return [{ key: subject, time, what: 'created' }];
  if (api === 'DeleteKey' && isKey(subject)) return [{ key: subject, time, what: 'destroyed' }];
  const replica = api === 'ReplicateKey' ? textOf(objectOf(response, 'replicaKeyMetadata'), 'arn') : undefined;
  return replica === undefined ? [] : [{ key: replica, time, what: 'created' }];
}

const isKey = (arn: string): boolean => arn.includes(':key/');

function describeRefused(subject: string, number: number, reason: string, entry: Partial<Entry> | undefined): Row {
  const time = entry?.type === 'action' && isObject(entry.action) ? textOf(entry.action, 'time') : entry?.recordedAt;
  const seq = typeof entry?.seq === 'number' ? entry.seq : 0;
  const text = (value: unknown) => (typeof value === 'string' ? orNull(value) : null);
  return {
    // What does not verify may stand anywhere and anyhow often: only its number in this list is its own.
    id: `${rowId(subject, seq)}#unverified-${number}`,
    ...{ subject, seq, reason, type: text(entry?.type), time: text(time), eventId: text(entry?.eventId) },
  };
}
