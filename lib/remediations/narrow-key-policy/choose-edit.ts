import { type EditGuards, editPolicy, type Offence, type PolicyEdit } from '../../iam/edit-policy.ts';
import type { Excess } from './list-excess.ts';

/** An edit, what stays although it offends, and the text that undoes it. */
export interface ChosenEdit {
  readonly edit: PolicyEdit;
  /** One sentence for each offence that stays. */
  readonly kept: readonly string[];
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
  const all = editPolicy(text, [...dead, ...removable], guards);
  if (all.edited) return { edit: all, kept, undo };
  const chosen: Offence[] = [...dead];
  const refused: string[] = [];
  let best: PolicyEdit = all;
  for (const ofStatement of Map.groupBy(removable, ({ statement }) => statement).values()) {
    const edit = editPolicy(text, [...chosen, ...ofStatement], guards);
    if (edit.edited) {
      chosen.push(...ofStatement);
      best = edit;
    } else refused.push(edit.refusal.reason);
  }
  return { edit: best, kept: [...kept, ...refused], undo };
}

/** KMS would refuse the policy as it was when it names a deleted identity. */
function writeUndo(text: string, dead: readonly Offence[], guards: EditGuards): string {
  const edit = editPolicy(text, dead, guards);
  return edit.edited ? edit.text : text;
}
