/**
 * Control and format characters, private use, separators of lines and paragraphs, lone surrogates, the fillers that look
 * like nothing, and every blank but the ordinary one: what could hide text, turn the reading direction or make two names
 * look the same.
 * https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Cs}\p{Variation_Selector}\u00a0\u115f\u1160\u1680\u2000-\u200a\u202f\u205f\u3000\u3164\uffa0\u2800]/gu;

/**
 * Writes each character that a reader would not see as its code point: `⟨U+202E⟩`. Everything else stays as it is, so that a
 * text from an account reads on the page as it was recorded, and nothing in it is hidden.
 *
 * @param text as it came
 * @returns on one line
 */
export const showUnseen = (text: string): string => text.replace(UNSEEN, nameCodePoint);

const nameCodePoint = (character: string): string =>
  `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`;
