import { showText } from './plain-text.ts';

/**
 * A read failed in a way that passes by itself: throttling, a fault inside AWS, the network. The message returns to its
 * queue. `cause` keeps what AWS or the network said.
 */
export class TransientReadError extends Error {
  override name = 'TransientReadError';
}

/** What a failed read means. `transient`: asking again later may help. */
export interface ReadFailure {
  readonly kind: 'missing' | 'refused' | 'transient';
  /** One clause for a person that names the IAM action, the key, and what to do. */
  readonly reason: string;
}

/** What of an error tells its kind; never the message, whose words AWS may change. */
interface ErrorTraits {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly retryable: boolean;
}

/** The record in CloudTrail says `AccessDenied`, the SDK `AccessDeniedException`. */
const DENIED: ReadonlySet<string> = new Set(['AccessDeniedException', 'AccessDenied']);

/**
 * KMS throttles with status 400, so that the name must tell. The last four concern our own credentials, which are renewed
 * between two deliveries.
 * https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
 */
const PASSING: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'SlowDown',
  'DependencyTimeoutException',
  'ExpiredTokenException',
  'ExpiredToken',
  'RequestExpired',
  'UnrecognizedClientException',
]);

/**
 * Says what a failed KMS read means. Only a clear "no" of KMS (status 4xx) counts as its answer; whatever else went wrong
 * (no answer, status 5xx, an answer nobody can parse) says nothing about the key and is transient.
 *
 * @param operation as in the API reference, e.g. `DescribeKey`
 * @param keyId how the key is called in the reason
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
 */
export function classifyReadError(error: unknown, operation: string, keyId: string): ReadFailure {
  const { name, message, status, retryable } = readTraits(error);
  const action = `kms:${operation}`;
  const key = `key ${showText(keyId)}`;
  if (name === 'NotFoundException') return { kind: 'missing', reason: `${key} no longer exists` };
  if (DENIED.has(name)) {
    return {
      kind: 'refused',
      reason: `${action} on ${key} was denied to Keywarden's role; allow it in the policy of the role and, where the key policy does not enable IAM policies, in the key policy`,
    };
  }
  const refused = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (refused && !retryable && !PASSING.has(name)) {
    return {
      kind: 'refused',
      reason: `KMS refused ${action} on ${key} with ${showText(name)} (${showText(message)}); look at the key in the console and verify it again`,
    };
  }
  return {
    kind: 'transient',
    reason: `${action} on ${key} failed with ${showText(name)} (${showText(message)}), which should pass; verify the key again later`,
  };
}

function readTraits(error: unknown): ErrorTraits {
  const { name, message, $metadata, $retryable } = (error ?? {}) as Sketch;
  const status = typeof $metadata === 'object' ? ($metadata as Sketch | null)?.httpStatusCode : undefined;
  return {
    name: typeof name === 'string' && name !== '' ? name : 'an unnamed error',
    message: typeof message === 'string' ? message : String(error),
    status: typeof status === 'number' ? status : undefined,
    retryable: $retryable !== undefined && $retryable !== null,
  };
}

/** Anything may be thrown; nothing is taken for granted about its fields. */
interface Sketch {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly $metadata?: unknown;
  readonly $retryable?: unknown;
  readonly httpStatusCode?: unknown;
}
