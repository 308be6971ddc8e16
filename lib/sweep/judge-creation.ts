import { KEY_CREATION_RECORDED } from '../built-in-controls.ts';
import type { KeyDescription, KeyFacts } from '../facts/key-facts.ts';
import type { RecordedVerdict } from '../ledger/entry.ts';

/** A record may be an hour late without anything being wrong, and the comparison with CloudTrail comes after that. */
const GRACE = 3_600_000;

/** What a key's creation is judged by. */
export interface CreationEvidence {
  readonly key: KeyDescription;
  readonly history: KeyFacts['history'];
  /** When the first look at all keys began, ISO 8601 UTC: older keys were there before Keywarden. */
  readonly firstStartedAt: string;
  readonly settleMinutes: number;
  readonly now: Date;
}

/**
 * Says whether the creation of a key is on record.
 *
 * @returns nothing for a key of which it cannot be asked: one that is older than the first look at all keys, or so new that its
 *   record may still come
 */
export function judgeCreation({
  key,
  history,
  firstStartedAt,
  settleMinutes,
  now,
}: CreationEvidence): readonly RecordedVerdict[] {
  const { createdAt, keyId, untold = [] } = key;
  if (createdAt === undefined || untold.includes('createdAt')) return [];
  const made = Date.parse(createdAt);
  if (made <= Date.parse(firstStartedAt)) return [];
  const say = (verdict: string, reason: string): readonly RecordedVerdict[] => [
    {
      control: KEY_CREATION_RECORDED.id,
      step: KEY_CREATION_RECORDED.step,
      severity: KEY_CREATION_RECORDED.severity,
      verdict,
      reason,
    },
  ];
  if (!history.known)
    return say('unknown', `Whether the creation of key ${keyId} is on record cannot be told: ${history.reason}.`);
  const { created } = history.value;
  if (created !== undefined)
    return say('compliant', `The creation of key ${keyId} is on record (event ${created.eventId}).`);
  if (now.getTime() - made < settleMinutes * 60_000 + GRACE) return [];
  return say(
    'violation',
    `Key ${keyId} was created on ${createdAt}, after Keywarden began to look, and no record of its creation has come.`,
  );
}
