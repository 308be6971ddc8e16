import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { KMSClient } from '@aws-sdk/client-kms';
import { createFactReader, type FactReader } from './fact-reader.ts';
import { createIamPolicyReader } from './iam-policy-reader.ts';
import type { ReadHistory } from './past-reader.ts';
import { createReadTrails, createTrailReader } from './trail-reader.ts';
import type { ReadLastUse } from './usage-reader.ts';

/** The clients and the place that every reader shares. */
export interface ReaderPlace {
  readonly kms: KMSClient;
  readonly iam: IAMClient;
  /** The client of a Region. */
  readonly cloudTrail: (region: string) => CloudTrailClient;
  readonly account: string;
  readonly region: string;
  readonly readHistory: ReadHistory;
  readonly readLastUse: ReadLastUse;
}

/**
 * Chooses the reader of what an action is about by the service in its ARN: IAM policies are read from IAM, trails from
 * CloudTrail, keys from KMS. Of anything else nothing is read: every fact of it is Unread.
 *
 * @returns a function of the ARN, of what to do about failures that pass, and of the item of the subject that is meant (a
 *   grant id, the name of an inline policy)
 */
export function chooseReader({ kms, iam, cloudTrail, account, region, readHistory, readLastUse }: ReaderPlace) {
  const readTrails = createReadTrails({ cloudTrail, region });
  return (arn: string, onTransient: 'throw' | 'unread', item?: string): FactReader => {
    if (/^arn:[a-z-]+:iam:/.test(arn)) return createIamPolicyReader({ iam, arn, item, account, onTransient });
    if (/^arn:[a-z-]+:cloudtrail:/.test(arn)) return createTrailReader(readTrails, onTransient);
    return createFactReader({
      kms,
      arn,
      account,
      region,
      onTransient,
      grantId: item,
      readHistory,
      readLastUse,
      readTrails,
    });
  };
}
