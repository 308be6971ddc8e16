import { createHash } from 'node:crypto';
import type { PackData } from '../pack-data.ts';
import { renderTrends } from './charts.ts';
import { html, type Markup, toText, trust } from './html.ts';
import { renderCompleteness, renderIntegrity, renderInventory } from './proofs.ts';
import { renderExceptions, renderFindings, renderKeyUse, renderPolicies, renderPopulations } from './records.ts';
import { renderReperform } from './reperform.ts';
import { renderMatrix, renderSteps } from './steps.ts';
import { STYLE } from './style.ts';
import { renderHeader, renderSummary } from './summary.ts';
import { showTime } from './words.ts';

interface Section {
  readonly id: string;
  readonly title: string;
  readonly render: (data: PackData) => Markup;
}

/** In the order in which an auditor reads: what is so, how it came, what proves it, and how to check it. */
const SECTIONS: readonly Section[] = [
  { id: 'summary', title: 'Summary', render: renderSummary },
  { id: 'steps', title: 'Steps of the procedure', render: renderSteps },
  { id: 'trends', title: 'Trends', render: renderTrends },
  { id: 'findings', title: 'Open findings', render: renderFindings },
  { id: 'exceptions', title: 'Exceptions', render: renderExceptions },
  { id: 'integrity', title: 'Integrity', render: renderIntegrity },
  { id: 'completeness', title: 'Completeness', render: renderCompleteness },
  { id: 'inventory', title: 'Inventory', render: renderInventory },
  { id: 'populations', title: 'Populations', render: renderPopulations },
  { id: 'key-use', title: 'Use of keys', render: renderKeyUse },
  { id: 'policies', title: 'Policies in force', render: renderPolicies },
  { id: 'matrix', title: 'Control matrix', render: renderMatrix },
  { id: 'reperform', title: 'How to perform the tests again', render: renderReperform },
];

/**
 * Only the style sheet below may take effect; nothing is loaded, run, or sent.
 * https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
 */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/**
 * The page of an evidence pack: one file that needs nothing else, for a screen or for paper (A4 or Letter). Its links lead to
 * the files of the pack beside it, and to manuals of AWS.
 *
 * @param data as the pack has it in `data.json`; text in it may hold anything
 * @returns HTML in UTF-8. The same data always gives the same page
 */
export function renderPage(data: PackData): string {
  const { from, to } = data.window;
  const title = `Evidence pack ${showTime(from)} to ${showTime(to)} UTC`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${trust(STYLE)}</style>
</head>
<body>
<a class="skip" href="#summary">Skip to the summary</a>
${renderHeader(data)}
<div class="columns">
<nav aria-labelledby="contents"><h2 id="contents">Contents</h2>
<ol>${SECTIONS.map(
    ({ id, title }) => html`<li><a href="#${id}">${title}</a></li>
`,
  )}</ol></nav>
<main>
${SECTIONS.map(
  ({ id, title, render }) => html`<section id="${id}" aria-labelledby="${id}-title" tabindex="-1">
<h2 id="${id}-title">${title}</h2>
${render(data)}</section>
`,
)}</main>
</div>
<footer><p>${data.generator.name} ${data.generator.version}. What this pack does not speak for is <a href="#unseen">listed in the summary</a>.</p></footer>
</body>
</html>
`;
  return toText(page);
}
