import type { Actor } from '../event/key-action.ts';
import type { Grant } from '../iam/grant.ts';

/** What is true of a key now. A fact is known, or it could not be read and says why; there is no third state. */
export type Fact<T> = Known<T> | Unread;

export interface Known<T> {
  readonly known: true;
  readonly value: T;
}

export interface Unread {
  readonly known: false;
  /** One clause for a person: "kms:GetKeyRotationStatus was denied to Keywarden's role". */
  readonly reason: string;
}

export const known = <T>(value: T): Known<T> => ({ known: true, value });
export const unread = (reason: string): Unread => ({ known: false, reason });

/** Which key it is; its ARN tells all of it. */
export interface KeyIdentity {
  readonly arn: string;
  readonly keyId: string;
  readonly account: string;
  readonly region: string;
}

/** The properties of a key that controls judge, in KMS's own enumerations. */
export interface KeyTraits {
  /** `CUSTOMER` or `AWS`. */
  readonly manager: string;
  /** `SYMMETRIC_DEFAULT`, `RSA_4096`, ... */
  readonly spec: string;
  /** `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, `GENERATE_VERIFY_MAC`, `KEY_AGREEMENT`, `ENCAPSULATE_DECAPSULATE`. */
  readonly usage: string;
  /** `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM`, `EXTERNAL_KEY_STORE`. */
  readonly origin: string;
  /** `Enabled`, `Disabled`, `PendingDeletion`, `PendingImport`, `PendingReplicaDeletion`, `Unavailable`, `Creating`, `Updating`. */
  readonly state: string;
  readonly multiRegion: 'no' | 'primary' | 'replica';
  readonly primaryRegion?: string;
  /** ISO 8601 UTC. */
  readonly createdAt?: string;
  /** When KMS will delete it, ISO 8601 UTC; only in the state PendingDeletion. */
  readonly deletionAt?: string;
  /** Days the key will wait once its last replica is gone; only in the state PendingReplicaDeletion, which has no date. */
  readonly deletionWindowInDays?: number;
  readonly description: string;
}

/** A key as KMS describes it, or as far as records tell. */
export interface KeyDescription extends KeyIdentity, KeyTraits {
  /**
   * Traits that nobody could tell: what stands there holds a place and is never judged (`key-view.ts` leaves it out). Only a
   * key that is older than the records of an audit has them; KMS tells all.
   */
  readonly untold?: readonly (keyof KeyTraits)[];
}

export interface RotationStatus {
  readonly enabled: boolean;
  /** Days between automatic rotations; absent while rotation is off. */
  readonly periodInDays?: number;
  readonly nextAt?: string;
  /** When a rotation on demand began that is not complete yet, ISO 8601 UTC. */
  readonly onDemandStartedAt?: string;
}

/** The rotations that KMS has made, the newest first. */
export interface Rotations {
  readonly done: ReadonlyArray<{
    /** ISO 8601 UTC. */
    readonly at: string;
    /** `AUTOMATIC` or `ON_DEMAND`. */
    readonly type: string;
  }>;
  /** New material was imported that is not in use yet: a rotation on demand puts it into use. */
  readonly materialWaits?: boolean;
}

/** The last successful use of a key for cryptography, as far as somebody kept count. */
export interface Usage {
  /** Since when uses are counted, ISO 8601 UTC. Of the time before, nothing is known but `before`. */
  readonly trackedSince: string;
  /** Absent: no use was counted since then. */
  readonly last?: SeenUse;
  /**
   * A use before that, told by log files of CloudTrail. Others may have come after it: nobody says that every hour was looked
   * at.
   */
  readonly before?: SeenUse;
  /** Why the log files of CloudTrail were not asked: there may be a use that KMS does not show yet. */
  readonly unasked?: string;
}

/** A use of a key that succeeded. */
export interface SeenUse {
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly operation: string;
  /** Who tells of it; absent: what counts all uses (KMS itself, or the files of an audit). */
  readonly from?: 'log-files';
}

/** An action of the past: who did what, when. */
export interface PastAction {
  readonly eventId: string;
  readonly api: string;
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly actor: Actor;
}

/** When something changed last, and by which actions of that second: CloudTrail's times have no fractions. */
export interface Change {
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly eventIds: readonly string[];
}

/** An order to delete a key. */
export interface DeletionOrder extends PastAction {
  /** The waiting period in days; absent when the record does not tell it. */
  readonly waitingDays?: number;
  /** When Keywarden scheduled the deletion anew in place of this order, which stays the order: ISO 8601 UTC. */
  readonly rescheduledAt?: string;
}

/**
 * What the record of a key tells of its past: what KMS itself does not tell. Kept in the ledger; in an audit, rebuilt from the
 * records. Only succeeded actions count.
 */
export interface KeyHistory {
  /** CreateKey; absent when the record begins later, so that what is absent below may have happened before it. */
  readonly created?: PastAction;
  /**
   * Whether the key is enabled, or was when the deletion that is in force was scheduled. Absent: no record tells.
   *
   * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
   */
  readonly enabled?: boolean;
  /** What made the key unusable: DisableKey, CancelKeyDeletion, DeleteImportedKeyMaterial, ...; absent when it is usable. */
  readonly disabledBy?: PastAction;
  /** What took imported material away that was not imported again: DeleteImportedKeyMaterial, DeleteExpiredKeyMaterial. */
  readonly materialLost?: PastAction;
  /** The deletion that is in force. */
  readonly deletion?: DeletionOrder;
  /**
   * The destruction of the key. Of a key in a CloudHSM cluster the record says whether its backing keys were destroyed too:
   * `SUCCESS`, `FAILURE`, or KMS's words when they are others.
   *
   * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-delete-key.html
   */
  readonly deleted?: PastAction & { readonly backingKeys?: string };
  /** The last time that somebody else than Keywarden cancelled a deletion. */
  readonly cancelled?: PastAction;
  /** What Keywarden itself called off last, and what was so before; gone with the next change of the key's state. */
  readonly recalled?: {
    readonly deletion: DeletionOrder;
    readonly enabled?: boolean;
    readonly disabledBy?: PastAction;
  };
  /** Who wrote each tag last, and what; a tag that was removed is absent. */
  readonly tags: Readonly<Record<string, PastAction & { readonly value: string }>>;
  /**
   * The last import of key material, and its `importType` when the record tells: an import of `EXISTING_KEY_MATERIAL` brings
   * back what the key had before.
   *
   * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html
   */
  readonly imported?: PastAction & { readonly importType?: string };
  /** The last change of the key's state, and of each tag, removed ones included: what is older changes them no more. */
  readonly changes?: { readonly state?: Change; readonly tags?: Readonly<Record<string, Change>> };
}

/** A trail of CloudTrail as it is now. */
export interface Trail {
  readonly arn: string;
  readonly homeRegion: string;
  /** It records every Region. */
  readonly multiRegion: boolean;
  /** It belongs to the organisation and is managed in another account. */
  readonly organization: boolean;
  readonly logging: Fact<boolean>;
  /** Which management events of KMS it records. */
  readonly kmsEvents: Fact<{ readonly reads: boolean; readonly writes: boolean }>;
  /** What that was read from; absent when it could not be read. */
  readonly selectors?: TrailSelectors;
}

/**
 * The event selectors of a trail as plain JSON with the names of CloudTrail's API: it has basic ones or advanced ones.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html
 */
export interface TrailSelectors {
  readonly basic?: ReadonlyArray<Readonly<Record<string, unknown>>>;
  readonly advanced?: ReadonlyArray<Readonly<Record<string, unknown>>>;
}

/** Which facts a control may declare in its `reads`. */
export interface KeyFacts {
  /** `missing`: KMS answered that there is no such key. */
  readonly key: Fact<KeyDescription | 'missing'>;
  readonly rotation: Fact<RotationStatus>;
  readonly tags: Fact<Readonly<Record<string, string>>>;
  /** Alias names (`alias/payments`), for people to recognise the key by; nothing is judged by them. */
  readonly aliases: Fact<readonly string[]>;
  /** The key policy, exactly as GetKeyPolicy gives its text. */
  readonly keyPolicy: Fact<string>;
  /** The one grant that is asked about; `missing`: there is no such grant (any more). */
  readonly grant: Fact<Grant | 'missing'>;
  /** The IAM policy that is asked about; `missing`: there is no such policy (any more). */
  readonly iamPolicy: Fact<IamPolicy | 'missing'>;
  readonly rotations: Fact<Rotations>;
  readonly usage: Fact<Usage>;
  readonly history: Fact<KeyHistory>;
  /** Every trail that records the Region, those of other accounts included when CloudTrail shows them. */
  readonly trails: Fact<readonly Trail[]>;
}

/** An IAM policy as it is in force. */
export interface IamPolicy {
  /** A managed policy that nobody has but as a permissions boundary counts as one. */
  readonly kind: 'managed' | 'inline' | 'boundary';
  /**
   * ARNs of the users, roles and groups that have it, without their paths; of a policy of AWS, only the one that is asked
   * about, when it has it.
   */
  readonly attachedTo: readonly string[];
  /** The document in force, as JSON text. */
  readonly document: string;
}

export type FactName = keyof KeyFacts;

/** Facts of which none was read. A reader starts with these, and puts in what it read. */
export function factsUnread(reason: string): KeyFacts {
  const fact = unread(reason);
  return {
    key: fact,
    rotation: fact,
    tags: fact,
    aliases: fact,
    keyPolicy: fact,
    grant: fact,
    iamPolicy: fact,
    rotations: fact,
    usage: fact,
    history: fact,
    trails: fact,
  };
}
