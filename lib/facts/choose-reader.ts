import type { IAMClient } from '@aws-sdk/client-iam';
import type { KMSClient } from '@aws-sdk/client-kms';
import { createFactReader, type FactReader } from './fact-reader.ts';
import { createIamPolicyReader } from './iam-policy-reader.ts';
import type { ReadHistory } from './past-reader.ts';

/** The clients and the place that every reader shares. */
export interface ReaderPlace {
  readonly kms: KMSClient;
  readonly iam: IAMClient;
  readonly account: string;
  readonly region: string;
  readonly readHistory: ReadHistory;
}

/**
 * Chooses the reader of what an action is about by the service in its ARN: IAM policies are read from IAM, everything else
 * is taken for a key.
 *
 * @returns a function of the ARN, of what to do about failures that pass, and of the item of the subject that is meant (a
 *   grant id, the name of an inline policy)
 */
export const chooseReader =
  ({ kms, iam, account, region, readHistory }: ReaderPlace) =>
  (arn: string, onTransient: 'throw' | 'unread', item?: string): FactReader =>
    /^arn:[a-z-]+:iam:/.test(arn)
      ? createIamPolicyReader({ iam, arn, item, account, onTransient })
      : createFactReader({ kms, arn, account, region, onTransient, grantId: item, readHistory });
