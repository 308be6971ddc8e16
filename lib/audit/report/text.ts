import { safeText } from '../../alert/safe-text.ts';
import type { Severity } from '../../controls/control.ts';
import { nameActor } from '../../facts/actor.ts';
import { findStep } from '../../procedure.ts';
import type { Coverage } from '../run-audit.ts';
import { writeCoverage } from './coverage-text.ts';
import { tellWaiver } from './ndjson.ts';
import type { AuditFinding, Occasion, Summary, VerdictCounts } from './summary.ts';

/** What a report is written from. */
export interface ReportInput {
  readonly summary: Summary;
  readonly coverage: Coverage;
  /** Which policy file it was judged by. */
  readonly policy: string;
  readonly aliasesOf: (keyArn: string) => readonly string[];
}

const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

/** Longest text from outside that a line may hold. */
const LONGEST = 1_000;

/** Writes the report that a person reads: findings first, the gravest on top, then what was judged, then what was read. */
export function writeReport(input: ReportInput): string {
  const { summary, coverage } = input;
  const parts = [
    writeHead(input),
    ...writeFindings(input, ({ waiver }) => waiver === undefined, 'FINDINGS'),
    ...writeFindings(input, ({ waiver }) => waiver !== undefined, 'WAIVED by the policy file'),
    ...writeUnknowns(summary),
    writeSteps(summary),
    writeCoverage(coverage),
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function writeHead({ summary, coverage, policy }: ReportInput): readonly string[] {
  const { violations, waived, actions, unknowns, findings } = summary;
  const unknown = [...unknowns.values()].reduce((sum, { verdicts }) => sum + verdicts, 0);
  const subjects = [...findings.values()].filter((all) => [...all.values()].some(({ waiver }) => waiver === undefined));
  const found =
    violations === 0
      ? 'No violation was found'
      : `${count(violations, 'violation')} on ${count(subjects.length, 'subject')}`;
  const broken = coverage.unreadPlaces + coverage.tally.malformed;
  return [
    `${found} in ${count(actions, 'lifecycle action')}; ${waived} waived, ${unknown} that the files cannot tell.`,
    ...(broken === 0 ? [] : [`NOT EVERYTHING COULD BE READ: ${count(broken, 'place')}, see COVERAGE below.`]),
    `Judged by ${safeText(policy)}.`,
  ];
}

function writeFindings(
  { summary, aliasesOf }: ReportInput,
  isMeant: (finding: AuditFinding) => boolean,
  title: string,
): readonly (readonly string[])[] {
  const subjects = [...summary.findings]
    .map(([subject, all]) => ({ subject, found: [...all.values()].filter(isMeant).sort(byGravity) }))
    .filter(({ found }) => found.length > 0)
    .sort(bySubject);
  if (subjects.length === 0) return [];
  const sections = subjects.map(({ subject, found }) => [
    nameSubject(subject, aliasesOf(subject)),
    ...found.flatMap(writeFinding),
    ...writeMore(summary.more.get(subject)),
  ]);
  const [first = [], ...others] = sections;
  return [[title, '', ...first], ...others];
}

interface SubjectFindings {
  readonly subject: string;
  readonly found: readonly AuditFinding[];
}

const rank = ({ severity }: AuditFinding): number => SEVERITIES.indexOf(severity);

const byGravity = (one: AuditFinding, other: AuditFinding): number =>
  rank(one) - rank(other) || compare(one.first.time, other.first.time) || compare(one.control, other.control);

function bySubject(one: SubjectFindings, other: SubjectFindings): number {
  const [gravest, gravestOther] = [one.found[0], other.found[0]];
  const gravity = gravest === undefined || gravestOther === undefined ? 0 : rank(gravest) - rank(gravestOther);
  return gravity || other.found.length - one.found.length || compare(one.subject, other.subject);
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

function nameSubject(arn: string, aliases: readonly string[]): string {
  const names = aliases.length === 0 ? '' : ` (${safeText(aliases.join(', '))})`;
  return `${safeText(arn, 2_048)}${names}`;
}

function writeFinding(finding: AuditFinding): readonly string[] {
  const { severity, step, control, reason, times, first, last, rightAgain, waiver } = finding;
  const often = times === 1 ? [] : [`      first:   ${tellOccasion(first)}; ${times} times in all`];
  return [
    `  ${severity.toUpperCase()} ${step} ${control}`,
    `      ${safeText(reason, LONGEST)}`,
    `      by:      ${tellOccasion(last)}`,
    ...often,
    `      now:     ${rightAgain === undefined ? 'still so at the end of the files' : `so no more since ${tellOccasion(rightAgain)}`}`,
    ...(waiver === undefined ? [] : [`      waiver:  ${safeText(tellWaiver({ waiver }), LONGEST)}`]),
  ];
}

const tellOccasion = ({ api, actor, time, eventId }: Occasion): string =>
  `${safeText(api)} of ${safeText(nameActor(actor))} at ${safeText(time)} (event ${safeText(eventId)})`;

const writeMore = (more: ReadonlyMap<string, number> | undefined): readonly string[] =>
  [...(more ?? [])].map(
    ([control, times]) => `  and ${count(times, 'further violation')} of ${control} here, which ndjson lists`,
  );

function writeUnknowns({ unknowns }: Summary): readonly (readonly string[])[] {
  if (unknowns.size === 0) return [];
  const rows = [...unknowns].sort(([one], [other]) => compare(one, other));
  return [
    [
      'WHAT THE FILES CANNOT TELL',
      '',
      ...rows.flatMap(([control, { verdicts, subjects, reason }]) => [
        `  ${control}: ${count(verdicts, 'verdict')} on ${count(subjects.size, 'subject')}, the first because:`,
        `      ${safeText(reason, LONGEST)}`,
      ]),
    ],
  ];
}

/** One row per step: what was done in it, and what its controls said. */
function writeSteps({ actionsByStep, verdictsByStep }: Summary): readonly string[] {
  const steps = [...new Set([...actionsByStep.keys(), ...verdictsByStep.keys()])].sort(compare);
  const rows = steps.map((step) => toRow(step, actionsByStep.get(step) ?? 0, verdictsByStep.get(step)));
  return [
    'WHAT WAS JUDGED',
    '',
    HEADER,
    ...(rows.length === 0 ? ['  nothing: the files hold no lifecycle action'] : rows),
  ];
}

const COLUMNS = ['actions', 'compliant', 'violation', 'waived', 'unknown', 'not applicable'] as const;

const HEADER = `  ${'step'.padEnd(12)}${COLUMNS.map((name) => name.padStart(name.length + 3)).join('')}`;

function toRow(step: string, actions: number, counts: VerdictCounts | undefined): string {
  const { compliant = 0, violation = 0, waived = 0, unknown = 0, 'not-applicable': other = 0 } = counts ?? {};
  const numbers = [actions, compliant, violation, waived, unknown, other];
  const cells = numbers.map((number, column) => String(number).padStart((COLUMNS[column]?.length ?? 0) + 3));
  const what = findStep(step)?.what ?? '';
  return `  ${safeText(step).padEnd(12)}${cells.join('')}   ${what}`.trimEnd();
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
