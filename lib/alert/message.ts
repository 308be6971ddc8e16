import type { Control } from '../controls/control.ts';
import type { Actor, KeyAction } from '../event/key-action.ts';
import type { Fact } from '../facts/key-facts.ts';
import type { RecordedDecision, RecordedRemediation } from '../ledger/entry.ts';
import type { Finding, FindingState } from '../ledger/finding.ts';
import { quote, toCommandLines } from './command.ts';
import { isOfIam, linkToConsole, nameKind } from './console-link.ts';
import { type Message, type Section, TITLES, writeFramed } from './frame.ts';
import { safeText } from './safe-text.ts';

export type { Message } from './frame.ts';

/** Everything the officer is told about one finding. */
export interface Notice {
  readonly state: FindingState;
  readonly finding: Finding;
  readonly control: Pick<Control, 'id' | 'title' | 'step' | 'why' | 'runbook'>;
  readonly action: KeyAction;
  readonly decision: RecordedDecision;
  readonly remediation: RecordedRemediation | undefined;
  readonly aliases: Fact<readonly string[]>;
}

/**
 * Writes the message about a finding. The text answers, in this order: what happened, to which key, who, when, what is
 * wrong, what Keywarden did and the proof, what to do now, how to undo it, where to look.
 */
export function writeMessage(notice: Notice): Message {
  const { finding, action, control, state } = notice;
  const sections: readonly Section[] = [
    [TITLES.happened, [describeAction(action)]],
    [nameKind(finding.subject), [describeKey(notice)]],
    ['Who', [describeActor(action.actor)]],
    ['When', [`${safeText(action.time)} (record ${safeText(action.eventId)})`]],
    [state === 'resolved' ? 'What is so now' : TITLES.wrong, describeWrong(notice)],
    [TITLES.done, describeDone(notice)],
    [TITLES.next, describeNext(notice)],
    [TITLES.undo, describeUndo(notice)],
    [TITLES.look, [linkToConsole(finding.subject), `keywarden ledger show ${quote(safeText(finding.subject))}`]],
  ];
  return writeFramed({
    severity: finding.severity,
    headline: `${describeState(notice)}: ${control.title}`,
    sections,
    control: finding.control,
    state,
    place: { account: action.account, region: action.region },
    json: toJson(notice),
  });
}

/** The title of a control names the good state, so the headline must say that it is broken. */
function describeState({ state, finding, remediation }: Notice): string {
  const rule = finding.verdict === 'unknown' ? 'Rule could not be checked' : 'Rule broken';
  switch (state) {
    case 'resolved':
      return 'In order again';
    case 'remediated':
      return remediation?.status === 'pending' ? `${rule} and being put right` : `${rule} and put right`;
    case 'not-remediated':
      return `${rule} and not put right`;
    case 'needs-approval':
      return `${rule}, waits for your approval`;
    default:
      return rule;
  }
}

function describeAction({ api, outcome, error, origin }: KeyAction): string {
  const how = { succeeded: 'succeeded', denied: 'was denied', failed: 'failed', 'dry-run': 'was a dry run' }[outcome];
  const why = error === undefined ? '' : ` (${safeText(error.code, 80)}: ${safeText(error.message)})`;
  return `${safeText(api, 80)} ${how}${why}${origin === 'on-demand' ? ', ordered from Keywarden' : ''}.`;
}

function describeKey({ finding, aliases, action }: Notice): string {
  if (isOfIam(finding.subject)) {
    const item = finding.item === undefined ? '' : `policy ${safeText(finding.item)} of `;
    return `${item}${safeText(finding.subject)} in account ${action.account}`;
  }
  if (nameKind(finding.subject) !== 'Key') {
    return `${safeText(finding.subject)} in account ${action.account}, ${action.region}`;
  }
  const name = finding.subject.slice(finding.subject.lastIndexOf('/') + 1);
  const alias = aliases.known
    ? aliases.value.map((one) => safeText(one, 256)).join(', ') || 'no alias'
    : `alias unknown: ${safeText(aliases.reason)}`;
  return `${safeText(name)} (${alias}) in account ${action.account}, ${action.region}`;
}

function describeActor({ type, arn, person, sessionIssuer, invokedBy, sourceIp, mfa }: Actor): string {
  const who = person ?? arn ?? invokedBy ?? type;
  const details = [
    arn === undefined || arn === who ? undefined : arn,
    sessionIssuer === undefined ? undefined : `role ${sessionIssuer}`,
    invokedBy === undefined || invokedBy === who ? undefined : `through ${invokedBy}`,
    sourceIp === undefined ? undefined : `from ${sourceIp}`,
    mfa === undefined ? undefined : mfa ? 'with MFA' : 'without MFA',
  ].filter((detail) => detail !== undefined);
  const rest = details.map((detail) => safeText(detail)).join(', ');
  return `${safeText(who)} (${type === 'Root' ? 'the root user' : safeText(type)})${rest === '' ? '' : `: ${rest}`}`;
}

const describeWrong = ({ finding, control, state }: Notice): string[] => [
  safeText(finding.reason, 1_000),
  `Control ${control.id}, step ${control.step} of OP-PROC-001.`,
  ...(state === 'resolved' ? [] : [control.why]),
];

const THE = {
  Key: 'the key',
  'IAM policy': 'the policy',
  Trail: 'the trail',
  'Part of Keywarden': 'the part of Keywarden',
} as const;

function describeDone({ state, finding, decision, remediation }: Notice): string[] {
  if (remediation === undefined)
    return [
      state === 'resolved'
        ? `Nothing; ${THE[nameKind(finding.subject)]} is in order again.`
        : `Nothing. ${safeText(decision.reason)}`,
    ];
  const ids = remediation.requestIds.length === 0 ? '' : ` AWS request ${remediation.requestIds.join(', ')}.`;
  switch (remediation.status) {
    case 'confirmed':
      return [
        `Done: ${safeText(decision.plan?.summary ?? remediation.remedy, 1_000)} Read back from AWS: ${show(remediation.after)}.${ids}`,
        ...describeLeft(remediation, finding.control),
      ];
    case 'already-so':
      return [`Nothing more: AWS already showed ${show(remediation.after)}.`];
    case 'pending':
      return [
        `AWS accepted: ${safeText(decision.plan?.summary ?? remediation.remedy, 1_000)}${ids}`,
        safeText(remediation.reason ?? ''),
      ];
    default:
      return [`It tried ${remediation.remedy}. ${safeText(remediation.reason ?? '')}${ids}`];
  }
}

/** What is approved, in words: a command can be too long to read. */
const describePlan = ({ control, plan }: RecordedDecision): string[] =>
  [plan?.summary, plan?.asksFirst, plan?.leaves?.[control]]
    .filter((text) => text !== undefined)
    .map((text) => safeText(text, 1_000));

/** A change may put right only a part of what is wrong. */
const describeLeft = ({ leaves }: RecordedRemediation, control: string): string[] =>
  leaves?.[control] === undefined ? [] : [safeText(leaves[control], 1_000)];

/** `{ rotation: { enabled: true, periodInDays: 365 } }` as `rotation: enabled true, periodInDays 365`. */
const show = (values: Readonly<Record<string, unknown>> | undefined): string =>
  Object.entries(values ?? {})
    .map(([name, value]) => `${name}: ${safeText(showValue(value))}`)
    .join('; ');

const showValue = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? Object.entries(value)
        .map(([name, inner]) => `${name} ${typeof inner === 'object' ? JSON.stringify(inner) : String(inner)}`)
        .join(', ')
    : String(value);

function describeNext({ state, finding, control, decision, remediation }: Notice): string[] {
  const commands = (decision.plan?.requests ?? []).flatMap((request) =>
    toCommandLines(request, finding.subject, 'decisions[].plan.requests'),
  );
  if (state === 'not-remediated' && remediation?.leaves?.[finding.control] !== undefined) return [...control.runbook];
  switch (state) {
    case 'remediated':
      // What cannot be undone is done when a person says so, who knows why.
      if (decision.plan?.undo.length === 0) return ['Nothing for the key.'];
      return [
        ...describeLeftToDo(decision, finding.subject),
        `${decision.plan?.leftToDo === undefined ? `Nothing for ${THE[nameKind(finding.subject)]}. ` : ''}Ask the person above why it was done; if it must stay so, ${nameKind(finding.subject) === 'Key' ? 'tag the key as protected' : 'have a waiver approved'} first, or Keywarden does the same again; then undo it.`,
      ];
    case 'resolved':
      return ['Nothing.'];
    case 'needs-approval':
      return [
        ...describePlan(decision),
        'To approve, run:',
        ...commands,
        ...describeLeftToDo(decision, finding.subject),
        ...control.runbook,
      ];
    case 'not-remediated':
      return ['Find out why it failed, then run:', ...commands, ...control.runbook];
    default:
      return [...describeProposal(decision), ...control.runbook];
  }
}

/** What the change itself does not do, with the commands that do it. */
const describeLeftToDo = ({ plan }: RecordedDecision, subject: string): string[] =>
  plan?.leftToDo === undefined
    ? []
    : [
        safeText(plan.leftToDo.sentence, 1_000),
        ...plan.leftToDo.requests.flatMap((request) =>
          toCommandLines(request, subject, 'decisions[].plan.leftToDo.requests'),
        ),
      ];

/** The whole of a longer one is in the ledger and in the JSON of the message. */
const LONGEST_PROPOSAL = 2_000;

function describeProposal({ proposal }: RecordedDecision): string[] {
  if (proposal === undefined) return [];
  const isLong = proposal.length > LONGEST_PROPOSAL;
  const lines = proposal.slice(0, LONGEST_PROPOSAL).split('\n').map(safeIndented);
  const more = isLong ? ['... (shortened; the whole is in the ledger)'] : [];
  return ['A proposal; nothing was changed:', ...lines.map((line) => `  ${line}`), ...more];
}

/** Blanks in front show the structure of a document. */
const safeIndented = (line: string): string =>
  `${/^ */.exec(line)?.[0] ?? ''}${safeText(line.replace(/^ */, ''), 1_000)}`;

const describeUndo = ({ remediation, decision, finding }: Notice): string[] =>
  remediation === undefined || remediation.status === 'failed'
    ? []
    : [
        ...remediation.undo.flatMap((request) => toCommandLines(request, finding.subject, 'decisions[].plan.undo')),
        ...(decision.plan?.notes ?? []).map((note) => safeText(note)),
      ];

const toJson = ({ state, finding, control, action, decision, remediation, aliases }: Notice) => ({
  state,
  finding,
  control: { id: control.id, title: control.title, step: control.step },
  action,
  aliases: aliases.known ? aliases.value : null,
  decision,
  remediation: remediation ?? null,
});
