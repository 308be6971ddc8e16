import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { digestOf } from './digest.ts';
import { fieldOf, isObject } from './plain-json.ts';

/**
 * Names an event that cannot be read, so that it too is recorded once however often it is delivered, and whichever way: a
 * record of CloudTrail has the same name in the envelope of EventBridge, from Event history and from a log file. It has an
 * answer for every value: what cannot be written as JSON (too deep, for example) is named by how Node prints it.
 *
 * @param body the message as it came: its text, or for a record of a log file the parsed value
 * @returns `malformed-` and the sha256 (hex) of the canonical JSON of the record of CloudTrail, where there is one that has an
 *   `eventID`; otherwise of the text, or of the canonical JSON of the value
 * @see https://nodejs.org/docs/latest-v24.x/api/util.html#utilinspectobject-options
 */
export function malformedId(body: unknown): string {
  const record = findRecord(typeof body === 'string' ? parse(body) : body);
  if (record !== undefined) return `malformed-${hashValue(record)}`;
  return `malformed-${typeof body === 'string' ? hashText(body) : hashValue(body)}`;
}

/** The record in the envelope of EventBridge or in a message of Keywarden's own, or the value itself when it is a record. */
function findRecord(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const candidates = [fieldOf(value, 'detail'), fieldOf(value, 'archived'), value];
  return candidates.find((one) => isObject(one) && typeof fieldOf(one, 'eventID') === 'string');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function hashValue(value: unknown): string {
  try {
    return digestOf(value);
  } catch {
    return hashText(inspect(value, { depth: 50, maxArrayLength: null, maxStringLength: null }));
  }
}

const hashText = (text: string): string => createHash('sha256').update(text).digest('hex');
