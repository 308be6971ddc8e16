import { type EditGuards, editPolicy, type Offence, type PolicyEdit } from '../../iam/edit-policy.ts';
import type { Excess, Kept } from './list-excess.ts';

/** An edit, what stays although it offends, and the text that undoes it. */
export interface ChosenEdit {
  readonly edit: PolicyEdit;
  /** What stays although it offends. */
  readonly kept: readonly Kept[];
  readonly undo: string;
}

/**
 * Takes out as much as can be taken out safely. When not all can go at once, the statements are tried one by one, the
 * gravest first: one that must stay does not keep the others.
 *
 * @param text the policy; what is {@link Excess.dead | dead} in it always goes, because KMS refuses a policy that has it
 */
export function chooseEdit(text: string, { removable, dead, kept }: Excess, guards: EditGuards): ChosenEdit {
  const undo = writeUndo(text, dead, guards);
  const all = editPolicy(text, [...dead, ...removable.map(({ offence }) => offence)], guards);
  if (all.edited) return { edit: all, kept, undo };
  const chosen: Offence[] = [...dead];
  const refused: Kept[] = [];
  let best: PolicyEdit = all;
  for (const ofStatement of Map.groupBy(removable, ({ offence }) => offence.statement).values()) {
    const offences = ofStatement.map(({ offence }) => offence);
    const edit = editPolicy(text, [...chosen, ...offences], guards);
    if (edit.edited) {
      chosen.push(...offences);
      best = edit;
    } else refused.push(...ofStatement.map(({ control }) => ({ control, why: edit.refusal.reason })));
  }
  return { edit: best, kept: [...kept, ...refused], undo };
}

/** KMS would refuse the policy as it was when it names a deleted identity. */
function writeUndo(text: string, dead: readonly Offence[], guards: EditGuards): string {
  const edit = editPolicy(text, dead, guards);
  return edit.edited ? edit.text : text;
}
