import type { KeyAction } from '../event/key-action.ts';
import type { AwsRequest } from '../remediations/remedy.ts';

/**
 * Whether a record of CloudTrail can be that of a request. CloudTrail spells parameters in camelCase, leaves some out (all of
 * them when the call was denied), and adds some that nobody sent; what it tells must be what was asked for. Nothing that was
 * switched on may come on top, such as the bypass of the lockout check.
 *
 * @param action a call with a role of Keywarden, to any service
 * @param request of a plan
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
 */
export function fitsRequest(action: KeyAction, { service, operation, region, parameters }: AwsRequest): boolean {
  if (action.eventSource !== `${service}.amazonaws.com` || action.api !== operation) return false;
  if (action.region !== region) return false;
  // A plan is about the subject of its chain; the caller names it by id, name or ARN.
  const { KeyId: _key, Name: _name, TrailName: _trail, ...asked } = parameters;
  return fits(asked, withoutNames(action));
}

const NAMES: ReadonlySet<string> = new Set(['keyid', 'name', 'trailname']);

function withoutNames({ request, outcome }: KeyAction): Readonly<Record<string, unknown>> {
  const ignored = outcome === 'dry-run' ? [...NAMES, 'dryrun'] : [...NAMES];
  return Object.fromEntries(Object.entries(request).filter(([name]) => !ignored.includes(name.toLowerCase())));
}

function fits(asked: unknown, told: unknown): boolean {
  if (told === undefined || told === null) return true;
  if (Array.isArray(asked)) {
    return Array.isArray(told) && told.length === asked.length && asked.every((one, place) => fits(one, told[place]));
  }
  if (isObject(asked)) return isObject(told) && fitsObject(asked, told);
  return String(asked) === String(told);
}

function fitsObject(asked: Readonly<Record<string, unknown>>, told: Readonly<Record<string, unknown>>): boolean {
  const names = new Map(Object.keys(asked).map((name) => [name.toLowerCase(), name]));
  return Object.entries(told).every(([name, value]) => {
    const known = names.get(name.toLowerCase());
    return known === undefined ? value !== true : fits(asked[known], value);
  });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
