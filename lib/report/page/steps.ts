import type { ControlSummary, MatrixRow, PackData, StepSummary, VerdictCounts } from '../pack-data.ts';
import { html, type Markup, type Piece } from './html.ts';
import { type Cells, renderTable } from './table.ts';
import { NOTHING, renderFile, renderNumber, renderSeverity, renderState, renderText, type Tone } from './words.ts';

const HEADINGS = [
  { title: 'Step and its controls' },
  { title: 'What was found' },
  { title: 'Actions', number: true },
  { title: 'Compliant', number: true },
  { title: 'Violation', number: true },
  { title: 'Unknown', number: true },
  { title: 'Waived', number: true },
  { title: 'N/A', number: true },
  { title: 'Open', number: true },
] as const;

const STATES: Readonly<Record<StepSummary['state'], readonly [Tone, string]>> = {
  attention: ['bad', 'attention'],
  compliant: ['good', 'compliant'],
  none: ['none', 'not tested'],
};

/** The procedure from its first step to its last, with what served each; then the controls that serve none. */
export function renderSteps({ steps, otherControls }: PackData): Markup {
  const phases = [...new Set(steps.map(({ phase }) => phase))];
  const groups = phases.map((title) => ({
    title,
    rows: steps.filter(({ phase }) => phase === title).flatMap(renderStep),
  }));
  const others =
    otherControls.length === 0
      ? []
      : [{ title: 'Controls of no step', rows: otherControls.map((control) => renderControl(control, 'other')) }];
  return html`<p>“Actions” counts the recorded actions that carry a step out; the verdicts are those of its controls, each on its own line below the step; N/A counts those that did not apply. One action can be judged by several controls, and a control can serve several steps.</p>
${renderTable({ id: 'table-steps', caption: 'The steps of the procedure, with the verdicts of the window', headings: HEADINGS, groups: [...groups, ...others] })}`;
}

function renderStep(step: StepSummary): readonly Cells[] {
  const { id, who, what, artefact, uncontrolled, actions, counts, open, state, says, controls } = step;
  const [tone, word] = STATES[state];
  const name = html`<span class="step"><b>${id}</b> ${what} <span class="fine">${who}. Leaves ${artefact}.</span></span>`;
  const found = html`<span class="found">${renderState(tone, word)} ${says}${uncontrolled === undefined ? undefined : html` <span class="fine">${uncontrolled}</span>`}</span>`;
  const at = `steps.${id}`;
  return [
    [name, found, renderNumber(actions, `${at}.actions`), ...renderCounts(counts, open, at)],
    ...controls.map((control) => renderControl(control, id)),
  ];
}

function renderControl({ id, title, severity, mode, evaluated, counts, open }: ControlSummary, step: string): Cells {
  const at = `steps.${step}.${id}`;
  const name = html`<span class="control"><code>${id}</code> <span class="fine">${title}</span></span>`;
  const ran =
    evaluated === 0
      ? renderState('none', 'did not run')
      : html`<span class="fine">ran ${renderNumber(evaluated, `${at}.evaluated`)} ${evaluated === 1 ? 'time' : 'times'}</span>`;
  const about = html`<span class="found">${ran} <span class="fine">${renderSeverity(severity)}, ${mode}</span></span>`;
  return [name, about, NOTHING, ...renderCounts(counts, open, at)];
}

const renderCounts = (counts: VerdictCounts, open: number, at: string): readonly Piece[] => [
  renderNumber(counts.compliant, `${at}.compliant`),
  renderMarked(counts.violation, `${at}.violation`, 'bad'),
  renderMarked(counts.unknown, `${at}.unknown`, 'unknown'),
  renderMarked(counts.waived, `${at}.waived`, 'excepted'),
  renderNumber(counts['not-applicable'], `${at}.not-applicable`),
  renderMarked(open, `${at}.open`, 'bad'),
];

/** A number that is set apart when it is not zero. */
const renderMarked = (value: number, name: string, tone: Tone): Markup =>
  value === 0 ? renderNumber(value, name) : html`<strong class="${tone}">${renderNumber(value, name)}</strong>`;

/** What each control is for, and which references of which standard it serves. */
export function renderMatrix({ matrix }: PackData): Markup {
  const rows = matrix.map(renderMatrixRow);
  const headings = [
    { title: 'Control' },
    { title: 'Why' },
    { title: 'Steps' },
    { title: 'Standards' },
    { title: 'Severity' },
    { title: 'Mode' },
    { title: 'Remedy' },
    { title: 'Ran', number: true },
  ];
  return html`<p>The same rows are in ${renderFile('control-matrix.csv')}. Mode: <i>observe</i> tells the security officer; <i>approve</i> waits for an approval of what is to be changed; <i>enforce</i> changes it and tells.</p>
${renderTable({ id: 'table-matrix', caption: 'The control matrix', headings, groups: [{ rows }] })}`;
}

function renderMatrixRow(row: MatrixRow): Cells {
  const { control, title, why, steps, standards, severity, mode, remedy, evaluated } = row;
  const references = Object.entries(standards).map(
    ([standard, all]) => html`<span class="reference">${standard}: ${all.join(', ')}</span> `,
  );
  const ran = evaluated === 0 ? renderState('none', '0') : renderNumber(evaluated, `matrix.${control}.evaluated`);
  return [
    html`<code>${control}</code> <span class="fine">${title}</span>`,
    why,
    steps.join(', '),
    references,
    renderSeverity(severity),
    renderText(mode),
    remedy === undefined ? NOTHING : html`<code>${remedy}</code>`,
    ran,
  ];
}
