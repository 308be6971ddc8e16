import { createHash } from 'node:crypto';
import { canonicalText } from './chain.ts';
import type { ActionEntry, Draft, MalformedEntry } from './entry.ts';

/**
 * DynamoDB refuses an item of more than 400 KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 * A CloudTrail record may have 256 KB, and JSON inside JSON grows. What is left over is for keys and index attributes.
 */
const MOST_BYTES = 380_000;

const sizeOf = (value: unknown): number => Buffer.byteLength(canonicalText(value));

type ActionDraft = Extract<Draft, Pick<ActionEntry, 'type'>>;
type MalformedDraft = Extract<Draft, Pick<MalformedEntry, 'type'>>;

/**
 * Makes an action fit into one item: the response goes first, then the request. What is left out is named in the entry,
 * and `action.digest` still proves what the whole record was.
 */
export function fitAction(draft: ActionDraft): ActionDraft {
  if (sizeOf(draft) <= MOST_BYTES) return draft;
  const withoutResponse = { ...draft, action: { ...draft.action, response: {} }, omitted: ['action.response'] };
  if (sizeOf(withoutResponse) <= MOST_BYTES) return withoutResponse;
  return {
    ...withoutResponse,
    action: { ...withoutResponse.action, request: {} },
    omitted: ['action.response', 'action.request'],
  };
}

/**
 * Keeps a body that could not be read, as much of it as fits, with the digest of the whole.
 *
 * @param body the message as it arrived
 */
export function draftMalformed(body: string, error: MalformedEntry['error']): MalformedDraft {
  const whole = {
    type: 'malformed',
    error,
    body: body.toWellFormed(),
    bodyBytes: Buffer.byteLength(body),
    bodySha256: createHash('sha256').update(body).digest('hex'),
  } as const;
  let draft: MalformedDraft = whole;
  while (sizeOf(draft) > MOST_BYTES) {
    const share = MOST_BYTES / sizeOf(draft);
    const kept = draft.body.slice(0, Math.floor(draft.body.length * share * 0.99));
    draft = { ...draft, body: kept.replace(/[\ud800-\udbff]$/, '') };
  }
  return draft;
}
