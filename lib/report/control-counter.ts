import type { Control, Severity } from '../controls/control.ts';
import type { ActionEntry } from '../ledger/entry.ts';
import type { Finding } from '../ledger/finding.ts';
import type { Policy } from '../policy/policy.ts';
import { PHASES, STEPS } from '../procedure.ts';
import type { ControlSummary, MatrixRow, StepSummary, VerdictCounts } from './pack-data.ts';
import { decisionOn } from './rows/action-rows.ts';

type Counts = { -readonly [Name in keyof VerdictCounts]: number };

const NONE: VerdictCounts = { compliant: 0, violation: 0, unknown: 0, waived: 0, 'not-applicable': 0 };

/** Counts verdicts by control, and actions by step. */
export interface ControlCounter {
  /** An action or an order of the window. */
  count(entry: ActionEntry): void;
  /** @param open the findings that are open at the end of the window */
  finish(open: readonly Finding[]): {
    readonly steps: readonly StepSummary[];
    readonly otherControls: readonly ControlSummary[];
    readonly matrix: readonly MatrixRow[];
  };
}

/** @param controls in the order in which they are shown */
export function createControlCounter(controls: readonly Control[], policy: Policy): ControlCounter {
  const actions = new Map<string, number>();
  const counts = new Map<string, Counts>();
  const unknownControls = new Map<string, string>();
  return {
    count(entry) {
      const { step, eventSource } = entry.action;
      const isFirst = entry.sameAs === undefined;
      if (isFirst && eventSource !== 'keywarden') actions.set(step, (actions.get(step) ?? 0) + 1);
      for (const verdict of entry.verdicts) {
        const of = counts.get(verdict.control) ?? { ...NONE };
        of[sortVerdict(verdict.verdict, decisionOn(entry, verdict))] += 1;
        counts.set(verdict.control, of);
        if (!controls.some(({ id }) => id === verdict.control)) unknownControls.set(verdict.control, verdict.severity);
      }
    },
    finish(open) {
      const openOf = (id: string) => open.filter(({ control }) => control === id).length;
      const counted = (id: string) => ({
        evaluated: sum(counts.get(id) ?? NONE),
        counts: counts.get(id) ?? NONE,
        open: openOf(id),
      });
      const summarise = ({ id, title, severity, defaultMode }: Control): ControlSummary => ({
        ...{ id, title, severity, mode: policy.controls[id]?.mode ?? defaultMode },
        ...counted(id),
      });
      const others = [...unknownControls].toSorted(([one], [other]) => (one < other ? -1 : 1));
      return {
        steps: summariseSteps(controls, actions, summarise),
        otherControls: others.map(([id, severity]) => ({
          ...{ id, title: OTHER_TITLES[id] ?? 'A control that this version does not know' },
          ...{ severity: severity as Severity, mode: 'observe' },
          ...counted(id),
        })),
        matrix: controls.map((control) => toMatrixRow(control, summarise(control))),
      };
    },
  };
}

/** Built into the pipeline: it judges no key. */
const OTHER_TITLES: Readonly<Record<string, string>> = {
  'operation-recognised': 'Every KMS operation is known to Keywarden',
};

/** A verdict that no version of Keywarden gives tells nothing, which is `unknown`. */
function sortVerdict(verdict: string, decision: string): keyof VerdictCounts {
  if (decision === 'waived') return 'waived';
  return Object.hasOwn(NONE, verdict) && verdict !== 'waived' ? (verdict as keyof VerdictCounts) : 'unknown';
}

const sum = (counts: VerdictCounts): number => Object.values(counts).reduce((all: number, one: number) => all + one, 0);

function addUp(all: readonly VerdictCounts[]): VerdictCounts {
  const total: Counts = { ...NONE };
  for (const one of all) {
    for (const name of Object.keys(total) as (keyof VerdictCounts)[]) total[name] += one[name];
  }
  return total;
}

function summariseSteps(
  controls: readonly Control[],
  actions: ReadonlyMap<string, number>,
  summarise: (control: Control) => ControlSummary,
): readonly StepSummary[] {
  return STEPS.map((step) => {
    const phase = PHASES.find(({ steps }) => steps.includes(step));
    const served = controls
      .filter(({ step: own, alsoSteps = [] }) => own === step.id || alsoSteps.includes(step.id))
      .map(summarise);
    const counts = addUp(served.map((one) => one.counts));
    const open = served.reduce((all, one) => all + one.open, 0);
    const happened = actions.get(step.id) ?? 0;
    return {
      ...{
        id: step.id,
        phase: `${phase?.id} ${phase?.title}`,
        who: step.who,
        what: step.what,
        artefact: step.artefact,
      },
      ...(step.uncontrolled === undefined ? {} : { uncontrolled: step.uncontrolled }),
      ...{ actions: happened, controls: served, counts, open },
      ...describeStep(counts, open, happened),
    };
  });
}

function describeStep(counts: VerdictCounts, open: number, actions: number): Pick<StepSummary, 'state' | 'says'> {
  const ran = sum(counts);
  if (ran === 0 && open === 0) {
    return {
      state: 'none',
      says:
        actions === 0
          ? 'No action of this kind was recorded, and no control of this step ran: nothing is said of it.'
          : `${actions} actions were recorded, and no control of this step ran on any: nothing is said of them.`,
    };
  }
  const judged = `${ran} verdicts: ${counts.compliant} compliant, ${counts.violation} violations, ${counts.unknown} unknown, ${counts.waived} waived, ${counts['not-applicable']} not applicable`;
  const left = open === 0 ? 'no finding is open at the end' : `${open} findings are open at the end`;
  const wrong = counts.violation + counts.unknown + open > 0;
  const judgedAny = counts.compliant > 0;
  if (!wrong && !judgedAny) return { state: 'none', says: `${judged}; nothing was found compliant, and ${left}.` };
  return { state: wrong ? 'attention' : 'compliant', says: `${judged}; ${left}.` };
}

const toMatrixRow = (
  { id, title, why, step, alsoSteps = [], severity, remedy, standards }: Control,
  { mode, evaluated }: ControlSummary,
): MatrixRow => ({
  ...{ control: id, title, why, steps: [step, ...alsoSteps], severity, mode },
  ...(remedy === undefined ? {} : { remedy: remedy.id }),
  ...{ standards, evaluated },
});
