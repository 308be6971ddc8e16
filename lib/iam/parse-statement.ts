import { concernsKms, findUnknownActions } from './action-set.ts';
import { type ConditionTest, parseConditions } from './condition-test.ts';
import type { Patterns, Principals, Statement } from './policy-document.ts';
import { classifyPrincipal, PRINCIPAL_TYPES, type Principal } from './principal.ts';
import { quote } from './quote.ts';

/** A part of a statement, and what of it is not understood. */
interface Read<T> {
  readonly value: T;
  readonly notUnderstood: readonly string[];
}

/**
 * Reads one statement. It never throws: what it cannot interpret is named in `notUnderstood`, unless the statement is
 * about other services only.
 *
 * @param source the statement as an object
 * @param index its place in the document, from 0
 * @param hasVariables whether the document's Version has policy variables, which only 2012-10-17 does
 */
export function parseStatement(source: Record<string, unknown>, index: number, hasVariables: boolean): Statement {
  const principal = readPrincipals(source);
  const action = readPatterns(source, 'Action');
  const resource = readPatterns(source, 'Resource');
  const { tests, notUnderstood } = parseConditions(source.Condition);
  const { Sid: sid, Effect: effect } = source;
  const strange = [
    ...findStrangeElements(source),
    ...(sid === undefined || typeof sid === 'string' ? [] : [`Sid is ${quote(sid)} instead of text`]),
    ...(isEffect(effect) ? [] : [`Effect is ${quote(effect)} instead of Allow or Deny`]),
    ...principal.notUnderstood,
    ...action.notUnderstood,
    ...findUnknownActions(action.value?.list ?? []),
    ...resource.notUnderstood,
    ...notUnderstood,
    ...(hasVariables ? [] : findVariables(tests)),
  ];
  return {
    index,
    sid: typeof sid === 'string' ? sid : undefined,
    effect: isEffect(effect) ? effect : undefined,
    principal: principal.value,
    action: action.value,
    resource: resource.value,
    conditions: tests,
    notUnderstood: action.notUnderstood.length > 0 || concernsKms(action.value) ? strange : [],
  };
}

const isEffect = (value: unknown): value is 'Allow' | 'Deny' => value === 'Allow' || value === 'Deny';

const ELEMENTS = [
  ...['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'],
];

const findStrangeElements = (source: Record<string, unknown>): readonly string[] =>
  Object.keys(source)
    .filter((name) => !ELEMENTS.includes(name))
    .map((name) => `The element ${quote(name)} is not part of a statement`);

/** Before 2012-10-17 `${...}` is plain text, and whoever wrote it meant something else. */
const findVariables = (tests: readonly ConditionTest[]): readonly string[] =>
  tests
    .filter(({ values }) => values.some((value) => value.includes('${')))
    .map(({ key }) => `The condition on ${quote(key)} has a policy variable, which only Version 2012-10-17 interprets`);

/** `Action` and `Resource`, or their `Not` form; IAM allows only one of the two. */
function readPatterns(source: Record<string, unknown>, name: 'Action' | 'Resource'): Read<Patterns | undefined> {
  const [plain, not] = [source[name], source[`Not${name}`]];
  if (plain === undefined && not === undefined) return { value: undefined, notUnderstood: [] };
  const both = plain !== undefined && not !== undefined ? [`Both ${name} and Not${name} are given`] : [];
  const negated = plain === undefined;
  const { value, notUnderstood } = readTexts(negated ? not : plain, negated ? `Not${name}` : name);
  return { value: { negated, list: value }, notUnderstood: [...both, ...notUnderstood] };
}

function readTexts(value: unknown, place: string): Read<readonly string[]> {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return {
    value: list.filter((one) => typeof one === 'string'),
    notUnderstood: list
      .filter((one) => typeof one !== 'string')
      .map((one) => `${place} has ${quote(one)}, which is no text`),
  };
}

function readPrincipals(source: Record<string, unknown>): Read<Principals | undefined> {
  const [plain, not] = [source.Principal, source.NotPrincipal];
  if (plain === undefined && not === undefined) return { value: undefined, notUnderstood: [] };
  const both = plain !== undefined && not !== undefined ? ['Both Principal and NotPrincipal are given'] : [];
  const negated = plain === undefined;
  const { value, notUnderstood } = listPrincipals(negated ? not : plain, negated ? 'NotPrincipal' : 'Principal');
  return { value: { negated, list: value }, notUnderstood: [...both, ...notUnderstood] };
}

function listPrincipals(value: unknown, place: string): Read<readonly Principal[]> {
  if (value === '*') return { value: [classifyPrincipal('*', '*')], notUnderstood: [] };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { value: [], notUnderstood: [`${place} is ${quote(value)} instead of * or an object like {"AWS": ...}`] };
  }
  const types = Object.entries(value).map(([type, texts]) => listOfType(type, texts, place));
  return { value: types.flatMap((one) => one.value), notUnderstood: types.flatMap((one) => one.notUnderstood) };
}

function listOfType(type: string, value: unknown, place: string): Read<readonly Principal[]> {
  if (!PRINCIPAL_TYPES.includes(type)) {
    return {
      value: [],
      notUnderstood: [`${place} has the type ${quote(type)}; IAM knows ${PRINCIPAL_TYPES.join(', ')}`],
    };
  }
  const texts = readTexts(value, `${place}.${type}`);
  const list = texts.value.map((text) => classifyPrincipal(type, text));
  const malformed = list
    .filter(({ kind }) => kind === 'malformed')
    .map(({ text }) => `${place}.${type} has ${quote(text)}, which is no principal that IAM accepts`);
  return { value: list, notUnderstood: [...texts.notUnderstood, ...malformed] };
}
