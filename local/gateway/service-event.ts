/**
 * Something KMS does by itself.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
 */
export type ServiceEvent = {
  name: 'RotateKey' | 'DeleteKey' | 'DeleteExpiredKeyMaterial';
  /** Key id or key ARN. */
  key: string;
  /** Where the key is, if `key` is no ARN. Default: `us-east-1`. */
  region?: string;
  /** For RotateKey. Default: `AUTOMATIC`. */
  rotationType?: 'AUTOMATIC' | 'ON_DEMAND';
};
