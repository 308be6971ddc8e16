import {
  type CloudTrailClient,
  PutEventSelectorsCommand,
  type PutEventSelectorsCommandInput,
  StartLoggingCommand,
  StopLoggingCommand,
} from '@aws-sdk/client-cloudtrail';
import {
  CancelKeyDeletionCommand,
  CreateGrantCommand,
  type CreateGrantCommandInput,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  type KMSClient,
  PutKeyPolicyCommand,
  RevokeGrantCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-kms';
import type { AwsRequest, Call } from '../remediations/remedy.ts';

type Parameters = AwsRequest['parameters'];
type Answer = Promise<{ $metadata: { requestId?: string | undefined } }>;
type Changes<Client> = Readonly<Record<string, (client: Client, parameters: Parameters) => Answer>>;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Every change that Keywarden can make in KMS. What is in no table cannot be done. */
const KMS_CHANGES: Changes<KMSClient> = {
  EnableKeyRotation: (kms, parameters) =>
    kms.send(
      new EnableKeyRotationCommand({
        KeyId: String(parameters.KeyId),
        RotationPeriodInDays: Number(parameters.RotationPeriodInDays),
      }),
    ),
  DisableKeyRotation: (kms, parameters) => kms.send(new DisableKeyRotationCommand({ KeyId: String(parameters.KeyId) })),
  RotateKeyOnDemand: (kms, { KeyId }) => kms.send(new RotateKeyOnDemandCommand({ KeyId: String(KeyId) })),
  EnableKey: (kms, { KeyId }) => kms.send(new EnableKeyCommand({ KeyId: String(KeyId) })),
  DisableKey: (kms, { KeyId }) => kms.send(new DisableKeyCommand({ KeyId: String(KeyId) })),
  CancelKeyDeletion: (kms, { KeyId }) => kms.send(new CancelKeyDeletionCommand({ KeyId: String(KeyId) })),
  ScheduleKeyDeletion: (kms, { KeyId, PendingWindowInDays }) =>
    kms.send(
      new ScheduleKeyDeletionCommand({ KeyId: String(KeyId), PendingWindowInDays: Number(PendingWindowInDays) }),
    ),
  // The parameters are named one by one: BypassPolicyLockoutSafetyCheck cannot get in by any plan.
  PutKeyPolicy: (kms, { KeyId, Policy }) =>
    kms.send(new PutKeyPolicyCommand({ KeyId: String(KeyId), PolicyName: 'default', Policy: String(Policy) })),
  TagResource: (kms, { KeyId, Tags }) =>
    kms.send(
      new TagResourceCommand({
        KeyId: String(KeyId),
        Tags: listOf(Tags).map((tag) => {
          const { TagKey, TagValue } = tag as { readonly TagKey?: unknown; readonly TagValue?: unknown };
          return { TagKey: String(TagKey), TagValue: String(TagValue) };
        }),
      }),
    ),
  UntagResource: (kms, { KeyId, TagKeys }) =>
    kms.send(new UntagResourceCommand({ KeyId: String(KeyId), TagKeys: listOf(TagKeys).map(String) })),
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

/** Every change that Keywarden can make in CloudTrail. */
const TRAIL_CHANGES: Changes<CloudTrailClient> = {
  StartLogging: (cloudTrail, { Name }) => cloudTrail.send(new StartLoggingCommand({ Name: String(Name) })),
  StopLogging: (cloudTrail, { Name }) => cloudTrail.send(new StopLoggingCommand({ Name: String(Name) })),
  // Its parameters are those of the plan, which the API reference names; CloudTrail checks them.
  PutEventSelectors: (cloudTrail, parameters) =>
    cloudTrail.send(new PutEventSelectorsCommand({ ...parameters } as unknown as PutEventSelectorsCommandInput)),
};

/** Gives the client of a Region, by service. */
export interface ClientsOf {
  readonly kms: (region: string) => KMSClient;
  readonly cloudTrail: (region: string) => CloudTrailClient;
}

/**
 * Makes the calls of a plan.
 *
 * @returns a function that makes one call and gives AWS's request id; it throws what AWS throws, and an Error that names
 *   the operation when the table of changes does not have it
 */
export const createCall =
  (clients: ClientsOf): Call =>
  async (request) => {
    const { $metadata } = await (request.service === 'cloudtrail'
      ? send(TRAIL_CHANGES, clients.cloudTrail, request)
      : send(KMS_CHANGES, clients.kms, request));
    return { operation: request.operation, requestId: $metadata.requestId ?? 'unknown' };
  };

function send<Client>(
  changes: Changes<Client>,
  clientOf: (region: string) => Client,
  { operation, region, parameters }: AwsRequest,
): Answer {
  const change = Object.hasOwn(changes, operation) ? changes[operation] : undefined;
  if (change === undefined) throw new Error(`${operation} is not a change that Keywarden makes.`);
  return change(clientOf(region), parameters);
}
