/**
 * Makes text from outside (names, descriptions, tags, user agents, error messages) safe to stand in a line for a person.
 * Control characters, line and paragraph separators, direction marks and invisible characters are shown as `\u....`, so
 * that they can neither forge a line, hide what is there, nor drive a terminal.
 *
 * @param text anything
 * @param longest characters to keep; what is cut is said
 * @see https://www.unicode.org/reports/tr36/
 */
export function safeText(text: string, longest = 300): string {
  const shown = text.replace(UNSAFE, (character) =>
    [...character].map((one) => `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`).join(''),
  );
  if (shown.length <= longest) return shown;
  const rest = ` [${shown.length - longest} more characters]`;
  return `${cutWhole(shown, longest)}${rest}`;
}

/** Never ends in half a surrogate pair. */
const cutWhole = (text: string, length: number): string => text.slice(0, length).replace(/[\ud800-\udbff]$/, '');

/** Controls, formats (direction, zero width), lone surrogates, separators other than the blank. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
