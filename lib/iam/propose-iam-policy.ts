import { expandActions, mayNameKms } from './action-set.ts';
import type { Finding } from './judgement.ts';
import { type AccessClass, KMS_ACTIONS, pickActions } from './kms-actions.ts';
import { parsePolicy } from './parse-policy.ts';
import type { Patterns, Statement } from './policy-document.ts';
import { findScope } from './resource-scope.ts';

/** Rule of a statement that gives every right over keys. */
const EVERYTHING = 'I2';

/**
 * Proposes an IAM policy that gives no more of KMS than it should, for a person to complete: every statement that offends
 * is limited to keys that are to be named, loses what decides about permissions and what destroys, and keeps what it
 * allows of other services. A statement with every right keeps the use of keys. Everything else stays as it is.
 *
 * @param source JSON text of the document, or the same as an object, that was judged
 * @param findings of `judgeIamPolicy` about it
 * @param keys stands where the ARNs of the needed keys belong, e.g. `arn:aws:kms:<region>:111122223333:key/<key id>`; IAM
 *   refuses the angle brackets, so that nobody can use the proposal without naming keys
 * @returns JSON text with two blanks per level; undefined when no statement would be left
 * @throws {PolicyDocumentError} when the source is no policy
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/iam-policies-best-practices.html
 */
export function proposeIamPolicy(source: unknown, findings: readonly Finding[], keys: string): string | undefined {
  const { statements } = parsePolicy(source);
  const raw = (typeof source === 'string' ? JSON.parse(source) : source) as { Statement: unknown };
  const written = [raw.Statement].flat() as readonly Json[];
  const parts = statements.map((statement): Parts => {
    const own = findings.filter(({ statement: at }) => at?.index === statement.index);
    const text = written[statement.index] ?? {};
    return own.length === 0 ? { ofKms: [], others: [text] } : limitStatement(text, statement, own, keys);
  });
  // What is new stands first, where a reader of a long policy finds it; the order of statements means nothing to IAM.
  const proposed = [...parts.flatMap(({ ofKms }) => ofKms), ...parts.flatMap(({ others }) => others)];
  return proposed.length === 0 ? undefined : JSON.stringify({ ...raw, Statement: proposed }, null, 2);
}

type Json = Readonly<Record<string, unknown>>;

interface Parts {
  readonly ofKms: readonly Json[];
  readonly others: readonly Json[];
}

/** One statement becomes up to three: of KMS on all resources, of KMS on named keys, and of other services. */
function limitStatement(text: Json, statement: Statement, findings: readonly Finding[], keys: string): Parts {
  const { Action: _1, NotAction: _2, Resource: _3, NotResource: _4, ...rest } = text;
  const kept = keepActions(statement, findings);
  const needAll = kept.filter((name) => KMS_ACTIONS.get(name) === 'account');
  const onKeys = kept.filter((name) => KMS_ACTIONS.get(name) !== 'account');
  const others = keepOtherServices(text, statement.action);
  const ofKms: readonly Json[] = [
    ...(needAll.length === 0 ? [] : [{ ...rest, Action: needAll, Resource: '*' }]),
    ...(onKeys.length === 0
      ? []
      : [{ ...rest, Action: onKeys, Resource: [...keepResources(statement.resource), keys] }]),
  ];
  // A Sid stands once in a policy.
  return {
    ofKms: ofKms.map(({ Sid, ...part }, at) => (at === 0 && others.length === 0 ? named(Sid, part) : part)),
    others,
  };
}

const named = (Sid: unknown, part: Json): Json => (Sid === undefined ? part : { Sid, ...part });

const DROPPED: readonly (AccessClass | undefined)[] = ['permission', 'destructive', 'grant'];

function keepActions({ action }: Statement, findings: readonly Finding[]): readonly string[] {
  const actions = expandActions(action);
  if (findings.some(({ rule }) => rule === EVERYTHING)) return pickActions(actions, 'use');
  const excess = new Set(findings.flatMap((finding) => finding.excess));
  const isDropped = (name: string) =>
    excess.has(name) && name !== 'kms:ListGrants' && DROPPED.includes(KMS_ACTIONS.get(name));
  return [...actions].filter((name) => !isDropped(name));
}

/** What the statement allows of other services, as it is written. */
function keepOtherServices(text: Json, action: Patterns | undefined): Json[] {
  const { Action: _, NotAction: _not, ...rest } = text;
  if (action === undefined) return [];
  if (action.negated) return [{ ...rest, NotAction: [...action.list, 'kms:*'] }];
  if (action.list.some((pattern) => /^\*(:\*)?$/.test(pattern))) return [{ ...rest, NotAction: 'kms:*' }];
  const others = action.list.filter((pattern) => !mayNameKms(pattern));
  return others.length === 0 ? [] : [{ ...rest, Action: others }];
}

/** Certain keys and aliases that the statement names already. */
const keepResources = (resource: Patterns | undefined): readonly string[] =>
  resource === undefined || resource.negated
    ? []
    : resource.list.filter(
        (pattern) => pattern.includes(':kms:') && !['every-account', 'one-account'].includes(findScope(pattern)),
      );
