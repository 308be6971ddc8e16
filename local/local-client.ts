/**
 * Credentials of whoever sets the local AWS up. They open nothing: no real access key has this form.
 */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

/** Where a client of the local AWS calls. */
export type LocalEndpoint = { endpoint: string; region: string };

/**
 * The configuration of an AWS SDK client for the local AWS, independent of the user's own AWS settings.
 *
 * @see https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/Package/-smithy-smithy-client/
 */
export function localClientConfig({ endpoint, region }: LocalEndpoint): {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  maxAttempts: number;
} {
  return { endpoint, region, credentials: LOCAL_CREDENTIALS, maxAttempts: 3 };
}
