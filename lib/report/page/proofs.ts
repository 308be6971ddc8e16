import type { Problem } from '../../ledger/verification.ts';
import type { Integrity, InventoryEquation, InventoryPoint, PackData } from '../pack-data.ts';
import { judgeCoverage } from './answers.ts';
import { html, type Markup, type Piece } from './html.ts';
import { type Cells, renderData, renderTable } from './table.ts';
import {
  count,
  NOTHING,
  renderCode,
  renderFile,
  renderNumber,
  renderPlace,
  renderState,
  renderTime,
  showNumber,
  type Tone,
} from './words.ts';

const STATES: Readonly<Record<Integrity['state'], readonly [Tone, string]>> = {
  whole: ['good', 'whole'],
  'not-whole': ['bad', 'not whole'],
  'not-checked': ['unknown', 'not all checked'],
};

/** Whether the ledger is what was written, and how that was found out. */
export function renderIntegrity({ integrity }: PackData): Markup {
  const { state, chains, entries, problems, problemsLeft, unchecked, noted, checkpoints, covered, uncovered, how } =
    integrity;
  const [tone, word] = STATES[state];
  return html`<dl class="facts">
${renderFact('State', renderState(tone, word))}
${renderFact('Chains', renderNumber(chains, 'integrity.chains'))}
${renderFact('Entries', renderNumber(entries, 'integrity.entries'))}
${renderFact('Checkpoints', renderNumber(checkpoints, 'integrity.checkpoints'))}
${renderFact('Entries that a proven checkpoint covers', renderNumber(covered, 'integrity.covered'))}
${renderFact('Entries that only their chain protects', renderNumber(uncovered, 'integrity.uncovered'))}
${renderFact('Newest proven checkpoint', renderLast(integrity))}
${renderFact('Public keys that signed', renderKeys(integrity))}
</dl>
${renderProblems('integrity-problems', 'What does not verify', problems, problemsLeft)}
${renderProblems('integrity-unchecked', 'What could not be checked', unchecked, 0)}
${renderProblems('integrity-noted', 'What was wrong already when checkpoints were signed', noted, 0)}
<h3>How it was verified</h3>
<ul>${how.map((sentence) => html`<li>${sentence}</li>`)}</ul>
`;
}

const renderFact = (name: string, value: Piece): Markup => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

const renderLast = ({ lastCheckpoint }: Integrity): Markup =>
  lastCheckpoint === undefined
    ? renderState('unknown', 'none')
    : html`number ${renderNumber(lastCheckpoint.number)} of ${renderTime(lastCheckpoint.at)}, sha256 ${renderCode(lastCheckpoint.sha256)}`;

function renderKeys({ keys, keysGiven }: Integrity): Markup {
  if (keys.length === 0) return renderState('unknown', 'none');
  const from = keysGiven
    ? 'given by whoever made the pack'
    : html`${renderState('unknown', 'from the ledger itself')} compare them with what KMS shows`;
  return html`${keys.map((key) => html`${renderCode(key)} `)}<span class="fine">sha256 of the key in DER; ${from}</span>`;
}

function renderProblems(id: string, caption: string, problems: readonly Problem[], left: number): Piece {
  if (problems.length + left === 0) return undefined;
  const rows = problems.map(
    ({ subject, seq, what }): Cells => [renderCode(subject), seq === 0 ? 'all' : renderNumber(seq), what],
  );
  const headings = [{ title: 'Chain' }, { title: 'First entry', number: true }, { title: 'What is so' }];
  const more =
    left === 0
      ? undefined
      : html`<p class="where">${count(left, 'more place is', 'more places are')} not listed here.</p>`;
  return html`${renderTable({ id, caption, headings, groups: [{ rows }] })}${more}`;
}

/** Whether the ledger has all that CloudTrail has, and where nobody knows. */
export function renderCompleteness({ coverage }: PackData): Markup {
  const { statements, gaps, counts } = coverage;
  const { tone, label } = judgeCoverage(coverage);
  return html`<dl class="facts">
${renderFact('State', renderState(tone, label))}
${renderFact('Records that CloudTrail gave', renderNumber(counts.read, 'coverage.counts.read'))}
${renderFact('of which the ledger must have', renderNumber(counts.expected, 'coverage.counts.expected'))}
${renderFact('that it had', renderNumber(counts.recorded, 'coverage.counts.recorded'))}
${renderFact('that were added', renderNumber(counts.backfilled, 'coverage.counts.backfilled'))}
${renderFact('that it did not get', renderNumber(counts.failed, 'coverage.counts.failed'))}
${renderFact('Entries that CloudTrail does not know', renderNumber(counts.extra, 'coverage.counts.extra'))}
</dl>
<h3>Parts of the window without a complete comparison</h3>
${renderUncovered(coverage)}
${
  coverage.notAsked.length === 0
    ? undefined
    : html`<h3>What CloudTrail was not asked for</h3>
<ul>${coverage.notAsked.map((what) => html`<li>${renderState('none', 'not looked at')} ${what}</li>`)}</ul>
`
}<h3>What the comparisons did not find or could not look at</h3>
${renderData(gaps, 'completeness', statements.total === 0 ? 'There is no comparison that could say so.' : 'They found everything, and could look at everything that they were asked to.')}
<h3>Statements</h3>
${renderData(statements, 'completeness', 'No comparison reaches into this window: whether it is complete is not known.')}`;
}

/** Where nothing was compared for long, there is a part for each place and day. */
const MOST_PARTS = 100;

function renderUncovered({ complete, uncovered }: PackData['coverage']): Markup {
  if (uncovered.length === 0) {
    const none = complete
      ? 'There is none: every place was compared for all of the window.'
      : 'None is listed, because it is not known which places there are.';
    return html`<p class="none">${none}</p>`;
  }
  const rows = uncovered
    .slice(0, MOST_PARTS)
    .map(
      ({ account, region, from, to, why }): Cells => [
        renderPlace({ account, region }),
        renderTime(from),
        renderTime(to),
        why,
      ],
    );
  const headings = [{ title: 'Place' }, { title: 'From (UTC)' }, { title: 'To (UTC)' }, { title: 'Why' }];
  const left = uncovered.length - rows.length;
  const more =
    left === 0
      ? undefined
      : html`<p class="where">${count(left, 'more part is', 'more parts are')} in ${renderFile('data.json')} (coverage.uncovered).</p>
`;
  return html`${renderTable({ id: 'table-uncovered', caption: 'Not compared in full', headings, groups: [{ rows }] })}${more}`;
}

/** Keys at the start, and what was made and destroyed, against the keys at the end. */
export function renderInventory({ inventory }: PackData): Markup {
  if (inventory.length === 0)
    return html`<p class="none">${renderState('none', 'not looked at')} No list of keys was made in any place.</p>`;
  const headings = [
    { title: 'Place' },
    { title: 'At the start', number: true },
    { title: '+ created', number: true },
    { title: '− destroyed', number: true },
    { title: '= expected', number: true },
    { title: 'At the end', number: true },
    { title: 'Result' },
  ];
  const differences = inventory.flatMap(listDifferences);
  const columns = [{ title: 'Key' }, { title: 'Place' }, { title: 'What is so' }];
  const left = inventory.reduce((sum, one) => sum + (one.looked ? one.differencesLeft : 0), 0);
  return html`${renderTable({ id: 'table-inventory', caption: 'Keys at the start + created − destroyed = keys at the end', headings, groups: [{ rows: inventory.map(renderEquation) }] })}
${differences.length === 0 ? undefined : renderTable({ id: 'table-differences', caption: 'Keys that make the sides differ', headings: columns, groups: [{ rows: differences }] })}
${left === 0 ? undefined : html`<p class="where">${count(left, 'more key is', 'more keys are')} not listed here.</p>`}
<p>The lists themselves are in the evidence bucket:</p>
<ul>${inventory.flatMap(({ start, end }) => [start, end].map((point) => (point === undefined ? undefined : html`<li>${renderCode(point.object)}, sha256 ${renderCode(point.sha256)}</li>`)))}</ul>
`;
}

function renderEquation(one: InventoryEquation): Cells {
  const at = `inventory.${one.account}.${one.region}`;
  const place = renderPlace(one);
  const made = renderNumber(one.created, `${at}.created`);
  const gone = renderNumber(one.destroyed, `${at}.destroyed`);
  if (!one.looked) {
    const result = html`${renderState('none', 'not looked at')} ${one.reason}`;
    return [
      place,
      renderPoint(one.start, `${at}.start`),
      made,
      gone,
      NOTHING,
      renderPoint(one.end, `${at}.end`),
      result,
    ];
  }
  const left = one.differences.length + one.differencesLeft;
  const result = one.balanced
    ? left === 0
      ? renderState('good', 'balanced')
      : html`${renderState('unknown', 'balanced in number')} ${count(left, 'key differs', 'keys differ')}`
    : html`${renderState('bad', 'not balanced')} ${count(left, 'difference')}`;
  const expected = renderNumber(one.expected, `${at}.expected`);
  return [
    place,
    renderPoint(one.start, `${at}.start`),
    made,
    gone,
    expected,
    renderPoint(one.end, `${at}.end`),
    result,
  ];
}

function renderPoint(point: InventoryPoint | undefined, name: string): Markup {
  if (point === undefined) return renderState('none', 'no list');
  const unread =
    point.unread === 0 ? undefined : html`<br>${renderState('unknown', `${count(point.unread, 'key')} not described`)}`;
  // The list has the keys of AWS too, which nobody here makes or destroys.
  const other = point.listed === point.keys ? undefined : html`<br>of ${showNumber(point.listed)} listed`;
  return html`${renderNumber(point.keys, name)}<br><span class="fine">${renderTime(point.at)}${other}</span>${unread}`;
}

const listDifferences = (one: InventoryEquation): Cells[] =>
  one.looked ? one.differences.map(({ key, what }): Cells => [renderCode(key), renderPlace(one), what]) : [];
