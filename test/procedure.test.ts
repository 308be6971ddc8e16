import { describe, expect, test } from '@jest/globals';
import type { Control } from '../lib/controls/control.ts';
import { controls } from '../lib/controls/index.ts';
import { IAM_OPERATIONS } from '../lib/event/iam-operations.ts';
import { OPERATIONS } from '../lib/event/operations.ts';
import { findStep, PHASES, type Phase, STEPS } from '../lib/procedure.ts';
import { controlsOfStep, writeProcedurePage } from '../scripts/procedure-page.ts';

/** What is wrong between the procedure and the controls, one sentence each. */
function complain(phases: readonly Phase[], all: readonly Control[]): string[] {
  const steps = phases.flatMap((phase) => phase.steps);
  const idle = steps.filter((step) => controlsOfStep(step, all).length === 0 && step.uncontrolled === undefined);
  const both = steps.filter((step) => controlsOfStep(step, all).length > 0 && step.uncontrolled !== undefined);
  const lost = all.flatMap(({ id, step, alsoSteps = [] }) =>
    [step, ...alsoSteps]
      .filter((one) => !steps.some((known) => known.id === one))
      .map((one) => `${id}: no step ${one}`),
  );
  return [
    ...idle.map(({ id }) => `${id} has no control and no reason`),
    ...both.map(({ id }) => `${id} has a control, and a reason why there is none`),
    ...lost,
  ];
}

describe('the procedure', () => {
  // The tables of section 4 of OP-PROC-001: rows per phase.
  test('has every row of every table', () => {
    expect(PHASES.map(({ id, steps }) => [id, steps.length])).toEqual([
      ['4.1', 3],
      ['4.2', 3],
      ['4.3', 2],
      ['4.4', 3],
      ['4.5', 3],
    ]);
    for (const { id, steps } of PHASES) {
      expect(steps.map((step) => step.id)).toEqual(steps.map((_step, at) => `${id}.${at + 1}`));
    }
  });

  test('has a control, or a reason why there is none, for every step; and every control serves a step', () => {
    expect(complain(PHASES, controls)).toEqual([]);
  });

  test('misses a control that is taken away', () => {
    const without = controls.filter(({ step, alsoSteps = [] }) => step !== '4.3.1' && !alsoSteps.includes('4.3.1'));
    expect(complain(PHASES, without)).toContain('4.3.1 has no control and no reason');
  });

  test('misses a step that a control names', () => {
    const [first] = controls;
    const strange = first === undefined ? [] : [{ ...first, alsoSteps: ['4.9.9'] }];
    expect(complain(PHASES, [...controls, ...strange])).toContain(`${first?.id}: no step 4.9.9`);
  });

  test('knows the step of every operation that changes something', () => {
    const named = [...OPERATIONS, ...IAM_OPERATIONS].filter(([, { kind }]) => kind === 'lifecycle');
    expect(named.filter(([, { step }]) => findStep(step) === undefined)).toEqual([]);
    expect(findStep('unrecognised')).toBeUndefined();
  });

  test('serves the criteria of its section 5 in every phase', () => {
    for (const { standards } of PHASES) expect(standards['SOC 2']).toContain('CC6.7');
  });

  test('is written as a page that links each step to its controls', () => {
    const page = writeProcedurePage(PHASES, controls);
    for (const { id } of STEPS) expect(page).toContain(`| ${id} |`);
    for (const { id } of controls) expect(page).toContain(`[${id}](controls.md#${id})`);
  });
});
