import { StopLoggingCommand } from '@aws-sdk/client-cloudtrail';
import {
  CreateGrantCommand,
  CreateKeyCommand,
  EnableKeyRotationCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import type { Act } from './acts.ts';

/** Tag and value by which Olivia approves a deletion: keywarden.policy.yml, `deletion.approvalTag`. */
const APPROVAL = { TagKey: 'keywarden:deletion-approval', TagValue: 'olivia@example.com SEC-42' };

/** The five phases of the procedure, each with an action that keeps it and one that breaks it. */
export const PHASE_ACTS: readonly Act[] = [
  {
    title: '4.1 good  Dana makes a signing key, RSA with 3072 bits, and says whose it is',
    key: 'contracts',
    api: 'CreateKey',
    told: [],
    async play({ dana }, keys) {
      const { KeyMetadata } = await dana.kms.send(
        new CreateKeyCommand({
          KeySpec: 'RSA_3072',
          KeyUsage: 'SIGN_VERIFY',
          Tags: [{ TagKey: 'owner', TagValue: 'dana@example.com' }],
        }),
      );
      keys.set('contracts', KeyMetadata?.Arn ?? '');
    },
  },
  {
    title: '4.1 bad   Frank, who may not make keys, makes one, and does not say whose it is',
    key: 'unowned',
    api: 'CreateKey',
    told: ['opened', 'remediated', 'remediated'],
    async play({ frank }, keys) {
      const { KeyMetadata } = await frank.kms.send(new CreateKeyCommand({}));
      keys.set('unowned', KeyMetadata?.Arn ?? '');
    },
  },
  {
    title: '4.2 good  Dana lets a role decrypt what belongs to one customer',
    key: 'payments',
    api: 'CreateGrant',
    told: [],
    async play({ dana }, keys, account) {
      await dana.kms.send(
        new CreateGrantCommand({
          KeyId: keys.get('payments'),
          GranteePrincipal: `arn:aws:iam::${account}:role/app`,
          Operations: ['Decrypt', 'DescribeKey'],
          Constraints: { EncryptionContextEquals: { customer: '42' } },
        }),
      );
    },
  },
  {
    title: '4.2 bad   Dana lets the whole world decrypt with the payments key',
    key: 'payments',
    api: 'PutKeyPolicy',
    told: ['remediated'],
    async play({ dana }, keys, account) {
      const Policy = JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
          { Sid: 'Everybody', Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*' },
        ],
      });
      await dana.kms.send(new PutKeyPolicyCommand({ KeyId: keys.get('payments'), Policy }));
    },
  },
  {
    title: '4.3 good  Dana, an administrator, points a name at the payments key',
    key: 'payments',
    api: 'UpdateAlias',
    told: [],
    async play({ dana }, keys) {
      await dana.kms.send(new UpdateAliasCommand({ AliasName: 'alias/payments', TargetKeyId: keys.get('payments') }));
    },
  },
  {
    title: '4.3 bad   Eve stops the trail that records what happens to keys',
    key: 'trail',
    api: 'StopLogging',
    told: ['remediated', 'remediated'],
    async play({ eve }, keys) {
      await eve.cloudTrail.send(new StopLoggingCommand({ Name: keys.get('trail') }));
    },
  },
  {
    title: '4.4 good  Dana has the payments key rotate twice a year',
    key: 'payments',
    api: 'EnableKeyRotation',
    told: [],
    async play({ dana }, keys) {
      await dana.kms.send(new EnableKeyRotationCommand({ KeyId: keys.get('payments'), RotationPeriodInDays: 180 }));
    },
  },
  {
    title: '4.4 bad   Dana has it rotate every other year',
    key: 'payments',
    api: 'EnableKeyRotation',
    told: ['remediated'],
    async play({ dana }, keys) {
      await dana.kms.send(new EnableKeyRotationCommand({ KeyId: keys.get('payments'), RotationPeriodInDays: 730 }));
    },
  },
  {
    title: '4.5 good  Olivia approves that the signing key goes, with a tag and a ticket',
    key: 'contracts',
    api: 'TagResource',
    told: [],
    async play({ olivia }, keys) {
      await olivia.kms.send(new TagResourceCommand({ KeyId: keys.get('contracts'), Tags: [APPROVAL] }));
    },
  },
  {
    title: '4.5 good  Dana schedules it for deletion, in 30 days',
    key: 'contracts',
    api: 'ScheduleKeyDeletion',
    told: [],
    async play({ dana }, keys) {
      await dana.kms.send(new ScheduleKeyDeletionCommand({ KeyId: keys.get('contracts'), PendingWindowInDays: 30 }));
    },
  },
  {
    title: '4.5 bad   Frank schedules the payments key for deletion, unapproved, in 7 days',
    key: 'payments',
    api: 'ScheduleKeyDeletion',
    told: ['remediated', 'remediated'],
    async play({ frank }, keys) {
      await frank.kms.send(new ScheduleKeyDeletionCommand({ KeyId: keys.get('payments'), PendingWindowInDays: 7 }));
    },
  },
];
