import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Found, followChains } from '../../lib/archive/digest/chain.ts';
import { findHoles, holds, joinSpans, type Span } from '../../lib/archive/digest/coverage.ts';

const at = (hour: number): string => new Date(Date.UTC(2026, 2, 2, hour)).toISOString();
const keyOf = (hour: number, trail = 'audit') => `${trail}-${hour}`;

/** The digests of hours that follow each other. */
const chainOf = (hours: readonly number[], trail = 'audit'): Found[] =>
  hours.map((hour, index) => ({
    key: keyOf(hour, trail),
    name: { account: '111122223333', region: 'eu-west-1', trail, at: at(hour), backfill: false },
    digest: {
      start: at(hour - 1),
      end: at(hour),
      hash: `hash ${hour}`,
      signature: `AB${hour}`,
      files: [],
      ...(index === 0
        ? {}
        : {
            previous: {
              bucket: 'logs',
              key: keyOf(hour - 1, trail),
              hash: `hash ${hour - 1}`,
              signature: `ab${hour - 1}`,
            },
          }),
    },
  }));

const FROM = at(9);

describe('a chain of digests', () => {
  test('is whole when each names the one before, in whatever order they are found', () => {
    expect(followChains([...chainOf([10, 11, 12]), ...chainOf([10, 11], 'other')].reverse(), FROM)).toEqual([]);
  });

  test('says which digest is missing, whichever it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 18 }), (gone) => {
        const chain = chainOf([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]).filter(({ key }) => key !== keyOf(gone));
        const reason = `It is missing: the digest ${keyOf(gone + 1)} names it as the one before it.`;
        expect(followChains(chain, FROM)).toEqual([{ key: keyOf(gone), reason }]);
      }),
    );
  });

  test('does not miss what ended before the time that is looked at', () => {
    expect(followChains(chainOf([10, 11, 12]).slice(1), at(10))).toEqual([]);
    expect(followChains(chainOf([10, 11, 12]).slice(1), at(9))).toHaveLength(1);
  });

  test.each(['hash', 'signature'] as const)('says which digest is another one by its %s', (field) => {
    const [first, second, third] = chainOf([10, 11, 12]);
    if (first?.digest === undefined || second === undefined || third === undefined) throw new Error('There are three.');
    const altered = { ...first, digest: { ...first.digest, [field]: 'cd' } };
    expect(followChains([altered, second, third], FROM)).toEqual([
      { key: keyOf(10), reason: `It is another one than the digest that ${keyOf(11)} names as the one before it.` },
    ]);
  });

  test('says which of two digests claim the same one before', () => {
    const [first, second] = chainOf([10, 11]);
    if (first === undefined || second === undefined) throw new Error('There are two.');
    const twin = { ...second, key: 'twin', name: { ...second.name, at: at(12) } };
    expect(followChains([first, second, twin], FROM)).toEqual([
      { key: 'twin', reason: expect.stringContaining(keyOf(10)) },
    ]);
  });

  test('keeps late digests apart from the others, and says nothing twice of one that is broken', () => {
    const late = chainOf([10, 11]).map((one) => ({
      ...one,
      key: `${one.key}-late`,
      name: { ...one.name, backfill: true },
    }));
    const [, lateSecond] = late;
    const broken = chainOf([10, 11, 12]).map(({ digest, ...one }) =>
      one.key === keyOf(11) ? one : { ...one, ...(digest && { digest }) },
    );
    expect(followChains(broken, FROM)).toEqual([]);
    expect(followChains(lateSecond === undefined ? [] : [lateSecond], FROM)).toEqual([
      { key: keyOf(10), reason: expect.stringContaining('missing') },
    ]);
  });
});

const spans = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 5 }))
    .map(([from, hours]): Span => ({ from: at(from), to: at(from + hours) })),
  { maxLength: 12 },
);

describe('spans', () => {
  test('hold an hour exactly when one of them does, and leave holes where none does', () => {
    fc.assert(
      fc.property(spans, (some) => {
        const joined = joinSpans(some);
        const holes = findHoles(joined, { from: at(0), to: at(48) });
        for (let hour = 0; hour < 48; hour++) {
          const isIn = (span: Span) => span.from <= at(hour) && span.to >= at(hour + 1);
          expect(holds(joined, { from: at(hour), to: at(hour + 1) })).toBe(some.some(isIn));
          expect(holes.some(isIn)).toBe(!some.some(isIn));
        }
      }),
    );
  });

  test('that touch are one', () => {
    expect(
      joinSpans([
        { from: at(2), to: at(3) },
        { from: at(1), to: at(2) },
      ]),
    ).toEqual([{ from: at(1), to: at(3) }]);
    expect(findHoles([], { from: at(1), to: at(2) })).toEqual([{ from: at(1), to: at(2) }]);
  });
});
