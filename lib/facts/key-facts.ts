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

/** The properties of a key that controls judge, in KMS's own enumerations. */
export interface KeyDescription {
  readonly arn: string;
  readonly keyId: string;
  readonly account: string;
  readonly region: string;
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

export interface RotationStatus {
  readonly enabled: boolean;
  /** Days between automatic rotations; absent while rotation is off. */
  readonly periodInDays?: number;
  readonly nextAt?: string;
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
