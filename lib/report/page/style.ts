/**
 * The style sheet of the page. Colours have a contrast of at least 4.5 to 1 with what is behind them, in light and dark
 * (https://www.w3.org/TR/WCAG22/#contrast-minimum); every state has a sign and a word besides its colour. No `style`
 * attribute is used anywhere, because the page's policy forbids them.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f5f6f8; --line: #d3d7de; --ink: #191c20; --soft: #535a64; --link: #0a4f9e;
  --good: #14602f; --bad: #a3161c; --unknown: #7a4300; --excepted: #5b3a96; --none: #454c57;
  --good-back: #e7f4ea; --bad-back: #fdeceb; --unknown-back: #fdf2df; --excepted-back: #f1ecfa; --none-back: #eceef1;
  --bar: #35618f; --hatch: #868f9c;
}
@media (prefers-color-scheme: dark) { :root {
  --paper: #15181c; --raised: #1e2227; --line: #3a4049; --ink: #e7e9ec; --soft: #a9b1bc; --link: #8cbcf5;
  --good: #86d19d; --bad: #ff9d97; --unknown: #f0b768; --excepted: #c6aef5; --none: #b9c0ca;
  --good-back: #16291c; --bad-back: #351a1b; --unknown-back: #30240f; --excepted-back: #261f38; --none-back: #272c33;
  --bar: #7ba7d6; --hatch: #717b89;
} }
@media print { :root {
  color-scheme: light;
  --paper: #ffffff; --raised: #ffffff; --line: #b4b9c1; --ink: #000000; --soft: #444a52; --link: #0a4f9e;
  --good: #14602f; --bad: #a3161c; --unknown: #7a4300; --excepted: #5b3a96; --none: #3a4049;
  --good-back: #ffffff; --bad-back: #ffffff; --unknown-back: #ffffff; --excepted-back: #ffffff; --none-back: #ffffff;
  --bar: #35618f; --hatch: #868f9c;
} }
*, *::before, *::after { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1.5rem clamp(1rem, 3vw, 2.5rem) 3rem; max-width: 100rem; font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums; }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h1 { margin: 0; font-size: 1.75rem; letter-spacing: -0.01em; }
h2 { margin: 0 0 0.75rem; font-size: 1.25rem; padding-top: 0.75rem; border-top: 2px solid var(--ink); }
h3 { margin: 1.75rem 0 0.4rem; font-size: 1rem; }
p { margin: 0 0 0.6rem; max-width: 46rem; }
ul, ol { margin: 0 0 0.75rem; padding-left: 1.25rem; max-width: 50rem; }
li { margin: 0.2rem 0; }
a { color: var(--link); text-underline-offset: 0.15em; }
a:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
section:focus-visible { outline-offset: 0.5rem; }
code { font: 0.875em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
dt, dd { margin: 0; }
.skip { position: absolute; left: 1rem; top: -10rem; padding: 0.5rem 1rem; background: var(--paper); border: 2px solid var(--link); z-index: 2; }
.skip:focus { top: 1rem; }
.unheard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.fine, .note, .where, .per, .zone, .kind { color: var(--soft); font-size: 0.8125rem; }
.fine { font-weight: 400; }
td .fine, th .fine, td .state, th .state { font-size: 1em; }
th .fine, .found .fine { display: block; }
.nothing { color: var(--soft); }
.kind { margin: 0; text-transform: uppercase; letter-spacing: 0.08em; font-weight: 600; }
.window { margin: 0.15rem 0 1rem; font-size: 1.125rem; }
.about { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 0.35rem 2rem; margin: 0 0 0.75rem; }
.about div { display: grid; grid-template-columns: 4rem minmax(0, 1fr); gap: 0.5rem; overflow-wrap: anywhere; }
.about dt, .facts dt { color: var(--soft); font-size: 0.8125rem; }
.place { display: inline-block; margin-right: 0.75rem; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.5rem 2.5rem; margin-top: 1.5rem; }
nav h2 { margin: 0 0 0.4rem; padding: 0; border: 0; font-size: 0.8125rem; color: var(--soft); }
nav ol { margin: 0; padding: 0; list-style: none; columns: 10rem; font-size: 0.875rem; }
main { min-width: 0; }
main > section { margin-bottom: 2.75rem; }
@media (min-width: 75rem) {
  .columns { grid-template-columns: 12rem minmax(0, 1fr); }
  nav { position: sticky; top: 1rem; align-self: start; }
  nav ol { columns: auto; }
}
.state { white-space: nowrap; font-weight: 600; font-size: 0.8125rem; padding: 0.1em 0.45em; border: 1px solid currentColor; border-radius: 3px; }
.sign { display: inline-block; min-width: 0.8em; text-align: center; }
.good { color: var(--good); background: var(--good-back); } .bad { color: var(--bad); background: var(--bad-back); }
.unknown { color: var(--unknown); background: var(--unknown-back); } .excepted { color: var(--excepted); background: var(--excepted-back); }
.none.state { color: var(--none); background: var(--none-back); }
strong.bad, strong.unknown, strong.excepted { background: none; }
.answers { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem; }
.answer { padding: 0.85rem 1rem; border: 1px solid var(--line); border-left: 6px solid currentColor; border-radius: 3px; }
.answer > * { color: var(--ink); }
.answer h3 { margin: 0 0 0.5rem; font-size: 0.9375rem; }
.answer p { margin: 0.35rem 0 0; font-size: 0.875rem; }
.answer .verdict { font-size: 1rem; }
.answer .verdict strong { margin-left: 0.35rem; }
.unseen-list { margin-top: 1rem; padding: 0.85rem 1rem; border: 1px solid var(--line); border-left: 6px double var(--none); border-radius: 3px; }
.unseen-list h3 { margin-top: 0; }
.unseen-list :last-child { margin-bottom: 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 0.75rem 2rem; margin: 0 0 1rem; }
.facts dd { overflow-wrap: anywhere; }
.equation { font-size: 1.0625rem; }
.frame { overflow-x: auto; margin: 0.5rem 0 0.75rem; border-bottom: 1px solid var(--line); }
.frame.tall { max-height: 26rem; overflow-y: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.8125rem; line-height: 1.4; }
caption { text-align: left; font-weight: 600; padding: 0.4rem 0; }
caption span { display: block; position: sticky; left: 0; width: min(46rem, 100vw - 2.5rem); }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.6rem; border-top: 1px solid var(--line); }
thead th { background: var(--raised); vertical-align: bottom; font-weight: 600; }
.tall thead th { position: sticky; top: 0; }
tbody th { font-weight: 400; }
th[scope="rowgroup"] { background: var(--raised); font-weight: 600; padding-top: 0.6rem; }
td, tbody th { min-width: 4.5rem; overflow-wrap: anywhere; }
td.number, th.number { text-align: right; min-width: 0; }
.short, data { white-space: nowrap; }
td .long, th .long { display: inline-block; min-width: 11rem; }
.found { display: block; min-width: 11rem; }
.prose { display: block; min-width: 9rem; }
.found > .state { margin-right: 0.25rem; }
.step, .control { display: block; min-width: clamp(9rem, 25vw, 15rem); }
.control { padding-left: 1.5rem; }
.control code { min-width: 0; }
.command { display: block; min-width: 16rem; }
.file { overflow-wrap: anywhere; }
p.none { padding: 0.5rem 0.75rem; border: 1px dashed var(--soft); border-radius: 3px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.25rem 2rem; margin: 1rem 0; }
figure { margin: 0; min-width: 0; }
figcaption { font-weight: 600; font-size: 0.875rem; margin-bottom: 0.4rem; }
.per { font-weight: 400; }
.plot { display: grid; grid-template-columns: minmax(2rem, auto) minmax(0, 1fr); grid-template-rows: 1fr 1fr; column-gap: 0.4rem; height: 6.5rem; font-size: 0.75rem; line-height: 1; color: var(--soft); text-align: right; }
.plot svg { grid-column: 2; grid-row: 1 / 3; width: 100%; height: 100%; border-bottom: 1px solid var(--soft); border-left: 1px solid var(--soft); }
.least { align-self: end; }
.bar { fill: var(--bar); } .hatch { fill: var(--hatch); }
.days { display: flex; justify-content: space-between; padding-left: 2.4rem; font-size: 0.75rem; color: var(--soft); margin-top: 0.2rem; }
footer { border-top: 1px solid var(--line); padding-top: 0.75rem; color: var(--soft); font-size: 0.8125rem; }
@page { margin: 16mm 14mm 18mm; @bottom-right { content: counter(page) " of " counter(pages); font: 8pt system-ui, sans-serif; } }
@page wide { size: landscape; }
@media print {
  html { font-size: 9.5pt; }
  body { padding: 0; max-width: none; font-size: 9pt; line-height: 1.4; }
  .skip, nav, .more { display: none; }
  .columns { display: block; }
  h1 { font-size: 18pt; } h2 { font-size: 13pt; break-after: avoid; } h3 { font-size: 10pt; break-after: avoid; }
  p, li, .answer, figure, .facts div { break-inside: avoid; }
  p { orphans: 3; widows: 3; }
  .answers { grid-template-columns: 1fr 1fr; } .charts { grid-template-columns: 1fr 1fr; }
  .facts { grid-template-columns: 1fr 1fr 1fr; }
  .frame, .frame.tall { overflow: visible; max-height: none; }
  .tall thead th { position: static; }
  caption { break-after: avoid; } caption span { position: static; width: auto; }
  table { font-size: 7.5pt; line-height: 1.3; } .fine, .note, .where, .per, .zone, .kind { font-size: 8pt; }
  th, td { padding: 2pt 3pt; }
  thead { display: table-header-group; } tr { break-inside: avoid; } thead tr, thead { break-after: avoid; } tbody tr:first-child { break-before: avoid; }
  .charts { break-inside: avoid; } #trends > p, p:has(+ ul), p:has(+ .frame) { break-after: avoid; }
  #populations { page: wide; }
  th[scope="rowgroup"] { break-after: avoid; }
  td, tbody th { min-width: 3em; }
  thead th { overflow-wrap: break-word; hyphens: auto; }
  td .long, th .long, .step, .control, .found, .prose, .command { min-width: 0; }
  .state { border: 0; padding: 0; }
  a { color: inherit; }
  a[href^="https:"]::after { content: " (" attr(href) ")"; overflow-wrap: anywhere; }
}
`;
