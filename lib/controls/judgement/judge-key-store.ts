import type { KeyAction } from '../../event/key-action.ts';
import { isNamed, nameActor } from '../../facts/actor.ts';
import { showText } from '../../facts/plain-text.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Judgement } from '../control.ts';
import { judge } from './judge-key.ts';

/** Whether an action is about a custom key store, which is no key: it holds many, and no record names them. */
export const isOfKeyStore = (action: KeyAction | undefined): action is KeyAction =>
  action?.api.endsWith('CustomKeyStore') === true;

/**
 * Judges who disconnected or deleted a key store: every key in it is unavailable from then on. Only the record is judged,
 * because the facts of a key tell nothing of a store.
 *
 * @param action of a custom key store
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/disconnect-keystore.html
 */
export function judgeKeyStore(action: KeyAction, { trust: { administrators } }: Policy): Judgement {
  const { api, actor, subject } = action;
  const store = `Key store ${showText(subject.slice(subject.lastIndexOf('/') + 1))}`;
  if (!MAKES_UNAVAILABLE.has(api)) return judge('compliant', `${store} is connected or new: ${showText(api)}`);
  const sentence = `${store} and every key in it cannot be used: ${api} by ${nameActor(actor)}`;
  if (actor.bySelf) return judge('compliant', sentence);
  if (actor.type === 'Root') return judge('violation', `${sentence}, and the root user is never an administrator`);
  if (administrators.length === 0) {
    return judge('not-applicable', `${sentence}; the policy file names no administrators (trust.administrators)`);
  }
  return isNamed(actor, administrators)
    ? judge('compliant', `${sentence}, whom trust.administrators names`)
    : judge('violation', `${sentence}, whom trust.administrators of the policy file does not name`);
}

const MAKES_UNAVAILABLE: ReadonlySet<string> = new Set(['DisconnectCustomKeyStore', 'DeleteCustomKeyStore']);
