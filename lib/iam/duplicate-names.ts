/**
 * Finds names that stand twice in one object of a JSON text. A JSON reader keeps the last one without a word, so that a
 * harmless second `Principal` could hide the first; IAM refuses such documents.
 *
 * @param text well-formed JSON
 * @returns the names, each once
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function findDuplicateNames(text: string): readonly string[] {
  const duplicates = new Set<string>();
  const open: (Set<string> | undefined)[] = [];
  let last: string | undefined;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':' && last !== undefined) noteName(last, open.at(-1), duplicates);
    last = token.startsWith('"') ? token : undefined;
  }
  return [...duplicates];
}

/** A string, or a mark that opens, closes or names; numbers and words are no concern. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]/gs;

function noteName(token: string, names: Set<string> | undefined, duplicates: Set<string>): void {
  const name: unknown = JSON.parse(token);
  if (names === undefined || typeof name !== 'string') return;
  if (names.has(name)) duplicates.add(name);
  names.add(name);
}
