/** A time span. ISO 8601 UTC. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

/**
 * Joins spans that touch or overlap.
 *
 * @returns sorted, none touching another
 */
export function joinSpans(spans: readonly Span[]): Span[] {
  const sorted = [...spans].sort((one, other) => Date.parse(one.from) - Date.parse(other.from));
  const joined: Span[] = [];
  for (const span of sorted) {
    const last = joined.at(-1);
    if (last === undefined || Date.parse(span.from) > Date.parse(last.to)) joined.push(span);
    else if (Date.parse(span.to) > Date.parse(last.to)) joined[joined.length - 1] = { from: last.from, to: span.to };
  }
  return joined;
}

/**
 * What of a span is in none of the others.
 *
 * @param joined as {@link joinSpans} gives them
 */
export function findHoles(joined: readonly Span[], { from, to }: Span): Span[] {
  const holes: Span[] = [];
  let at = from;
  for (const span of joined) {
    if (Date.parse(span.from) >= Date.parse(to)) break;
    if (Date.parse(span.from) > Date.parse(at)) holes.push({ from: at, to: span.from });
    if (Date.parse(span.to) > Date.parse(at)) at = span.to;
  }
  if (Date.parse(at) < Date.parse(to)) holes.push({ from: at, to });
  return holes;
}

/** Whether one of the spans holds all of another. */
export const holds = (joined: readonly Span[], { from, to }: Span): boolean =>
  joined.some((span) => Date.parse(span.from) <= Date.parse(from) && Date.parse(span.to) >= Date.parse(to));
