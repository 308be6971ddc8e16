/** Where something stands in a text: from `start` up to, not including, `end`, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A member of a JSON object; its span reaches from the name to the end of the value. */
export interface JsonMember extends Span {
  readonly name: string;
  readonly value: JsonNode;
}

/** A JSON value that knows where it stands. Duplicate member names are kept, in the order in which they are written. */
export type JsonNode = Span &
  (
    | { readonly kind: 'object'; readonly members: readonly JsonMember[] }
    | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
    | { readonly kind: 'string'; readonly value: string }
    | { readonly kind: 'other' }
  );

/** A scanned text, or one sentence that says why there is none. */
export type Scan = { readonly node: JsonNode } | { readonly problem: string };

/** A key policy nests about six deep; the limit keeps the scanner's own stack small on hostile text. */
const DEEPEST = 64;

/**
 * Reads JSON text into values that know their places, because parsing and writing again would change white space, order,
 * escapes and duplicates. One pass, linear in the length of the text.
 *
 * @param text any text; it never throws
 */
export function scanJson(text: string): Scan {
  try {
    // The language's own parser is the judge of what is JSON; the scan below may then rely on it.
    JSON.parse(text);
  } catch (cause) {
    return { problem: `The text is not JSON: ${cause instanceof Error ? cause.message : String(cause)}.` };
  }
  const node = scanValue({ text, at: 0 }, 0);
  return node === undefined ? { problem: `The text nests deeper than ${DEEPEST} levels.` } : { node };
}

interface Cursor {
  readonly text: string;
  at: number;
}

function scanValue(cursor: Cursor, depth: number): JsonNode | undefined {
  skipBlanks(cursor);
  const first = cursor.text[cursor.at];
  if (first === '"') return scanString(cursor);
  if (first !== '{' && first !== '[') return scanOther(cursor);
  if (depth === DEEPEST) return undefined;
  return first === '{' ? scanObject(cursor, depth) : scanArray(cursor, depth);
}

function scanObject(cursor: Cursor, depth: number): JsonNode | undefined {
  const start = cursor.at;
  const members: JsonMember[] = [];
  while (hasNext(cursor, '}')) {
    const name = scanString(cursor);
    skipBlanks(cursor);
    cursor.at += 1; // the colon
    const value = scanValue(cursor, depth + 1);
    if (value === undefined) return undefined;
    members.push({ name: name.value, value, start: name.start, end: value.end });
  }
  return { kind: 'object', members, start, end: cursor.at };
}

function scanArray(cursor: Cursor, depth: number): JsonNode | undefined {
  const start = cursor.at;
  const items: JsonNode[] = [];
  while (hasNext(cursor, ']')) {
    const item = scanValue(cursor, depth + 1);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return { kind: 'array', items, start, end: cursor.at };
}

/** Steps over the opening bracket or a comma to what follows, or over the closing bracket. */
function hasNext(cursor: Cursor, closing: '}' | ']'): boolean {
  skipBlanks(cursor);
  const ended = cursor.text[cursor.at] === closing;
  cursor.at += 1;
  if (ended) return false;
  skipBlanks(cursor);
  if (cursor.text[cursor.at] !== closing) return true;
  cursor.at += 1;
  return false;
}

function scanString(cursor: Cursor): JsonNode & { kind: 'string'; value: string } {
  const start = cursor.at;
  cursor.at += 1;
  while (cursor.text[cursor.at] !== '"') cursor.at += cursor.text[cursor.at] === '\\' ? 2 : 1;
  cursor.at += 1;
  const value: string = JSON.parse(cursor.text.slice(start, cursor.at));
  return { kind: 'string', value, start, end: cursor.at };
}

/** A number, `true`, `false` or `null`. */
function scanOther(cursor: Cursor): JsonNode {
  const start = cursor.at;
  while (cursor.at < cursor.text.length && !',]} \t\n\r'.includes(cursor.text.charAt(cursor.at))) cursor.at += 1;
  return { kind: 'other', start, end: cursor.at };
}

function skipBlanks(cursor: Cursor): void {
  while (cursor.at < cursor.text.length && ' \t\n\r'.includes(cursor.text.charAt(cursor.at))) cursor.at += 1;
}
