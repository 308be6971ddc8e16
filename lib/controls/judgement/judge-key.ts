import type { KeyAction } from '../../event/key-action.ts';
import { KEY_TRAITS, type KeyTrait, type KeyView, listUntold, sayUntold, viewKey } from '../../facts/key-view.ts';
import { showText, toOneLine } from '../../facts/plain-text.ts';
import type { Evidence, Judgement, Verdict } from '../control.ts';

/** A verdict with its sentence. The period is added here, and the line kept one, so that neither is ever forgotten. */
export const judge = (verdict: Verdict, sentence: string): Judgement => ({
  verdict,
  reason: `${toOneLine(sentence)}.`,
});

/**
 * Judges a key that exists and could be read. One that could not be read is unknown with the reason; one that is gone is
 * not-applicable, so that what was found on it closes. One of which nobody could tell a trait that the rule needs is unknown.
 *
 * @param rule is handed the key, with the traits below and no others, and how sentences call it
 * @param needs traits without which the rule says nothing; all of them when left out
 * @param helps traits that the rule can do without; one that nobody could tell is absent
 */
export function judgeKey<Needed extends KeyTrait = KeyTrait, Helpful extends KeyTrait = never>(
  { action, facts, now }: Evidence,
  rule: (key: KeyView<Needed, Helpful>, name: string) => Judgement,
  needs?: readonly Needed[],
  helps: readonly Helpful[] = [],
): Judgement {
  const { key } = facts;
  if (!key.known) return judge('unknown', `${nameSubject(action, 'The key')} cannot be judged because ${key.reason}`);
  if (key.value !== 'missing') {
    const called = `Key ${showText(key.value.keyId)}`;
    const needed: readonly KeyTrait[] = needs ?? KEY_TRAITS;
    const untold = listUntold(key.value, needed);
    if (untold.length > 0) return judge('unknown', `${called} cannot be judged because ${sayUntold(untold)}`);
    // Whole as to what is needed, because none of it is untold.
    return rule(viewKey(key.value, [...needed, ...helps]) as KeyView<Needed, Helpful>, called);
  }
  const name = nameSubject(action, 'The key');
  return isTooYoungToBeGone(action, now)
    ? judge('unknown', `${name} was created less than 7 days ago and KMS says that it does not exist; verify it again`)
    : judge('not-applicable', `${name} does not exist any more`);
}

/**
 * KMS deletes no key before 7 days have passed, and answers "not found" for a new key until the news has spread inside
 * KMS. Taking that for "gone" would let a new key pass unseen.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/programming-eventual-consistency.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
 */
const isTooYoungToBeGone = (action: KeyAction | undefined, now: Date): boolean =>
  action?.api === 'CreateKey' && now.getTime() - Date.parse(action.time) < SHORTEST_LIFE;

const SHORTEST_LIFE = 7 * 24 * 60 * 60 * 1000;

/** Names the key by the action when KMS did not tell its id. */
function nameSubject(action: KeyAction | undefined, otherwise: string): string {
  const resource = action?.subject.split(':').slice(5).join(':') ?? '';
  const id = resource.startsWith('key/') ? resource.slice('key/'.length) : resource;
  return id === '' ? otherwise : `Key ${showText(id)}`;
}
