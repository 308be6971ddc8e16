/** What to do about an error of an AWS call: wait and repeat it, or accept it as the answer. */
export type Failure =
  | { readonly kind: 'transient'; readonly reason: string }
  | { readonly kind: 'denied'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Sorts an error of the AWS SDK. Everything that may be different next time is transient: throttling, 5xx, time-outs, lost
 * connections, and errors that are not AWS's at all.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export function sortFailure(error: unknown): Failure {
  const { name, message, status, throttled, fault } = describe(error);
  const reason = message === '' ? name : `${name}: ${message}`;
  if (
    throttled ||
    status === undefined ||
    status >= 500 ||
    status === 429 ||
    fault !== 'client' ||
    TRANSIENT.test(name)
  ) {
    return { kind: 'transient', reason };
  }
  return { kind: /^AccessDenied/.test(name) ? 'denied' : 'refused', reason };
}

/**
 * AWS's id of a request that it answered with an error; undefined when it did not answer.
 *
 * @see https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/Package/-smithy-types/Interface/ResponseMetadata/
 */
export function requestIdOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { $metadata } = error as { $metadata?: { requestId?: string } };
  return $metadata?.requestId;
}

/** Names that AWS answers with status 400 although waiting helps. */
const TRANSIENT =
  /^(Throttl|TooManyRequests|RequestLimitExceeded|DependencyTimeout|KMSInternal|ServiceUnavailable|ProvisionedThroughput|RequestTimeout|TransactionInProgress|ExpiredToken|UnrecognizedClient)/;

interface SdkError {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly throttled: boolean;
  readonly fault: string | undefined;
}

function describe(error: unknown): SdkError {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: String(error), status: undefined, throttled: false, fault: undefined };
  }
  const { $metadata, $retryable, $fault } = error as {
    $metadata?: { httpStatusCode?: number };
    $retryable?: { throttling?: boolean };
    $fault?: string;
  };
  return {
    name: error.name,
    message: error.message,
    status: $metadata?.httpStatusCode,
    throttled: $retryable?.throttling === true,
    fault: $fault,
  };
}
