import { createHash } from 'node:crypto';
import type { KeyAction } from '../../event/key-action.ts';
import { isService, nameActor } from '../../facts/actor.ts';
import { showText } from '../../facts/plain-text.ts';
import type { Judgement } from '../control.ts';
import { judge } from './judge-key.ts';

/** What an action is about, as the start of a sentence: a key, or the key store that KMS gives no ARN. */
export function nameSubject({ subject }: KeyAction): string {
  const resource = subject.split(':').slice(5).join(':');
  const slash = resource.indexOf('/');
  const [kind, id] = [resource.slice(0, Math.max(slash, 0)), resource.slice(slash + 1)];
  if (kind === 'custom-key-store') return `Key store ${showText(id)}`;
  return kind === 'key' ? `Key ${showText(id)}` : `Key ${showText(resource)}`;
}

/**
 * What is judged by no list of persons: Keywarden's own calls, whose plans are in the ledger, and what AWS services do by
 * themselves. A service that acts for somebody (`invokedBy` beside an ARN) is no excuse for them.
 *
 * @returns undefined when a person or a role answers for the action
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
export function excuse(action: KeyAction): Judgement | undefined {
  const { actor, api } = action;
  if (actor.bySelf) return judge('not-applicable', `${nameSubject(action)}: ${showText(api)} was Keywarden's own call`);
  if (!isService(actor)) return undefined;
  return judge(
    'not-applicable',
    `${nameSubject(action)}: ${showText(api)} was done by AWS itself (${nameActor(actor)})`,
  );
}

/** How an answer of "who did it" is put when the record does not tell. */
export const judgeNobody = (action: KeyAction): Judgement =>
  judge(
    'unknown',
    `${nameSubject(action)}: the record of ${showText(action.api)} does not say who did it (${nameActor(action.actor)}); look event ${showText(action.eventId)} up in CloudTrail`,
  );

/** A sort key of DynamoDB has 1,024 bytes, of which the name of the control needs some. */
const LONGEST_ITEM = 300;

/**
 * Names the item of a finding by text from a record: printable ASCII of at most 300 characters. Text that does not fit is
 * cut, and told apart by its digest.
 */
export function nameItem(...parts: readonly string[]): string {
  const text = parts.join(' ');
  if (text.length <= LONGEST_ITEM && /^[\x20-\x7e]*$/.test(text)) return text;
  const digest = createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 16);
  return `${text.replace(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_ITEM - 17)}~${digest}`;
}
