import type { KeyAction } from '../event/key-action.ts';
import { isObject, textOf } from '../event/plain-json.ts';
import type { Evidence } from './evidence.ts';
import type { Fact } from './key-facts.ts';

/** Which of the tags that the policy asks for a key does not have, and which have nothing in them. */
export interface TagsWanting {
  readonly missing: readonly string[];
  readonly blank: readonly string[];
}

/**
 * Compares tags with those that the policy file requires. Keys of tags are case-sensitive.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html
 */
export function findTagsWanting(
  tags: Readonly<Record<string, string>>,
  { policy: { generation } }: Pick<Evidence, 'policy'>,
): TagsWanting {
  const has = (key: string) => Object.hasOwn(tags, key);
  return {
    missing: generation.requiredTags.filter((key) => !has(key)),
    blank: generation.requiredTags.filter((key) => has(key) && tags[key]?.trim() === ''),
  };
}

/** How long the list of tags may lag behind, in milliseconds: "several minutes", says KMS. */
const LAG = 5 * 60 * 1000;

/**
 * The tags of the key as they are. What a young CreateKey or TagResource set counts as set, although KMS may not list it
 * yet: a tag that is not seen yet must not be taken for a missing one, and be overwritten.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/programming-eventual-consistency.html
 */
export function readTagsNow({ action, facts, now }: Evidence): Fact<Readonly<Record<string, string>>> {
  const { tags } = facts;
  const isYoung = action !== undefined && now.getTime() - Date.parse(action.time) < LAG;
  return tags.known && isYoung ? { known: true, value: { ...tagsSetBy(action), ...tags.value } } : tags;
}

/** The tags that a request sets, by key; of any other operation none. */
function tagsSetBy({ api, request }: KeyAction): Readonly<Record<string, string>> {
  const setsTags = api === 'CreateKey' || api === 'TagResource';
  return Object.fromEntries(setsTags ? listTags(request.tags) : []);
}

const listTags = (tags: unknown): (readonly [string, string])[] =>
  (Array.isArray(tags) ? tags : []).flatMap((tag: unknown) => {
    const key = isObject(tag) ? textOf(tag, 'tagKey') : undefined;
    return isObject(tag) && key !== undefined ? [[key, textOf(tag, 'tagValue') ?? ''] as const] : [];
  });

/** The keys of the tags that a TagResource sets or an UntagResource removes; of any other operation none. */
export function listTagKeys({ api, request }: KeyAction): readonly string[] {
  if (api === 'TagResource') return listTags(request.tags).map(([key]) => key);
  if (api !== 'UntagResource' || !Array.isArray(request.tagKeys)) return [];
  return request.tagKeys.filter((key: unknown) => typeof key === 'string');
}
