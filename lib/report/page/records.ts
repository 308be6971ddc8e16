import type { PackData, Population } from '../pack-data.ts';
import { html, type Markup } from './html.ts';
import { type Cells, renderData, renderTable } from './table.ts';
import { renderCode, renderFile, renderNumber, renderPlace, renderState, renderText, renderTime } from './words.ts';

/** The findings over the window as an equation, and the open ones. */
export function renderFindings({ findings, integrity }: PackData): Markup {
  const { atStart, opened, closed, atEnd, open } = findings;
  const doubt =
    integrity.state === 'whole'
      ? undefined
      : html`<p>${renderState('unknown', 'not proven')} The record is not shown to be whole, so that there may be more.</p>`;
  return html`<p class="equation">${renderNumber(atStart, 'findings.atStart')} at the start <b>+</b> ${renderNumber(opened, 'findings.opened')} opened <b>−</b> ${renderNumber(closed, 'findings.closed')} closed <b>=</b> <strong>${renderNumber(atEnd, 'findings.atEnd')} open at the end</strong></p>
${doubt}${renderData(open, 'findings', 'No finding is open at the end of the window.')}`;
}

/** Waivers, and what they excepted. */
export function renderExceptions({ waivers }: PackData): Markup {
  if (waivers.length === 0) return html`<p class="none">No waiver was in the policy, and nobody granted one.</p>`;
  const rows = waivers.map(
    ({ control, subject, owner, ticket, expires, state, used }): Cells => [
      renderCode(control),
      renderCode(subject),
      renderText(owner),
      renderText(ticket),
      html`<time datetime="${expires}">${renderText(expires)}</time>`,
      state === 'expired' ? renderState('none', state) : renderState('excepted', state),
      renderNumber(used, `waivers.${control}.used`),
    ],
  );
  const headings = [
    { title: 'Control' },
    { title: 'For' },
    { title: 'Who answers for it' },
    { title: 'Ticket' },
    { title: 'Last day' },
    { title: 'State' },
    { title: 'Verdicts that it excepted', number: true },
  ];
  return renderTable({
    id: 'table-waivers',
    caption: 'Exceptions that somebody answers for',
    headings,
    groups: [{ rows }],
  });
}

/** Every population with its files, and the first rows of each. */
export function renderPopulations({ populations }: PackData): Markup {
  const rows = populations.map(
    ({ id, title, what, total, file, jsonFile }): Cells => [
      html`<a href="#population-${id}">${title}</a>`,
      what,
      renderNumber(total, `populations.${id}.total`),
      html`${renderFile(file)}<br>${renderFile(jsonFile)}`,
    ],
  );
  const headings = [
    { title: 'Population' },
    { title: 'What is a row' },
    { title: 'Rows', number: true },
    { title: 'Files' },
  ];
  return html`<p>Draw a sample from the files, not from this page, which shows the first rows only. The CSV is for a spreadsheet: what such a program could run as a formula is made harmless in it. The JSON lines have every value as it was recorded.</p>
${renderTable({ id: 'table-populations', caption: 'The populations', headings, groups: [{ rows }] })}
${populations.map(renderPopulation)}`;
}

const renderPopulation = (
  population: Population,
): Markup => html`<h3 id="population-${population.id}">${population.title}</h3>
<p>${population.what}</p>
${renderData(population, 'populations', 'No record of this kind is in the window.')}`;

/** How the keys were used, or why nobody knows. */
export function renderKeyUse({ keyUse }: PackData): Markup {
  if (!keyUse.collected) return html`<p class="none">${renderState('none', 'not looked at')} ${keyUse.reason}</p>`;
  return html`<p>${renderNumber(keyUse.uses, 'keyUse.uses')} uses of ${renderNumber(keyUse.keys, 'keyUse.keys')} keys. ${keyUse.table.what}</p>
${renderHours(keyUse)}
${renderData(keyUse.table, 'key-use', 'No use of a key is on record.')}<p class="where">As JSON lines: ${renderFile(keyUse.table.jsonFile)}.</p>
`;
}

type Collected = Extract<PackData['keyUse'], { readonly collected: true }>;

function renderHours({ hours, unreadFiles }: Collected): Markup {
  const rows = hours.map(({ account, region, looked, notLooked }): Cells => {
    const at = `keyUse.hours.${account}.${region}`;
    const state = notLooked === 0 ? renderState('good', 'all read') : renderState('unknown', 'not all read');
    const place = renderPlace({ account, region });
    return [place, renderNumber(looked, `${at}.looked`), renderNumber(notLooked, `${at}.notLooked`), state];
  });
  const headings = [
    { title: 'Place' },
    { title: 'Hours read', number: true },
    { title: 'Hours not read, or not wholly', number: true },
    { title: 'State' },
  ];
  const caption = 'Hours of the window of which log files were read';
  const unread = html`<p>${renderState('unknown', 'not read')} ${renderNumber(unreadFiles, 'keyUse.unreadFiles')} log files could not be read, or not wholly.</p>`;
  return html`${renderTable({ id: 'table-hours', caption, headings, groups: [{ rows }] })}${unreadFiles === 0 ? undefined : unread}`;
}

/** The versions of the policy that judged, each by its digest. */
export function renderPolicies({ policies }: PackData): Markup {
  if (policies.length === 0) return html`<p class="none">Nothing was judged in the window.</p>`;
  const rows = policies.map(
    ({ sha256, first, last, entries, file }): Cells => [
      renderCode(sha256),
      renderTime(first),
      renderTime(last),
      renderNumber(entries, `policies.${sha256}.entries`),
      file === undefined ? renderState('unknown', 'not in this pack') : renderFile(file),
    ],
  );
  const headings = [
    { title: 'sha256 of the file' },
    { title: 'First entry (UTC)' },
    { title: 'Last entry (UTC)' },
    { title: 'Entries', number: true },
    { title: 'File' },
  ];
  return renderTable({ id: 'table-policies', caption: 'Policies in force', headings, groups: [{ rows }] });
}
