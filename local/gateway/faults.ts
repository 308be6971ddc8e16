import { randomUUID } from 'node:crypto';
import { matchesText } from './text-pattern.ts';

/** What goes wrong; see {@link Fault}. */
export const FAULT_KINDS = [
  'throttle',
  'server-error',
  'latency',
  'lost-response',
  'refuse-connection',
  'crash-after',
  'duplicate',
  'reorder',
  'drop',
] as const;

/** One of {@link FAULT_KINDS}. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault to inject into the calls that match. Text left out matches everything; `*` in a text matches any characters. */
export type Fault = {
  /**
   * `throttle` and `server-error` refuse; `latency` waits `milliseconds`, then goes on; `refuse-connection` drops the
   * connection before any work; `lost-response` does the work and drops the connection; `crash-after` does the work and
   * calls `onCrash` instead of answering. `duplicate` and `reorder` concern the delivery of recorded events: an event is
   * sent twice, or is held back until the next one has been delivered (or `milliseconds` have passed, 1000 by default).
   * `drop`: it is recorded and never delivered.
   */
  kind: FaultKind;
  /** Signing name, such as `kms` or `dynamodb`; for `duplicate`, `reorder` and `drop` the service whose event it is. */
  service?: string;
  /** Operation, such as `EnableKeyRotation`. */
  operation?: string;
  /** ARN pattern of the caller. */
  principal?: string;
  /** How many matching calls it strikes. Default: every one, until it is removed. */
  times?: number;
  /** How many matching calls it lets pass first. Default: 0. */
  after?: number;
  /** For `latency` (default 1000) and `reorder` (default 1000). */
  milliseconds?: number;
};

/** What a fault is held against: an AWS call, or the event that a call became. */
export type FaultTarget = { service: string; operation: string; principal: string };

/** The faults of one gateway. */
export type Faults = {
  /** Adds one and returns its id. Throws RangeError, naming the value, for a fault that cannot be. */
  add(fault: Fault): string;
  /** Takes one away; false if there is none with this id. */
  remove(id: string): boolean;
  clear(): void;
  /** All faults and how often each struck. */
  list(): readonly (Fault & { id: string; seen: number; struck: number })[];
  /** The faults that strike this call or event now; each that strikes is counted. */
  strike(target: FaultTarget, kinds: readonly FaultKind[]): readonly Fault[];
};

/** How long `latency` and `reorder` hold something up unless the fault says otherwise, in milliseconds. */
export const DEFAULT_DELAY = 1000;

/** Makes the empty set of faults. */
export function createFaults(): Faults {
  const faults = new Map<string, Fault & { id: string; seen: number; struck: number }>();
  return {
    add(fault) {
      checkFault(fault);
      const id = randomUUID();
      faults.set(id, { ...fault, id, seen: 0, struck: 0 });
      return id;
    },
    remove: (id) => faults.delete(id),
    clear: () => faults.clear(),
    list: () => [...faults.values()].map((fault) => ({ ...fault })),
    strike(target, kinds) {
      const matching = [...faults.values()].filter((fault) => kinds.includes(fault.kind) && concerns(fault, target));
      return matching.filter((fault) => {
        fault.seen += 1;
        const strikes = fault.seen > (fault.after ?? 0) && fault.struck < (fault.times ?? Number.POSITIVE_INFINITY);
        if (strikes) fault.struck += 1;
        return strikes;
      });
    },
  };
}

function concerns(fault: Fault, target: FaultTarget): boolean {
  return (
    matchesText(fault.service, target.service) &&
    matchesText(fault.operation, target.operation) &&
    matchesText(fault.principal, target.principal)
  );
}

function checkFault(fault: Fault): void {
  if (!FAULT_KINDS.includes(fault.kind)) {
    throw new RangeError(`kind is ${JSON.stringify(fault.kind)}; it must be one of ${FAULT_KINDS.join(', ')}.`);
  }
  const least = { times: 1, after: 0, milliseconds: 0 };
  for (const name of ['times', 'after', 'milliseconds'] as const) {
    const value = fault[name];
    if (value !== undefined && !(Number.isInteger(value) && value >= least[name])) {
      throw new RangeError(`${name} is ${JSON.stringify(value)}; it must be a whole number, at least ${least[name]}.`);
    }
  }
}
