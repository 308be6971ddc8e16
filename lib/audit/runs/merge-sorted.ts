/**
 * Merges sorted texts into one sorted sequence. Holds one text of each source.
 *
 * @param sources each in ascending order, as `<` compares texts
 */
export function* mergeSorted(sources: readonly Iterable<string>[]): Generator<string> {
  const iterators = sources.map((source) => source[Symbol.iterator]());
  const heap: Head[] = [];
  try {
    for (const iterator of iterators) push(heap, iterator);
    for (let head = heap[0]; head !== undefined; head = heap[0]) {
      yield head.text;
      const next = head.iterator.next();
      if (next.done === true) replaceTop(heap, heap.pop());
      else replaceTop(heap, { text: next.value, iterator: head.iterator });
    }
  } finally {
    for (const iterator of iterators) iterator.return?.();
  }
}

/** The smallest text of a source that is not handed out yet. In the heap no parent is greater than its children. */
interface Head {
  readonly text: string;
  readonly iterator: Iterator<string>;
}

function push(heap: Head[], iterator: Iterator<string>): void {
  const next = iterator.next();
  if (next.done === true) return;
  const head: Head = { text: next.value, iterator };
  let place = heap.length;
  heap.push(head);
  while (place > 0) {
    const above = (place - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || parent.text <= head.text) break;
    heap[place] = parent;
    place = above;
  }
  heap[place] = head;
}

/** @param head the new top; undefined or no longer part of the heap when the heap is empty */
function replaceTop(heap: Head[], head: Head | undefined): void {
  if (head === undefined || heap.length === 0) return;
  let place = 0;
  for (;;) {
    const smaller = findSmallerChild(heap, place);
    const child = heap[smaller];
    if (child === undefined || head.text <= child.text) break;
    heap[place] = child;
    place = smaller;
  }
  heap[place] = head;
}

function findSmallerChild(heap: readonly Head[], place: number): number {
  const left = 2 * place + 1;
  const [one, other] = [heap[left], heap[left + 1]];
  return one !== undefined && other !== undefined && other.text < one.text ? left + 1 : left;
}
