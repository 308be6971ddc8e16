import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { coversPattern, matchesPattern } from '../../lib/iam/pattern.ts';

/** Few letters, so that texts and patterns meet. */
const texts = fc.string({ unit: fc.constantFrom('a', 'b', ':', '.'), maxLength: 12 });
const patterns = fc.string({ unit: fc.constantFrom('a', 'b', ':', '.', '*', '?'), maxLength: 12 });

/** The slow way: a regular expression. */
const oracle = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.replace(/[.]/g, '\\.').replace(/\*/g, '[^]*').replace(/\?/g, '[^]')}$`).test(text);

test('a pattern matches what a regular expression made of it matches', () => {
  fc.assert(
    fc.property(patterns, texts, (pattern, text) => matchesPattern(pattern, text) === oracle(pattern, text)),
    { numRuns: 5000 },
  );
});

/** A pattern and one that is wider: some of its characters became wildcards. */
const widened = fc
  .tuple(patterns, fc.array(fc.constantFrom('keep', '?', '*'), { minLength: 12, maxLength: 12 }))
  .map(([inner, changes]) => ({ inner, outer: [...inner].map((one, at) => widen(one, changes[at])).join('') }));

const widen = (one: string, change = 'keep'): string =>
  change === 'keep' || (one === '*' && change === '?') ? one : change;

/** A text that a pattern matches. */
const fill = (pattern: string, fillings: readonly string[]): string =>
  [...pattern].map((one, at) => (one === '*' ? (fillings[at] ?? '') : one === '?' ? 'a' : one)).join('');

test('a wider pattern covers the narrower one', () => {
  fc.assert(fc.property(widened, ({ inner, outer }) => coversPattern(outer, inner)));
});

test('a pattern that covers another matches whatever that one matches', () => {
  const pairs = fc.oneof(widened, fc.record({ inner: patterns, outer: patterns }));
  fc.assert(
    fc.property(pairs, fc.array(texts), ({ inner, outer }, fillings) => {
      const text = fill(inner, fillings);
      return matchesPattern(inner, text) && (!coversPattern(outer, inner) || matchesPattern(outer, text));
    }),
    { numRuns: 3000 },
  );
});

test('a pattern covers itself, and * covers all', () => {
  fc.assert(fc.property(patterns, (pattern) => coversPattern(pattern, pattern) && coversPattern('*', pattern)));
});

test('wildcards of the inner pattern are not taken for letters', () => {
  expect(coversPattern('a?', 'a*')).toBe(false);
  expect(coversPattern('?', '*')).toBe(false);
  expect(coversPattern('a?', 'a?')).toBe(true);
  expect(coversPattern('a*', 'a?b*')).toBe(true);
});

test('a pattern made to be slow takes as many steps as it has characters', () => {
  const steps = countReads('a*'.repeat(16_000), 'a'.repeat(60));
  expect(steps).toBeLessThan(100_000);
  expect(countReads('*'.repeat(32_000), 'a'.repeat(60))).toBeLessThan(200_000);
  expect(countReads('*a'.repeat(59), `${'a'.repeat(60)}b`)).toBeLessThan(100_000);
});

/** How many characters of the pattern are looked at. */
function countReads(pattern: string, text: string): number {
  let reads = 0;
  const watched = new Proxy<object>(Object(pattern), {
    get(target, name) {
      reads += 1;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  matchesPattern(watched as unknown as string, text);
  return reads;
}
