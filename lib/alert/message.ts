import type { Actor, KeyAction } from '../event/key-action.ts';
import type { Orderer, RecordedOrder } from '../ledger/entry.ts';
import type { Causer, FindingState } from '../ledger/finding.ts';
import { writeFindingRef } from '../ledger/finding-ref.ts';
import { quote } from './command.ts';
import { isOfIam, linkToConsole, nameKind } from './console-link.ts';
import { describeDone } from './describe-done.ts';
import { type Message, type Section, TITLES, writeFramed } from './frame.ts';
import { describeNext, describeUndo, listCommands } from './next-steps.ts';
import type { Notice } from './notice.ts';
import { writeOwnCommand } from './own-command.ts';
import { describeDeed } from './plain-words.ts';
import { safeText } from './safe-text.ts';

export type { Message } from './frame.ts';
export type { Notice } from './notice.ts';

/**
 * Writes the message about a finding. The text answers, in this order: what happened, to which key, who, when, what is
 * wrong, what Keywarden did and the proof, what to do now, how to undo it, where to look.
 */
export function writeMessage(notice: Notice): Message {
  const { finding, action, control, state } = notice;
  const isOver = state === 'resolved';
  const sections: readonly Section[] = [
    [TITLES.happened, describeHappened(notice)],
    [nameKind(finding.subject), [describeKey(notice)]],
    ['Who', describeWho(notice)],
    ['When', [`${safeText(action.time)} (record ${safeText(action.eventId)})`]],
    [isOver ? 'What is so now' : TITLES.wrong, describeWrong(notice)],
    [TITLES.done, describeDone(notice)],
    [TITLES.next, describeNext(notice)],
    [TITLES.undo, describeUndo(notice)],
    ['Runbook', HAS_RUNBOOK.has(state) ? explainRunbook(control.runbook) : []],
    [TITLES.look, describePlaces(notice)],
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

/** States in which somebody has something to look into. */
const HAS_RUNBOOK: ReadonlySet<FindingState> = new Set([
  'opened',
  'reopened',
  'needs-approval',
  'rejected',
  'remediated',
  'not-remediated',
]);

/** The runbooks are those of docs/controls.md, and name what the ledger has by the names that it has there. */
const explainRunbook = (runbook: readonly string[]): readonly string[] => {
  const mentions = (word: string) => runbook.some((step) => step.includes(word));
  return [
    ...runbook,
    ...(mentions('`actor.')
      ? [
          'actor.person and actor.arn stand above under Who, time under When; the command under Where to look has the rest.',
        ]
      : []),
    ...(mentions('evoke')
      ? [
          'How to revoke the sessions of a role: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html',
        ]
      : []),
  ];
};

/** The title of a control names the good state, so the headline must say that it is broken. */
function describeState({ state, finding, remediation, order }: Notice): string {
  const rule = finding.verdict === 'unknown' ? 'Rule could not be checked' : 'Rule broken';
  switch (state) {
    case 'resolved':
      return 'In order again';
    case 'remediated':
      if (order !== undefined) return remediation?.status === 'pending' ? 'Being put right' : 'Put right';
      return remediation?.status === 'pending' ? `${rule} and being put right` : `${rule} and put right`;
    case 'not-remediated':
      if (remediation?.leaves?.[finding.control] !== undefined) return `${rule} and put right in part`;
      return `${rule} and not put right`;
    case 'needs-approval':
      return `${rule}, waits for your approval`;
    case 'reopened':
      return `${rule} again`;
    case 'rejected':
      return `${rule}, and its repair was rejected`;
    case 'undone':
      return 'Repair undone, so that the rule is broken again';
    case 'not-undone':
      return 'A repair could not be undone';
    case 'waived':
      return `Exception until ${finding.waiver?.until ?? 'its end'}`;
    default:
      return rule;
  }
}

const ORDERED: Readonly<Record<RecordedOrder['kind'], string>> = {
  verify: 'had Keywarden look at it',
  remediate: 'ordered Keywarden to put it right',
  approve: 'approved that Keywarden puts it right',
  reject: 'rejected what Keywarden would do',
  undo: 'had Keywarden take its change back',
  waive: 'granted an exception',
  unwaive: 'withdrew the exception',
};

/** What Keywarden does without an event and without an order, by the name that it has in the ledger. */
const LOOKS: Readonly<Record<string, string>> = {
  SweepKey: 'Nobody did anything just now: Keywarden found it when it looked at every key.',
  SweepGrant: 'Nobody did anything just now: Keywarden found it when it looked at every grant.',
  CompareWithCloudTrail: 'Keywarden compared its ledger with the log of CloudTrail, and found this.',
  AwaitOwnRecord: 'Keywarden waited for the CloudTrail record of a change that it made itself.',
};

const describeHappened = (notice: Notice): readonly string[] => [
  ...describeEvent(notice),
  ...(notice.state === 'reopened'
    ? [`It was in order in between: this is occurrence ${notice.finding.openings ?? 2} of it.`]
    : []),
];

function describeEvent({ order, action, state }: Notice): readonly string[] {
  if (order !== undefined) return [describeOrder(order, state)];
  const look = Object.hasOwn(LOOKS, action.api) ? LOOKS[action.api] : undefined;
  if (look !== undefined && action.eventSource === 'keywarden') return [look];
  if (action.origin === 'on-demand') {
    const why = typeof action.request.reason === 'string' ? ` Why: ${safeText(action.request.reason, 1_000)}` : '';
    return [`Keywarden looked at it because it was asked to (${safeText(action.api, 80)}).${why}`];
  }
  const isLate = action.origin === 'reconcile' || action.origin === 'archive';
  return [
    describeDeed(action),
    `In the words of AWS: ${describeCall(action)}`,
    ...(isLate ? ['Keywarden learned of it late, when it compared its ledger with CloudTrail.'] : []),
  ];
}

function describeOrder({ kind, by, until, reason, ticket }: RecordedOrder, state: FindingState): string {
  const what = kind === 'remediate' && state === 'needs-approval' ? 'proposed this change' : ORDERED[kind];
  const end = until === undefined ? '' : ` until ${until}`;
  const where = ticket === undefined ? '' : ` (${safeText(ticket)})`;
  return `${safeText(by.name)} ${what}${end}. The reason given: ${safeText(reason, 1_000)}${where}`;
}

function describeCall({ api, outcome, error }: KeyAction): string {
  const how = { succeeded: 'succeeded', denied: 'was denied', failed: 'failed', 'dry-run': 'was a dry run' }[outcome];
  const why = error === undefined ? '' : ` (${safeText(error.code, 80)}: ${safeText(error.message)})`;
  return `${safeText(api, 80)} ${how}${why}.`;
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
  if (type === 'Schedule') return 'Nobody; Keywarden looked by itself, on its schedule.';
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

/** Of an order, who gave it and who caused what it is about; of everything else, who did it. */
function describeWho({ order, action, finding: { causedBy, proposedBy } }: Notice): readonly string[] {
  const nobody = order === undefined && (action.origin === 'sweep' || action.origin === 'on-demand');
  const cause = causedBy === undefined ? [] : [`Caused by ${nameCauser(causedBy)}.`];
  const proposed =
    proposedBy === undefined || proposedBy.name === order?.by.name ? [] : [`Proposed by ${nameOrderer(proposedBy)}.`];
  if (order !== undefined) return [`Ordered by ${nameOrderer(order.by)}.`, ...proposed, ...cause];
  return [describeActor(action.actor), ...proposed, ...(nobody ? cause : [])];
}

const nameCauser = ({ person, arn }: Causer): string =>
  [person, arn]
    .filter((name) => name !== undefined)
    .map((name) => safeText(name))
    .join(', ');

const nameOrderer = ({ name, arn, verified }: Orderer): string => {
  const proof = verified
    ? 'whom AWS verified'
    : 'by their own word; the CloudTrail record of the call proves who it was';
  return `${safeText(name)} (${arn === undefined || arn === name ? '' : `${safeText(arn)}, `}${proof})`;
};

const describeWrong = ({ finding, control, state }: Notice): string[] => [
  safeText(finding.reason, 1_000),
  ...(state === 'resolved' ? [] : [control.why]),
  `Control ${control.id}, step ${control.step} of OP-PROC-001.`,
];

const describePlaces = ({ finding, home }: Notice): readonly string[] => [
  linkToConsole(finding.subject),
  writeOwnCommand('finding', finding, {}, home),
  `keywarden ledger show ${quote(safeText(finding.subject))} --region ${quote(home.region)} --stage ${quote(home.stage)}`,
];

const toJson = (notice: Notice) => {
  const { state, finding, control, action, decision, remediation, aliases, order, planDigest } = notice;
  return {
    state,
    findingName: writeFindingRef(finding),
    finding,
    control: { id: control.id, title: control.title, step: control.step },
    action,
    aliases: aliases.known ? aliases.value : null,
    decision,
    remediation: remediation ?? null,
    planDigest: planDigest ?? null,
    orderedBy: order?.by ?? null,
    proposedBy: finding.proposedBy ?? null,
    commands: listCommands(notice),
  };
};
