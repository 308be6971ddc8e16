import { findCuts } from './cut-text.ts';
import type { Offence, Refusal, RefusalCode } from './policy-edit.ts';
import { isService, isServiceStatement } from './policy-rights.ts';
import type { Statement } from './read-statements.ts';
import type { JsonNode, Span } from './scan-json.ts';

/** What one statement loses. */
export interface StatementEdit {
  readonly statement: Statement;
  /** Whether nothing of it may stay. */
  readonly goes: boolean;
  /** The names it loses, in the order in which they are written; all of them when it goes. */
  readonly principals: readonly string[];
  /** The actions it loses, for all names that stay. */
  readonly actions: readonly string[];
  /** What to cut from the text when it stays. */
  readonly cuts: readonly Span[];
}

type Refused = { readonly refusal: Refusal };

/**
 * Plans what one statement loses, or refuses: when an offence is not where it was said, when taking it out would give
 * somebody more access instead of less or would take from others what only one may not have, or when it would take from an
 * AWS service.
 *
 * @param offences all that offends in the statement: seen one by one, the last name or action would stay as an empty list
 */
export function planStatementEdit(
  statements: readonly Statement[],
  index: number,
  offences: readonly Offence[],
  keyAccount: string,
): StatementEdit | Refused {
  const statement = statements[index];
  if (statement === undefined) return refuse('offence-not-found', index, `The policy has no statement ${index + 1}.`);
  const missing = refuseMissing(statement, offences) ?? refuseWidening(statement);
  if (missing !== undefined) return missing;
  const edit = planLosses(statement, offences);
  return 'refusal' in edit ? edit : (refuseService(edit, offences, keyAccount) ?? edit);
}

function refuseMissing(statement: Statement, offences: readonly Offence[]): Refused | undefined {
  const { index } = statement;
  for (const { whole, principals = [], actions = [] } of offences) {
    if (whole !== true && principals.length + actions.length === 0) {
      return refuse('offence-not-found', index, `The offence in statement ${index + 1} names nothing to take out.`);
    }
    const name = principals.find((one) => !statement.principals.some(({ value }) => value === one));
    if (name !== undefined) {
      const reason = `Statement ${index + 1} does not name the principal ${name}; judge the policy again.`;
      return refuse('offence-not-found', index, reason, name);
    }
    const action = actions.find((one) => statement.actions?.includes(one) !== true);
    if (action === undefined) continue;
    return refuse(
      'offence-not-found',
      index,
      `Statement ${index + 1} does not list the action ${action}; judge the policy again.`,
    );
  }
  return undefined;
}

/** A Deny keeps somebody out. */
function refuseWidening({ effect, index }: Statement): Refused | undefined {
  if (effect === 'Allow') return undefined;
  const reason = `Statement ${index + 1} denies access, so that taking anything out of it would open the key further.`;
  return refuse('would-widen', index, reason);
}

/** Names without actions go; names with actions lose these, which is only possible when all that stay lose the same. */
function planLosses(statement: Statement, offences: readonly Offence[]): StatementEdit | Refused {
  const all = [...new Set(statement.principals.map(({ value }) => value))];
  const gone = new Set(
    offences.filter(({ actions = [] }) => actions.length === 0).flatMap(({ principals = [] }) => principals),
  );
  const stay = all.filter((name) => !gone.has(name));
  const whole = offences.some((offence) => offence.whole === true);
  if (whole || stay.length === 0) return { statement, goes: true, principals: all, actions: [], cuts: [] };
  const actions = new Set(offences.flatMap((offence) => offence.actions ?? []));
  for (const action of actions) {
    const kept = stay.find((name) => !offences.some((offence) => takes(offence, name, action)));
    if (kept !== undefined) return refuseShared(statement, action, kept);
  }
  const lost = statement.actions?.filter((action) => actions.has(action)) ?? [];
  if (lost.length > 0 && lost.length === statement.actions?.length) {
    return { statement, goes: true, principals: all, actions: [], cuts: [] };
  }
  const cuts = [...cutNames(statement.principal, gone), ...cutTexts(statement.action, actions)];
  return { statement, goes: false, principals: all.filter((name) => gone.has(name)), actions: [...actions], cuts };
}

const takes = ({ principals = [], actions = [] }: Offence, name: string, action: string): boolean =>
  actions.includes(action) && (principals.length === 0 || principals.includes(name));

function refuseShared({ index }: Statement, action: string, kept: string): Refused {
  const reason = `Statement ${index + 1} gives ${action} to ${kept} too, who may keep it; split the statement first.`;
  return refuse('shared-statement', index, reason, kept);
}

function refuseService(edit: StatementEdit, offences: readonly Offence[], keyAccount: string): Refused | undefined {
  const { statement, goes } = edit;
  const narrowed = edit.actions.length > 0;
  const named = offences.flatMap((offence) => offence.principals ?? []);
  const service = statement.principals.find(
    (name) => isService(name) && (goes || narrowed || named.includes(name.value)),
  );
  if (service === undefined && !(goes && isServiceStatement(statement, keyAccount))) return undefined;
  const whom = service?.value ?? 'AWS services that act for people of the account';
  const reason = `Statement ${statement.index + 1} is there for ${whom}; what the service protects could become unreadable without it.`;
  return refuse('service-statement', statement.index, reason, service?.value);
}

/** Takes names out of their lists; a member whose names all go leaves the Principal element. */
function cutNames(principal: JsonNode | undefined, gone: ReadonlySet<string>): Span[] {
  if (principal?.kind !== 'object') return [];
  const goes = principal.members.map(({ value }) => {
    const marks = markTexts(value, gone);
    return marks.length > 0 && marks.every(Boolean);
  });
  const inLists = principal.members.flatMap(({ value }, index) => (goes[index] === true ? [] : cutTexts(value, gone)));
  return [...findCuts(principal.members, goes), ...inLists];
}

const itemsOf = (node: JsonNode): readonly JsonNode[] => (node.kind === 'array' ? node.items : [node]);

const markTexts = (node: JsonNode, gone: ReadonlySet<string>): boolean[] =>
  itemsOf(node).map((item) => item.kind === 'string' && gone.has(item.value));

/** At least one text must stay. */
const cutTexts = (node: JsonNode | undefined, gone: ReadonlySet<string>): Span[] =>
  node === undefined ? [] : findCuts(itemsOf(node), markTexts(node, gone));

function refuse(code: RefusalCode, statement: number, reason: string, principal?: string): Refused {
  return { refusal: { code, reason, statement, ...(principal !== undefined && { principal }) } };
}
