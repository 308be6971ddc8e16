const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `\s` also matches the narrow no-break space that newer Java runtimes write before AM and PM. */
const JAVA_DATE = /^([A-Z][a-z]{2})\s(\d{1,2}),\s(\d{4}),?\s(\d{1,2}):(\d{2}):(\d{2})\s(AM|PM)$/;

/**
 * Reads a date inside the request or the response of a KMS record (`deletionDate`, `creationDate`, `validTo`).
 * CloudTrail writes it as text without a zone, meant as UTC, in three shapes:
 * `Oct 21, 2024, 2:25:29 PM` (current), `Jan 1, 2021 8:00:00 PM` (older) and `Apr 12, 2021 18:58:30 PM` (an hour
 * of 24 in the guide). ISO 8601 is taken as well.
 *
 * @param value the field as it is in the record
 * @returns ISO 8601 UTC, e.g. `2024-10-21T14:25:29Z`; undefined when it is none of these shapes
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-schedule-key-deletion.html
 */
export function parseAwsDate(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const match = JAVA_DATE.exec(value);
  if (match === null) return readIsoTime(value);
  const [, month = '', day = '', year, hour, minute, second, half] = match;
  const monthNumber = String(MONTHS.indexOf(month) + 1).padStart(2, '0');
  const hourOfDay = String(to24Hours(Number(hour), half)).padStart(2, '0');
  return readIsoTime(`${year}-${monthNumber}-${day.padStart(2, '0')}T${hourOfDay}:${minute}:${second}Z`);
}

function to24Hours(hour: number, half: string | undefined): number {
  if (hour === 12) return half === 'AM' ? 0 : 12;
  return half === 'PM' && hour >= 1 && hour < 12 ? hour + 12 : hour;
}

const ISO_TIME = /^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;

/**
 * Checks an ISO 8601 UTC time as CloudTrail and EventBridge write it, and that such a day exists. Without `Date`, because an
 * audit asks it of every record.
 *
 * @returns the text as it is; undefined when it is no such time
 */
export function readIsoTime(text: string): string | undefined {
  const match = ISO_TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day] = match;
  return isDay(Number(year), Number(month), Number(day)) ? text : undefined;
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(year: number, month: number, day: number): boolean {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = isLeap && month === 2 ? 29 : (DAYS[month - 1] ?? 0);
  return day >= 1 && day <= days;
}
