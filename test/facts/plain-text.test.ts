import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { showText } from '../../lib/facts/plain-text.ts';

describe('text from outside that is shown to people', () => {
  test.each([
    ['RSA_4096', 'RSA_4096'],
    ['two\r\nlines', 'two lines'],
    ['next\u2028line', 'next line'],
    ['\u001b[31mred', '[31mred'],
    ['right\u202eleft', 'right left'],
    ['zero\u200bwidth', 'zero width'],
    ['\n', '(empty)'],
    ['', '(empty)'],
    ['half \ud800 a character', 'half   a character'],
    ['x'.repeat(121), `${'x'.repeat(117)}...`],
    ['x'.repeat(120), 'x'.repeat(120)],
  ])('%j is shown as %j', (text, shown) => {
    expect(showText(text)).toBe(shown);
  });

  test('never holds a character that is not seen, and is never long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const shown = showText(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect([...shown].length).toBeLessThanOrEqual(120);
        expect(shown).not.toBe('');
      }),
    );
  });
});
