import type { Control, Evidence, Judgement, Mode } from './controls/control.ts';
import { controlsFor, stateControls } from './controls/index.ts';
import { type Decision, decide, type Question } from './decide.ts';
import type { KeyAction } from './event/key-action.ts';
import type { FactReader } from './facts/fact-reader.ts';
import { type FactName, type KeyFacts, known } from './facts/key-facts.ts';
import type { RecordedDecision, RecordedVerdict } from './ledger/entry.ts';
import type { Policy } from './policy/policy.ts';
import type { Planned } from './remediations/remedy.ts';

/** What a person asked for; absent when an event is judged. */
export type Order = 'verify' | 'remediate';

/** What the controls say about an action, and what Keywarden will do about it. */
export interface Judged {
  readonly verdicts: readonly RecordedVerdict[];
  readonly decisions: readonly RecordedDecision[];
}

/** What is told about a control; the built-in one below is no file of `lib/controls`, because it judges no key. */
export type ControlText = Pick<Control, 'id' | 'title' | 'step' | 'severity' | 'why' | 'runbook'>;

/** Judges that an operation is one that this version knows. Without it, what nobody judged would look like what is in order. */
export const OPERATION_RECOGNISED: ControlText = {
  id: 'operation-recognised',
  title: 'Every KMS operation is known to Keywarden',
  step: 'unrecognised',
  severity: 'medium',
  why: 'KMS did something that this version of Keywarden has no rule for, so nobody verified it against the procedure.',
  runbook: [
    '1. Open the CloudTrail record (eventID above) within one working day and read eventName, requestParameters and userIdentity.',
    '2. Look the operation up in the AWS KMS API reference: does it change a key, its access or its material?',
    '3. Verify the key with the remediate function, and update Keywarden to a version that knows the operation.',
  ],
};

/**
 * Controls that an action triggers, or that a key is judged by on demand. Names of operations do not tell services apart
 * (Payment Cryptography has a CreateKey too), so an operation that is not recognised triggers none.
 */
export function controlsOf(action: KeyAction, order: Order | undefined): readonly Control[] {
  if (order !== undefined) return stateControls;
  return isUnrecognised(action) ? [] : controlsFor(action.api, action.outcome);
}

/** Ids of everything that may open or resolve a finding for this action. */
export const findingIdsOf = (action: KeyAction, order: Order | undefined): readonly string[] => [
  ...controlsOf(action, order).map(({ id }) => id),
  ...(isUnrecognised(action) ? [OPERATION_RECOGNISED.id] : []),
];

/**
 * Reads the facts that the triggered controls declare, lets each judge, and decides what to do. Changes nothing.
 *
 * @param reader facts of the key that the action is about; read lazily, so that what nobody needs costs no call
 * @throws {TransientReadError} when the reader is told to throw
 */
export async function judge(
  action: KeyAction,
  order: Order | undefined,
  reader: FactReader,
  policy: Policy,
  now: Date,
): Promise<Judged> {
  const controls = controlsOf(action, order);
  const facts = await reader.read(unique(controls.flatMap(({ reads }) => reads)));
  const evidence = { facts, policy, now, ...(order === undefined ? { action } : {}) };
  const judgements = controls.map((control) => ({ control, judgement: verify(control, evidence) }));
  const decisions: RecordedDecision[] = [];
  for (const { control, judgement } of judgements) {
    const decided = await decideOne(control, judgement, action, order, reader, policy);
    if (decided.decision !== 'none') decisions.push(decided);
  }
  const verdicts = judgements.map(({ control, judgement }) => toVerdict(control, judgement));
  if (!isUnrecognised(action)) return { verdicts, decisions };
  return {
    verdicts: [...verdicts, toVerdict(OPERATION_RECOGNISED, unrecognised(action))],
    decisions: [
      ...decisions,
      {
        control: OPERATION_RECOGNISED.id,
        decision: 'tell',
        reason: 'Keywarden never changes what it does not understand.',
      },
    ],
  };
}

/** A control that fails has not judged: that is unknown, and no reason to lose the action. */
function verify(control: Control, evidence: Evidence): Judgement {
  try {
    return control.verify(evidence);
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return {
      verdict: 'unknown',
      reason: `Control ${control.id} failed (${why}); report this as a defect of Keywarden.`,
    };
  }
}

async function decideOne(
  control: Control,
  { verdict }: Judgement,
  action: KeyAction,
  order: Order | undefined,
  reader: FactReader,
  policy: Policy,
): Promise<RecordedDecision> {
  const { remedy } = control;
  const planned: Planned | undefined =
    verdict === 'violation' && remedy !== undefined ? remedy.plan(await reader.read(remedy.reads), policy) : undefined;
  const question: Question = {
    verdict,
    mode: modeOf(control, policy),
    planned,
    bySelf: action.actor.bySelf,
    tags: known({}),
    protectedTag: policy.protectedTag,
    order,
  };
  // Tags matter only on the way to a change; asked for always, they would cost every event a call.
  const mayAct = decide(question).decision === 'act';
  const decision: Decision = mayAct ? decide({ ...question, tags: await readTags(reader) }) : decide(question);
  return { control: control.id, ...decision, ...describePlan(planned) };
}

const readTags = async (reader: FactReader): Promise<KeyFacts['tags']> => (await reader.read(['tags'])).tags;

const describePlan = (planned: Planned | undefined): Pick<RecordedDecision, 'remedy' | 'plan'> => {
  if (planned?.possible !== true) return {};
  const { remedy, summary, requests, undo, before } = planned.plan;
  return { remedy, plan: { summary, requests, undo, before } };
};

const modeOf = ({ id, defaultMode }: Control, policy: Policy): Mode => policy.controls[id]?.mode ?? defaultMode;

const toVerdict = ({ id, step, severity }: ControlText, { verdict, reason }: Judgement): RecordedVerdict => ({
  control: id,
  step,
  severity,
  verdict,
  reason,
});

const isUnrecognised = ({ kind }: KeyAction): boolean => kind === 'unrecognised';

const unrecognised = ({ api, eventSource }: KeyAction): Judgement => ({
  verdict: 'unknown',
  reason: `${api} of ${eventSource} is an operation that this version of Keywarden does not know, so no control judged it.`,
});

const unique = (names: readonly FactName[]): FactName[] => [...new Set(names)];
