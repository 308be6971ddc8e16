import type { Actor } from '../event/key-action.ts';
import { isService } from '../facts/actor.ts';
import type { Evidence } from '../facts/evidence.ts';
import { type KeyDescription, type KeyFacts, known } from '../facts/key-facts.ts';
import { showText } from '../facts/plain-text.ts';
import { findTagsWanting, listTagKeys, readTagsNow } from '../facts/required-tags.ts';
import { listWords } from '../iam/sentence.ts';
import { makeRequests } from './make-requests.ts';
import {
  type AwsRequest,
  type Call,
  type Confirmation,
  type Plan,
  type Planned,
  PlanOutdatedError,
  type Read,
  type Receipt,
  type Remedy,
} from './remedy.ts';

/**
 * Sets the tags that the policy requires and the key does not have, to who made the key. A tag that is there is never
 * overwritten, whatever it says.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html
 */
const tagKey: Remedy = {
  id: 'tag-key',
  title: 'Set the required tags that are missing to who made the key',
  reads: ['key', 'tags', 'history'],
  confirms: ['tags'],
  iam: ['kms:DescribeKey', 'kms:ListResourceTags', 'kms:TagResource'],
  undoIam: ['kms:UntagResource'],
  plan: planTags,
  apply: tagIfStillMissing,
  confirm: confirmTags,
  untouched: findSameTags,
};

export default tagKey;

const refuse = (reason: string): Planned => ({ possible: false, reason: `${reason}.` });

/** https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html */
const MOST_TAGS = 50;

function planTags(evidence: Evidence): Planned {
  const { key } = evidence.facts;
  if (!key.known) return refuse(`Tags cannot be planned because the key could not be read: ${key.reason}`);
  if (key.value === 'missing') return refuse('The key cannot be tagged because it no longer exists');
  const name = `key ${showText(key.value.keyId)}`;
  if (key.value.manager === 'AWS') return refuse(`AWS manages ${name}, and nobody else can tag it`);
  // https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
  if (PENDING.has(key.value.state)) return refuse(`KMS takes no tags while ${name} is pending deletion`);
  const tags = readTagsNow(evidence);
  if (!tags.known) return refuse(`The tags of ${name} could not be read: ${tags.reason}`);
  const { missing, blank } = findTagsWanting(tags.value, evidence);
  if (missing.length === 0) {
    return refuse(
      blank.length === 0
        ? `This is already so: ${name} has the tags that the policy requires`
        : `The tags of ${name} that have no value are for a person to fill: Keywarden never overwrites a tag`,
    );
  }
  if (Object.keys(tags.value).length + missing.length > MOST_TAGS) {
    return refuse(`KMS takes at most ${MOST_TAGS} tags, and ${name} has ${Object.keys(tags.value).length}`);
  }
  const maker = findMaker(evidence, name);
  if (!('value' in maker)) return refuse(maker.refused);
  const plan = writePlan(key.value, missing, blank, maker.value);
  return { possible: true, plan: isRemoved(missing, evidence) ? { ...plan, asksFirst: REMOVED } : plan };
}

/** A template that does not have the tag takes it away with each deployment, and would do so for ever. */
const isRemoved = (missing: readonly string[], { action }: Evidence): boolean =>
  action !== undefined && missing.some((tag) => listTagKeys(action).includes(tag));

const REMOVED =
  'Somebody took the tag away: if a template does (CloudFormation, Terraform), add the tag there, or it is taken away again.';

const PENDING: ReadonlySet<string> = new Set(['PendingDeletion', 'PendingReplicaDeletion']);

/** Who made the key, as a tag can say it; or why there is nobody to name. */
function findMaker({ action, facts: { history } }: Evidence, name: string): { value: string } | { refused: string } {
  const made = action?.api === 'CreateKey' ? known({ created: action }) : history;
  if (!made.known) return { refused: `Who made ${name} could not be looked up: ${made.reason}` };
  const actor = made.value.created?.actor;
  if (actor === undefined) return { refused: `Who made ${name} is not on record; ask, and set the tags by hand` };
  if (actor.bySelf) return { refused: `Keywarden itself made ${name}, and owns no keys` };
  if (isService(actor)) return { refused: `AWS made ${name} by itself, and the record names no person` };
  if (actor.type === 'Root') return { refused: `The root user made ${name}, and is no person to ask` };
  const value = toTagValue(nameMaker(actor));
  return value === '' ? { refused: `The record does not say who made ${name}` } : { value };
}

/** The person, else the name of the role or user: the part of the ARN after the last slash. */
function nameMaker({ person, sessionIssuer, arn }: Actor): string {
  const principal = sessionIssuer ?? arn ?? '';
  return person ?? principal.slice(principal.lastIndexOf('/') + 1);
}

/**
 * At most 256 characters: letters, blanks, digits and `_ . : / = + - @`; a value must not begin with `aws:` either.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Tag.html
 * @see https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
function toTagValue(text: string): string {
  const allowed = text
    .replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_')
    .replace(/\p{Z}+/gu, ' ')
    .trim()
    .replace(/^aws:/i, '_');
  return [...allowed].slice(0, 256).join('').trim();
}

function writePlan(key: KeyDescription, missing: readonly string[], blank: readonly string[], value: string): Plan {
  const { arn, region, keyId } = key;
  const tags = listWords(missing.map(showText));
  const request = (operation: string, parameters: AwsRequest['parameters']): AwsRequest => ({
    service: 'kms',
    operation,
    region,
    parameters: { KeyId: arn, ...parameters },
  });
  return {
    remedy: tagKey.id,
    subject: arn,
    summary: `Set ${missing.length === 1 ? 'the tag' : 'the tags'} ${tags} of key ${showText(keyId)} to ${showText(value)}, who made it.`,
    requests: [request('TagResource', { Tags: missing.map((TagKey) => ({ TagKey, TagValue: value })) })],
    undo: [request('UntagResource', { TagKeys: missing })],
    before: { tags: Object.fromEntries(missing.map((tag) => [tag, 'not set'])) },
    notes: [
      'Whoever made a key need not own it: ask, and correct the tags.',
      `Tags may steer access (conditions on aws:ResourceTag): if policies decide by ${tags}, look whom this lets in.`,
    ],
    ...(blank.length === 0
      ? {}
      : {
          leaves: {
            'key-owner-tagged': `Key ${showText(keyId)} has the ${blank.length === 1 ? 'tag' : 'tags'} ${listWords(blank.map(showText))} without a value, for a person to fill.`,
          },
        }),
  };
}

/** The tags that a plan sets, by key. */
function tagsOf({ requests }: Plan): ReadonlyMap<string, string> {
  const tags = requests[0]?.parameters.Tags;
  return new Map(
    (Array.isArray(tags) ? tags : []).map(({ TagKey, TagValue }: { TagKey: string; TagValue: string }) => [
      TagKey,
      TagValue,
    ]),
  );
}

/**
 * Looks at the tags once more, because TagResource overwrites what is there. KMS has no condition for it, so that a tag
 * which somebody sets in the milliseconds between is lost; its record says what it was.
 *
 * @returns no receipt when an attempt before, or somebody else, set them all
 * @throws {PlanOutdatedError} when the tags cannot be read, or some of them are set by now
 */
async function tagIfStillMissing(plan: Plan, call: Call, read: Read): Promise<readonly Receipt[]> {
  const { tags } = await read(['tags']);
  if (!tags.known) {
    throw new PlanOutdatedError(`Nothing was changed: the tags could not be read again, because ${tags.reason}.`);
  }
  const wanted = [...tagsOf(plan).keys()];
  const set = wanted.filter((tag) => Object.hasOwn(tags.value, tag));
  if (set.length === 0) return makeRequests(plan, call);
  if (set.length === wanted.length) return [];
  throw new PlanOutdatedError(
    `Nothing was changed: somebody set ${listWords(set.map(showText))} since the key was judged. Verify the key again.`,
  );
}

/** Set to whatever: a person who corrected the value meanwhile knows better. */
function confirmTags(plan: Plan, { tags }: KeyFacts): Confirmation {
  const wanted = [...tagsOf(plan).keys()];
  if (wanted.length === 0) return { confirmed: false, reason: 'The plan does not say which tags were asked for.' };
  if (!tags.known) return { confirmed: false, reason: `The tags could not be read back: ${tags.reason}.` };
  const absent = wanted.filter((tag) => !Object.hasOwn(tags.value, tag));
  if (absent.length > 0) {
    return { confirmed: false, reason: `KMS does not list ${listWords(absent.map(showText))} among the tags.` };
  }
  return { confirmed: true, after: { tags: Object.fromEntries(wanted.map((tag) => [tag, tags.value[tag]])) } };
}

/** A value that somebody corrected is not Keywarden's to take away. */
function findSameTags(plan: Plan, facts: KeyFacts): Confirmation {
  const { tags } = facts;
  const wanted = [...tagsOf(plan)];
  const other = tags.known ? wanted.filter(([tag, value]) => tags.value[tag] !== value) : [];
  if (other.length === 0) return confirmTags(plan, facts);
  const names = listWords(other.map(([tag]) => showText(tag)));
  return {
    confirmed: false,
    reason: `Somebody changed ${names} since Keywarden set ${other.length === 1 ? 'it' : 'them'}.`,
  };
}
