import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { MalformedEventError } from './malformed-event-error.ts';

/**
 * sha256 (hex) of the canonical JSON of a value: the same for the same content, however its keys are ordered.
 * Take the copy that `readJsonObject` makes; its way of keeping what RFC 8785 forbids is part of the digest.
 *
 * @throws {MalformedEventError} `not-json` when the value has no canonical form
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalText(value)).digest('hex');
}

function canonicalText(value: unknown): string {
  const malformation = { field: 'the event', value, expected: 'a value with a canonical form (RFC 8785)' };
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (cause) {
    throw new MalformedEventError('not-json', malformation, { cause });
  }
  if (text === undefined) throw new MalformedEventError('not-json', malformation);
  return text;
}
