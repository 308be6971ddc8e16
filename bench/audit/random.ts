/** Numbers that look random and are the same for the same seed (mulberry32), so that every machine measures the same archive. */
export interface Random {
  /** From 0 up to, and without, `limit`. */
  below(limit: number): number;
  pick<T>(list: readonly [T, ...T[]]): T;
  /** So many hexadecimal digits. */
  hex(digits: number): string;
  /** So many letters and digits, as AWS writes its unique ids. */
  id(length: number): string;
  uuid(): string;
}

/** @param seed any whole number */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const text = (alphabet: string, length: number) => {
    let made = '';
    for (let at = 0; at < length; at += 1) made += alphabet[below(alphabet.length)];
    return made;
  };
  const hex = (digits: number) => text('0123456789abcdef', digits);
  return {
    below,
    pick: (list) => list[below(list.length)] ?? list[0],
    hex,
    id: (length) => text('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', length),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'[below(4)]}${hex(3)}-${hex(12)}`,
  };
}
