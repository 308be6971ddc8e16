import type { GrantConstraints } from './grant.ts';
import { UnreadableGrantError } from './unreadable-grant-error.ts';

/** An object of a document; what its fields hold is not known. */
export type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** CloudTrail and some programs write `null` for what is not there. */
const fieldOf = (fields: Fields, name: string): unknown =>
  Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined;

/** @throws {UnreadableGrantError} when it is no object */
export function requireFields(value: unknown, field: string, expected: string): Fields {
  if (isFields(value)) return value;
  throw new UnreadableGrantError({ field, value, expected });
}

/** @throws {UnreadableGrantError} when it is there and is neither an object nor null */
export function readFields(fields: Fields, name: string, path: string): Fields | undefined {
  const value = fieldOf(fields, name);
  return value === undefined ? undefined : requireFields(value, `${path}.${name}`, 'an object');
}

/** @throws {UnreadableGrantError} when it is there and is neither text nor null */
export function readText(fields: Fields, name: string, path: string): string | undefined {
  const value = fieldOf(fields, name);
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw new UnreadableGrantError({ field: `${path}.${name}`, value, expected: 'text' });
}

/** @throws {UnreadableGrantError} when it is not there */
export function requireText(fields: Fields, name: string, path: string, expected: string): string {
  const value = readText(fields, name, path);
  if (value !== undefined) return value;
  throw new UnreadableGrantError({ field: `${path}.${name}`, value: fieldOf(fields, name), expected });
}

/**
 * @returns an empty list when it is not there: records of 2014 do not name the operations
 * @throws {UnreadableGrantError} when it is there and is no list of texts
 */
export function readOperations(fields: Fields, name: string, path: string): readonly string[] {
  const value = fieldOf(fields, name);
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '')) return value;
  throw new UnreadableGrantError({
    field: `${path}.${name}`,
    value,
    expected: 'a list of grant operations, e.g. ["Decrypt"]',
  });
}

/** How ListGrants and CloudTrail spell the constraints. */
export interface ConstraintNames {
  readonly subset: string;
  readonly equals: string;
  readonly sourceArn: string;
}

/**
 * Reads the constraints; without any pair they constrain nothing.
 *
 * @throws {UnreadableGrantError} when they are there and have another form: a constraint must not get lost
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
 */
export function readConstraints(
  fields: Fields | undefined,
  path: string,
  names: ConstraintNames,
): GrantConstraints | undefined {
  if (fields === undefined) return undefined;
  const subset = readPairs(fields, names.subset, path);
  const equals = readPairs(fields, names.equals, path);
  const sourceArn = readText(fields, names.sourceArn, path);
  if (subset === undefined && equals === undefined && sourceArn === undefined) return undefined;
  return {
    ...(subset !== undefined && { encryptionContextSubset: subset }),
    ...(equals !== undefined && { encryptionContextEquals: equals }),
    ...(sourceArn !== undefined && { sourceArn }),
  };
}

function readPairs(fields: Fields, name: string, path: string): Readonly<Record<string, string>> | undefined {
  const pairs = readFields(fields, name, path);
  if (pairs === undefined || Object.keys(pairs).length === 0) return undefined;
  const isText = (pair: [string, unknown]): pair is [string, string] => typeof pair[1] === 'string';
  const texts = Object.entries(pairs).filter(isText);
  if (texts.length === Object.keys(pairs).length) return Object.fromEntries(texts);
  throw new UnreadableGrantError({ field: `${path}.${name}`, value: pairs, expected: 'pairs of texts' });
}

/** Leaves out what is not there: absent and undefined are two things. */
export function present<T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}

/** The account in an ARN, in `111122223333:aws:ec2-infrastructure:i-...`, or given bare; 12 digits. */
export const findAccount = (text: string): string | undefined =>
  /^(?:arn:aws(?:-[a-z]+)*:[a-z0-9-]+:[a-z0-9-]*:)?(\d{12})(?::|$)/.exec(text)?.[1];
