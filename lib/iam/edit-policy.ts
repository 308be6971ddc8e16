import { createHash } from 'node:crypto';
import { cutText, findCuts } from './edit/cut-text.ts';
import { findLoss } from './edit/find-loss.ts';
import { planStatementEdit, type StatementEdit } from './edit/plan-statement-edit.ts';
import type { EditGuards, Offence, PolicyEdit, Refusal } from './edit/policy-edit.ts';
import { readStatements, type Statement } from './edit/read-statements.ts';
import { scanJson } from './edit/scan-json.ts';

export type * from './edit/policy-edit.ts';

/**
 * Takes out of a key policy just what offends; every other byte stays as it is. A name leaves its list, an action
 * leaves its list when nobody in the statement may keep it; the statement goes only when no name or no action stays in it. It refuses, and says why, whenever the result could lock somebody out, widen access, break
 * a service, or be rejected by KMS. It never throws.
 *
 * @param text the policy exactly as GetKeyPolicy gave it
 * @param offences what to take out; none leaves the text as it is
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
 */
export function editPolicy(text: string, offences: readonly Offence[], guards: EditGuards): PolicyEdit {
  const before = readPolicy(text, guards);
  if ('refusal' in before) return { edited: false, refusal: before.refusal };
  const edits = planEdits(before.statements, offences, guards.trust.keyAccount);
  if ('refusal' in edits) return { edited: false, refusal: edits.refusal };
  const result = cutText(text, findPolicyCuts(before.statements, edits.list));
  const refusal = edits.list.length === 0 ? undefined : findLoss(before.statements, edits.list, result, guards);
  if (refusal !== undefined) return { edited: false, refusal };
  return { edited: true, text: result, undo: text, ...reportEdits(text, before.statements, edits.list) };
}

/** The text that puts a policy back as it was before an edit. */
export const undoOf = (edit: PolicyEdit & { readonly edited: true }): string => edit.undo;

function readPolicy(text: string, guards: EditGuards): { statements: readonly Statement[] } | { refusal: Refusal } {
  const sha256 = createHash('sha256').update(text, 'utf8').digest('hex');
  if (guards.expectedSha256 !== undefined && guards.expectedSha256 !== sha256) {
    const reason = `The key policy has changed since it was judged (its SHA-256 is ${sha256}, not ${guards.expectedSha256}); judge it again.`;
    return { refusal: { code: 'policy-changed', reason } };
  }
  const scan = scanJson(text);
  if ('problem' in scan) return { refusal: { code: 'not-a-policy', reason: scan.problem } };
  const statements = readStatements(scan.node);
  if ('problem' in statements) return { refusal: { code: 'not-a-policy', reason: statements.problem } };
  return { statements: statements.list };
}

function planEdits(
  statements: readonly Statement[],
  offences: readonly Offence[],
  keyAccount: string,
): { list: readonly StatementEdit[] } | { refusal: Refusal } {
  const list: StatementEdit[] = [];
  for (const [index, ofIt] of Map.groupBy(offences, ({ statement }) => statement)) {
    const edit = planStatementEdit(statements, index, ofIt, keyAccount);
    if ('refusal' in edit) return edit;
    list.push(edit);
  }
  return { list };
}

function findPolicyCuts(statements: readonly Statement[], edits: readonly StatementEdit[]) {
  const goes = statements.map(({ index }) => edits.some((edit) => edit.goes && edit.statement.index === index));
  const nodes = statements.map(({ node }) => node);
  return [...findCuts(nodes, goes), ...edits.flatMap((edit) => (edit.goes ? [] : edit.cuts))];
}

function reportEdits(text: string, statements: readonly Statement[], edits: readonly StatementEdit[]) {
  const nameOf = ({ index, sid }: Statement) => ({ statement: index, ...(sid !== undefined && { sid }) });
  const removed = edits.map(({ statement, principals, actions, goes }) => ({
    ...nameOf(statement),
    principals,
    actions,
    whole: goes,
    text: text.slice(statement.node.start, statement.node.end),
  }));
  const kept = statements
    .filter(({ index }) => !edits.some((edit) => edit.goes && edit.statement.index === index))
    .map((statement) => ({
      ...nameOf(statement),
      narrowed: edits.some((edit) => edit.statement.index === statement.index),
    }));
  return { removed, kept };
}
