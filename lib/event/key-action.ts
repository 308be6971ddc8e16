/**
 * The words every other part speaks: one lifecycle action, normalised from one record (DESIGN: KeyAction, actor, subject).
 * Nothing here knows CloudTrail's layout; `read-event.ts`, `read-record.ts` and their neighbours do.
 */

/** What became of the call. `dry-run`: KMS checked the permission and changed nothing, although CloudTrail logs an error. */
export type Outcome = 'succeeded' | 'denied' | 'failed' | 'dry-run';

/** Where the record reached us from. */
export type Origin = 'eventbridge' | 'reconcile' | 'archive' | 'on-demand' | 'sweep';

/**
 * What kind of operation it is.
 * - `lifecycle`: changes a key, its access (IAM policies too), its store, or what records its life (trails, Keywarden);
 * - `use`: a cryptographic operation with the key;
 * - `read`: looks at a key and changes nothing;
 * - `unrecognised`: an operation this version has never heard of. It is recorded, never dropped.
 */
export type ActionKind = 'lifecycle' | 'use' | 'read' | 'unrecognised';

/** Who did it, as far as the record tells. Every string is as the record spells it; nothing is guessed. */
export interface Actor {
  /** `userIdentity.type` (`AssumedRole`, `IAMUser`, `Root`, `AWSService`, ...), or `AWSInternal` for KMS service events, which carry none. */
  readonly type: string;
  readonly arn?: string;
  readonly accountId?: string;
  readonly principalId?: string;
  /** ARN of the role behind an assumed-role session. */
  readonly sessionIssuer?: string;
  /** The human: the session name of an Identity Center or federated session, the IAM user name, the Identity Center user id. */
  readonly person?: string;
  /** The AWS service that made the call for someone (forward access session) or for itself. */
  readonly invokedBy?: string;
  readonly sourceIp?: string;
  readonly userAgent?: string;
  /** Only when the record says so. */
  readonly mfa?: boolean;
  /** The call was made by one of Keywarden's own roles. */
  readonly bySelf: boolean;
}

/** One lifecycle action, normalised from one record. Plain JSON: it goes into the ledger as it is. */
export interface KeyAction {
  /** CloudTrail `eventID`, or an id derived from the content for records that have none. The same action always has the same id. */
  readonly eventId: string;
  /** Joins the copies of one cross-account call that caller and owner each receive. */
  readonly sharedEventId?: string;
  readonly requestId?: string;
  /** When it happened, ISO 8601 UTC. */
  readonly time: string;
  /** The API operation or service event, e.g. `DisableKeyRotation`, `RotateKey`. */
  readonly api: string;
  /** e.g. `kms.amazonaws.com` */
  readonly eventSource: string;
  readonly kind: ActionKind;
  /** Step of OP-PROC-001, e.g. `4.4.1`; `unrecognised` when the operation is unknown to this version. */
  readonly step: string;
  /**
   * ARN of what the action is about; see `subject.ts`, `iam-subject.ts` and `resource-subject.ts` for actions that name no
   * key.
   */
  readonly subject: string;
  /** Every key ARN the record names, the subject first. */
  readonly keys: readonly string[];
  /** Account and Region that received the record (`recipientAccountId`, `awsRegion`). */
  readonly account: string;
  readonly region: string;
  readonly actor: Actor;
  /** The request parameters (or service event details), as in the record. */
  readonly request: Readonly<Record<string, unknown>>;
  /** What the call answered, as in the record. */
  readonly response: Readonly<Record<string, unknown>>;
  readonly outcome: Outcome;
  readonly error?: { readonly code: string; readonly message: string };
  readonly origin: Origin;
  /** sha256 (hex) of the canonical JSON of the record. */
  readonly digest: string;
  /** Only when CloudTrail delivered the record late, or delivered it anew with more in it. */
  readonly addendum?: Addendum;
}

/**
 * Why a record comes late, or after another one about the same event.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (addendum)
 */
export interface Addendum {
  /** `DELIVERY_DELAY`, `UPDATED_DATA` or `SERVICE_OUTAGE`; as the record spells it. */
  readonly reason: string;
  /** What the earlier record lacked or had otherwise, e.g. `responseElements`; as the record spells it. */
  readonly updatedFields?: string;
  readonly originalRequestId?: string;
  /** `eventID` of the earlier record. */
  readonly originalEventId?: string;
}
