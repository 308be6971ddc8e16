import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { safeText } from '../../lib/alert/safe-text.ts';

describe('text from outside', () => {
  test.each([
    ['a line break', 'key\nWhat Keywarden did: nothing', 'key\\u000aWhat Keywarden did: nothing'],
    ['a carriage return', 'a\rb', 'a\\u000db'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
    ['a next-line character', 'a\u0085b', 'a\\u0085b'],
    ['a direction override', 'a\u202eb', 'a\\u202eb'],
    ['a terminal sequence', '\u001b[31mred', '\\u001b[31mred'],
    ['a zero-width blank', 'a\u200bb', 'a\\u200bb'],
    ['a lone surrogate', 'a\ud800b', 'a\\ud800b'],
    ['other scripts and emoji, which are harmless', 'Zürich 東京 🔑', 'Zürich 東京 🔑'],
  ])('with %s stays one visible line', (_name, text, shown) => {
    expect(safeText(text)).toBe(shown);
  });

  test('is cut where it is too long, and says how much is missing', () => {
    expect(safeText('x'.repeat(50), 10)).toBe(`${'x'.repeat(10)} [40 more characters]`);
  });

  test('is never cut into half a character', () => {
    expect(safeText('🔑🔑', 3).isWellFormed()).toBe(true);
  });

  test('of any kind becomes one line that a terminal and a mail show as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = safeText(text, 10_000);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(shown.split(/\r\n|[\n\r\u2028\u2029\u0085]/)).toHaveLength(1);
      }),
    );
  });
});
