import { fieldOf, isObject } from '../../lib/event/plain-json.ts';
import { judgeKeyMaterialPolicy } from '../../lib/iam/judge-key-material-policy.ts';
import { judgeKeyPolicyLeastPrivilege } from '../../lib/iam/judge-key-policy-least-privilege.ts';
import { judgeKeyPolicyPublic } from '../../lib/iam/judge-key-policy-public.ts';
import { parsePolicy } from '../../lib/iam/parse-policy.ts';
import type { PolicyDocument } from '../../lib/iam/policy-document.ts';
import { BadInputError } from './bad-input-error.ts';
import { checkTrust } from './check-trust.ts';
import type { CheckContext, Kind, Remark } from './kind.ts';
import { listDocuments } from './list-documents.ts';
import { listPolicyRemarks } from './policy-remarks.ts';

interface KeyPolicy {
  readonly policy: PolicyDocument;
  readonly keyAccount: string;
}

/**
 * Key policies: the document itself, or what `aws kms get-key-policy` prints.
 *
 * @see https://docs.aws.amazon.com/cli/latest/reference/kms/get-key-policy.html
 */
export const keyPolicyKind: Kind<KeyPolicy> = {
  noun: 'key policy',
  expected: 'a key policy, what aws kms get-key-policy prints, or a list of these',
  list: listDocuments,
  read: (value, context) => {
    const policy = parsePolicy(unwrap(value));
    return { policy, keyAccount: findAccount(policy, context) };
  },
  judge: (all, context) => all.map((one) => judgeOne(one, context)),
  whenNone: { control: 'key-policy-not-public', verdict: 'not-applicable', reason: 'There is no key policy.' },
};

/** The answer of GetKeyPolicy holds the policy as text. */
const unwrap = (value: unknown): unknown =>
  isObject(value) && fieldOf(value, 'Statement') === undefined ? (fieldOf(value, 'Policy') ?? value) : value;

/** A key policy is about its own key, so that a key ARN in it names the key's account. */
function findAccount({ statements }: PolicyDocument, { keyAccount }: CheckContext): string {
  const named = new Set(statements.flatMap(({ resource }) => (resource?.list ?? []).flatMap(accountOfKey)));
  const [only, ...others] = named;
  if (keyAccount !== undefined && [...named].every((one) => one === keyAccount)) return keyAccount;
  if (keyAccount === undefined && only !== undefined && others.length === 0) return only;
  throw new BadInputError(
    named.size === 0
      ? 'The policy does not say which account owns the key. Give it with --key-account, 12 digits.'
      : `Its resources name keys of ${[...named].join(' and ')}${keyAccount === undefined ? '' : `, and --key-account is ${keyAccount}`}; a key policy is about one key. Put right what is wrong.`,
  );
}

const accountOfKey = (resource: string): readonly string[] =>
  /^arn:aws(?:-[a-z]+)*:kms:[^:]*:(\d{12}):key\//.exec(resource)?.slice(1, 2) ?? [];

function judgeOne({ policy, keyAccount }: KeyPolicy, context: CheckContext): readonly Remark[] {
  const trust = checkTrust(context, keyAccount);
  return [
    ...listPolicyRemarks({ id: 'key-policy-not-public', severity: 'critical' }, judgeKeyPolicyPublic(policy, trust)),
    ...listPolicyRemarks(
      { id: 'key-policy-least-privilege', severity: 'high' },
      judgeKeyPolicyLeastPrivilege(policy, trust),
    ),
    ...listPolicyRemarks(
      { id: 'key-material-not-exportable', severity: 'high' },
      judgeKeyMaterialPolicy(policy, trust),
    ),
  ];
}
