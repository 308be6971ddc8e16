import { readQueryResult } from './answer.ts';
import { type Answer, type AwsCall, isJson, type Json, readJson } from './call.ts';
import { type RecordedParts, toRecordNames } from './cloudtrail-record.ts';

/** IAM and CloudTrail operations whose names begin so are reads; every other is a write. */
const READS = /^(Describe|Generate|Get|List|Lookup|Simulate)/;

/** Whether CloudTrail records this call of IAM or of CloudTrail itself as a write. */
export function isAdministrativeWrite(call: AwsCall): boolean {
  return (call.service === 'iam' || call.service === 'cloudtrail') && !READS.test(call.operation);
}

/** What is never recorded. https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html */
const SECRETS: ReadonlySet<string> = new Set(['secretAccessKey', 'password', 'newPassword', 'oldPassword']);

/**
 * What IAM (query protocol) and CloudTrail (JSON) record about a write.
 *
 * @param answer the answer of a success; `undefined` for a refusal
 */
export function recordAdministrativeCall(call: AwsCall, answer: Answer | undefined): RecordedParts {
  const isQuery = call.service === 'iam';
  const input = isQuery ? nestFields(call.input) : call.input;
  const output = answer === undefined ? {} : isQuery ? readQueryResult(answer, call.operation) : readJson(answer.body);
  const elements = withoutSecrets(toRecordNames(output));
  const parameters = withoutSecrets(toRecordNames(input));
  return {
    requestParameters: isJson(parameters) ? parameters : null,
    responseElements: isJson(elements) && Object.keys(elements).length > 0 ? elements : null,
  };
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isJson(value)) return value;
  const shown = Object.entries(value).filter(([name]) => !SECRETS.has(name));
  return Object.fromEntries(shown.map(([name, inner]) => [name, withoutSecrets(inner)]));
}

/** Nests the fields of the query protocol: `Tags.member.1.Key=a` becomes `{ Tags: [{ Key: 'a' }] }`. */
export function nestFields(fields: Json): Json {
  const root = emptyNode();
  for (const [path, value] of Object.entries(fields)) {
    if (path === 'Action' || path === 'Version') continue;
    const steps = path.split('.').filter((step) => step !== 'member');
    let node = root;
    for (const step of steps.slice(0, -1)) {
      const next = node[step];
      node = node[step] = isJson(next) ? next : emptyNode();
    }
    node[steps.at(-1) ?? path] = value;
  }
  return listNumbered(root);
}

/** Without a prototype, so that a field that is named like a part of one is a field like any other. */
function emptyNode(): Json {
  return Object.create(null);
}

function listNumbered(object: Json): Json {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, toListIfNumbered(value)]));
}

function toListIfNumbered(value: unknown): unknown {
  if (!isJson(value)) return value;
  const nested = listNumbered(value);
  const isList = Object.keys(nested).every((name) => /^\d+$/.test(name));
  return isList ? Object.values(nested) : nested;
}
