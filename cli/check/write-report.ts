import { safeText } from '../../lib/alert/safe-text.ts';
import type { FileReport } from './check-file.ts';
import type { CheckVerdict, Remark } from './kind.ts';

/**
 * The exit code of a check. What could not be read comes first (2): what nobody judged must not hide behind a violation
 * that somebody knows and waits for. Then violations (1), and then what could not be told (2).
 */
export function decideExitCode(reports: readonly FileReport[]): 0 | 1 | 2 {
  if (reports.some(({ problems }) => problems.length > 0)) return 2;
  const verdicts = new Set(listRemarks(reports).map(({ verdict }) => verdict));
  if (verdicts.has('violation')) return 1;
  return verdicts.has('unknown') ? 2 : 0;
}

const listRemarks = (reports: readonly FileReport[]): readonly Remark[] =>
  reports.flatMap(({ documents }) => documents.flatMap(({ remarks }) => remarks));

/** One line of JSON per remark and per problem; a problem is an `unknown` of the control `document-readable`. */
export function writeJson({ file, documents, problems }: FileReport): string {
  const lines = [
    ...problems.map(({ place, message }) => ({
      file,
      ...named(place),
      control: 'document-readable',
      verdict: 'unknown',
      reason: message,
      severity: 'high',
    })),
    ...documents.flatMap(({ place, remarks }) => remarks.map((remark) => ({ file, ...named(place), ...remark }))),
  ];
  return lines.map((line) => `${escapeHidden(JSON.stringify(line))}\n`).join('');
}

const named = (place: string) => (place === '' ? {} : { place });

/** The same JSON value, with nothing in it that drives a terminal or reorders a line. */
const escapeHidden = (json: string): string =>
  json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_none, place) => character.charCodeAt(place))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  );

const MARKS: Readonly<Record<CheckVerdict, string>> = {
  violation: 'VIOLATION',
  unknown: 'UNKNOWN',
  'not-applicable': 'does not apply',
  compliant: 'note',
};

/** The gravest first; of what is in order only notes are worth a line. */
const ORDER: readonly CheckVerdict[] = ['violation', 'unknown', 'not-applicable', 'compliant'];

/** What is to be read about one file; empty when all of it is in order. */
export function writeText({ file, documents, problems }: FileReport): string {
  const remarks = documents.flatMap(({ place, remarks: all }) => all.map((remark) => ({ place, ...remark })));
  const worth = remarks.filter(({ verdict, severity }) => verdict !== 'compliant' || severity !== undefined);
  const sorted = worth.toSorted((one, other) => ORDER.indexOf(one.verdict) - ORDER.indexOf(other.verdict));
  const lines = [
    ...problems.map(({ place, message }) => `NOT READ: ${at(place)}${safeText(message, 600)}`),
    ...sorted.map(writeRemark),
  ];
  return lines.length === 0 ? '' : `${safeText(file)}\n${lines.map((line) => `  ${line}\n`).join('')}\n`;
}

function writeRemark({ place, control, verdict, severity, reason }: Remark & { readonly place: string }): string {
  const grave = severity === undefined || severity === 'info' ? '' : ` (${severity})`;
  return `${MARKS[verdict]}${grave} ${control}: ${at(place)}${safeText(reason, 1_000)}`;
}

const at = (place: string): string => (place === '' ? '' : `${safeText(place)}: `);

/** The last line of a text report. */
export function writeSummary(reports: readonly FileReport[], noun: string): string {
  const documents = reports.flatMap((report) => report.documents);
  const count = (verdict: CheckVerdict) => listRemarks(reports).filter((one) => one.verdict === verdict).length;
  const good = documents.filter(({ remarks }) =>
    remarks.every(({ verdict }) => verdict === 'compliant' || verdict === 'not-applicable'),
  );
  const problems = reports.flatMap((report) => report.problems);
  return (
    `Checked ${many(documents.length, noun)} in ${many(reports.length, 'file')}: ${good.length} in order, ` +
    `${many(count('violation'), 'violation')}, ${count('unknown')} unknown, ${many(problems.length, 'problem')} with the input.\n`
  );
}

function many(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${count} ${noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;
}
