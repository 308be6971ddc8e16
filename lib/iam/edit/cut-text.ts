import type { Span } from './scan-json.ts';

/**
 * Says what to cut so that some elements of a list leave it, each with one comma and the white space that belongs to it.
 * What stays keeps its own bytes.
 *
 * @param elements all elements of a JSON list or all members of an object, in order
 * @param goes for each element whether it goes; at least one must stay, or the list itself would have to go
 */
export function findCuts(elements: readonly Span[], goes: readonly boolean[]): Span[] {
  const cuts: Span[] = [];
  for (let from = 0; from < elements.length; from += 1) {
    if (goes[from] !== true) continue;
    let to = from;
    while (goes[to + 1] === true) to += 1;
    cuts.push(spanOfRun(elements, from, to));
    from = to;
  }
  return cuts;
}

/** The run at the end of the list takes the comma in front of it; any other takes the comma behind it. */
function spanOfRun(elements: readonly Span[], from: number, to: number): Span {
  const start = elements[from]?.start ?? 0;
  const next = elements[to + 1];
  if (next !== undefined) return { start, end: next.start };
  return { start: elements[from - 1]?.end ?? start, end: elements[to]?.end ?? start };
}

/** Gives the text without these spans, which must not overlap. */
export function cutText(text: string, cuts: readonly Span[]): string {
  const inOrder = [...cuts].sort((one, other) => one.start - other.start);
  const kept = inOrder.map(({ start }, index) => text.slice(inOrder[index - 1]?.end ?? 0, start));
  return [...kept, text.slice(inOrder.at(-1)?.end ?? 0)].join('');
}
