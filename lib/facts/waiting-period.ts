import { parseAwsDate } from '../event/aws-date.ts';
import type { KeyAction } from '../event/key-action.ts';
import { fieldOf } from '../event/plain-json.ts';

const HOUR = 60 * 60 * 1000;
/** Milliseconds. */
export const DAY = 24 * HOUR;

/** What KMS takes when the request names no period: https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html */
const DEFAULT_DAYS = 30;

/**
 * The waiting period that a ScheduleKeyDeletion gave a key, in days. The first of request, response and deletion date that
 * tells it; none of them is KMS's default. A number that nobody can read is not "no number".
 *
 * @returns undefined when the record does not tell it
 */
export function readWaitingDays({ request, response, time }: KeyAction): number | undefined {
  for (const days of [fieldOf(request, 'pendingWindowInDays'), fieldOf(response, 'pendingWindowInDays')]) {
    if (days !== undefined) return typeof days === 'number' ? days : undefined;
  }
  const date = parseAwsDate(fieldOf(response, 'deletionDate'));
  return date === undefined ? DEFAULT_DAYS : Math.floor((Date.parse(date) - Date.parse(time) + HOUR) / DAY);
}

/**
 * Whether an order made at a time sets the date on which KMS now says it deletes the key: a deletion may have been
 * cancelled and scheduled anew since. KMS deletes up to 24 hours after the period ends; an hour more is for clocks.
 *
 * @param time of the order, ISO 8601 UTC
 * @param days that it gave the key
 * @param deletionAt what KMS says, ISO 8601 UTC
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
 */
export function fitsDeletion(time: string, days: number, deletionAt: string | undefined): boolean {
  const late = Date.parse(deletionAt ?? '') - (Date.parse(time) + days * DAY);
  return late >= -HOUR && late <= DAY + HOUR;
}
