import { readFileSync } from 'node:fs';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { type Policy, policySchema } from './policy.ts';

/** The policy file cannot be used. The message lists every wrong place: where, what it says, what is allowed. */
export class PolicyError extends Error {
  override name = 'PolicyError';
}

/**
 * Reads and checks the policy file. Call it once at cold start: a wrong policy must stop Keywarden, not one event.
 *
 * @param file path of the YAML file
 * @param controlIds ids of the known controls
 * @throws {PolicyError} when the file cannot be read, is not YAML, or has a wrong, missing or unknown setting
 */
export function loadPolicy(file: string, controlIds: readonly string[]): Policy {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new PolicyError(
      `${file}: the policy file cannot be read (${cause instanceof Error ? cause.message : cause}). ` +
        'Set KEYWARDEN_POLICY_FILE to the path of the policy file.',
      { cause },
    );
  }
  return parsePolicy(text, file, controlIds);
}

/**
 * The same for text that is already at hand.
 *
 * @param text YAML
 * @param file how messages call it
 * @throws {PolicyError}
 */
export function parsePolicy(text: string, file: string, controlIds: readonly string[]): Policy {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    throw new PolicyError(`${file}: not valid YAML: ${syntax.message}`, { cause: syntax });
  }
  const schema = policySchema(controlIds);
  const value = toValue(document, file);
  const result = schema.safeParse(value);
  if (result.success) return result.data;

  const allowed = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
  const problems = result.error.issues.flatMap((issue) =>
    pathsOf(issue).map((path) => {
      const node = document.getIn(path, true);
      const offset = isNode(node) ? node.range?.[0] : undefined;
      const at = offset === undefined ? '' : `:${lines.linePos(offset).line}:${lines.linePos(offset).col}`;
      return `${file}${at}: ${sentence(path, valueAt(value, path), allowed, issue)}`;
    }),
  );
  throw new PolicyError(problems.join('\n'), { cause: result.error });
}

/** An alias can make a small file huge, and a reviewer would have to follow it; the policy needs none. */
function toValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw new PolicyError(`${file}: an alias (*name) is used; write the value out at its place.`, { cause });
  }
}

type Path = (string | number)[];

/** Zod reports unknown settings at their parent; the reader looks for the setting itself. */
function pathsOf(issue: z.core.$ZodIssue): Path[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), value);
}

function sentence(path: Path, value: unknown, schema: JsonSchema, { code, message }: z.core.$ZodIssue): string {
  const name = path.length === 0 ? 'the file' : path.join('.');
  const node = schemaAt(schema, path);
  if (node === undefined) {
    const parent = schemaAt(schema, path.slice(0, -1));
    return `${name} is not a setting; allowed here: ${Object.keys(parent === undefined ? {} : settingsOf(parent)).join(', ')}`;
  }
  const is = value === undefined ? 'is missing' : `is ${shorten(JSON.stringify(value) ?? String(value))}`;
  // A rule that JSON Schema cannot say, or a form that a regular expression would not explain, says itself what is allowed.
  const own = code === 'custom' || (code === 'invalid_format' && value !== undefined);
  return `${name} ${is}; allowed: ${own ? message : describe(node)}`;
}

const shorten = (text: string) => (text.length > 80 ? `${text.slice(0, 77)}...` : text);

/** The parts of JSON Schema that describe the policy file. */
interface JsonSchema {
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
}

function schemaAt(schema: JsonSchema, path: Path): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((at, key) => {
    if (at === undefined) return undefined;
    if (typeof key === 'number') return at.items;
    const settings = settingsOf(at);
    return Object.hasOwn(settings, key) ? settings[key] : undefined;
  }, schema);
}

/** Named settings of an object, whether it is written as properties or as a record over an enumeration. */
function settingsOf(schema: JsonSchema): Record<string, JsonSchema> {
  if (schema.properties !== undefined) return { ...schema.properties };
  const { additionalProperties: value } = schema;
  if (typeof value !== 'object') return {};
  return Object.fromEntries((schema.propertyNames?.enum ?? []).map((name) => [String(name), value]));
}

function describe(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`;
  switch (schema.type) {
    case 'integer':
      return `a whole number from ${schema.minimum} to ${schema.maximum}`;
    case 'string':
      return `a text of ${schema.minLength ?? 0} to ${schema.maxLength ?? 'any number of'} characters`;
    case 'array':
      return `a list of one or more of ${describe(schema.items ?? {}).replace(/^one of /, '')}`;
    default:
      return `settings named ${Object.keys(settingsOf(schema)).join(', ')}`;
  }
}

const isObject = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === 'object' && value !== null;
