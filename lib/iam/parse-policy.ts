import { findDuplicateNames } from './duplicate-names.ts';
import { parseStatement } from './parse-statement.ts';
import type { PolicyDocument, Statement } from './policy-document.ts';
import { PolicyDocumentError } from './policy-document-error.ts';
import { quote } from './quote.ts';

/**
 * Reads a policy document: a key policy or an identity policy.
 *
 * @param source the JSON text, or the same as an object
 * @throws {PolicyDocumentError} when it is no policy: no JSON, no object, no statements. Whatever else is odd is kept:
 *   what AWS accepts as `problems`, what this version cannot interpret as `notUnderstood`
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function parsePolicy(source: unknown): PolicyDocument {
  const document = typeof source === 'string' ? parseText(source) : source;
  if (!isRecord(document)) {
    throw new PolicyDocumentError('the document', `is ${quote(document)}; a policy is a JSON object with Statement.`);
  }
  const statements = listStatements(document.Statement).map((one, index) =>
    parseStatement(one, index, document.Version === '2012-10-17'),
  );
  return {
    version: readText(document.Version),
    id: readText(document.Id),
    statements,
    problems: [...findProblems(document), ...findTwinSids(statements)],
    notUnderstood: [...findStrangeParts(document), ...(typeof source === 'string' ? findDuplicates(source) : [])],
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const readText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The most that KMS takes as a policy, in characters; https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html */
const LONGEST = 131_072;

function parseText(text: string): unknown {
  if (text.length > LONGEST) {
    throw new PolicyDocumentError(
      'the document',
      `has ${text.length} characters; no policy has more than ${LONGEST}. Give one policy at a time.`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PolicyDocumentError('the document', `is not JSON (${why}). Give the policy as GetKeyPolicy returns it.`, {
      cause,
    });
  }
}

/** One statement may stand without a list around it. */
function listStatements(value: unknown): readonly Record<string, unknown>[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((one, index) => {
    if (isRecord(one)) return one;
    const place = Array.isArray(value) ? `Statement[${index}]` : 'Statement';
    throw new PolicyDocumentError(
      place,
      `is ${one === undefined ? 'missing' : quote(one)}; it must be an object with Effect, Action and Resource.`,
    );
  });
}

const ELEMENTS = ['Version', 'Id', 'Statement'];
const VERSIONS: readonly unknown[] = [undefined, '2012-10-17', '2008-10-17'];

function findStrangeParts(document: Record<string, unknown>): readonly string[] {
  const { Version: version, Id: id } = document;
  return [
    ...Object.keys(document)
      .filter((name) => !ELEMENTS.includes(name))
      .map((name) => `The element ${quote(name)} is not part of a policy`),
    ...(VERSIONS.includes(version) ? [] : [`Version is ${quote(version)}; IAM knows 2012-10-17 and 2008-10-17`]),
    ...(id === undefined || typeof id === 'string' ? [] : [`Id is ${quote(id)} instead of text`]),
  ];
}

const findDuplicates = (text: string): readonly string[] =>
  findDuplicateNames(text).map((name) => `The name ${quote(name)} stands twice in one object, and IAM allows it once`);

function findProblems(document: Record<string, unknown>): readonly string[] {
  return [
    ...(document.Version === undefined ? ['Version is missing, so that IAM takes 2008-10-17.'] : []),
    ...(Array.isArray(document.Statement) && document.Statement.length === 0
      ? ['Statement is an empty list, so that the policy allows nothing.']
      : []),
  ];
}

function findTwinSids(statements: readonly Statement[]): readonly string[] {
  const sids = statements.flatMap(({ sid }) => (sid === undefined || sid === '' ? [] : [sid]));
  const twins = new Set(sids.filter((sid, at) => sids.indexOf(sid) !== at));
  return [...twins].map((sid) => `The Sid ${quote(sid)} stands on more than one statement.`);
}
