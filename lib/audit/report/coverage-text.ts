import { safeText } from '../../alert/safe-text.ts';
import type { Coverage } from '../run-audit.ts';
import type { PlaceTally } from '../tally.ts';
import { listGaps } from './gaps.ts';

/** More lines of one kind than this are counted instead. */
const MOST_LINES = 20;

/** Says how far the report reaches: what was read and what was not, from when to when, and what it proves. */
export function writeCoverage(coverage: Coverage): readonly string[] {
  const { files, bytes, compressedBytes, records, tally } = coverage;
  return [
    'COVERAGE',
    '',
    `  ${number(files)} ${files === 1 ? 'file' : 'files'}, ${number(bytes)} bytes (${number(compressedBytes)} as they are stored), ${number(records)} records, of which ${number(tally.kms)} of KMS`,
    `  ${number(tally.actions)} records of lifecycle actions, ${number(tally.uses)} of successful use of keys, ${number(tally.refused)} of refused uses and reads, ${number(tally.reads)} of reads`,
    ...tellRest(coverage),
    ...tellUnread(coverage),
    ...tellPlaces(tally.places),
    '',
    '  The files tell what is in them. They prove nothing about what is not: a record that CloudTrail did not write, a trail',
    '  that leaves KMS out, or a file that somebody removed. The log file validation of CloudTrail proves that files are whole.',
  ];
}

const number = (value: number): string => value.toLocaleString('en-US');

function tellRest({ tally, skippedFiles, skipped }: Coverage): readonly string[] {
  const others = [
    [tally.otherServices, 'records of IAM, CloudTrail and the like about something else'],
    [tally.notManagement, 'data, Insights and network activity records'],
  ] as const;
  return [
    ...others.filter(([times]) => times > 0).map(([times, what]) => `  not judged: ${number(times)} ${what}`),
    ...listSome(
      skipped.map(({ file, reason }) => `  skipped: ${safeText(file)}: ${safeText(reason)}`),
      skippedFiles,
    ),
  ];
}

function tellUnread({ unread, unreadPlaces, tally }: Coverage): readonly string[] {
  return [
    ...listSome(
      unread.map(({ file, byte, message }) => `  NOT READ: ${safeText(file)}, byte ${byte}: ${safeText(message)}`),
      unreadPlaces,
    ),
    ...listSome(
      tally.bad.map(
        ({ file, byte, reason }) => `  NOT JUDGED: ${safeText(file)}, record at byte ${byte}: ${safeText(reason)}`,
      ),
      tally.malformed,
    ),
  ];
}

const listSome = (lines: readonly string[], all: number): readonly string[] => {
  const shown = lines.slice(0, MOST_LINES);
  return all > shown.length ? [...shown, `  ... and ${number(all - shown.length)} more`] : shown;
};

/** By account and Region. Without uses of keys the files cannot tell that a key is not used. */
function tellPlaces(places: ReadonlyMap<string, PlaceTally>): readonly string[] {
  const rows = [...places].sort(([one], [other]) => (one < other ? -1 : 1));
  if (rows.length === 0) return ['  no record of any account and Region'];
  return rows.flatMap(([name, place]) => {
    const [account = '', region = ''] = name.split(' ');
    const gaps = listGaps(place).map(({ from, to }) => (from === to ? from : `${from} to ${to}`));
    return [
      `  account ${account}, ${region}: from ${place.first} to ${place.last}${place.hasUses ? '' : '; no use of any key, as if the trail left reads out'}`,
      ...listSome(
        gaps.map((gap) => `      no record of ${gap}`),
        gaps.length,
      ),
    ];
  });
}
