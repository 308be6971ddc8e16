import type { DenyRule } from './access.ts';
import { type Answer, isJson, type Json, type RawRequest } from './call.ts';
import { FAULT_KINDS, type Fault, type FaultKind } from './faults.ts';
import type { Gateway } from './gateway.ts';
import type { KeyHistory } from './key-history.ts';
import type { NamedKey } from './kms-keys.ts';
import { SERVICE_EVENTS, type ServiceEvent } from './service-event.ts';

/** Requests to this path are for the gateway itself; no AWS service has it. */
export const CONTROL_PATH = '/_keywarden/';

/** What the control endpoint steers. */
export type Controlled = Pick<Gateway, 'records' | 'calls' | 'faults' | 'denials' | 'emit' | 'history' | 'deliverLogs'>;

/** The request is wrong; the message names the value and says what is allowed. */
export class ControlError extends Error {
  override name = 'ControlError';
  readonly status: number;

  /** @param status HTTP status */
  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/**
 * Answers a request to the control endpoint: JSON in, JSON out. A wrong request gets `{"error": "<sentence>"}`.
 *
 * @see docs/local-aws.md for the requests
 */
export async function answerControl(request: RawRequest, gateway: Controlled): Promise<Answer> {
  try {
    return answer(200, await control(request, gateway));
  } catch (error) {
    if (error instanceof ControlError) return answer(error.status, { error: error.message });
    if (error instanceof RangeError) return answer(400, { error: error.message });
    throw error;
  }
}

function answer(status: number, body: unknown): Answer {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, body: Buffer.from(`${JSON.stringify(body)}\n`) };
}

async function control(request: RawRequest, gateway: Controlled): Promise<unknown> {
  const [resource = '', id] = request.path.slice(CONTROL_PATH.length).split('?')[0]?.split('/') ?? [];
  const actions = Object.hasOwn(RESOURCES, resource) ? RESOURCES[resource] : undefined;
  if (actions === undefined) {
    throw new ControlError(
      `There is no ${CONTROL_PATH}${resource}; there are ${Object.keys(RESOURCES).join(', ')}.`,
      404,
    );
  }
  const action = Object.hasOwn(actions, request.method) ? actions[request.method] : undefined;
  if (action === undefined) {
    const allowed = Object.keys(actions).join(', ');
    throw new ControlError(`${CONTROL_PATH}${resource} does not know ${request.method}; it knows ${allowed}.`, 405);
  }
  return action(gateway, { body: request.body, ...(id === undefined || id === '' ? {} : { id }) });
}

type Action = (gateway: Controlled, request: { body: Buffer; id?: string }) => unknown;

const RESOURCES: Readonly<Record<string, Readonly<Record<string, Action>>>> = {
  health: { GET: () => ({ status: 'ok' }) },
  records: { GET: ({ records }) => records() },
  calls: { GET: ({ calls }) => calls() },
  faults: {
    GET: ({ faults }) => faults.list(),
    POST: ({ faults }, { body }) => ({ id: faults.add(readFault(readBody(body))) }),
    DELETE: ({ faults }, { id }) => take(faults, id),
  },
  denials: {
    GET: ({ denials }) => denials.list(),
    POST: ({ denials }, { body }) => ({ id: denials.add(readDenial(readBody(body))) }),
    DELETE: ({ denials }, { id }) => take(denials, id),
  },
  'key-usage': { POST: ({ history }, { body }) => plantUsage(readBody(body), history) },
  'key-dates': { POST: ({ history }, { body }) => plantDates(readBody(body), history) },
  'log-deliveries': { POST: ({ deliverLogs }) => deliverLogs() },
  'service-events': { POST: ({ emit }, { body }) => emit(readServiceEvent(readBody(body))) },
};

function take(from: { remove(id: string): boolean; clear(): void }, id: string | undefined): Json {
  if (id === undefined) from.clear();
  else if (!from.remove(id)) throw new ControlError(`There is nothing with the id ${id}.`, 404);
  return { removed: id ?? 'all' };
}

function readBody(body: Buffer): Json {
  const text = body.toString();
  try {
    const value: unknown = JSON.parse(text);
    if (isJson(value)) return value;
  } catch {
    // Said below, together with JSON that is no object.
  }
  throw new ControlError(`The body must be a JSON object, and it is ${text === '' ? 'empty' : text.slice(0, 200)}.`);
}

function readFault(body: Json): Fault {
  const texts = readTexts(body, ['service', 'operation', 'principal']);
  refuseOthers(body, ['kind', 'service', 'operation', 'principal', 'times', 'after', 'milliseconds']);
  const kind = FAULT_KINDS.find((one) => one === body.kind);
  if (kind === undefined) throw wrong('kind', body.kind, `one of ${FAULT_KINDS.join(', ')}`);
  return { kind: kind satisfies FaultKind, ...texts, ...readNumbers(body, ['times', 'after', 'milliseconds']) };
}

function readDenial(body: Json): DenyRule {
  refuseOthers(body, ['principal', 'action', 'resource']);
  const rule: DenyRule = readTexts(body, ['principal', 'action', 'resource']);
  if (rule.action !== undefined && !/^[a-z0-9-]+:[A-Za-z*]+$|^\*$/.test(rule.action)) {
    throw wrong('action', rule.action, 'service and operation, such as kms:DisableKey or kms:*');
  }
  return rule;
}

/** A last use of a key, or since when uses are tracked. */
async function plantUsage(body: Json, history: KeyHistory): Promise<Json> {
  if (body.trackingSince !== undefined) {
    refuseOthers(body, ['trackingSince']);
    const { trackingSince = new Date(0) } = readDates(body, ['trackingSince']);
    history.trackFrom(trackingSince);
    return { trackingSince };
  }
  refuseOthers(body, ['key', 'region', 'operation', 'at', 'trackingSince']);
  const { operation = '' } = readTexts(body, ['operation']);
  const { at } = readDates(body, ['at']);
  if (at === undefined) throw wrong('at', body.at, DATE);
  await history.plantUse({ ...readKey(body), operation, at });
  return { operation, at };
}

async function plantDates(body: Json, history: KeyHistory): Promise<Json> {
  refuseOthers(body, ['key', 'region', 'createdAt', 'rotatedAt']);
  const dates = readDates(body, ['createdAt', 'rotatedAt']);
  if (Object.keys(dates).length === 0) throw wrong('createdAt', body.createdAt, `${DATE}, unless rotatedAt is`);
  await history.plantDates({ ...readKey(body), ...dates });
  return dates;
}

function readKey(body: Json): NamedKey {
  const { key, region } = readTexts(body, ['key', 'region']);
  if (key === undefined) throw wrong('key', body.key, 'a key id or key ARN');
  return { key, ...(region === undefined ? {} : { region }) };
}

const DATE = 'a date in ISO 8601, such as 2024-11-24T09:00:00Z';

function readDates<Name extends string>(body: Json, names: readonly Name[]): { [name in Name]?: Date } {
  const dates: { [name in Name]?: Date } = {};
  for (const name of names) {
    const value = body[name];
    if (value === undefined) continue;
    const isDate = typeof value === 'string' && /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(value);
    if (!isDate || Number.isNaN(Date.parse(value))) throw wrong(name, value, DATE);
    dates[name] = new Date(value);
  }
  return dates;
}

function readServiceEvent(body: Json): ServiceEvent {
  refuseOthers(body, ['name', 'key', 'region', 'rotationType']);
  const name = SERVICE_EVENTS.find((one) => one === body.name);
  if (name === undefined) throw wrong('name', body.name, `one of ${SERVICE_EVENTS.join(', ')}`);
  const { rotationType } = body;
  if (rotationType !== undefined && rotationType !== 'AUTOMATIC' && rotationType !== 'ON_DEMAND') {
    throw wrong('rotationType', rotationType, 'AUTOMATIC or ON_DEMAND');
  }
  return {
    name,
    ...readKey(body),
    ...(rotationType === undefined ? {} : { rotationType }),
  };
}

function readTexts<Name extends string>(body: Json, names: readonly Name[]): { [name in Name]?: string } {
  const texts: { [name in Name]?: string } = {};
  for (const name of names) {
    const value = body[name];
    if (value === undefined) continue;
    if (typeof value !== 'string' || value === '') throw wrong(name, value, 'text, or left out');
    texts[name] = value;
  }
  return texts;
}

function readNumbers<Name extends string>(body: Json, names: readonly Name[]): { [name in Name]?: number } {
  const numbers: { [name in Name]?: number } = {};
  for (const name of names) {
    const value = body[name];
    if (value === undefined) continue;
    if (typeof value !== 'number') throw wrong(name, value, 'a number, or left out');
    numbers[name] = value;
  }
  return numbers;
}

function refuseOthers(body: Json, known: readonly string[]): void {
  const other = Object.keys(body).find((name) => !known.includes(name));
  if (other !== undefined)
    throw new ControlError(`There is no field ${JSON.stringify(other)}; there are ${known.join(', ')}.`);
}

function wrong(name: string, value: unknown, allowed: string): ControlError {
  return new ControlError(
    `${name} is ${value === undefined ? 'missing' : JSON.stringify(value)}; it must be ${allowed}.`,
  );
}
