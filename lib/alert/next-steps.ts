import type { RecordedDecision } from '../ledger/entry.ts';
import type { FindingState } from '../ledger/finding.ts';
import { toCommandLines } from './command.ts';
import { nameKind, nameSubject } from './console-link.ts';
import type { Notice } from './notice.ts';
import { writeOwnCommand, writeVerifyCommand, YOUR_REASON } from './own-command.ts';
import { safeText } from './safe-text.ts';

/** One thing to do: a sentence that begins with a verb, and what goes with it, one line each. */
interface Step {
  readonly say: string;
  readonly lines?: readonly string[];
}

/**
 * What a person is to do about a finding, in the order in which to do it: a number for each step, and commands on lines of
 * their own.
 */
export const describeNext = (notice: Notice): readonly string[] =>
  STEPS[notice.state](notice).flatMap(({ say, lines = [] }, at) => [
    `${at + 1}. ${say}`,
    ...lines.map((line) => `   ${line}`),
  ]);

/** The commands of Keywarden that fit a finding as it is now, by what they do; for machines. */
export function listCommands(notice: Notice): Readonly<Record<string, string>> {
  const { state } = notice;
  const show = { show: write(notice, 'finding', {}) };
  switch (state) {
    case 'resolved':
      return show;
    case 'waived':
      return { ...show, unwaive: write(notice, 'unwaive', REASON) };
    case 'remediated':
      if (!mayUndo(notice)) return show;
      return {
        ...show,
        ...(notice.undoRefused === undefined ? { undo: write(notice, 'undo', REASON) } : {}),
        waive: waive(notice),
      };
    case 'needs-approval':
      return { ...show, approve: answer(notice, 'approve'), reject: answer(notice, 'reject'), waive: waive(notice) };
    default:
      return {
        ...show,
        ...(hasRemedy(notice) ? { remediate: write(notice, 'remediate', REASON) } : {}),
        waive: waive(notice),
      };
  }
}

const hasRemedy = ({ state, decision }: Notice): boolean =>
  decision.plan !== undefined || state === 'rejected' || state === 'undone' || state === 'not-undone';

/** How to take a change back, by the command of Keywarden or by hand; nothing where none was made. */
export function describeUndo(notice: Notice): readonly string[] {
  const { remediation, decision, finding, undoRefused } = notice;
  const isMade = remediation !== undefined && remediation.status !== 'failed' && remediation.undoes === undefined;
  if (!isMade) return [];
  const notes = (decision.plan?.notes ?? []).map((note) => safeText(note));
  if (remediation.undo.length === 0) return notes;
  const byHand = remediation.undo.flatMap((request) =>
    toCommandLines(request, finding.subject, 'decisions[].plan.undo'),
  );
  const [first, second] =
    undoRefused === undefined
      ? [[write(notice, 'undo', REASON)], BY_HAND]
      : [[`Keywarden does not take it back itself: ${safeText(undoRefused, 1_000)}`], 'By hand, if it must be:'];
  return [...first, second, ...byHand, ...notes];
}

const BY_HAND = 'By hand, only if Keywarden cannot be reached:';

const REASON = { reason: YOUR_REASON };

const write = (
  { finding, home }: Notice,
  command: Parameters<typeof writeOwnCommand>[0],
  options: Readonly<Record<string, string>>,
): string => writeOwnCommand(command, finding, options, home);

/** Enough of a digest that nobody finds another plan with the same. */
const SHOWN_DIGITS = 16;

const answer = (notice: Notice, command: 'approve' | 'reject'): string =>
  write(notice, command, {
    ...(notice.planDigest === undefined ? {} : { plan: notice.planDigest.slice(0, SHOWN_DIGITS) }),
    ...REASON,
  });

/** What is proposed as the length of an exception, unless the policy allows less. */
const DAYS_OF_WAIVER = 30;

function waive(notice: Notice): string {
  const { finding, home } = notice;
  const days = Math.min(DAYS_OF_WAIVER, home.approval.longestWaiverDays);
  const until = new Date(Date.parse(finding.changedAt) + days * 86_400_000).toISOString().slice(0, 10);
  return write(notice, 'waive', { until, ...REASON });
}

const STEPS: Readonly<Record<FindingState, (notice: Notice) => readonly Step[]>> = {
  opened: (notice) => openedSteps(notice),
  reopened: (notice) => openedSteps(notice),
  'needs-approval': (notice) => [
    { say: `Decide by ${deadline(notice)} whether Keywarden is to do this:`, lines: describePlan(notice.decision) },
    { say: `If you want it, approve it. ${describeApprovers(notice)}`, lines: [answer(notice, 'approve')] },
    ...leftToDo(notice, 'Then do what Keywarden leaves to you, once it is approved.'),
    { say: 'If you do not want it, reject it; the finding stays open:', lines: [answer(notice, 'reject')] },
    except(notice),
    byHand(notice),
    ...proposal(notice),
  ],
  rejected: (notice) => [
    { say: 'Have it put right in another way: the runbook below says how.' },
    tryAgain(notice, 'Or order it after all'),
    except(notice),
  ],
  remediated: (notice) => [...leftToDo(notice, 'Do what Keywarden leaves to you.'), ...askWhy(notice)],
  'not-remediated': (notice) =>
    notice.remediation?.leaves?.[notice.finding.control] === undefined
      ? [
          { say: 'Find out why it failed: the answer of AWS stands above.' },
          tryAgain(notice, 'Then have Keywarden try again'),
          byHand(notice),
        ]
      : [...byRunbook(notice), except(notice)],
  undone: (notice) => [
    { say: 'Have an exception granted if it must stay so; until then the finding is open:', lines: [waive(notice)] },
    tryAgain(notice, 'Or have Keywarden put it right again'),
  ],
  'not-undone': (notice) => [
    { say: 'Find out why it failed: the answer of AWS stands above.' },
    { say: 'Then try again, or take it back by hand:', lines: [write(notice, 'undo', REASON), ...requests(notice)] },
  ],
  waived: (notice) => [
    {
      say: `Do nothing until ${notice.finding.waiver?.until ?? 'the exception ends'}; a message comes before it ends.`,
    },
    { say: 'To withdraw the exception before that:', lines: [write(notice, 'unwaive', REASON)] },
  ],
  resolved: () => [{ say: 'Do nothing: it is in order again.' }],
};

/** What Keywarden would not do by itself is only proposed by whoever orders it, where the policy asks for two persons. */
const tryAgain = (notice: Notice, say: string): Step => ({
  say: `${say}${notice.order === undefined ? '' : proposes(notice)}:`,
  lines: [write(notice, 'remediate', REASON)],
});

const proposes = ({ home }: Notice): string =>
  home.approval.differentPerson ? '; somebody else approves it then' : '';

const openedSteps = (notice: Notice): readonly Step[] => [
  ...proposal(notice),
  ...byRunbook(notice),
  ...order(notice),
  ...lookAgain(notice),
  except(notice),
];

const byRunbook = (notice: Notice): readonly Step[] => [
  { say: `Follow the runbook below and keep its times; you are reminded at ${deadline(notice)} if it is still open.` },
];

/** What could not be judged is judged again when somebody asks, or at the next look at all keys. */
const lookAgain = ({ finding, home }: Notice): readonly Step[] =>
  finding.verdict === 'unknown' && nameKind(finding.subject) === 'Key'
    ? [
        {
          say: 'Put right what kept Keywarden from judging (above: What is wrong), then have it look again:',
          lines: [writeVerifyCommand(finding.subject, home)],
        },
      ]
    : [];

/** A plan that nobody is asked about, because the mode is observe or something speaks against it. */
const order = (notice: Notice): readonly Step[] =>
  notice.decision.plan === undefined
    ? []
    : [
        {
          say: `Or order Keywarden to put it right${proposes(notice)}:`,
          lines: [...describePlan(notice.decision), write(notice, 'remediate', REASON)],
        },
      ];

function except(notice: Notice): Step {
  const { finding, home } = notice;
  const causer = finding.causedBy?.person ?? finding.causedBy?.arn;
  const by = home.approval.differentPerson && causer !== undefined ? `, by somebody else than ${safeText(causer)}` : '';
  return {
    say: `If it must stay as it is for a while, or is explained and cannot be changed, have an exception granted${by}, for ${home.approval.longestWaiverDays} days at most:`,
    lines: [waive(notice)],
  };
}

const requests = ({ decision, finding }: Notice): readonly string[] =>
  (decision.plan?.requests ?? []).flatMap((request) =>
    toCommandLines(request, finding.subject, 'decisions[].plan.requests'),
  );

const byHand = (notice: Notice): Step => ({ say: BY_HAND, lines: requests(notice) });

/** What the change itself does not do, with the commands that do it. */
const leftToDo = ({ decision: { plan }, finding }: Notice, before: string): readonly Step[] =>
  plan?.leftToDo === undefined
    ? []
    : [
        {
          say: `${before} ${safeText(plan.leftToDo.sentence, 1_000)}`,
          lines: plan.leftToDo.requests.flatMap((request) =>
            toCommandLines(request, finding.subject, 'decisions[].plan.leftToDo.requests'),
          ),
        },
      ];

function askWhy(notice: Notice): readonly Step[] {
  const { finding, decision, undoRefused } = notice;
  const causer = finding.causedBy?.person ?? finding.causedBy?.arn ?? nameActor(notice);
  const rest =
    decision.plan?.leftToDo === undefined ? `; ${nameSubject(finding.subject)} itself needs nothing more` : '';
  const ask =
    causer === undefined
      ? `Find out in the ledger who caused it, and ask whether it was meant, and why${rest}.`
      : `Ask ${safeText(causer)} by ${deadline(notice)} whether it was meant, and why${rest}.`;
  if (!mayUndo(notice)) return [{ say: ask }];
  const back = undoRefused === undefined ? 'then undo it (below)' : 'then undo it by hand (below)';
  const say = `If it must stay as it was, have an exception granted first, or Keywarden does or asks the same again; ${back}:`;
  return [{ say: ask }, { say, lines: [waive(notice)] }];
}

/** Who did what the message is about; nobody of those who ordered something of Keywarden. */
const nameActor = ({ action, order: ordered }: Notice): string | undefined =>
  ordered !== undefined || action.origin === 'sweep' || action.origin === 'on-demand'
    ? undefined
    : (action.actor.person ?? action.actor.arn);

const mayUndo = ({ remediation, decision }: Notice): boolean =>
  remediation !== undefined && remediation.undo.length > 0 && decision.plan?.undo.length !== 0;

/** What is approved, in words: a command can be too long to read. */
const describePlan = ({ control, plan }: RecordedDecision): readonly string[] =>
  [plan?.summary, plan?.asksFirst, plan?.leaves?.[control]]
    .filter((text) => text !== undefined)
    .map((text) => safeText(text, 1_000));

/** The whole of a longer one is in the ledger and in the JSON of the message. */
const LONGEST_PROPOSAL = 2_000;

function proposal({ decision: { proposal: text } }: Notice): readonly Step[] {
  if (text === undefined) return [];
  const isLong = text.length > LONGEST_PROPOSAL;
  const lines = text.slice(0, LONGEST_PROPOSAL).split('\n').map(safeIndented);
  const more = isLong ? ['... (shortened; the whole is in the ledger)'] : [];
  return [{ say: 'Consider this proposal; nothing was changed:', lines: [...lines, ...more] }];
}

/** Blanks in front show the structure of a document. */
const safeIndented = (line: string): string =>
  `${/^ */.exec(line)?.[0] ?? ''}${safeText(line.replace(/^ */, ''), 1_000)}`;

/** When the first reminder comes: by then somebody should have answered. */
function deadline({ finding, home }: Notice): string {
  const hours = hoursFor(finding.severity, home.alerts.remindAfterHours);
  const at = new Date(Date.parse(finding.changedAt) + hours * 3_600_000).toISOString();
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
}

const hoursFor = (severity: string, hours: Readonly<Record<'critical' | 'high' | 'medium' | 'low', number>>): number =>
  severity === 'critical' || severity === 'high' || severity === 'low' ? hours[severity] : hours.medium;

/** Who may approve, and who may not. */
function describeApprovers({ finding, home: { approval } }: Notice): string {
  const who =
    approval.officers.length === 0 ? 'Whoever IAM lets call Keywarden may' : 'The officers of the policy file may';
  if (!approval.differentPerson) return `${who}:`;
  const { causedBy, proposedBy } = finding;
  const causer = causedBy?.person ?? causedBy?.arn;
  const barred = [
    ...(causer === undefined ? [] : [`${safeText(causer)}, who caused it`]),
    ...(proposedBy === undefined ? [] : [`${safeText(proposedBy.name)}, who proposed it`]),
  ];
  return `${who}${barred.length === 0 ? '' : `, but not ${barred.join(', and not ')}`}:`;
}
