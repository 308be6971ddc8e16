/**
 * Whether a pattern of a policy matches a text: `*` stands for any number of characters, `?` for exactly one, everything
 * else for itself. Case counts; lower both sides where it must not.
 *
 * Time is at most the product of both lengths, and proportional to the pattern when that has more characters than the
 * text: no pattern is slow, and none is turned into a regular expression.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export const matchesPattern = (pattern: string, text: string): boolean =>
  walk(pattern, text, (expected, actual) => expected === '?' || expected === actual);

/**
 * Whether everything that the inner pattern matches is also matched by the outer one. Errs to the safe side: true is
 * certain, false may only mean that it is not obvious.
 */
export const coversPattern = (outer: string, inner: string): boolean =>
  walk(outer, inner, (expected, actual) => (expected === '?' ? actual !== '*' : expected === actual && actual !== '*'));

/** Whether a text of a policy holds a wildcard. */
export const hasWildcard = (text: string): boolean => text.includes('*') || text.includes('?');

/**
 * Walks both texts once; after a mismatch only the last `*` takes one character more, because an earlier one could not
 * reach further than the last one does.
 */
function walk(pattern: string, text: string, equal: (expected: string, actual: string) => boolean): boolean {
  if (countFixed(pattern) > text.length) return false;
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let next = 0; next < text.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      resume = next;
    } else if (at < pattern.length && equal(pattern[at] ?? '', text[next] ?? '')) {
      at++;
      next++;
    } else if (star >= 0) {
      at = star + 1;
      next = ++resume;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

function countFixed(pattern: string): number {
  let count = 0;
  for (const character of pattern) if (character !== '*') count += character.length;
  return count;
}
