import fc from 'fast-check';

/** Gives the next of a list of random numbers, over and over: where blanks stand and which characters are escaped. */
export type Choices = () => number;

/** Random choices for {@link writeJson}. */
export const choices: fc.Arbitrary<Choices> = fc.array(fc.nat(99), { minLength: 1, maxLength: 40 }).map((numbers) => {
  let next = 0;
  return () => {
    next += 1;
    return numbers[next % numbers.length] ?? 0;
  };
});

const BLANKS = ['', '', '', ' ', '\n', '\t', '\r\n', '  ', '\n    '];

/** Writes a value as JSON with blanks and escapes as chosen, in more ways than any one program does. */
export function writeJson(value: unknown, choose: Choices): string {
  const blank = () => BLANKS[choose() % BLANKS.length] ?? '';
  const write = (one: unknown): string => {
    if (typeof one === 'string') return writeText(one, choose);
    if (typeof one !== 'object' || one === null) return JSON.stringify(one) ?? 'null';
    const parts = Array.isArray(one)
      ? one.map((item) => blank() + write(item) + blank())
      : Object.entries(one).map(
          ([name, of]) => `${blank()}${writeText(name, choose)}${blank()}:${blank()}${write(of)}${blank()}`,
        );
    const [open, close] = Array.isArray(one) ? '[]' : '{}';
    return `${open}${parts.length === 0 ? blank() : parts.join(',')}${close}`;
  };
  return blank() + write(value) + blank();
}

/** A text with some characters as `\uXXXX` and some slashes as `\/`, all of which mean the same. */
function writeText(text: string, choose: Choices): string {
  const plain = JSON.stringify(text).slice(1, -1);
  const escaped = plain.replace(/\\.|[A-Za-z0-9/]/g, (match) => {
    if (match.length > 1 || choose() < 90) return match;
    return match === '/' ? '\\/' : `\\u${match.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}
