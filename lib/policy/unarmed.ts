import type { Policy } from './policy.ts';

/** A list of the policy file that names nothing yet, and what that means. */
export interface Unarmed {
  /** Its places in the policy file, e.g. `trust.administrators`. */
  readonly settings: readonly string[];
  /** Ids of the controls that judge less, or only report, until it is filled in. */
  readonly controls: readonly string[];
  /** What is so meanwhile, as a sentence. */
  readonly effect: string;
}

interface Need extends Unarmed {
  isEmpty(policy: Policy): boolean;
}

/** In the order of the policy file. An account and an organisation are two ways to say whom one trusts: one of them is enough. */
const NEEDS: readonly Need[] = [
  {
    settings: ['generation.regions'],
    controls: ['key-region-approved'],
    effect: 'Nobody is told when a key is made in, or replicated to, an unexpected Region.',
    isEmpty: ({ generation }) => generation.regions.length === 0,
  },
  {
    settings: ['generation.creators'],
    controls: ['key-creator-authorized'],
    effect: 'Anybody but the root user counts as somebody who may make keys.',
    isEmpty: ({ generation }) => generation.creators.length === 0,
  },
  {
    settings: ['deletion.approvers'],
    controls: ['deletion-authorized'],
    effect: 'No deletion of a key can count as approved.',
    isEmpty: ({ deletion }) => deletion.approvers.length === 0,
  },
  {
    settings: ['auditTrail.maintainers'],
    controls: ['audit-trail-intact'],
    effect:
      'Every change of a trail or of Keywarden itself is reported, but what CloudFormation makes or updates of Keywarden is not, whoever has it do so.',
    isEmpty: ({ auditTrail }) => auditTrail.maintainers.length === 0,
  },
  {
    settings: ['trust.accounts', 'trust.organizations'],
    controls: ['grant-least-privilege', 'key-policy-least-privilege'],
    effect: 'Access from other accounts is reported as unknown and never removed.',
    isEmpty: ({ trust }) => trust.accounts.length === 0 && trust.organizations.length === 0,
  },
  {
    settings: ['trust.administrators'],
    controls: [
      'key-policy-least-privilege',
      'iam-policy-kms-least-privilege',
      'key-administrator-authorized',
      'key-available',
      'deletion-authorized',
    ],
    effect: 'Who may administer keys cannot be told from who may not; only the root user is reported for certain.',
    isEmpty: ({ trust }) => trust.administrators.length === 0,
  },
  {
    settings: ['keyMaterial.custodians'],
    controls: ['key-material-not-exportable'],
    effect: 'Whether somebody may bring key material in from outside is unknown each time.',
    isEmpty: ({ keyMaterial }) => keyMaterial.custodians.length === 0,
  },
  {
    settings: ['keyMaterial.dataKeyPairRoles'],
    controls: ['key-material-not-exportable'],
    effect: 'Whether somebody may have KMS hand out the private key of a pair is unknown each time.',
    isEmpty: ({ keyMaterial }) => keyMaterial.dataKeyPairRoles.length === 0,
  },
  {
    settings: ['approval.officers'],
    controls: [],
    effect: 'Whoever IAM lets call Keywarden may order a change, approve one, and grant a waiver.',
    isEmpty: ({ approval }) => approval.officers.length === 0,
  },
];

/** The lists that a policy leaves empty although controls need them; empty when every control is fully armed. */
export const listUnarmed = (policy: Policy): readonly Unarmed[] =>
  NEEDS.filter(({ isEmpty }) => isEmpty(policy)).map(({ settings, controls, effect }) => ({
    settings,
    controls,
    effect,
  }));
