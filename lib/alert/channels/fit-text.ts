import { createHash } from 'node:crypto';

/**
 * Cuts a text so that it has at most so many bytes of UTF-8. AWS does not say for every field whether it counts characters
 * or bytes; what has so many bytes has no more characters.
 *
 * @param bytes at least 3, which an ellipsis takes
 * @returns the text itself when it fits; else its beginning and `…`. Never half a character
 */
export const fitText = (text: string, bytes: number): string => cut(text, bytes, () => '…');

/**
 * Fits a name into a field that must tell one thing from another: what is too long ends with a digest of the whole, so that
 * two long names that begin alike stay two, and the same name is always the same.
 *
 * @param bytes at least 33, which the digest takes
 */
export const fitName = (name: string, bytes: number): string =>
  cut(name, bytes, (whole) => `-${createHash('sha256').update(whole).digest('hex').slice(0, 32)}`);

function cut(text: string, bytes: number, endOf: (whole: string) => string): string {
  const whole = text.toWellFormed();
  if (Buffer.byteLength(whole) <= bytes) return whole;
  const end = endOf(whole);
  let left = bytes - Buffer.byteLength(end);
  let kept = '';
  for (const character of whole) {
    left -= Buffer.byteLength(character);
    if (left < 0) break;
    kept += character;
  }
  return `${kept}${end}`;
}
