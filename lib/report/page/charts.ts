import type { PackData, TrendPoint } from '../pack-data.ts';
import { html, type Markup } from './html.ts';
import { renderTable } from './table.ts';
import { renderNumber, renderState, showNumber } from './words.ts';

/** What is drawn over time: one chart each, so that no colour has to tell two apart. */
type Series = 'actions' | 'violations' | 'unknown' | 'remediations';

const TITLES: Readonly<Record<Series, string>> = {
  actions: 'Actions',
  violations: 'Violations',
  unknown: 'Verdicts that could not be given',
  remediations: 'Changes that Keywarden made',
};

const ALL: readonly Series[] = ['actions', 'violations', 'unknown', 'remediations'];

/** A point, and whether all of it was compared with CloudTrail. */
interface Bar extends TrendPoint {
  readonly seen: boolean;
}

/** The four charts of the window, and the numbers behind them. */
export function renderTrends(data: PackData): Markup {
  const { per, points } = data.trend;
  const bars = points.map((point) => ({ ...point, seen: wasCompared(point, data) }));
  const unseen = bars.some(({ seen }) => !seen)
    ? html`<p>Hatched: a ${per} that was not compared with CloudTrail in all its parts. A low bar there does not mean that little happened.</p>`
    : undefined;
  const rows = bars.map(
    (bar) =>
      [
        html`<time datetime="${bar.day}">${bar.day}</time>`,
        ...ALL.map((series) => renderNumber(bar[series], `trend.${bar.day}.${series}`)),
        bar.seen ? renderState('good', 'compared') : renderState('none', 'not compared'),
      ] as const,
  );
  const headings = [
    { title: per === 'day' ? 'Day (UTC)' : 'Week from (UTC)' },
    ...ALL.map((series) => ({ title: TITLES[series], number: true })),
    { title: 'With CloudTrail' },
  ];
  return html`${unseen}<div class="charts">${ALL.map((series) => renderChart(series, bars, per))}</div>
${renderTable({ id: 'trend-numbers', caption: `The numbers behind the charts, per ${per}`, headings, groups: [{ rows }], tall: true })}`;
}

const DAY = 86_400_000;

/** Whether no part of a point within the window is uncovered. */
function wasCompared({ day }: TrendPoint, { coverage, trend, window }: PackData): boolean {
  if (coverage.complete) return true;
  if (coverage.statements.total === 0) return false;
  const from = Math.max(Date.parse(day), Date.parse(window.from));
  const to = Math.min(Date.parse(day) + (trend.per === 'day' ? 1 : 7) * DAY, Date.parse(window.to));
  return !coverage.uncovered.some((part) => Date.parse(part.from) < to && Date.parse(part.to) > from);
}

const HEIGHT = 100;

/** Bars without text in them, which may be stretched to any width; the words stand around them. */
function renderChart(series: Series, bars: readonly Bar[], per: string): Markup {
  const most = Math.max(0, ...bars.map((bar) => bar[series]));
  const id = `chart-${series}`;
  const [first, last] = [bars[0]?.day ?? '', bars.at(-1)?.day ?? ''];
  return html`<figure>
<figcaption>${TITLES[series]} <span class="per">per ${per}, ${renderNumber(sum(series, bars), `trend.${series}`)} in all</span></figcaption>
<div class="plot"><span class="most" aria-hidden="true">${showNumber(most)}</span><span class="least" aria-hidden="true">0</span>
<svg role="img" aria-labelledby="${id}" viewBox="0 0 ${String(Math.max(1, bars.length) * 10)} ${String(HEIGHT)}" preserveAspectRatio="none"><title id="${id}">${describe(series, bars, per)}</title>
<defs><pattern id="${id}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch" width="2" height="6"/></pattern></defs>
${bars.map((bar, at) => renderBar(bar, at, most, series))}</svg></div>
<div class="days" aria-hidden="true"><span>${first}</span><span>${last === first ? '' : last}</span></div>
</figure>
`;
}

function renderBar(bar: Bar, at: number, most: number, series: Series): Markup {
  const height = most === 0 ? 0 : (bar[series] / most) * HEIGHT;
  const unseen = bar.seen
    ? undefined
    : html`<rect class="unseen" fill="url(#chart-${series}-hatch)" x="${at * 10}" y="0" width="10" height="${HEIGHT}"/>`;
  const shape = html`<rect class="bar ${series}" x="${at * 10 + 1}" y="${round(HEIGHT - height)}" width="8" height="${round(height)}"/>`;
  return html`${unseen}${height === 0 ? undefined : shape}`;
}

const round = (value: number): number => Math.round(value * 100) / 100;

const sum = (series: Series, bars: readonly Bar[]): number => bars.reduce((total, bar) => total + bar[series], 0);

/** What the chart shows, for who does not see it. */
function describe(series: Series, bars: readonly Bar[], per: string): string {
  const peak = bars.reduce<Bar | undefined>(
    (top, bar) => (top === undefined || bar[series] > top[series] ? bar : top),
    undefined,
  );
  const unseen = bars.filter(({ seen }) => !seen).length;
  const gaps =
    unseen === 0 ? '' : ` ${showNumber(unseen)} of ${showNumber(bars.length)} were not compared with CloudTrail.`;
  if (peak === undefined) return `${TITLES[series]} per ${per}: the window has no ${per}.`;
  if (peak[series] === 0) return `${TITLES[series]} per ${per}: none.${gaps}`;
  return `${TITLES[series]} per ${per}: ${showNumber(sum(series, bars))} in all, at most ${showNumber(peak[series])}, from ${peak.day}.${gaps}`;
}
