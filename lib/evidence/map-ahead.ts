/**
 * Maps items that each wait for the network, some of them at a time, and gives the results in the order of the items.
 *
 * @param width how many may wait at a time
 * @throws what `map` throws, when its turn comes
 */
export async function* mapAhead<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  width: number,
  map: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  for await (const item of items) {
    const result = map(item);
    // Whoever awaits it gets the error; if nobody does any more, it must not end the process.
    result.catch(() => undefined);
    begun.push(result);
    if (begun.length >= width) yield await (begun.shift() as Promise<Result>);
  }
  for (const result of begun) yield await result;
}
