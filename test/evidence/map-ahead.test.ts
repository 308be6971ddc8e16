import { describe, expect, test } from '@jest/globals';
import { mapAhead } from '../../lib/evidence/map-ahead.ts';

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('items that wait', () => {
  test('come in their order, whichever is ready first, and no more than so many wait at a time', async () => {
    let waiting = 0;
    let most = 0;
    const results = await collect(
      mapAhead(
        Array.from({ length: 20 }, (_, place) => place),
        4,
        async (place) => {
          waiting += 1;
          most = Math.max(most, waiting);
          for (let turn = 0; turn < 20 - place; turn += 1) await Promise.resolve();
          waiting -= 1;
          return place * 2;
        },
      ),
    );
    expect(results).toEqual(Array.from({ length: 20 }, (_, place) => place * 2));
    expect(most).toBe(4);
  });

  test('fail when the turn of the one comes that failed; those before it are there', async () => {
    const seen: number[] = [];
    const failing = async () => {
      for await (const place of mapAhead([1, 2, 3], 3, async (one) => {
        if (one > 1) throw new Error(`item ${one}`);
        return one;
      })) {
        seen.push(place);
      }
    };
    await expect(failing()).rejects.toThrow('item 2');
    expect(seen).toEqual([1]);
  });
});
