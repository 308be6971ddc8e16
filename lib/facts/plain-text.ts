/**
 * Control and format characters, line and paragraph separators, and lone surrogates: what could start a new line, turn
 * the reading direction or hide text.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;

/** Makes a text stand on one line, with a blank for each run of characters that are not seen. Its length stays. */
export const toOneLine = (text: string): string => text.replace(UNSAFE, ' ');

/** Long enough for every name KMS knows; a longer text would bury the sentence it stands in. */
const MAX_CHARACTERS = 120;

/**
 * Makes text from outside (an error message of AWS, a spec or a state this version has never heard of) fit to stand in a
 * sentence for people: on one line, without characters that are not seen, and short.
 *
 * @param text as it came
 * @returns at most 120 characters; `(empty)` when nothing is left of it
 */
export function showText(text: string): string {
  const line = toOneLine(text).trim();
  const characters = [...line];
  if (characters.length === 0) return '(empty)';
  return characters.length > MAX_CHARACTERS ? `${characters.slice(0, MAX_CHARACTERS - 3).join('')}...` : line;
}
