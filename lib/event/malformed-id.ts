import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { digestOf } from './digest.ts';

/**
 * Names an event that cannot be read, so that it too is recorded once however often it is delivered. It has an answer
 * for every value: what cannot be written as JSON (too deep, for example) is named by how Node prints it.
 *
 * @param body the message as it came: its text, or for a record of a log file the parsed value
 * @returns `malformed-` and the sha256 (hex) of the text, or of the canonical JSON of the value
 * @see https://nodejs.org/docs/latest-v24.x/api/util.html#utilinspectobject-options
 */
export const malformedId = (body: unknown): string =>
  `malformed-${typeof body === 'string' ? hashText(body) : hashValue(body)}`;

function hashValue(value: unknown): string {
  try {
    return digestOf(value);
  } catch {
    return hashText(inspect(value, { depth: 50, maxArrayLength: null, maxStringLength: null }));
  }
}

const hashText = (text: string): string => createHash('sha256').update(text).digest('hex');
