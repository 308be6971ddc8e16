import { safeText } from '../lib/alert/safe-text.ts';
import type { CompletenessStatement } from '../lib/ledger/entry.ts';

/** What a comparison came to: also the exit code of whoever asked for it. */
export type Completeness = 'complete' | 'different' | 'unknown';

/**
 * Judges a statement. What could not be looked at comes before what is known to be different: nobody knows what hides there.
 *
 * @returns `complete`: CloudTrail was read whole, and the ledger has what it has; `different`: CloudTrail was read whole, and
 *   something was missing from the ledger or is in it alone; `unknown`: not all of CloudTrail could be read
 */
export function judgeStatement({ gaps, missing, extra, omitted, counts }: CompletenessStatement): Completeness {
  if (gaps.length > 0) return 'unknown';
  const differs = missing.length + extra.length + omitted + counts.failed + counts.extra + counts.backfilled > 0;
  return differs ? 'different' : 'complete';
}

/** Tells a person what a statement says, the verdict first. */
export function describeStatement(statement: CompletenessStatement): string {
  const { counts, missing, extra, omitted, gaps, queries, notAsked } = statement;
  return [
    describeVerdict(statement),
    `CloudTrail gave ${counts.read} records that matter here; the ledger must have ${counts.expected} of them, and had ${counts.recorded}.`,
    ...listUnder('Missing from the ledger:', missing.map(describeMissing)),
    ...listUnder('In the ledger, and unknown to CloudTrail:', extra.map(describeExtra)),
    ...(omitted === 0 ? [] : [`${omitted} more are not listed.`]),
    ...listUnder(
      'Not looked at:',
      gaps.map(({ what, reason }) => `${safeText(what, 1000)}: ${safeText(reason, 1000)}`),
    ),
    ...describeDigests(statement),
    ...listUnder(
      'Not asked for:',
      notAsked.map((one) => safeText(one, 1000)),
    ),
    ...listUnder(
      'Asked of CloudTrail:',
      queries.map((one) => safeText(one, 1000)),
    ),
    '',
  ].join('\n');
}

function describeVerdict(statement: CompletenessStatement): string {
  const { account, region, window, gaps, counts } = statement;
  const place = `${safeText(account)} ${safeText(region)} from ${safeText(window.from)} to ${safeText(window.to)}`;
  switch (judgeStatement(statement)) {
    case 'complete':
      return `The ledger is complete: ${place}, nothing missing, nothing extra.`;
    case 'different':
      return `THE LEDGER IS NOT WHAT CLOUDTRAIL SAYS: ${place}, ${counts.backfilled + counts.failed} missing, ${counts.extra} extra.`;
    default:
      return `COMPLETENESS IS NOT KNOWN: ${place}, ${gaps.length} things could not be looked at; ${counts.backfilled + counts.failed} missing and ${counts.extra} extra in what could.`;
  }
}

const listUnder = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];

type Missing = CompletenessStatement['missing'][number];

function describeMissing({ time, api, subject, eventId, result, reason }: Missing): string {
  const said = reason === undefined ? '' : `: ${safeText(reason, 1000)}`;
  const became = result === 'backfilled' ? 'recorded now' : 'not recorded';
  return `${safeText(time)} ${safeText(api)} ${safeText(subject, 2048)} (eventID ${safeText(eventId)}), ${became}${said}`;
}

const describeExtra = ({ time, api, subject, eventId, seq }: CompletenessStatement['extra'][number]): string =>
  `${safeText(time)} ${safeText(api)} ${safeText(subject, 2048)} entry ${seq} (eventID ${safeText(eventId)})`;

function describeDigests({ source, digests }: CompletenessStatement): string[] {
  if (source !== 'archive') return [];
  if (digests === undefined)
    return ['Digests: not validated; nothing proves that the log files are as CloudTrail wrote them.'];
  const { validated, invalid, filesValidated, filesInvalid, filesWithoutDigest } = digests;
  const files = `${filesValidated} log files as CloudTrail wrote them, ${filesInvalid} altered, missing or planted, ${filesWithoutDigest} without proof`;
  return [`Digests: ${validated} validated, ${invalid} wrong; ${files}.`];
}
