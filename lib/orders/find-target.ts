import { controls } from '../controls/index.ts';
import { readKeyName } from '../event/key-arn.ts';
import { findKeyArn } from '../find-key.ts';
import { textOfControl } from '../judge.ts';
import { readFindingRef } from '../ledger/finding-ref.ts';
import type { OrderContext, Target } from './context.ts';
import type { OrderInput, OrderRefused } from './order.ts';
import { refuse, show } from './refusal.ts';

/**
 * Resolves what was typed to a subject that is there: a key of this account and Region, or anything else that the ledger has a
 * chain of (a trail, an IAM policy, a key that KMS does not know any more).
 *
 * @throws what AWS throws when it cannot answer now
 */
export async function findTarget(order: OrderInput, context: OrderContext): Promise<Target | OrderRefused> {
  const { finding, key = '', control, item } = order;
  if (finding === undefined) {
    const wrong = control === undefined ? undefined : complainOfControl(control);
    if (wrong !== undefined) return wrong;
    const named = { ...(control === undefined ? {} : { control }), ...(item === undefined ? {} : { item }) };
    return findSubject(key, named, context);
  }
  const ref = readFindingRef(finding);
  if (ref === undefined) {
    return refuse(
      'input',
      `finding is ${show(finding)}: expected "<control>@<key id, alias or ARN>", or "<control>#<item>@<...>" for one of many, e.g. "rotation-enabled@1234abcd-12ab-34cd-56ef-1234567890ab". List them with: keywarden findings`,
    );
  }
  const { subject, ...named } = ref;
  return complainOfControl(ref.control) ?? findSubject(subject, named, context);
}

function complainOfControl(control: string): OrderRefused | undefined {
  if (isControl(control)) return undefined;
  const known = controls.map(({ id }) => id).join(', ');
  return refuse('input', `control is ${show(control)}, and there is no such control. There are: ${known}.`);
}

function isControl(id: string): boolean {
  try {
    return textOfControl(id).id === id;
  } catch {
    return false;
  }
}

async function findSubject(
  typed: string,
  named: Omit<Target, 'subject'>,
  { pipeline, kms }: OrderContext,
): Promise<Target | OrderRefused> {
  const { account, region } = pipeline;
  const name = readKeyName(typed, { account, region });
  if (name === undefined) {
    if (/^arn:/.test(typed) && (await isOnRecord(typed, pipeline))) return { subject: typed, ...named };
    return refuse(
      'input',
      `${show(typed)} is no key id, key ARN, alias name (alias/...) or alias ARN, and the ledger has nothing under this name. Send one of them, or the ARN of a trail or of an IAM identity that has a finding.`,
    );
  }
  const [, , , keyRegion, keyAccount] = name.arn.split(':');
  if (keyAccount !== account || keyRegion !== region) {
    return refuse(
      'input',
      `${show(typed)} is in account ${keyAccount}, ${keyRegion}; this Keywarden looks after account ${account}, ${region}. Ask the Keywarden there.`,
    );
  }
  const found = await findKeyArn(kms, name.arn);
  if (typeof found === 'object') return { subject: found.arn, ...named };
  // Not being allowed to look is a finding of its own, and belongs into the ledger when the key is named for certain.
  if (name.form === 'key' && (found === 'unreadable' || (await isOnRecord(name.arn, pipeline)))) {
    return { subject: name.arn, ...named };
  }
  return refuse(
    'input',
    found === 'missing'
      ? `There is no key ${show(typed)} in account ${account}, ${region}. List the keys with: aws kms list-keys --region ${region}`
      : `KMS does not let Keywarden describe ${show(typed)}: name the key by its id or its ARN.`,
  );
}

const isOnRecord = async (subject: string, { ledger }: OrderContext['pipeline']): Promise<boolean> =>
  (await ledger.look('', subject, [])).head.seq > 0;
