import { quote, toCommand } from '../lib/alert/command.ts';
import { safeText } from '../lib/alert/safe-text.ts';
import { approvableOf, digestOfPlan } from '../lib/compare-plans.ts';
import type { RecordedDecision, RecordedRemediation, RecordedVerdict } from '../lib/ledger/entry.ts';
import { findingId } from '../lib/ledger/finding.ts';
import type { AwsRequest } from '../lib/remediations/remedy.ts';

/** A policy of 32 KB is no line for a terminal; `--format json` has all of it. */
const LONGEST = 2_000;

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

const commands = (title: string, requests: readonly AwsRequest[]): string[] =>
  requests.map((request) => `${title}: ${safeText(toCommand(request), LONGEST)}`);

/** @returns sha256 (hex) of the plan of a decision; undefined when it has none */
export function digestOf(decision: RecordedDecision): string | undefined {
  const approvable = approvableOf(decision);
  return approvable === undefined ? undefined : digestOfPlan(approvable);
}

/** Tells what Keywarden decided about one finding: the plan as the commands that it stands for, its undo, and its digest. */
export function describeDecision(decision: RecordedDecision): string[] {
  const { plan, proposal } = decision;
  const digest = digestOf(decision);
  return [
    `${findingOf(decision)}: ${decision.decision}. ${safeText(decision.reason, LONGEST)}`,
    ...indent([
      ...(plan === undefined ? [] : [safeText(plan.summary, LONGEST), ...commands('does', plan.requests)]),
      ...(plan === undefined ? [] : commands('undo', plan.undo)),
      ...(plan?.notes ?? []).map((note) => `note: ${safeText(note, LONGEST)}`),
      ...(plan?.leftToDo === undefined ? [] : [`left to do: ${safeText(plan.leftToDo.sentence, LONGEST)}`]),
      ...(proposal === undefined ? [] : [`proposal: ${safeText(proposal, LONGEST)}`]),
      ...(digest === undefined ? [] : [`plan: ${digest}`]),
    ]),
  ];
}

/** Tells what was found; those controls that say nothing about the subject are only counted. */
export function describeVerdicts(verdicts: readonly RecordedVerdict[]): string[] {
  const told = verdicts.filter(({ verdict }) => verdict !== 'not-applicable');
  const left = verdicts.length - told.length;
  return [
    ...told.map((one) => `${MARKS[one.verdict] ?? one.verdict}  ${findingOf(one)}: ${safeText(one.reason, LONGEST)}`),
    ...(left === 0 ? [] : [`n/a      ${left} controls do not apply.`]),
  ];
}

const MARKS: Readonly<Record<string, string>> = { compliant: 'ok     ', violation: 'WRONG  ', unknown: 'unknown' };

/** Tells what was done, and how to take it back. */
export function describeRemediation({ remedy, status, requestIds, reason, undo }: RecordedRemediation): string[] {
  return [
    `${remedy}: ${status}${requestIds.length === 0 ? '' : `, request ${safeText(requestIds.join(', '))}`}${reason === undefined ? '' : `. ${safeText(reason, LONGEST)}`}`,
    ...indent(status === 'failed' ? [] : commands('undo', undo)),
  ];
}

const findingOf = (one: { readonly control: string; readonly item?: string }): string => safeText(findingId(one), 500);

/** @returns a command line that can be copied into a shell */
export const toShell = (words: readonly string[]): string => words.map(quote).join(' ');
