/**
 * - `not-json`: text that is no JSON, or a value that JSON cannot carry;
 * - `not-an-object`: JSON, but no object (no list of records for a log file);
 * - `unsupported-source`, `unsupported-detail-type`: an EventBridge event that Keywarden has no reader for;
 * - `missing-field`, `invalid-field`: a field without which the record says nothing certain;
 * - `not-management`: a data, Insights or network activity record; it describes no lifecycle action.
 */
export type MalformedEventCode =
  | 'not-json'
  | 'not-an-object'
  | 'unsupported-source'
  | 'unsupported-detail-type'
  | 'missing-field'
  | 'invalid-field'
  | 'not-management';

/** What is wrong with an event: the place, the value found there, and what belongs there. */
export interface Malformation {
  readonly field: string;
  readonly value: unknown;
  /** Completes "expected ..."; says what to do when that is not obvious. */
  readonly expected: string;
}

/** An event cannot be read. It will not get better by a retry: record it with its body, tell someone, go on. */
export class MalformedEventError extends Error {
  override name = 'MalformedEventError';
  readonly code: MalformedEventCode;
  readonly field: string;
  /** The value found, as shortened printable text; `missing` when there was none. */
  readonly value: string;

  constructor(code: MalformedEventCode, { field, value, expected }: Malformation, options?: ErrorOptions) {
    const shown = show(value);
    super(`${field} is ${shown}; expected ${expected}.`, options);
    this.code = code;
    this.field = field;
    this.value = shown;
  }
}

const LONGEST_VALUE = 120;

/** One printable ASCII line, so that nothing in an event can forge a line of a log or an alert. */
function show(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = spell(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 3)}...` : text;
}

function spell(value: unknown): string {
  try {
    const short = typeof value === 'string' ? value.slice(0, LONGEST_VALUE) : value;
    return JSON.stringify(short) ?? typeof value;
  } catch {
    // Cycles, BigInt, throwing getters: only reachable when a caller passes something that never was JSON.
    return `a value of type ${typeof value}`;
  }
}
