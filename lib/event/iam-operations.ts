import type { Operation } from './operation.ts';

/** The event source of IAM records. They arrive in us-east-1 only, wherever the call was made. */
export const IAM_SOURCE = 'iam.amazonaws.com';

/**
 * 4.2.1 is about permission to use a key, and an IAM policy gives it. A trust policy and a permissions boundary give
 * nothing by themselves and decide who gets it, so they are recorded too.
 */
const POLICY_WRITE: Operation = { kind: 'lifecycle', step: '4.2.1' };

const NAMES = [
  ...['PutRolePolicy', 'PutUserPolicy', 'PutGroupPolicy'],
  ...['DeleteRolePolicy', 'DeleteUserPolicy', 'DeleteGroupPolicy'],
  ...['CreatePolicy', 'CreatePolicyVersion', 'SetDefaultPolicyVersion', 'DeletePolicy', 'DeletePolicyVersion'],
  ...['AttachRolePolicy', 'AttachUserPolicy', 'AttachGroupPolicy'],
  ...['DetachRolePolicy', 'DetachUserPolicy', 'DetachGroupPolicy'],
  ...['PutRolePermissionsBoundary', 'PutUserPermissionsBoundary'],
  ...['DeleteRolePermissionsBoundary', 'DeleteUserPermissionsBoundary'],
  'UpdateAssumeRolePolicy',
  // A role takes its policies with it.
  'DeleteRole',
];

/**
 * The operations of IAM that write a policy, or decide who has one: name as in `eventName` -> what it is. The rest of IAM
 * is none of the procedure's business.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
 */
export const IAM_OPERATIONS: ReadonlyMap<string, Operation> = new Map(NAMES.map((name) => [name, POLICY_WRITE]));
