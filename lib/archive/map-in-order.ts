/**
 * Does something with each of many things, some of them at once, and gives the results in the order of the things.
 *
 * @param work must not throw; what it throws ends everything
 */
export async function* mapInOrder<T, R>(
  things: Iterable<T>,
  atOnce: number,
  work: (thing: T) => Promise<R>,
): AsyncGenerator<R> {
  const started: Promise<R>[] = [];
  const begin = (thing: T) => {
    const result = work(thing);
    // It is waited for later; until then an error must not end the process.
    result.catch(() => undefined);
    started.push(result);
  };
  for (const thing of things) {
    begin(thing);
    if (started.length < atOnce) continue;
    const first = started.shift();
    if (first !== undefined) yield await first;
  }
  for (const result of started) yield await result;
}
