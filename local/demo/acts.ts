import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DisableKeyRotationCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import type { Person } from './people.ts';

/** The people of the story. */
export interface Cast {
  /** May do everything with keys. */
  readonly dana: Person;
  /** A contractor who may not delete keys. */
  readonly eve: Person;
  /** The security officer, who approves deletions. */
  readonly olivia: Person;
  /** A developer, who may do nothing of what he does. */
  readonly frank: Person;
}

/** ARNs of the keys of the story, and of its trail, by their role in it; filled while it is played. */
export type Keys = Map<'payments' | 'signing' | 'contracts' | 'unowned' | 'trail', string>;

/** One act: what somebody does, and what Keywarden is expected to make of it. */
export interface Act {
  readonly title: string;
  /** Whose chain in the ledger tells of it. */
  readonly key: Parameters<Keys['set']>[0];
  /** The call that must show in the ledger before the act is over. */
  readonly api: string;
  /** States of the messages that the officer must get; an act without any must be silent. */
  readonly told: readonly string[];
  play(cast: Cast, keys: Keys, account: string): Promise<void>;
}

export const ACTS: readonly Act[] = [
  {
    title: '1  Dana makes a key: AES-256, without an owner, and without rotation, as always',
    key: 'payments',
    api: 'CreateKey',
    told: ['remediated', 'remediated'],
    async play({ dana }, keys) {
      const { KeyMetadata } = await dana.kms.send(new CreateKeyCommand({ Description: 'payments' }));
      keys.set('payments', KeyMetadata?.Arn ?? '');
      await dana.kms.send(new CreateAliasCommand({ AliasName: 'alias/payments', TargetKeyId: KeyMetadata?.KeyId }));
    },
  },
  {
    title: '2  Dana makes a weak key: RSA with 2048 bits',
    key: 'signing',
    api: 'CreateKey',
    told: ['opened', 'remediated'],
    async play({ dana }, keys) {
      const { KeyMetadata } = await dana.kms.send(
        new CreateKeyCommand({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }),
      );
      keys.set('signing', KeyMetadata?.Arn ?? '');
    },
  },
  {
    title: '3  Dana switches the rotation of the payments key off',
    key: 'payments',
    api: 'DisableKeyRotation',
    told: ['remediated'],
    async play({ dana }, keys) {
      await dana.kms.send(new DisableKeyRotationCommand({ KeyId: keys.get('payments') }));
    },
  },
  {
    title: '4  Eve, a contractor, tries to delete the payments key, and AWS denies it',
    key: 'payments',
    api: 'ScheduleKeyDeletion',
    told: [],
    async play({ eve }, keys) {
      try {
        await eve.kms.send(new ScheduleKeyDeletionCommand({ KeyId: keys.get('payments'), PendingWindowInDays: 7 }));
      } catch (error) {
        if (error instanceof Error && error.name === 'AccessDeniedException') return;
        throw error;
      }
      throw new Error('The local AWS let Eve delete the key.');
    },
  },
  {
    title: '5  EC2 gets a grant on the payments key, to attach an encrypted volume',
    key: 'payments',
    api: 'CreateGrant',
    told: [],
    async play({ dana }, keys, account) {
      await dana.through('ec2-frontend-api.amazonaws.com').send(
        new CreateGrantCommand({
          KeyId: keys.get('payments'),
          GranteePrincipal: `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`,
          Operations: ['Decrypt', 'CreateGrant'],
          Constraints: { EncryptionContextSubset: { 'aws:ebs:id': 'vol-0123456789abcdef0' } },
        }),
      );
    },
  },
  {
    title: '6  Dana lets a role use the payments key and pass it on',
    key: 'payments',
    api: 'CreateGrant',
    told: ['remediated'],
    async play({ dana }, keys, account) {
      await dana.kms.send(
        new CreateGrantCommand({
          KeyId: keys.get('payments'),
          GranteePrincipal: `arn:aws:iam::${account}:role/app`,
          Operations: ['Decrypt', 'CreateGrant'],
        }),
      );
    },
  },
  {
    title: '7  Dana schedules the weak key for deletion, in 7 days, and nobody approved it',
    key: 'signing',
    api: 'ScheduleKeyDeletion',
    told: ['remediated', 'remediated'],
    async play({ dana }, keys) {
      await dana.kms.send(new ScheduleKeyDeletionCommand({ KeyId: keys.get('signing'), PendingWindowInDays: 7 }));
    },
  },
];
