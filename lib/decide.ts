import type { Mode, Verdict } from './controls/control.ts';
import type { Fact } from './facts/key-facts.ts';
import type { Policy, Waiver } from './policy/policy.ts';
import type { Planned } from './remediations/remedy.ts';

/**
 * - `none`: nothing to say;
 * - `waived`: a person answers for it until a day; recorded, and nobody is told;
 * - `tell`: record it and tell the officer;
 * - `ask`: tell the officer, with the plan ready to be approved;
 * - `act`: carry the plan out, then tell.
 */
export type DecisionKind = 'none' | 'waived' | 'tell' | 'ask' | 'act';

/** What is to be done about one verdict, and why, as a sentence. */
export interface Decision {
  readonly decision: DecisionKind;
  readonly reason: string;
}

/** Everything a decision depends on. */
export interface Question {
  readonly verdict: Verdict;
  readonly mode: Mode;
  /** Absent when the control has no remedy. */
  readonly planned?: Planned | undefined;
  /** The waiver in force for this control and subject. */
  readonly waiver?: Waiver | undefined;
  /** Keywarden's own roles did it. */
  readonly bySelf: boolean;
  /** Tags of the key, and the tag that protects one. */
  readonly tags: Fact<Readonly<Record<string, string>>>;
  readonly protectedTag: string;
  /** How often Keywarden has put the same right lately, within the hours that the policy names. */
  readonly sameRemedy: number;
  readonly safeguards: Policy['safeguards'];
  /** The limit of changes per hour is reached. */
  readonly breakerOpen: boolean;
  /** The kill switch: true stops every change. */
  readonly stopped: Fact<boolean>;
  /**
   * A person ordered it: `verify` never changes anything; `remediate` stands for the mode `enforce`; `approve` carries out the
   * plan that was asked about.
   */
  readonly order?: PersonsOrder | undefined;
  /** Whoever orders a remediation must find somebody else who approves it, unless Keywarden would make it by itself. */
  readonly twoPersons: boolean;
  /** Who ordered, for people to read. */
  readonly orderedBy?: string | undefined;
  /** Of `approve`: how the plan of now differs from the one that was approved, as a sentence. */
  readonly differs?: string | undefined;
  /** What is wrong was so before Keywarden was there: id of the first look at all keys. */
  readonly baseline?: string | undefined;
}

/** What a person may order of a verdict. */
export type PersonsOrder = 'verify' | 'remediate' | 'approve';

/**
 * Decides what to do about a verdict. The first rule that applies counts, and everything that speaks against a change
 * comes before the change.
 */
export function decide(question: Question): Decision {
  return RULES.find(({ when }) => when(question))?.say(question) ?? ACT;
}

const ACT: Decision = { decision: 'act', reason: 'The remedy is safe, and the mode of this control is enforce.' };

interface Rule {
  when(question: Question): boolean;
  say(question: Question): Decision;
}

const tell = (reason: string): Decision => ({ decision: 'tell', reason });
const ask = (reason: string): Decision => ({ decision: 'ask', reason });

const RULES: readonly Rule[] = [
  {
    when: ({ verdict }) => verdict === 'compliant' || verdict === 'not-applicable',
    say: () => ({ decision: 'none', reason: 'Nothing is wrong.' }),
  },
  {
    when: ({ waiver, order }) => waiver !== undefined && order !== 'remediate',
    say: ({ waiver }) => ({
      decision: 'waived',
      reason: `${waiver?.owner} answers for it until ${waiver?.expires} (${waiver?.ticket}).`,
    }),
  },
  {
    when: ({ verdict }) => verdict !== 'violation',
    say: () => tell('Keywarden could not judge it, and never changes what it does not understand.'),
  },
  {
    when: ({ planned }) => planned === undefined,
    say: () => tell('This control has no remedy; a person decides.'),
  },
  {
    when: ({ planned }) => planned?.possible !== true,
    say: ({ planned }) => tell(`The remedy cannot be used: ${planned?.possible === false ? planned.reason : ''}`),
  },
  {
    when: ({ bySelf }) => bySelf,
    say: () => tell("Keywarden's own call caused it; Keywarden never remediates itself."),
  },
  {
    when: ({ order }) => order === 'verify',
    say: () => ask('The order was to verify only.'),
  },
  {
    when: ({ order, mode }) => order === undefined && mode === 'observe',
    say: () => tell('The mode of this control is observe.'),
  },
  {
    when: ({ order, baseline }) => order === undefined && baseline !== undefined,
    say: ({ baseline }) =>
      ask(
        `It was so before Keywarden was there (first look at all keys: ${baseline}), and Keywarden changes it only when a person approves.`,
      ),
  },
  {
    when: ({ order, mode }) => order === undefined && mode !== 'enforce',
    say: () => ask('The mode of this control is approve.'),
  },
  {
    when: ({ order, planned }) =>
      order === undefined && planned?.possible === true && planned.plan.asksFirst !== undefined,
    say: ({ planned }) => ask(planned?.possible === true ? (planned.plan.asksFirst ?? '') : ''),
  },
  {
    when: ({ order, differs }) => order === 'approve' && differs !== undefined,
    say: ({ differs }) => ask(`What was approved is not what would be done now. ${differs}`),
  },
  {
    when: (question) => question.order === 'remediate' && question.twoPersons && !wouldActAlone(question),
    say: ({ orderedBy }) =>
      ask(`${orderedBy ?? 'Somebody'} proposes it, and somebody else must approve it (approval.differentPerson).`),
  },
  {
    when: ({ tags }) => !tags.known,
    say: ({ tags }) => ask(`Whether the key is protected could not be read: ${tags.known ? '' : tags.reason}.`),
  },
  {
    when: ({ tags, protectedTag }) => tags.known && Object.hasOwn(tags.value, protectedTag),
    say: ({ protectedTag }) =>
      tell(`The key carries the tag ${protectedTag}, so Keywarden never changes it. Remove the tag to let it.`),
  },
  {
    when: ({ sameRemedy, safeguards, order }) => order === undefined && sameRemedy >= safeguards.sameRemedy.changes,
    say: ({ sameRemedy, safeguards }) =>
      ask(
        `Keywarden put the same right ${sameRemedy} times within ${safeguards.sameRemedy.hours} hours, and somebody undoes it: a person must find out who.`,
      ),
  },
  {
    when: ({ breakerOpen, order }) => breakerOpen && order === undefined,
    say: ({ safeguards }) =>
      ask(
        `The limit of ${safeguards.changesPerHour} changes in one hour is reached; Keywarden asks until the hour is over.`,
      ),
  },
  {
    when: ({ stopped }) => !stopped.known,
    say: ({ stopped }) =>
      ask(`Whether the kill switch is on could not be read: ${stopped.known ? '' : stopped.reason}.`),
  },
  {
    when: ({ stopped }) => stopped.known && stopped.value,
    say: () => ask('The kill switch is on: Keywarden changes nothing.'),
  },
  {
    when: ({ order }) => order === 'remediate',
    say: () => ({ decision: 'act', reason: 'The remedy is safe, and a person ordered it.' }),
  },
  {
    when: ({ order }) => order === 'approve',
    say: ({ orderedBy }) => ({ decision: 'act', reason: `${orderedBy ?? 'A person'} approved it.` }),
  },
];

/** Keywarden would have put it right by itself: a person who orders that decides nothing. */
const wouldActAlone = ({ mode, planned, baseline }: Question): boolean =>
  mode === 'enforce' && baseline === undefined && planned?.possible === true && planned.plan.asksFirst === undefined;
