import type { Actor } from '../../event/key-action.ts';
import { toOneLine } from '../../facts/plain-text.ts';
import type { AuditVerdict, JudgedAction } from '../judge-entries.ts';

/**
 * Writes one action as one line of JSON, with these fields in this order: `eventId`, `eventTime`, `api`, `step`, `subject`,
 * `keys`, `actor` (`type`, `arn`, `name`), `outcome`, `verdicts` (`control`, `verdict`, `reason`). A field of the actor that
 * the record does not tell is null.
 */
export function writeNdjson({ action, verdicts }: JudgedAction): string {
  const { eventId, time, api, step, subject, keys, actor, outcome } = action;
  const line = {
    eventId,
    eventTime: time,
    api,
    step,
    subject,
    keys,
    actor: { type: actor.type, arn: actor.arn ?? null, name: nameOf(actor) },
    outcome,
    verdicts: verdicts.map(({ control, verdict, reason, waiver }) => ({
      control,
      verdict,
      reason: waiver === undefined ? reason : `${reason} ${tellWaiver({ waiver })}`,
    })),
  };
  return `${escapeHidden(JSON.stringify(line))}\n`;
}

/** The person; without one the last part of the ARN, or the service. */
const nameOf = ({ person, arn, invokedBy }: Actor): string | null =>
  person ?? (arn === undefined ? undefined : arn.slice(arn.lastIndexOf('/') + 1)) ?? invokedBy ?? null;

/** The exception that the policy file makes, as a sentence. */
export const tellWaiver = ({ waiver }: Required<Pick<AuditVerdict, 'waiver'>>): string =>
  toOneLine(`It is waived until ${waiver.expires} (${waiver.ticket}, ${waiver.owner}).`);

/** The same JSON value, with nothing in it that drives a terminal or reorders a line. */
const escapeHidden = (json: string): string =>
  json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_none, place) => character.charCodeAt(place))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  );
