import { createHash } from 'node:crypto';
import type { Evidence } from '../facts/evidence.ts';
import type { KeyDescription, KeyFacts } from '../facts/key-facts.ts';
import { showText } from '../facts/plain-text.ts';
import { type PolicyEdit, type Removal, undoOf } from '../iam/edit-policy.ts';
import { isSamePolicy } from '../iam/same-policy.ts';
import { listWords, nameStatement } from '../iam/sentence.ts';
import { makeRequests } from './make-requests.ts';
import { chooseEdit } from './narrow-key-policy/choose-edit.ts';
import { type Kept, listExcess } from './narrow-key-policy/list-excess.ts';
import type { AwsRequest, Call, Confirmation, Plan, Planned, Read, Receipt, Remedy } from './remedy.ts';
import { PlanOutdatedError } from './remedy.ts';

/**
 * Takes out of a key policy what offends, and leaves every other byte as it is. It is compared before it is written: a
 * policy that somebody changed meanwhile is left alone. KMS's lockout safety check is never bypassed.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
 */
const narrowKeyPolicy: Remedy = {
  id: 'narrow-key-policy',
  title: 'Take out of the key policy what offends, and leave every other byte as it is',
  reads: ['key', 'keyPolicy'],
  confirms: ['keyPolicy'],
  iam: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:PutKeyPolicy'],
  undoIam: ['kms:PutKeyPolicy'],
  plan: planNarrowing,
  apply: putIfUnchanged,
  confirm: confirmPolicy,
};

export default narrowKeyPolicy;

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

const refuse = (reason: string): Planned => ({ possible: false, reason: `${reason}.` });

function planNarrowing(evidence: Evidence): Planned {
  const { key, keyPolicy } = evidence.facts;
  if (!key.known) return refuse(`The policy is not changed because the key could not be read: ${key.reason}`);
  if (key.value === 'missing') return refuse('There is no policy to change because the key no longer exists');
  const name = `key ${showText(key.value.keyId)}`;
  if (key.value.manager === 'AWS') return refuse(`AWS manages ${name}, and nobody can change its policy`);
  if (!keyPolicy.known) return refuse(`The policy of ${name} is not changed because ${keyPolicy.reason}`);
  const excess = listExcess(keyPolicy.value, evidence, key.value);
  if ('problem' in excess) return refuse(`The policy of ${name} is not changed: ${excess.problem}`);
  if (excess.removable.length === 0) {
    return refuse(
      excess.kept.length === 0
        ? `There is nothing to take out of the policy of ${name}`
        : `Nothing is taken out of the policy of ${name}: ${listReasons(excess.kept)}`,
    );
  }
  const guards = {
    trust: excess.trust,
    keyArn: key.value.arn,
    ownRoles: evidence.ownRoles,
    expectedSha256: sha256(keyPolicy.value),
  };
  const chosen = chooseEdit(keyPolicy.value, excess, guards);
  if (!chosen.edit.edited) {
    return refuse(`The policy of ${name} cannot be narrowed safely: ${toClause(chosen.edit.refusal.reason)}`);
  }
  return { possible: true, plan: writePlan(key.value, keyPolicy.value, chosen.edit, chosen.undo, chosen.kept) };
}

const toClause = (sentence: string): string => sentence.replace(/\.$/, '').slice(0, 500);

/** Reasons are sentences; a policy can have hundreds of them. */
function listReasons(kept: readonly Kept[]): string {
  const [first = '', ...others] = [...new Set(kept.map(({ why }) => why))];
  return `${toClause(first)}${others.length === 0 ? '' : `; and ${others.length} more for like reasons`}`;
}

function writePlan(
  key: KeyDescription,
  before: string,
  edit: PolicyEdit & { readonly edited: true },
  undo: string,
  kept: readonly Kept[],
): Plan {
  const revived = undo !== undoOf(edit);
  const leaves = Object.fromEntries(
    [...Map.groupBy(kept, ({ control }) => control)].map(([control, ofControl]) => [
      control,
      `Key ${showText(key.keyId)}: a part of its policy stays wrong, for a person to put right: ${listReasons(ofControl)}.`,
    ]),
  );
  return {
    remedy: narrowKeyPolicy.id,
    subject: key.arn,
    summary: `Take out of the policy of key ${showText(key.keyId)}: ${describeRemovals(edit.removed)}; every other byte stays as it is.`,
    requests: [requestPolicy(key, edit.text)],
    undo: [requestPolicy(key, undo)],
    // The text itself is in the undo: written twice, a policy of 32 KB could make an entry too large for its table.
    before: { keyPolicy: { sha256: sha256(before), bytes: Buffer.byteLength(before, 'utf8') } },
    ...(revived ? { notes: [LEFT_OUT] } : {}),
    ...(kept.length === 0 ? {} : { leaves }),
  };
}

const LEFT_OUT =
  'The undo leaves out what KMS would refuse: names of deleted identities, and statements that it ignores.';

/** By ARN, because a bare key id means another key in another account. `default` is the only name KMS knows. */
const requestPolicy = ({ arn, region }: KeyDescription, text: string): AwsRequest => ({
  service: 'kms',
  operation: 'PutKeyPolicy',
  region,
  parameters: { KeyId: arn, PolicyName: 'default', Policy: text },
});

function describeRemovals(removed: readonly Removal[]): string {
  const shown = removed.slice(0, 3).map(describeRemoval);
  const rest = removed.length - shown.length;
  return `${shown.join('; ')}${rest === 0 ? '' : `; and something of ${rest} more statements`}`;
}

function describeRemoval({ statement: index, sid, principals, actions, whole }: Removal): string {
  const of = nameStatement({ index, sid }).replace(/^S/, 's');
  if (whole) return `all of ${of}`;
  const parts = [
    principals.length === 0
      ? ''
      : listWords(
          principals.map((name) => (name === '*' ? 'everybody (*)' : showText(name))),
          3,
        ),
    actions.length === 0 ? '' : listWords(actions.map(showText), 3),
  ].filter((part) => part !== '');
  return `${parts.join(' and ')} of ${of}`;
}

/**
 * Reads the policy again and writes only over the text that the plan was made for. KMS has no condition for PutKeyPolicy,
 * so that a change within the milliseconds between the two is the one that could be lost; its record says what it was.
 *
 * @throws {PlanOutdatedError} when the policy is another one by now, or cannot be read
 */
async function putIfUnchanged(plan: Plan, call: Call, read: Read): Promise<readonly Receipt[]> {
  const { keyPolicy } = await read(['keyPolicy']);
  if (!keyPolicy.known) {
    throw new PlanOutdatedError(
      `Nothing was changed: the policy could not be read again, because ${keyPolicy.reason}.`,
    );
  }
  const wanted = plan.requests[0]?.parameters.Policy;
  if (typeof wanted === 'string' && isSamePolicy(keyPolicy.value, wanted)) return [];
  const expected = (plan.before.keyPolicy as { readonly sha256?: unknown } | undefined)?.sha256;
  const now = sha256(keyPolicy.value);
  if (now !== expected) {
    throw new PlanOutdatedError(
      `Nothing was changed: somebody changed the key policy since it was judged (its SHA-256 is ${now}, not ${String(expected)}). Verify the key again.`,
    );
  }
  return makeRequests(plan, call);
}

function confirmPolicy(plan: Plan, { keyPolicy }: KeyFacts): Confirmation {
  const wanted = plan.requests[0]?.parameters.Policy;
  if (typeof wanted !== 'string')
    return { confirmed: false, reason: 'The plan does not say which policy was asked for.' };
  if (!keyPolicy.known) return { confirmed: false, reason: `The policy could not be read back: ${keyPolicy.reason}.` };
  const now = { sha256: sha256(keyPolicy.value), bytes: Buffer.byteLength(keyPolicy.value, 'utf8') };
  if (isSamePolicy(keyPolicy.value, wanted)) return { confirmed: true, after: { keyPolicy: now } };
  return { confirmed: false, reason: `KMS shows another policy (SHA-256 ${now.sha256}) than was asked for.` };
}
