import { findWritten } from './action-set.ts';
import type { Offence } from './judgement.ts';
import type { Statement } from './policy-document.ts';

/**
 * Says what of a statement offends, as it is written there.
 *
 * @param principal as written; undefined when all of the statement's principals offend
 * @param excess the actions that are too much; undefined when all of them are
 * @returns `whole` when taking that out leaves nothing of the statement
 */
export function describeOffence(statement: Statement, principal?: string, excess?: ReadonlySet<string>): Offence {
  const principals = principal === undefined ? undefined : [principal];
  const written = excess === undefined ? undefined : findWritten(statement.action, excess);
  const listed = statement.action?.negated === false ? statement.action.list : [];
  const actions = written === undefined || written.length === listed.length ? undefined : written;
  const alone = principal === undefined || isAlone(statement, principal);
  return {
    ...(principals === undefined ? {} : { principals }),
    ...(actions === undefined ? {} : { actions }),
    whole: alone && actions === undefined,
  };
}

/** The same principal may be listed twice. */
const isAlone = ({ principal }: Statement, text: string): boolean =>
  principal?.negated !== true && (principal?.list ?? []).every((one) => one.text === text);
