import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { GetFunctionUrlConfigCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SignatureV4 } from '@smithy/signature-v4';
import { z } from 'zod';
import { safeText } from '../lib/alert/safe-text.ts';
import type { OrderInput, OrderResult } from '../lib/orders/order.ts';
import { settingsOf } from './connect.ts';
import { type GlobalOptions, readOwnNames } from './options.ts';
import { UsageError } from './usage-error.ts';

/** An order as it is sent: who asks is what AWS says of the caller, and the id of the order is given here. */
export type SentOrder = Partial<Omit<OrderInput, 'requestedBy' | 'orderId'>> & Pick<OrderInput, 'action' | 'reason'>;

/** Sends orders to the function of Keywarden. */
export interface FunctionUrl {
  /**
   * Sends one order. When the network or the function fails on the way, the same order is sent again under the same id, so
   * that it is carried out once.
   *
   * @returns what the function answers, also when it refuses
   * @throws {UsageError} when there is no answer, with what to do
   */
  send(order: SentOrder): Promise<OrderResult>;
}

/** What a caller may set otherwise. */
export interface FunctionUrlOptions {
  /** Absent: AWS is asked for it. */
  readonly url?: string | undefined;
  /** Milliseconds to wait for an answer: the function itself works for a minute at most (serverless.yml). */
  readonly timeout?: number;
  /** Milliseconds between two attempts. */
  readonly wait?: number;
}

const TIMEOUT = 90_000;
const WAIT = 1_000;
const MOST_ATTEMPTS = 3;

/**
 * Connects to the function URL of the function `remediate`, with the credentials that the AWS CLI would use.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html (IAM signs the request for the service `lambda`)
 */
export function connectFunctionUrl(global: GlobalOptions, options: FunctionUrlOptions = {}): FunctionUrl {
  const lambda = new LambdaClient(settingsOf(global));
  let known = options.url === undefined ? undefined : readUrl(options.url);
  return {
    async send(order) {
      known ??= await findUrl(lambda, global);
      const body = JSON.stringify({ ...order, orderId: randomUUID() });
      return attempt({ lambda, url: known, body, ...times(options) }, 1);
    },
  };
}

const times = ({ timeout = TIMEOUT, wait = WAIT }: FunctionUrlOptions) => ({ timeout, wait });

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw new UsageError(
    `The URL of the function is ${JSON.stringify(text)}; give --url or KEYWARDEN_URL as https://... (an output of the stack).`,
  );
}

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionUrlConfig.html */
async function findUrl(lambda: LambdaClient, global: GlobalOptions): Promise<URL> {
  const name = readOwnNames(global).nameOf('remediate');
  try {
    const { FunctionUrl } = await lambda.send(new GetFunctionUrlConfigCommand({ FunctionName: name }));
    return readUrl(String(FunctionUrl));
  } catch (cause) {
    const { name: what, message } = cause instanceof Error ? cause : { name: '', message: '' };
    if (what === 'ResourceNotFoundException') {
      throw new UsageError(
        `The function ${name} has no URL here. Name the stage with --stage or KEYWARDEN_STAGE and its Region with --region; a Keywarden that was deployed before it had a URL must be deployed again.`,
        { cause },
      );
    }
    if (/AccessDenied/.test(what)) {
      throw new UsageError(
        `AWS does not let you look up the URL of the function ${name} (${safeText(message)}). Ask for lambda:GetFunctionUrlConfig, or give the URL with --url or KEYWARDEN_URL.`,
        { cause },
      );
    }
    throw cause;
  }
}

interface Request {
  readonly lambda: LambdaClient;
  readonly url: URL;
  readonly body: string;
  readonly timeout: number;
  readonly wait: number;
}

async function attempt(request: Request, count: number): Promise<OrderResult> {
  const { url, timeout, wait } = request;
  const again = async (why: string): Promise<OrderResult> => {
    if (count === MOST_ATTEMPTS) throw new UsageError(`${why} ${UNCERTAIN}`);
    await pause(wait * count);
    return attempt(request, count + 1);
  };
  let answer: { readonly status: number; readonly text: string };
  try {
    answer = await post(request);
  } catch (cause) {
    const { name, message } = errorSchema.parse(cause);
    if (name === 'CredentialsProviderError' || /region is missing/i.test(message)) throw cause;
    if (name === 'TimeoutError')
      throw new UsageError(`${url.host} did not answer within ${timeout / 1000} seconds. ${UNCERTAIN}`, { cause });
    return again(`${url.host} cannot be reached (${describeCause(cause)}).`);
  }
  const result = readResult(answer.text);
  if (result !== undefined) return result;
  if (answer.status === 403) throw new UsageError(explainForbidden(answer.text));
  const said = `The function answered with status ${answer.status}: ${safeText(answer.text, 500)}.`;
  if (answer.status === 429 || answer.status >= 500) return again(said);
  throw new UsageError(`${said} ${url.host} may not be the URL of Keywarden's function; see the outputs of the stack.`);
}

const UNCERTAIN =
  'Whether the order was carried out is not known; see: keywarden ledger show <key>, and the logs of the function.';

/** Whatever was thrown; `fetch` puts the reason into the cause of its error. */
const errorSchema = z
  .looseObject({ name: z.string(), message: z.string(), cause: z.unknown().optional() })
  .catch(({ value }) => ({ name: 'Error', message: String(value), cause: undefined }));

const causeSchema = z.looseObject({ code: z.string() }).or(z.looseObject({ message: z.string() }));

function describeCause(error: unknown): string {
  const { message, cause } = errorSchema.parse(error);
  const known = causeSchema.safeParse(cause).data;
  const detail = known === undefined ? '' : `: ${'code' in known ? known.code : known.message}`;
  return safeText(`${message}${String(detail)}`);
}

async function post({ lambda, url, body, timeout }: Request): Promise<{ status: number; text: string }> {
  const { config } = lambda;
  const signer = new SignatureV4({
    service: 'lambda',
    region: regionOf(url) ?? (await config.region()),
    credentials: config.credentials,
    sha256: config.sha256,
  });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, 'content-type': 'application/json' },
    body,
  });
  const { host: _host, ...sent } = headers;
  const answer = await fetch(url, { method: 'POST', headers: sent, body, signal: AbortSignal.timeout(timeout) });
  return { status: answer.status, text: await answer.text() };
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html (`https://<id>.lambda-url.<Region>.on.aws`) */
const regionOf = ({ hostname }: URL): string | undefined => /\.lambda-url\.([a-z0-9-]+)\.on\.aws$/.exec(hostname)?.[1];

/** What every answer of the function has; the rest is as the function of the same version wrote it. */
const answerSchema = z.union([
  z.looseObject({ status: z.literal('refused'), message: z.string() }),
  z.looseObject({
    status: z.string(),
    message: z.string(),
    key: z.string(),
    dryRun: z.boolean(),
    verdicts: z.array(z.unknown()),
    decisions: z.array(z.unknown()),
    remediations: z.array(z.unknown()),
  }),
]);

/** @returns undefined for anything that is no answer of the function */
function readResult(text: string): OrderResult | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return answerSchema.safeParse(value).success ? (value as OrderResult) : undefined;
  } catch {
    return undefined;
  }
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html */
const explainForbidden = (text: string): string =>
  `AWS does not let you call Keywarden's function (status 403: ${safeText(text, 300)}). You need lambda:InvokeFunctionUrl and lambda:InvokeFunction of it; docs/cli.md has the policy of an officer. A clock that is minutes wrong, or a URL of another Region, is refused with 403 too.`;
