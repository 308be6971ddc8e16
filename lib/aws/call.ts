import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  type KMSClient,
  PutKeyPolicyCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import type { AwsRequest, Call } from '../remediations/remedy.ts';

type Parameters = AwsRequest['parameters'];
type Send = (kms: KMSClient, parameters: Parameters) => Promise<{ $metadata: { requestId?: string | undefined } }>;

/** Every change that Keywarden can make in AWS. What is not in this table cannot be done. */
const CHANGES: Readonly<Record<string, Send>> = {
  EnableKeyRotation: (kms, parameters) =>
    kms.send(
      new EnableKeyRotationCommand({
        KeyId: String(parameters.KeyId),
        RotationPeriodInDays: Number(parameters.RotationPeriodInDays),
      }),
    ),
  DisableKeyRotation: (kms, parameters) => kms.send(new DisableKeyRotationCommand({ KeyId: String(parameters.KeyId) })),
  // The parameters are named one by one: BypassPolicyLockoutSafetyCheck cannot get in by any plan.
  PutKeyPolicy: (kms, { KeyId, Policy }) =>
    kms.send(new PutKeyPolicyCommand({ KeyId: String(KeyId), PolicyName: 'default', Policy: String(Policy) })),
  // Its parameters are those of the plan, which the API reference names; KMS checks them.
  CreateGrant: (kms, parameters) =>
    kms.send(new CreateGrantCommand({ ...parameters } as unknown as CreateGrantCommandInput)),
  RevokeGrant: (kms, { KeyId, GrantId, DryRun }) =>
    kms.send(
      new RevokeGrantCommand({
        KeyId: String(KeyId),
        GrantId: String(GrantId),
        ...(DryRun === true ? { DryRun } : {}),
      }),
    ),
};

/**
 * Makes the calls of a plan.
 *
 * @param kmsOf gives the client of a Region
 * @returns a function that makes one call and gives AWS's request id; it throws what AWS throws, and an Error that names
 *   the operation when the table of changes does not have it
 */
export const createCall =
  (kmsOf: (region: string) => KMSClient): Call =>
  async ({ operation, region, parameters }) => {
    const send = Object.hasOwn(CHANGES, operation) ? CHANGES[operation] : undefined;
    if (send === undefined) throw new Error(`${operation} is not a change that Keywarden makes.`);
    const { $metadata } = await send(kmsOf(region), parameters);
    return { operation, requestId: $metadata.requestId ?? 'unknown' };
  };
