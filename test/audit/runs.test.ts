import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mergeSorted } from '../../lib/audit/runs/merge-sorted.ts';
import { createRunStore } from '../../lib/audit/runs/run-store.ts';

const lists = fc.array(
  fc.array(
    fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ' ')),
    { maxLength: 20 },
  ),
  { maxLength: 12 },
);
const inOrder = (texts: readonly string[]): string[] => [...texts].sort();

describe('sorted lists', () => {
  test('merge into one sorted list that holds every text as often as they did', () => {
    fc.assert(
      fc.property(lists, (all) => {
        expect([...mergeSorted(all.map(inOrder))]).toEqual(inOrder(all.flat()));
      }),
    );
  });
});

describe('a store of runs', () => {
  test('gives back all lines in order, and leaves no file behind, whatever it may hold in memory', () => {
    const plain = fc.array(
      fc.array(
        fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' ')),
        { maxLength: 20 },
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(plain, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 2, max: 4 }), (all, characters, files) => {
        const store = createRunStore({ characters, files });
        try {
          for (const list of all) store.add(inOrder(list));
          expect([...store.merge()]).toEqual(inOrder(all.flat()));
        } finally {
          store.remove();
        }
        expect(existsSync(store.folder)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  test('makes no file for a few lines', () => {
    const store = createRunStore({ characters: 1000, files: 4 });
    store.add(['a', 'b']);
    store.add(['a', 'c']);
    expect([...store.merge()]).toEqual(['a', 'a', 'b', 'c']);
    expect(existsSync(store.folder)).toBe(false);
  });

  test('never has more files than it may open, when it hands the lines out', () => {
    const store = createRunStore({ characters: 1, files: 3 });
    try {
      for (let number = 0; number < 20; number += 1) store.add([`line ${String(number).padStart(2, '0')}`]);
      expect(readdirSync(store.folder).length).toBe(20);
      const lines = store.merge();
      expect(lines.next().value).toBe('line 00');
      expect(readdirSync(store.folder).length).toBeLessThanOrEqual(3);
      expect([...lines].length).toBe(19);
    } finally {
      store.remove();
    }
  });

  test('can be given up half way, and removed more than once', () => {
    const store = createRunStore({ characters: 1, files: 3 });
    store.add(['a', 'b']);
    const lines = store.merge();
    lines.next();
    lines.return(undefined);
    store.remove();
    store.remove();
    expect(existsSync(store.folder)).toBe(false);
  });
});
