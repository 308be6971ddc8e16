import type { Place } from '../pack-data.ts';
import { html, type Markup, type Piece } from './html.ts';

/** How something is to be taken: in order, wrong, not known, excepted, or not looked at. */
export type Tone = 'good' | 'bad' | 'unknown' | 'excepted' | 'none';

/** A sign for each, so that nothing depends on colour. */
const SIGNS: Readonly<Record<Tone, string>> = { good: '✓', bad: '✗', unknown: '?', excepted: '~', none: '○' };

/** A state as a sign and a word. */
export const renderState = (tone: Tone, word: string): Markup =>
  html`<span class="state ${tone}"><span class="sign" aria-hidden="true">${SIGNS[tone]}</span> ${word}</span>`;

/** The tone of a verdict, a severity or the result of a change; what is not known here has none. */
const TONES: Readonly<Record<string, Tone>> = {
  compliant: 'good',
  violation: 'bad',
  unknown: 'unknown',
  waived: 'excepted',
  'not-applicable': 'none',
};

/** A verdict as a sign and a word; any other word as it is. */
export function renderVerdict(verdict: string): Markup {
  const tone = Object.hasOwn(TONES, verdict) ? TONES[verdict] : undefined;
  return tone === undefined ? html`${verdict}` : renderState(tone, verdict.replace('-', ' '));
}

/** A severity as a word, the grave ones set apart by weight. Any other word stands as it is. */
export const renderSeverity = (severity: string): Markup =>
  severity === 'critical' || severity === 'high' ? html`<b class="short">${severity}</b>` : renderText(severity);

/**
 * A number for people, with the number for programs beside it.
 *
 * @param name what it is the number of, as the path of it in `data.json`
 */
export const renderNumber = (value: number, name?: string): Markup =>
  name === undefined
    ? html`<data value="${value}">${showNumber(value)}</data>`
    : html`<data value="${value}" data-of="${name}">${showNumber(value)}</data>`;

/** `1234567` as `1,234,567`. */
export const showNumber = (value: number): string => value.toLocaleString('en-US');

/** `3 entries`, `1 entry`. */
export const count = (value: number, one: string, many = `${one}s`): string =>
  `${showNumber(value)} ${value === 1 ? one : many}`;

const TIME = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?Z$/;

/** `2026-08-03T10:00:05.120Z` as `2026-08-03 10:00:05`; whatever is no such time as it is. The page says that all times are UTC. */
export function showTime(time: string): string {
  const [, day, clock] = TIME.exec(time) ?? [];
  return day === undefined || clock === undefined ? time : `${day} ${clock}`;
}

/** A time for people and programs; it may be broken between day and clock. What is no time is text of any length. */
export const renderTime = (time: string): Markup =>
  !TIME.test(time)
    ? html`${time}`
    : html`<time datetime="${time}">${showTime(time)
        .split(' ')
        .map((part, at) => html`${at === 0 ? '' : ' '}<span class="short">${part}</span>`)}</time>`;

/** A word this long stays on its line. */
const SHORT = 20;

/** A text this long is read as a sentence, and gets a column that is wide enough for one. */
const PROSE = 24;

/** Text of a cell; a single word is not broken, which a narrow column would do. */
export function renderText(text: string): Markup {
  if (text.length <= SHORT && !text.includes(' ')) return html`<span class="short">${text}</span>`;
  return text.length < PROSE ? html`${text}` : html`<span class="prose">${text}</span>`;
}

/** Longer names are broken across lines, and then need some room to be read. */
const LONG = 24;

/** An ARN, a digest or another name that is copied rather than read; it may be broken anywhere. */
export const renderCode = (text: string): Markup =>
  text.length > LONG ? html`<code class="long">${text}</code>` : html`<code class="short">${text}</code>`;

/** An account and one of its Regions. */
export const renderPlace = ({ account, region }: Place): Markup =>
  html`<code>${account}</code> <span class="short">${region}</span>`;

/** A path this long stays on its line; that of a policy has a digest in it, and does not. */
const SHORT_PATH = 48;

/** A file of the pack, by its path from the page. Each part is encoded, so that no path can be another kind of address. */
export const renderFile = (file: string, text: Piece = file): Markup =>
  html`<a class="${file.length <= SHORT_PATH ? 'file short' : 'file'}" href="${linkTo(file)}">${text}</a>`;

const linkTo = (file: string): string => `./${file.toWellFormed().split('/').map(encodeURIComponent).join('/')}`;

/** Nothing to say in this place, for eyes and ears. */
export const NOTHING: Markup = html`<span class="nothing">–</span>`;
