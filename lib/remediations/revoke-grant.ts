import type { Evidence } from '../facts/evidence.ts';
import { judgeGrantNow } from '../facts/judge-grant-now.ts';
import type { KeyDescription, KeyFacts } from '../facts/key-facts.ts';
import { showText } from '../facts/plain-text.ts';
import { type Grant, granteeOf, type RevokeGrantRequest, restoreRequest } from '../iam/grant.ts';
import type { AwsRequest, Call, Confirmation, Plan, Planned, Read, Receipt, Remedy } from './remedy.ts';
import { PlanOutdatedError } from './remedy.ts';

/**
 * Revokes one grant, once KMS has said in a dry run that it would. Ready to undo it: the CreateGrant request that makes an
 * equal one.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html
 */
const revokeGrant: Remedy = {
  id: 'revoke-grant',
  title: 'Revoke the grant, after a dry run, with the request that makes an equal one kept',
  reads: ['key', 'grant'],
  confirms: ['grant'],
  iam: ['kms:DescribeKey', 'kms:ListGrants', 'kms:RevokeGrant'],
  undoIam: ['kms:CreateGrant'],
  // The equal grant has an id of its own, which the answer of KMS tells.
  undoProof: 'answer',
  // https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-eventual-consistency
  recheckAfterSeconds: 300,
  plan: planRevocation,
  apply: revoke,
  confirm: confirmRevocation,
};

export default revokeGrant;

function planRevocation(evidence: Evidence): Planned {
  const { key } = evidence.facts;
  if (!key.known) return refuse(`The grant is not revoked because the key could not be read: ${key.reason}`);
  if (key.value === 'missing') return refuse('There is no grant to revoke because the key no longer exists');
  const now = judgeGrantNow(evidence, key.value);
  if (now.kind !== 'judged') return refuse(`The grant is not revoked because ${now.reason}`);
  const { grant, listed, judgement } = now;
  const { revoke: request, keep } = judgement;
  if (request === undefined) return { possible: false, reason: keep ?? 'The grant breaks no rule.' };
  return writePlan(key.value, grant, listed, request);
}

const refuse = (reason: string): Planned => ({ possible: false, reason: `${reason}.` });

/** What cannot be given back is left to a person. */
function writePlan(key: KeyDescription, grant: Grant, listed: boolean, request: RevokeGrantRequest): Planned {
  const { request: restore, lost } = restoreRequest(grant);
  if (restore === undefined) {
    return { possible: false, reason: lost[0] ?? 'The grant could not be restored.' };
  }
  const whom = showText(granteeOf(grant) ?? 'its grantee');
  const plan: Plan = {
    remedy: revokeGrant.id,
    subject: key.arn,
    summary: `Revoke grant ${grant.grantId} of key ${showText(key.keyId)}, by which ${whom} may ${grant.operations.join(', ')}.`,
    requests: [{ service: 'kms', operation: 'RevokeGrant', region: key.region, parameters: { ...request } }],
    undo: [{ service: 'kms', operation: 'CreateGrant', region: key.region, parameters: { ...restore } }],
    before: { grant, listed },
    notes: lost,
  };
  return { possible: true, plan };
}

/**
 * Makes the call once KMS has said that it would succeed. A grant that KMS listed before and does not know now is gone;
 * one that it never listed may only not have arrived everywhere, so that the attempt fails and is made again later.
 *
 * @returns no receipt when the grant was gone already
 * @throws {PlanOutdatedError} when KMS does not answer the dry run as it documents
 * @throws what AWS throws
 */
async function revoke({ requests, before }: Plan, call: Call, read: Read): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  for (const request of requests) {
    try {
      await rehearse(request, call);
      receipts.push(await call(request));
    } catch (error) {
      if (!isUnknownGrant(error)) throw error;
      const { grant } = await read(['grant']);
      if (before.listed !== true || !grant.known || grant.value !== 'missing')
        throw new GrantNotSettledError(request, error);
    }
  }
  return receipts;
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html: a dry run that would succeed is an error. */
async function rehearse(request: AwsRequest, call: Call): Promise<void> {
  const rehearsal = { ...request, parameters: { ...request.parameters, DryRun: true } };
  try {
    await call(rehearsal);
  } catch (error) {
    if (error instanceof Error && error.name === 'DryRunOperationException') return;
    throw error;
  }
  throw new PlanOutdatedError(
    'KMS answered the dry run of RevokeGrant as if it were none; look whether the grant is still there.',
  );
}

const UNKNOWN_GRANT: ReadonlySet<string> = new Set(['NotFoundException', 'InvalidGrantIdException']);

const isUnknownGrant = (error: unknown): boolean => error instanceof Error && UNKNOWN_GRANT.has(error.name);

/** KMS knows the grant in one place and not in another. Waiting helps. */
class GrantNotSettledError extends Error {
  override name = 'GrantNotSettledError';

  constructor({ parameters }: AwsRequest, cause: unknown) {
    super(`KMS does not know grant ${String(parameters.GrantId)} everywhere yet; it is revoked when it does.`, {
      cause,
    });
  }
}

function confirmRevocation(plan: Plan, { grant }: KeyFacts): Confirmation {
  const id = showText(String(plan.requests[0]?.parameters.GrantId ?? '(none)'));
  if (!grant.known) return { confirmed: false, reason: `Grant ${id} could not be looked up: ${grant.reason}.` };
  if (grant.value === 'missing') return { confirmed: true, after: { grant: 'gone' } };
  return { confirmed: false, reason: `KMS still lists grant ${id}.` };
}
