import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createDenials, type Denials } from './access.ts';
import type { Answer, RawRequest } from './call.ts';
import type { CloudTrailRecord } from './cloudtrail-record.ts';
import { answerControl, CONTROL_PATH } from './control.ts';
import { createDelivery } from './delivery.ts';
import { createFaults, type Faults } from './faults.ts';
import { createHandler, DROPPED } from './handle-call.ts';
import { createKeyHistory, type KeyHistory } from './key-history.ts';
import { createKmsKeys } from './kms-keys.ts';
import { createLogDelivery, type DeliveredFile } from './log-delivery.ts';
import { createLookupLimit } from './lookup-events.ts';
import { createObjectEvents } from './object-events.ts';
import { createPrincipals } from './principal.ts';
import { createRecorder } from './recorder.ts';
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
  /**
   * Region that events of IAM, which arrive in us-east-1, are forwarded to, as stacks/iam-events.yml does on AWS. Absent:
   * they are not forwarded.
   */
  forwardIamTo?: string;
  /** Runs Lambda functions. Without it, Invoke is refused: moto would need Docker. */
  invokeFunction?: InvokeFunction;
  /** Called with the caller's ARN where a `crash-after` fault struck. The work is done, and no answer will come. */
  onCrash?: (principal: string) => void;
  /** Gets a line about what could not be delivered or done. Default: stderr. */
  log?: (line: string) => void;
  /** How many lookups of CloudTrail's event history a Region takes in one second; AWS takes 2. Default: no limit. */
  lookupsPerSecond?: number;
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
  /** Gives keys a past. */
  history: KeyHistory;
  /**
   * Delivers what was recorded since the last time to the buckets of the trails that log, and the digests of the hours that are
   * over. On AWS this happens about every five minutes by itself.
   */
  deliverLogs(): Promise<readonly DeliveredFile[]>;
  /** Returns once every record so far has been handed to the targets of the rules that match. */
  delivered(): Promise<void>;
  /** Closes the port, after what is still to be delivered. Calling it again does nothing. */
  stop(): Promise<void>;
};

/**
 * Starts the gateway in front of moto on 127.0.0.1: it forwards every call, and does what AWS does and moto does not
 * (docs/local-aws.md).
 *
 * @throws Error if the port is taken
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { motoUrl, account, clock = () => new Date(), log = (line) => process.stderr.write(`${line}\n`) } = options;
  const faults = createFaults();
  const denials = createDenials();
  const keys = createKmsKeys(motoUrl, clock());
  const { invokeFunction } = options;
  const shared = { motoUrl, account, faults, log, ...(invokeFunction === undefined ? {} : { invokeFunction }) };
  const { forwardIamTo } = options;
  const delivery = createDelivery({ ...shared, ...(forwardIamTo === undefined ? {} : { forwardIamTo }) });
  const recorder = createRecorder({ account, keys, delivery, clock });
  const objectEvents = createObjectEvents({ motoUrl, delivery, clock });
  const logDelivery = createLogDelivery({ motoUrl, account, records: recorder.records, objectEvents, clock });
  const principals = createPrincipals(motoUrl, account, clock);
  const calls: CallSummary[] = [];
  const handle = createHandler({
    ...shared,
    clock,
    denials,
    keys,
    principals,
    recorder,
    delivery,
    lookupLimit: createLookupLimit(options.lookupsPerSecond, () => performance.now()),
    objectEvents,
    logDelivery,
    count: (call) => calls.push(call),
    onCrash: options.onCrash ?? (() => {}),
  });
  const history = createKeyHistory(keys, clock);
  const controlled = {
    history,
    records: recorder.records,
    calls: () => calls,
    faults,
    denials,
    emit: recorder.emit,
    deliverLogs: logDelivery.deliver,
  };
  const server = createServer((incoming, outgoing) => {
    void serve(incoming, outgoing, async (request, signal) =>
      request.path.startsWith(CONTROL_PATH) ? answerControl(request, controlled) : handle(request, signal),
    ).catch((cause: unknown) => {
      // Nobody waits for this answer any more.
      if (outgoing.destroyed) return;
      log(
        `${incoming.method} ${incoming.url}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`,
      );
      failVisibly(outgoing, cause);
    });
  });
  // Polling for messages may keep a request open for 20 s; Node would otherwise close idle connections after 5 s, and an
  // SDK that reuses one at that moment would see a connection reset.
  server.keepAliveTimeout = 65_000;
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    ...controlled,
    delivered: delivery.settled,
    async stop() {
      await close(server);
      await delivery.settled();
    },
  };
}

type Serve = (request: RawRequest, signal: AbortSignal) => Promise<Answer | typeof DROPPED>;

async function serve(incoming: IncomingMessage, outgoing: ServerResponse, respond: Serve): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { method = 'GET', url: path = '/', headers } = incoming;
  const answer = await respond({ method, path, headers, body: Buffer.concat(chunks) }, gone.signal);
  if (answer === DROPPED) {
    incoming.socket.destroy();
    return;
  }
  if (method === 'HEAD') {
    outgoing.writeHead(answer.status, answer.headers).end();
    return;
  }
  outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length }).end(answer.body);
}

/** A failure of the gateway itself; no AWS error code fits, and the SDK shows the text. */
function failVisibly(outgoing: ServerResponse, cause: unknown): void {
  if (outgoing.headersSent || outgoing.destroyed) return;
  const message = cause instanceof Error ? cause.message : String(cause);
  outgoing.writeHead(502, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ __type: 'LocalGatewayError', message }));
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('The gateway has no port.'));
      else resolve(address.port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
