import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionEntry, Entry, StatementEntry } from '../../../lib/ledger/entry.ts';
import { renderPage } from '../../../lib/report/page/page.ts';
import { makeExamplePack } from '../example-pack.ts';
import { tellMonth, WINDOW } from '../story.ts';
import { startViewer, type Viewer } from './open-page.ts';

let viewer: Viewer;
let numbers: Readonly<Record<string, number>>;
let misdeeds: readonly string[];
let faults: readonly string[];
let entries: readonly Entry[];

/** The ledger of a month, read entry by entry; and what the page says of it, read off the page. */
beforeAll(async () => {
  viewer = await startViewer();
  const open = await viewer.open(renderPage(await makeExamplePack()));
  const shown: Record<string, { value: string }> = await open.page.evaluate('probe.readNumbers()');
  numbers = Object.fromEntries(Object.entries(shown).map(([name, { value }]) => [name, Number(value)]));
  faults = await open.page.evaluate('probe.findFaults()');
  ({ misdeeds } = open);
  const all: Entry[] = [];
  for await (const { entry } of tellMonth().source().entries()) all.push(JSON.parse(String(entry)));
  entries = all;
});
afterAll(() => viewer.close());

const isIn = (time: string) => time >= WINDOW.from && time < WINDOW.to;
const actions = (): readonly ActionEntry[] =>
  entries
    .filter((one): one is ActionEntry => one.type === 'action')
    .filter(({ action }) => isIn(new Date(action.time).toISOString()));
const lifecycle = () => actions().filter(({ action, sameAs }) => action.origin !== 'on-demand' && sameAs === undefined);
const statements = () => entries.filter((one): one is StatementEntry => one.type === 'statement');

describe('a page made from a ledger says', () => {
  test('how many entries there are, and how many actions of the month', () => {
    expect(numbers['entries.read']).toBe(entries.length);
    expect(numbers['integrity.entries']).toBe(entries.length);
    expect(numbers['integrity.chains']).toBe(new Set(entries.map(({ subject }) => subject)).size);
    expect(numbers['populations.actions.total']).toBe(lifecycle().length);
    expect(numbers['populations.second-records.total']).toBe(
      actions().filter(({ sameAs }) => sameAs !== undefined).length,
    );
    expect(lifecycle().length).toBe(8);
  });

  test('how often each thing happened per day', () => {
    for (const day of ['2026-07-03', '2026-07-10', '2026-07-12', '2026-07-15']) {
      const of = lifecycle().filter(({ action }) => action.time.startsWith(day));
      expect(numbers[`trend.${day}.actions`]).toBe(of.length);
    }
    expect(numbers['trend.actions']).toBe(lifecycle().length);
  });

  test('how many verdicts there were', () => {
    const verdicts = actions().flatMap((one) => one.verdicts);
    expect(numbers['populations.verdicts.total']).toBe(verdicts.length);
    const of = (control: string, verdict: string) =>
      verdicts.filter((one) => one.control === control && one.verdict === verdict).length;
    expect(numbers['steps.4.4.1.rotation-enabled.violation']).toBe(of('rotation-enabled', 'violation'));
    expect(numbers['steps.4.4.1.rotation-enabled.compliant']).toBe(of('rotation-enabled', 'compliant'));
    expect(numbers['steps.4.5.1.deletion-key-unused.unknown']).toBe(of('deletion-key-unused', 'unknown'));
    expect(of('deletion-key-unused', 'unknown')).toBe(1);
  });

  test('what the comparisons with CloudTrail counted', () => {
    const sum = (name: 'expected' | 'recorded' | 'backfilled' | 'failed' | 'extra') =>
      statements().reduce((all, { statement }) => all + statement.counts[name], 0);
    for (const name of ['expected', 'recorded', 'backfilled', 'failed', 'extra'] as const) {
      expect(numbers[`coverage.counts.${name}`]).toBe(sum(name));
    }
    expect(sum('failed')).toBe(1);
  });

  test('all of it although names were chosen to break it: no fault, no request, no script', () => {
    expect(faults).toEqual([]);
    expect(misdeeds).toEqual([]);
  });
});
