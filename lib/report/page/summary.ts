import type { PackData } from '../pack-data.ts';
import { type Answer, answer, listUnseen } from './answers.ts';
import { html, type Markup } from './html.ts';
import { renderNumber, renderState, renderTime } from './words.ts';

/** What the pack is about and where it is from. */
export function renderHeader({ window, places, generator }: PackData): Markup {
  const { name, version, commit, by, at, source, query } = generator;
  const build = commit === undefined ? 'of an unknown commit' : html`built from commit <code>${commit}</code>`;
  return html`<header>
<p class="kind">Evidence pack</p>
<h1>Cryptographic key lifecycle</h1>
<p class="window">${renderTime(window.from)} to ${renderTime(window.to)} <span class="zone">UTC</span></p>
<dl class="about">
<div><dt>Places</dt><dd>${places.length === 0 ? 'none: no record of the window names one' : places.map(({ account, region }) => html`<span class="place"><code>${account}</code> ${region}</span> `)}</dd></div>
<div><dt>Made</dt><dd>${renderTime(at)} by <code>${by}</code></dd></div>
<div><dt>With</dt><dd>${name} ${version}, ${build}</dd></div>
<div><dt>From</dt><dd><code>${source}</code></dd></div>
<div><dt>Query</dt><dd>${query}</dd></div>
</dl>
<p class="note">All times are UTC. A window begins with its first moment and ends before its last. This page loads nothing and runs no script.</p>
</header>
`;
}

/** The four questions, and what the pack cannot speak for. */
export function renderSummary(data: PackData): Markup {
  const { read, inWindow, before, after, unverified } = data.entries;
  return html`<div class="answers">${answer(data).map(renderAnswer)}</div>
${renderUnseen(data)}
<h3>Where every entry went</h3>
<p>Of ${renderNumber(read, 'entries.read')} entries that were read, ${renderNumber(inWindow, 'entries.inWindow')} belong to the window, ${renderNumber(before, 'entries.before')} are from before and ${renderNumber(after, 'entries.after')} from after it, and ${renderNumber(unverified, 'entries.unverified')} did not verify.</p>
`;
}

const renderAnswer = ({ question, tone, label, verdict, because, section }: Answer): Markup =>
  html`<section class="answer ${tone}" data-answer="${section}" data-tone="${tone}" aria-labelledby="answer-${section}">
<h3 id="answer-${section}">${question}</h3>
<p class="verdict">${renderState(tone, label)} <strong>${verdict}</strong></p>
${because.map((sentence) => html`<p>${sentence}</p>`)}
<p class="more"><a href="#${section}">Show<span class="unheard"> the answer to: ${question}</span></a></p>
</section>
`;

function renderUnseen(data: PackData): Markup {
  const unseen = listUnseen(data);
  const items = unseen.map(
    ({ what, section }) => html`<li>${what} <a href="#${section}">Show<span class="unheard">: ${what}</span></a></li>
`,
  );
  return html`<section class="unseen-list" id="unseen" aria-labelledby="unseen-title">
<h3 id="unseen-title">What this pack does not speak for</h3>
${unseen.length === 0 ? html`<p>Nothing: every source was there for all of the window.</p>` : html`<ul>${items}</ul>`}
</section>
`;
}
