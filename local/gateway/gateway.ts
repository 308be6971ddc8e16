import type { Denials } from './access.ts';
import type { CloudTrailRecord } from './cloudtrail-record.ts';
import type { Faults } from './faults.ts';
import type { ServiceEvent } from './service-event.ts';

/** What a Lambda invocation came to. */
export type Invocation = { functionError?: string; payload: string };

/** Runs a deployed function. `Event` is asynchronous: the answer does not wait for it. */
export type InvokeFunction = (name: string, payload: Buffer, type: 'RequestResponse' | 'Event') => Promise<Invocation>;

/** Options of {@link startGateway}. */
export type GatewayOptions = {
  /** Where moto answers, without a slash at the end. */
  motoUrl: string;
  /** TCP port on 127.0.0.1. Default: any free one. */
  port?: number;
  /** The account of moto, twelve digits. */
  account: string;
  /** Runs Lambda functions. Without it, Invoke is refused: moto would need Docker. */
  invokeFunction?: InvokeFunction;
  /** Called with the caller's ARN where a `crash-after` fault struck. The work is done, and no answer will come. */
  onCrash?: (principal: string) => void;
  /** Gets a line about what could not be delivered or done. Default: stderr. */
  log?: (line: string) => void;
  /** The time, for the records. Default: the wall clock. */
  clock?: () => Date;
};

/** One AWS call that passed, for counting. */
export type CallSummary = {
  service: string;
  operation: string;
  region: string;
  /** ARN of the caller. */
  principal: string;
  /** HTTP status; 0 if the connection was dropped. */
  status: number;
  /** Error code of a refusal. */
  errorCode?: string;
};

/** A running gateway. */
export type Gateway = {
  /** `http://127.0.0.1:<port>`, the endpoint for every AWS service. */
  url: string;
  port: number;
  /** Every CloudTrail record so far, oldest first. */
  records(): readonly CloudTrailRecord[];
  /** Every AWS call so far, oldest first. */
  calls(): readonly CallSummary[];
  faults: Faults;
  denials: Denials;
  /** Emits what KMS does by itself. Throws RangeError for a key that does not exist. */
  emit(event: ServiceEvent): Promise<CloudTrailRecord>;
  /** Returns once every record so far has been handed to the targets of the rules that match. */
  delivered(): Promise<void>;
  /** Closes the port, after what is still to be delivered. Calling it again does nothing. */
  stop(): Promise<void>;
};

/**
 * Starts the gateway in front of moto on 127.0.0.1.
 *
 * @throws Error if the port is taken
 */
export declare function startGateway(options: GatewayOptions): Promise<Gateway>;
