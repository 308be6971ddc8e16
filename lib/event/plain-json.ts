import { MalformedEventError } from './malformed-event-error.ts';

/** A JSON object; what its fields hold is not known. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Gives an event as an object that holds nothing but JSON: no getters, no prototypes of others, no cycles, no lone
 * surrogates and no infinite numbers. Everything that is read, stored or hashed afterwards is this copy.
 *
 * Two things that JSON text may spell but RFC 8785 and UTF-8 cannot carry are kept as text instead of being lost:
 * a lone surrogate becomes its escape (the six characters `\ud800`), a number beyond the range of a double becomes the
 * text `Infinity`.
 *
 * @param input an object, or its JSON text
 * @param field how an error calls it
 * @throws {MalformedEventError} `not-json` or `not-an-object`
 */
export function readJsonObject(input: unknown, field: string): JsonObject {
  const value = copyAsJson(input, field);
  if (isObject(value)) return value;
  throw new MalformedEventError('not-an-object', { field, value, expected: 'a JSON object' });
}

function copyAsJson(input: unknown, field: string): unknown {
  try {
    const text = JSON.stringify(typeof input === 'string' ? JSON.parse(input) : input, (_name, value: unknown) =>
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
    );
    return text === undefined ? undefined : JSON.parse(escapeLoneSurrogates(text));
  } catch (cause) {
    throw new MalformedEventError(
      'not-json',
      { field, value: input, expected: 'a JSON object or its text' },
      { cause },
    );
  }
}

/** `JSON.stringify` escapes surrogates only when they are alone; `\\` is matched first, so that `\\ud800` stays text. */
const escapeLoneSurrogates = (text: string): string =>
  text.replace(/\\\\|\\u(d[89a-f][0-9a-f]{2})/g, (match: string, code: string | undefined) =>
    code === undefined ? match : `\\\\u${code}`,
  );

/** Whether a value is an object, neither a list nor null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A field of the object itself, never of its prototype (`constructor`). CloudTrail writes `null` for "there is none". */
export const fieldOf = (object: JsonObject | undefined, name: string): unknown =>
  object !== undefined && Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined;

/** A non-empty text field; undefined when it is anything else. */
export function textOf(object: JsonObject | undefined, name: string): string | undefined {
  const value = fieldOf(object, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An object field; undefined when it is anything else. */
export function objectOf(object: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = fieldOf(object, name);
  return isObject(value) ? value : undefined;
}

/**
 * A text field of a known form.
 *
 * @throws {MalformedEventError} `missing-field` or `invalid-field`
 */
export function requireText(object: JsonObject, name: string, form: RegExp, expected: string): string {
  const value = fieldOf(object, name);
  if (value === undefined) throw new MalformedEventError('missing-field', { field: name, value, expected });
  if (typeof value === 'string' && form.test(value)) return value;
  throw new MalformedEventError('invalid-field', { field: name, value, expected });
}

/** Leaves out what is not there: with `exactOptionalPropertyTypes`, absent and undefined are two things. */
export function present<T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}
