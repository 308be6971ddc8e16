import { showUnseen } from './visible.ts';

/** Marks markup that this folder wrote. A symbol cannot come out of JSON, so that no data can pass for markup. */
const MARKUP = Symbol('markup');

/** Markup that is fit to stand in a page as it is. Only {@link html} and {@link trust} make it. */
export interface Markup {
  readonly [MARKUP]: string;
}

/** What may stand in a template: text, which is escaped; markup of other templates; or a list of both. */
export type Piece = string | number | Markup | undefined | readonly Piece[];

/**
 * A tagged template for HTML and SVG that escapes whatever is put in. Text may stand between elements and inside attribute
 * values in double quotes, and nowhere else; characters that are not seen are written as their code points. `undefined`
 * leaves nothing.
 *
 * @throws {TypeError} when the template puts a value where escaping does not protect: outside of quotes within a tag
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html
 */
export function html(template: TemplateStringsArray, ...values: readonly Piece[]): Markup {
  const places = findPlaces(template);
  const text = template.map((part, at) => part + (at < values.length ? put(values[at], places[at] ?? 'text') : ''));
  return { [MARKUP]: text.join('') };
}

/**
 * Takes text as markup. Only for what this folder wrote itself, such as its style sheet.
 *
 * @param text never with anything in it that comes from an account, a ledger or a policy
 */
export const trust = (text: string): Markup => ({ [MARKUP]: text });

/** The markup as text, to be written into a file. */
export const toText = (markup: Markup): string => markup[MARKUP];

type Place = 'text' | 'attribute';

function put(piece: Piece, place: Place): string {
  if (piece === undefined) return '';
  if (typeof piece === 'string' || typeof piece === 'number') return escapeText(String(piece));
  if (MARKUP in piece) {
    if (place === 'attribute') throw new TypeError('Markup cannot stand in an attribute; put text there.');
    return piece[MARKUP];
  }
  // Anything else has no types: data that is not what its type says must not be read as a list.
  if (!Array.isArray(piece)) throw new TypeError(`Only text and markup can stand on a page, not ${typeof piece}.`);
  return piece.map((one) => put(one, place)).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

const escapeText = (text: string): string => showUnseen(text).replace(/[&<>"'`]/g, (one) => ENTITIES[one] ?? one);

const known = new WeakMap<TemplateStringsArray, readonly Place[]>();

/** Where each value of a template stands. The same template is the same object each time it runs, so that one look is enough. */
function findPlaces(template: TemplateStringsArray): readonly Place[] {
  const before = known.get(template);
  if (before !== undefined) return before;
  const places = template.slice(0, -1).map((_, at) => findPlace(template.slice(0, at + 1).join('')));
  known.set(template, places);
  return places;
}

/** @param before the template up to the value, without the values before it, which cannot open or close anything */
function findPlace(before: string): Place {
  const tag = before.slice(before.lastIndexOf('<'));
  if (!tag.startsWith('<') || tag.replaceAll(/"[^"]*"/g, '').includes('>')) return 'text';
  const quotes = tag.split('"').length - 1;
  if (quotes % 2 === 0) throw new TypeError(`A value must stand in double quotes here: ${tag}`);
  return 'attribute';
}
