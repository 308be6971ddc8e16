import type { Usage } from '../../facts/key-facts.ts';
import type { UseEntry } from '../entry.ts';

/** The uses of one key as far as time has come: the last one, and those of the minutes that have begun. */
export interface KeyUses {
  readonly last?: NonNullable<Usage['last']>;
  /** ISO 8601 UTC to the second -> operation; at most those of one minute. */
  readonly ahead: ReadonlyMap<string, string>;
}

/** Adds the uses of a minute. Of two operations in one second, the later name counts: the records do not tell the order. */
export function addUses(before: KeyUses | undefined, { minute, seconds }: UseEntry): KeyUses {
  const { last, ahead } = before ?? { ahead: new Map<string, string>() };
  const done = [...ahead].filter(([at]) => at.slice(0, minute.length) < minute);
  const found = pickLast(last, done);
  const next = new Map([...ahead].filter(([at]) => at.slice(0, minute.length) >= minute));
  for (const [second, operation] of seconds) {
    const at = `${minute}:${String(second).padStart(2, '0')}Z`;
    if (operation > (next.get(at) ?? '')) next.set(at, operation);
  }
  return { ...(found === undefined ? {} : { last: found }), ahead: next };
}

/** The last use at a time or before it. */
export const findLastUse = (uses: KeyUses | undefined, time: string): Usage['last'] =>
  uses === undefined
    ? undefined
    : pickLast(
        uses.last,
        [...uses.ahead].filter(([at]) => Date.parse(at) <= Date.parse(time)),
      );

const pickLast = (last: Usage['last'], uses: readonly (readonly [at: string, operation: string])[]): Usage['last'] =>
  uses.reduce<Usage['last']>(
    (latest, [at, operation]) => (latest === undefined || at > latest.at ? { at, operation } : latest),
    last,
  );
