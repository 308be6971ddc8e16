import type { AwsRequest, Plan } from './remedy.ts';

/**
 * Turns a plan round: its undo becomes what is done. A grant is made anew under a name, because KMS takes a second request with
 * the same name and the same content for a repetition of the first, and makes no second grant.
 *
 * @param seq of the action entry that decided the plan: the same undo has the same name
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html (Name)
 */
export const reversePlan = (plan: Plan, seq: number, after: Plan['before'] = {}): Plan => ({
  remedy: plan.remedy,
  subject: plan.subject,
  summary: `Take back: ${plan.summary}`,
  requests: plan.undo.map((request) => nameGrant(request, seq)),
  undo: plan.requests,
  before: after,
});

/** The plan that a reversed one takes back, as far as its remedy looks for what it left. */
export const originalOf = ({ requests, undo, ...plan }: Plan): Plan => ({ ...plan, requests: undo, undo: requests });

const nameGrant = (request: AwsRequest, seq: number): AwsRequest =>
  request.operation !== 'CreateGrant' || request.parameters.Name !== undefined
    ? request
    : { ...request, parameters: { ...request.parameters, Name: `keywarden-undo-${seq}` } };
