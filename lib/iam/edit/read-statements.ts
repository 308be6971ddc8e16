import { PRINCIPAL_TYPES } from '../principal.ts';
import type { JsonMember, JsonNode } from './scan-json.ts';

/** One name in the Principal element. */
export interface PrincipalName {
  /** `AWS`, `Service`, `Federated`, `CanonicalUser`, or `*` when the element is the text `"*"`. */
  readonly kind: string;
  /** The name as KMS reads it: without JSON escapes. */
  readonly value: string;
}

/** One statement of a key policy, as far as the editor needs it. */
export interface Statement {
  readonly index: number;
  readonly sid?: string;
  readonly node: JsonNode;
  readonly effect: 'Allow' | 'Deny';
  /** The Principal element; absent when the statement has none or has NotPrincipal. */
  readonly principal?: JsonNode;
  readonly principals: readonly PrincipalName[];
  readonly notPrincipals: readonly PrincipalName[];
  /** The Action element; absent when the statement has none or has NotAction. */
  readonly action?: JsonNode;
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly resources?: readonly string[];
  /** Whether it names resources at all, by Resource or NotResource. */
  readonly hasResource: boolean;
  readonly conditions: readonly Condition[];
}

/** One line of the Condition element. Operator and key in lower case, because IAM ignores their case. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** The statements of a key policy, or one sentence that says why they cannot be read. */
export type Statements = { readonly list: readonly Statement[] } | { readonly problem: string };

/**
 * Reads the statements of a scanned key policy. Anything that is not understood in full is a problem, because what is not
 * understood cannot be edited safely.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function readStatements(policy: JsonNode): Statements {
  try {
    const element = requireMember(policy, 'Statement', 'The policy');
    const nodes = element.kind === 'array' ? element.items : [element];
    return { list: nodes.map(readStatement) };
  } catch (cause) {
    if (cause instanceof NotAPolicyError) return { problem: cause.message };
    throw cause;
  }
}

/** What keeps a text from being read as a key policy; it never leaves this file. */
class NotAPolicyError extends Error {
  override readonly name = 'NotAPolicyError';
}

function readStatement(node: JsonNode, index: number): Statement {
  const called = `Statement ${index + 1}`;
  const effect = requireMember(node, 'Effect', called);
  if (effect.kind !== 'string' || (effect.value !== 'Allow' && effect.value !== 'Deny')) {
    throw new NotAPolicyError(`${called} has an Effect that is neither "Allow" nor "Deny".`);
  }
  const principal = findMember(node, 'Principal', called);
  const sid = findMember(node, 'Sid', called);
  const action = findMember(node, 'Action', called);
  const actions = readTexts(action, `${called}, Action`);
  const notActions = readTexts(findMember(node, 'NotAction', called), `${called}, NotAction`);
  const resources = readTexts(findMember(node, 'Resource', called), `${called}, Resource`);
  return {
    index,
    node,
    effect: effect.value,
    ...(sid?.kind === 'string' && { sid: sid.value }),
    ...(principal !== undefined && { principal }),
    principals: readPrincipals(principal, called),
    notPrincipals: readPrincipals(findMember(node, 'NotPrincipal', called), called),
    ...(action !== undefined && { action }),
    ...(actions !== undefined && { actions }),
    ...(notActions !== undefined && { notActions }),
    ...(resources !== undefined && { resources }),
    hasResource: resources !== undefined || findMember(node, 'NotResource', called) !== undefined,
    conditions: readConditions(findMember(node, 'Condition', called), called),
  };
}

function readPrincipals(element: JsonNode | undefined, called: string): PrincipalName[] {
  if (element === undefined) return [];
  if (element.kind === 'string') return [{ kind: '*', value: element.value }];
  return readMembers(element, `${called}, Principal`).flatMap(({ name, value }) => {
    const texts = readTexts(value, `${called}, Principal, ${name}`) ?? [];
    return texts.map((text) => ({ kind: PRINCIPAL_KINDS.get(name.toLowerCase()) ?? name, value: text }));
  });
}

/** IAM ignores the case of element names. */
const PRINCIPAL_KINDS: ReadonlyMap<string, string> = new Map(PRINCIPAL_TYPES.map((type) => [type.toLowerCase(), type]));

function readConditions(element: JsonNode | undefined, called: string): Condition[] {
  if (element === undefined) return [];
  return readMembers(element, `${called}, Condition`).flatMap((operator) =>
    readMembers(operator.value, `${called}, Condition, ${operator.name}`).map((key) => ({
      operator: operator.name.toLowerCase(),
      key: key.name.toLowerCase(),
      values: (key.value.kind === 'array' ? key.value.items : [key.value]).flatMap((one) =>
        one.kind === 'string' ? [one.value] : [],
      ),
    })),
  );
}

/** A text or a list of texts. */
function readTexts(node: JsonNode | undefined, called: string): string[] | undefined {
  if (node === undefined) return undefined;
  const items = node.kind === 'array' ? node.items : [node];
  return items.map((item) => {
    if (item.kind === 'string') return item.value;
    throw new NotAPolicyError(`${called} holds something that is not text.`);
  });
}

function readMembers(node: JsonNode, called: string): readonly JsonMember[] {
  if (node.kind !== 'object') throw new NotAPolicyError(`${called} is not an object.`);
  const names = node.members.map(({ name }) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return node.members;
  // No AWS page says which of two equal names counts, so that taking one out could leave the other in force.
  throw new NotAPolicyError(`${called} has the member "${twice}" twice.`);
}

function findMember(node: JsonNode, name: string, called: string): JsonNode | undefined {
  return readMembers(node, called).find((member) => member.name.toLowerCase() === name.toLowerCase())?.value;
}

function requireMember(node: JsonNode, name: string, called: string): JsonNode {
  const found = findMember(node, name, called);
  if (found === undefined) throw new NotAPolicyError(`${called} has no ${name}.`);
  return found;
}
