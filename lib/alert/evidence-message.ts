import { quote } from './command.ts';
import { type Message, numberSteps, type Place, TITLES, writeFramed } from './frame.ts';
import { safeText } from './safe-text.ts';

interface Trouble {
  readonly severity: 'critical' | 'high';
  readonly state: string;
  readonly headline: string;
  readonly happened: readonly string[];
  readonly done: readonly string[];
  readonly next: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

const MOST_LISTED = 20;

/**
 * Writes the message about chains or checkpoints that do not verify. Each problem is told once.
 *
 * @param problems at least one
 * @param checkpoint number of the newest checkpoint
 */
export function writeIntegrityMessage(
  problems: readonly { readonly subject: string; readonly seq: number; readonly what: string }[],
  checkpoint: number,
  place: Place,
): Message {
  const listed = problems.slice(0, MOST_LISTED);
  const rest = problems.length - listed.length;
  return writeTrouble(
    {
      severity: 'critical',
      state: 'does-not-verify',
      headline: `The ledger does not verify in ${problems.length === 1 ? '1 place' : `${problems.length} places`}`,
      happened: [
        ...listed.map(({ subject, seq, what }) => `${safeText(subject, 2048)}, ${seq}: ${safeText(what)}`),
        ...(rest > 0 ? [`and ${rest} more: keywarden ledger show integrity`] : []),
      ],
      done: [
        'What does not verify is not covered by a checkpoint, so that nothing forged is signed. Everything else is.',
        `The newest checkpoint is number ${checkpoint}; it and those before it say what the ledger was.`,
      ],
      next: [
        'See all that is wrong: keywarden ledger verify',
        'Find out who could write to the table: a restore from a backup looks like this, and so does an intruder. CloudTrail has the calls on the table if it logs data events.',
        `Keep the table as it is, and compare it with a backup and with the evidence bucket. Example: keywarden ledger show ${quote(safeText(listed[0]?.subject ?? '', 2048))}`,
      ],
      json: { checkpoint, count: problems.length, problems: listed },
    },
    place,
  );
}

/**
 * Writes the message that no checkpoints are made. It is sent once a day while it is so.
 *
 * @param since ISO 8601 UTC: when the newest checkpoint was made; undefined when there is none
 * @param reason what AWS said
 */
export function writeNoCheckpointMessage(since: string | undefined, reason: string, place: Place): Message {
  const when = since === undefined ? 'never' : `not since ${since}`;
  return writeTrouble(
    {
      severity: 'critical',
      state: 'no-checkpoint',
      headline: `The ledger has no new checkpoint (${when})`,
      happened: [
        `Checkpoints are made every hour, signed, and kept in the evidence bucket; ${since === undefined ? 'none was ever made' : `the newest is of ${since}`}.`,
        safeText(reason, 2000),
      ],
      done: ['Nothing is lost: entries are recorded and chained as ever. The next checkpoint covers all of them.'],
      next: [
        'Put right what the reason names: enable the signing key, or cancel its deletion (aws kms cancel-key-deletion, then aws kms enable-key); give the role of the checkpoint function back what serverless.yml gives it; or deploy the stack again.',
        'Find out in CloudTrail who changed it.',
        'Make a checkpoint now: aws lambda invoke --function-name <CheckpointFunctionName of the stack> out.json',
      ],
      json: { since: since ?? null, reason: safeText(reason, 2000) },
    },
    place,
  );
}

/** Writes the message that the evidence bucket does not keep what is put into it. It is sent once a day while it is so. */
export function writeUnlockedMessage(bucket: string, reason: string, place: Place): Message {
  return writeTrouble(
    {
      severity: 'high',
      state: 'bucket-not-locked',
      headline: 'The evidence bucket does not keep what is put into it',
      happened: [`${safeText(bucket)}: ${safeText(reason)}.`],
      done: [
        'Checkpoints are made, signed and put there as ever. Somebody may delete them there; the table has them too.',
      ],
      next: [
        'Give the bucket its lock back: deploy the stack again. A bucket that was made without Object Lock gets it with aws s3api put-object-lock-configuration.',
        'Find out in CloudTrail who changed it.',
      ],
      json: { bucket, reason },
    },
    place,
  );
}

const writeTrouble = ({ severity, state, headline, happened, done, next, json }: Trouble, place: Place): Message =>
  writeFramed({
    severity,
    headline,
    sections: [
      [TITLES.happened, happened],
      [TITLES.done, done],
      [TITLES.next, numberSteps(next)],
    ],
    control: LEDGER_INTEGRITY,
    state,
    place,
    json: { state, ...json },
  });

/** What these messages say instead of the id of a control. */
export const LEDGER_INTEGRITY = 'ledger-integrity';
