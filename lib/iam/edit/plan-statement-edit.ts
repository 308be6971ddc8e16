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
  /** What to cut from the text when it stays. */
  readonly cuts: readonly Span[];
}

/**
 * Plans what one statement loses, or refuses: when the offence is not where it was said, when taking it out would give
 * somebody more access instead of less, or when it would take a statement from an AWS service.
 */
export function planStatementEdit(
  statements: readonly Statement[],
  offence: Offence,
  keyAccount: string,
): StatementEdit | { readonly refusal: Refusal } {
  const statement = statements[offence.statement];
  if (statement === undefined) {
    return refuse('offence-not-found', offence, `The policy has no statement ${offence.statement}.`);
  }
  const wanted = new Set(offence.principals);
  const whole = offence.whole === true;
  const missing = [...wanted].find((name) => !statement.principals.some(({ value }) => value === name));
  return (
    refuseMissing(offence, whole, wanted, missing) ??
    refuseWidening(statement, offence) ??
    refuseService(statement, offence, wanted, keyAccount) ??
    planCuts(statement, wanted, whole)
  );
}

function refuseMissing(offence: Offence, whole: boolean, wanted: ReadonlySet<string>, missing: string | undefined) {
  if (!whole && wanted.size === 0) {
    return refuse(
      'offence-not-found',
      offence,
      `The offence in statement ${offence.statement} names nothing to take out.`,
    );
  }
  if (missing === undefined) return undefined;
  const reason = `Statement ${offence.statement} does not name the principal ${missing}; judge the policy again.`;
  return refuse('offence-not-found', offence, reason, missing);
}

/** A Deny keeps somebody out, and what NotPrincipal names is what an Allow leaves out. */
function refuseWidening(statement: Statement, offence: Offence) {
  if (statement.effect === 'Allow') return undefined;
  const reason = `Statement ${offence.statement} denies access, so that taking anything out of it would open the key further.`;
  return refuse('would-widen', offence, reason);
}

function refuseService(statement: Statement, offence: Offence, wanted: ReadonlySet<string>, keyAccount: string) {
  const goes = offence.whole === true || statement.principals.every(({ value }) => wanted.has(value));
  const service = statement.principals.find((name) => isService(name) && (goes || wanted.has(name.value)));
  if (service === undefined && !(goes && isServiceStatement(statement, keyAccount))) return undefined;
  const whom = service?.value ?? 'AWS services that act for people of the account';
  const reason = `Statement ${offence.statement} is there for ${whom}; what the service protects could become unreadable without it.`;
  return refuse('service-statement', offence, reason, service?.value);
}

function planCuts(statement: Statement, wanted: ReadonlySet<string>, whole: boolean): StatementEdit {
  const goes = whole || statement.principals.every(({ value }) => wanted.has(value));
  const names = statement.principals.map(({ value }) => value).filter((value) => goes || wanted.has(value));
  return { statement, goes, principals: [...new Set(names)], cuts: goes ? [] : cutNames(statement.principal, wanted) };
}

/** Takes names out of their lists; a member whose names all go leaves the Principal element. */
function cutNames(principal: JsonNode | undefined, wanted: ReadonlySet<string>): Span[] {
  if (principal?.kind !== 'object') return [];
  const lists = principal.members.map(({ value }) => (value.kind === 'array' ? value.items : [value]));
  const marks = lists.map((items) => items.map((item) => item.kind === 'string' && wanted.has(item.value)));
  const goes = marks.map((ofMember) => ofMember.length > 0 && ofMember.every(Boolean));
  const inLists = lists.flatMap((items, index) => (goes[index] === true ? [] : findCuts(items, marks[index] ?? [])));
  return [...findCuts(principal.members, goes), ...inLists];
}

function refuse(code: RefusalCode, { statement }: Offence, reason: string, principal?: string): { refusal: Refusal } {
  return { refusal: { code, reason, statement, ...(principal !== undefined && { principal }) } };
}
