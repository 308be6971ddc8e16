import type { Command } from 'commander';
import { safeText } from '../lib/alert/safe-text.ts';
import { builtInControls } from '../lib/built-in-controls.ts';
import { findControl } from '../lib/controls/index.ts';
import type { ActionEntry, Entry, RecordedDecision } from '../lib/ledger/entry.ts';
import { type Finding, findingId } from '../lib/ledger/finding.ts';
import { type FindingRef, readFindingRef, writeFindingRef } from '../lib/ledger/finding-ref.ts';
import type { GrantedWaiver } from '../lib/ledger/waiver.ts';
import { describeAge } from './age.ts';
import { connectLedger } from './connect.ts';
import { describeFinding } from './findings.ts';
import { type ReadChain, readChain, resolveSubject } from './ledger-show.ts';
import type { GlobalOptions, Output } from './options.ts';
import { describeDecision, toShell } from './plan-text.ts';
import { readFindings, readWaivers } from './read-subject.ts';
import { tellStory } from './story.ts';
import { UsageError } from './usage-error.ts';
import { describeWaiver } from './waiver-text.ts';

const HELP = `
Example:
  $ keywarden finding rotation-enabled@alias/payments

Exit codes:
  0  it is in order, or somebody answers for it
  1  it is open, or an entry of its story is not as it was written
  2  the command could not do its work; the message says why`;

/** Adds `keywarden finding` to the program. */
export function addFindingCommand(program: Command): void {
  program
    .command('finding')
    .description('tells the whole story of one finding: what, who, why, the plan, and what to do')
    .argument('<finding>', '<control>@<key id, alias or ARN>, or <control>#<item>@...')
    .addHelpText('after', HELP)
    .action(async (name: string) => {
      process.exitCode = await showFinding(name, program.opts<GlobalOptions>(), process.stdout, new Date());
    });
}

/** All that the ledger has about one finding. */
export interface FindingStory {
  readonly finding: Finding;
  readonly waiver: GrantedWaiver | undefined;
  /** The newest decision about it that has a plan, while it is open. */
  readonly decision: RecordedDecision | undefined;
  /** The entries of the chain that are about it. */
  readonly chain: ReadChain;
}

/**
 * Shows one finding.
 *
 * @returns exit code: 0 not open, 1 open, or its story is not as it was written
 * @throws {UsageError} when there is no such finding, and what AWS throws
 */
export async function showFinding(name: string, global: GlobalOptions, out: Output, now: Date): Promise<number> {
  const ref = await resolveFinding(name, global);
  const table = connectLedger(global);
  const id = findingId(ref);
  const finding = (await readFindings(table, ref.subject)).find((one) => findingId(one) === id);
  if (finding === undefined) {
    throw new UsageError(
      `${ref.subject} has no finding ${id}, and never had one. List those that are open with: keywarden findings`,
    );
  }
  const waivers = await readWaivers(table, ref.subject);
  const waiver = [id, ref.control].flatMap((one) => waivers.filter((other) => findingId(other) === one))[0];
  const chain = pickEntries(await readChain(table, ref.subject), finding);
  const story = { finding, waiver, decision: findPlan(chain.entries, finding), chain };
  out.write(
    global.format === 'json'
      ? `${JSON.stringify({ name: writeFindingRef(finding), ...story })}\n`
      : tellFinding(story, out.isTTY === true, now),
  );
  return finding.status === 'open' || chain.problems.length > 0 ? 1 : 0;
}

/**
 * Reads the name of a finding, and asks KMS for the key of an id or alias.
 *
 * @throws {UsageError} when the text is no name of a finding, or KMS knows no such key
 */
export async function resolveFinding(name: string, global: GlobalOptions): Promise<FindingRef> {
  const ref = readFindingRef(name);
  if (ref === undefined) {
    throw new UsageError(
      `${JSON.stringify(name)} is no name of a finding: <control>@<key>, e.g. rotation-enabled@alias/payments. List them with: keywarden findings`,
    );
  }
  return { ...ref, subject: await resolveSubject(ref.subject, global) };
}

interface Named {
  readonly control: string;
  readonly item?: string;
}

/** What of a chain is about one finding, each action without the verdicts about others. */
export function pickEntries({ entries, problems }: ReadChain, finding: Named): ReadChain {
  const id = findingId(finding);
  const isIt = (one: Named) => findingId(one) === id;
  const seqs = new Set<number>();
  const picked = entries.flatMap((entry): Entry[] => {
    if (entry.type === 'outcome') return seqs.has(entry.of) ? [entry] : [];
    if (entry.type !== 'action') return [];
    const verdicts = entry.verdicts.filter(isIt);
    const decisions = entry.decisions.filter(isIt);
    const isOrdered = entry.order?.finding === id || entry.order?.finding === finding.control;
    if (verdicts.length + decisions.length === 0 && !isOrdered) return [];
    seqs.add(entry.seq);
    return [{ ...entry, verdicts, decisions }];
  });
  return { entries: picked, problems };
}

function findPlan(entries: readonly Entry[], finding: Finding): RecordedDecision | undefined {
  if (finding.status !== 'open') return undefined;
  const actions = entries.filter((entry): entry is ActionEntry => entry.type === 'action').reverse();
  return actions
    .flatMap(({ decisions }) => decisions)
    .find(({ plan, proposal }) => plan !== undefined || proposal !== undefined);
}

/** @param colour only on a terminal */
export function tellFinding({ finding, waiver, decision, chain }: FindingStory, colour: boolean, now: Date): string {
  const control = findControl(finding.control) ?? builtInControls.find(({ id }) => id === finding.control);
  const { causedBy, openings, remediatedAt } = finding;
  const lines = [
    ...describeFinding(finding, now),
    `  ${finding.status}${finding.status === 'open' ? '' : ` since ${safeText(finding.changedAt)}`}, decided: ${safeText(finding.decision)}${openings === undefined ? '' : `, opened ${openings} times`}`,
    ...(causedBy === undefined ? [] : [`  by ${safeText(causedBy.person ?? causedBy.arn ?? 'nobody that is named')}`]),
    ...remediatedAt.map((at) => `  put right ${safeText(at)}, ${describeAge(at, now)} ago`),
    ...(waiver === undefined ? [] : [`  ${describeWaiver(waiver, now)}`]),
    ...(control === undefined ? [] : ['', control.title, `  ${control.why}`]),
    ...(decision === undefined ? [] : ['', 'Plan', ...describeDecision(decision).map((line) => `  ${line}`)]),
    '',
    'What to do',
    ...[...(control?.runbook ?? []), ...listOrders(finding)].map((line) => `  ${line}`),
    '',
  ];
  return `${lines.join('\n')}\n${tellStory('Its story', chain.entries, chain.problems, colour)}`;
}

/** The commands that fit what is so now. */
function listOrders(finding: Finding): string[] {
  const name = writeFindingRef(finding);
  const because = (command: string) => `$ ${toShell(['keywarden', command, name, '--reason', '...'])}`;
  if (finding.status === 'resolved') return finding.remediatedAt.length === 0 ? [] : [because('undo')];
  if (finding.status === 'waived') return [because('unwaive')];
  const orders = finding.decision === 'ask' ? ['approve', 'reject'] : ['remediate'];
  return [
    ...orders.map(because),
    `$ ${toShell(['keywarden', 'waive', name, '--until', 'YYYY-MM-DD', '--reason', '...'])}`,
  ];
}
