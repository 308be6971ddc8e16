import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fitName, fitText } from '../../../lib/alert/channels/fit-text.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 300 });

describe('a text that must fit', () => {
  test('has at most so many bytes, is well formed, and begins as it did', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 3, max: 200 }), (text, bytes) => {
        const fitted = fitText(text, bytes);
        expect(Buffer.byteLength(fitted)).toBeLessThanOrEqual(bytes);
        expect(fitted.isWellFormed()).toBe(true);
        expect(text.toWellFormed().startsWith(fitted.replace(/…$/, ''))).toBe(true);
      }),
    );
  });

  test('stays as it is when it fits, to the byte', () => {
    expect(fitText('äöü', 6)).toBe('äöü');
    expect(fitText('äöü', 5)).toBe('ä…');
    expect(fitText('a😀b', 5)).toBe('a…');
  });
});

describe('a name that must fit', () => {
  test('has at most so many bytes, and two long names that begin alike stay two', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        const [a, b] = [fitName(`${'x'.repeat(100)}${one}`, 100), fitName(`${'x'.repeat(100)}${other}`, 100)];
        expect(Buffer.byteLength(a)).toBeLessThanOrEqual(100);
        expect(a === b).toBe(one.toWellFormed() === other.toWellFormed());
      }),
    );
  });
});
