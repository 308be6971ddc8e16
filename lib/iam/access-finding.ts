import type { Access } from './access.ts';
import { type Finding, pointAt, type Severity, soften } from './judgement.ts';
import { describeOffence } from './offence.ts';
import { quote } from './quote.ts';
import { nameStatement } from './sentence.ts';

/** What a rule says about one principal of one statement. */
export interface AccessComplaint {
  readonly rule: string;
  readonly severity: Severity;
  /** Actions that are too much; absent when all are. */
  readonly excess?: readonly string[];
  /** The rest of the sentence that begins with the statement, without a period. */
  readonly says: string;
}

/** Makes the finding of a rule about one principal of one statement. */
export function findAccess(access: Access, { rule, severity, excess, says }: AccessComplaint): Finding {
  const { statement, principal, byExclusion, actions } = access;
  const text = byExclusion ? undefined : principal.text;
  return {
    rule,
    severity: access.softened ? soften(severity) : severity,
    statement: pointAt(statement),
    ...(text === undefined ? {} : { principal: text }),
    actions: [...actions],
    excess: excess ?? [...actions],
    offending: describeOffence(statement, text, excess === undefined ? undefined : new Set(excess)),
    reason: `${nameStatement(statement)} ${says}.`,
  };
}

/** How a sentence calls whom a row of access is about. */
export function nameWhom({ principal, byExclusion }: Access): string {
  if (byExclusion) return 'everybody whom NotPrincipal does not name';
  if (principal.kind === 'everyone') return 'everybody (*)';
  return `the ${NAMES[principal.kind]} ${quote(principal.text)}`;
}

const NAMES = {
  account: 'account',
  user: 'user',
  role: 'role',
  session: 'role session',
  'federated-user': 'federated user',
  service: 'service',
  'identity-provider': 'identity provider',
  'canonical-user': 'canonical user',
  deleted: 'deleted identity',
  malformed: 'principal',
  everyone: 'principal',
} as const;

/** What a sentence says of conditions that do not confine. */
export function describeConditions({ statement }: Access): string {
  const keys = [...new Set(statement.conditions.map(({ operatorName, key }) => `${operatorName} on ${key}`))];
  if (keys.length === 0) return 'without any condition';
  return `and its condition (${quote(keys.join(', ')).slice(1, -1)}) does not limit that to trusted accounts`;
}

/** The sentences about a condition that cannot be judged. */
export const listUnclear = (access: Access): readonly string[] =>
  access.confinement.unclear.map((why) => `${nameStatement(access.statement)}: ${why}.`);
