import type { ActionEntry, Entry } from '../../lib/ledger/entry.ts';
import { type LedgerTable, readEntries } from '../../lib/ledger/read.ts';
import type { OfficerMessage } from '../officer-inbox.ts';
import type { Act } from './acts.ts';
import type { Screen, Tone } from './screen.ts';

/** What the account of an act is written from. */
export interface ActAccount {
  readonly act: Act;
  /** ARN of the key of the act. */
  readonly subject: string;
  readonly source: LedgerTable;
  /** Entries of each chain that earlier acts have told; updated. */
  readonly seen: Map<string, number>;
  /** What the officer was told during the act. */
  readonly told: readonly OfficerMessage[];
  readonly screen: Screen;
}

const TONES: Readonly<Record<string, Tone>> = { compliant: 'good', violation: 'bad', unknown: 'doubt' };

const TONES_OF_STATUS: Readonly<Record<string, Tone>> = { confirmed: 'good', 'already-so': 'good', pending: 'doubt' };

/**
 * Tells from the ledger what Keywarden saw, judged and did in one act, and what the officer was told.
 *
 * @returns whether that is what the act expects
 */
export async function tellAct({ act, subject, source, seen, told, screen }: ActAccount): Promise<boolean> {
  const entries: Entry[] = [];
  for await (const item of readEntries(source, subject)) entries.push(JSON.parse(String(item.entry)) as Entry);
  const news = entries.slice(seen.get(subject) ?? 0);
  seen.set(subject, entries.length);
  for (const entry of news) tellEntry(entry, screen);
  for (const { text } of told) screen.say('told', text.split('\n')[0] ?? '');
  if (told.length === 0) screen.say('told', 'nobody: there is nothing to do for the officer');
  const states = told.map(({ attributes }) => attributes.state).sort();
  const isSeen = news.some((entry) => entry.type === 'action' && entry.action.api === act.api);
  return isSeen && states.join() === [...act.told].sort().join();
}

function explainSilence({ outcome, eventSource }: ActionEntry['action']): string {
  if (outcome !== 'succeeded') return 'nothing was changed';
  return eventSource === 'keywarden' ? 'a person decided' : 'recorded; no control looks at this operation';
}

const isBad = (verdict: string): boolean => verdict === 'violation' || verdict === 'unknown';

/** What is in order is only named: a new key keeps ten rules. */
function tellEntry(entry: Entry, screen: Screen): void {
  if (entry.type === 'action') {
    const { action, verdicts, decisions } = entry;
    const who = action.actor.bySelf
      ? 'Keywarden itself'
      : (action.actor.person ?? action.actor.arn ?? action.actor.type);
    screen.say('saw', `${action.api} ${action.outcome}, by ${who}`);
    const kept = verdicts.filter(({ verdict }) => verdict === 'compliant');
    if (kept.length > 0) {
      screen.say('judged', `compliant: ${kept.map(({ control }) => control).join(', ')}`, TONES.compliant);
    }
    for (const { control, verdict, reason } of verdicts.filter((one) => isBad(one.verdict))) {
      screen.say('judged', `${control}: ${verdict}. ${reason}`, TONES[verdict]);
    }
    if (verdicts.length === 0) {
      screen.say('judged', `nothing: ${explainSilence(action)}`);
    }
    for (const { control, decision, reason } of decisions) {
      const what = decision === 'waived' ? 'to leave it' : `to ${decision}`;
      screen.say('decided', `${what}, for ${control}. ${reason}`);
    }
  }
  if (entry.type === 'outcome') {
    for (const { remedy, status, requestIds } of entry.remediations) {
      const request = requestIds.length === 0 ? '' : `, AWS request ${requestIds.join(', ')}`;
      screen.say('did', `${remedy}: ${status}${request}`, TONES_OF_STATUS[status] ?? 'bad');
    }
  }
}
