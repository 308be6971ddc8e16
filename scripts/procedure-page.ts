import type { Control } from '../lib/controls/control.ts';
import type { Phase, Step } from '../lib/procedure.ts';

/**
 * Writes which controls serve each step of the procedure, as Markdown.
 *
 * @returns the whole text of docs/procedure.md, which ends with a line break
 */
export function writeProcedurePage(phases: readonly Phase[], controls: readonly Control[]): string {
  return `${[INTRODUCTION, ...phases.map((phase) => writePhase(phase, controls))].join('\n\n')}\n`;
}

/** The controls that serve a step. */
export const controlsOfStep = ({ id }: Step, controls: readonly Control[]): readonly Control[] =>
  controls.filter(({ step, alsoSteps = [] }) => step === id || alsoSteps.includes(id));

const INTRODUCTION = `<!-- Written by scripts/procedure-doc.ts from lib/procedure.ts and lib/controls. Change those, then run: npm run docs -->

# The procedure

The steps of OP-PROC-001, *Cryptographic Key Lifecycle Management Procedure*, in our words; what each leaves behind for an
auditor; and the controls that verify it. [controls.md](controls.md) tells all of each control.`;

function writePhase({ id, title, steps, standards }: Phase, controls: readonly Control[]): string {
  const references = Object.entries(standards).map(([standard, names]) => `${standard} ${names.join(', ')}`);
  return [
    `## ${id} ${title}`,
    `Serves ${references.join('; ')}.`,
    [
      '| step | who | what | what shows it | controls |',
      '|---|---|---|---|---|',
      ...steps.map((step) => writeStep(step, controls)),
    ].join('\n'),
  ].join('\n\n');
}

function writeStep(step: Step, controls: readonly Control[]): string {
  const links = controlsOfStep(step, controls).map(({ id }) => `[${id}](controls.md#${id})`);
  return `| ${step.id} | ${step.who} | ${step.what} | ${step.artefact} | ${step.uncontrolled ?? links.join(', ')} |`;
}
