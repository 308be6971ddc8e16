/** Runs one work at a time, in the order in which they came. */
export type Mutex = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes a mutex. */
export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
