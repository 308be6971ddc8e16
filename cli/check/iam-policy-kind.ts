import { fieldOf, isObject, type JsonObject } from '../../lib/event/plain-json.ts';
import { decodeDocument } from '../../lib/iam/decode-document.ts';
import { type IamPolicyKind, judgeIamPolicy } from '../../lib/iam/judge-iam-policy.ts';
import { parsePolicy } from '../../lib/iam/parse-policy.ts';
import type { PolicyDocument } from '../../lib/iam/policy-document.ts';
import { BadInputError } from './bad-input-error.ts';
import { checkTrust } from './check-trust.ts';
import type { CheckContext, Kind } from './kind.ts';
import { listDocuments } from './list-documents.ts';
import { listPolicyRemarks } from './policy-remarks.ts';

const ID = 'iam-policy-kms-least-privilege';

interface IamPolicy {
  readonly policy: PolicyDocument;
  readonly what: IamPolicyKind;
  /** Empty when nothing in the policy depends on it. */
  readonly keyAccount: string;
}

/**
 * IAM policies: the document itself, or what `aws iam get-policy-version`, `get-role-policy`, `get-user-policy` and
 * `get-group-policy` print, in which the document is an object, or URL-encoded text as the API gives it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
 */
export const iamPolicyKind: Kind<IamPolicy> = {
  noun: 'IAM policy',
  expected:
    'an IAM policy, what aws iam get-policy-version, get-role-policy, get-user-policy or get-group-policy prints, or a list of these',
  list: listDocuments,
  read: (value, context) => {
    const { document, what } = unwrap(value, context);
    const policy = parsePolicy(typeof document === 'string' ? decodeDocument(document) : document);
    return { policy, what, keyAccount: findAccount(policy, context) };
  },
  judge: (all, context) =>
    all.map(({ policy, what, keyAccount }) =>
      listPolicyRemarks({ id: ID, severity: 'high' }, judgeIamPolicy(policy, checkTrust(context, keyAccount), what)),
    ),
  whenNone: { control: ID, verdict: 'not-applicable', reason: 'There is no IAM policy.' },
};

function unwrap(value: unknown, context: CheckContext): { readonly document: unknown; readonly what: IamPolicyKind } {
  const managed = { document: value, what: { kind: 'managed' } } as const;
  if (!isObject(value) || fieldOf(value, 'Statement') !== undefined) return managed;
  const version = fieldOf(value, 'PolicyVersion');
  if (isObject(version)) return { ...managed, document: fieldOf(version, 'Document') };
  const inline = fieldOf(value, 'PolicyDocument');
  if (inline !== undefined) return { document: inline, what: { kind: 'inline', ...listHolders(value, context) } };
  return managed;
}

/** The name of a role or user is unique in its account, whatever its path; without the account nobody is named. */
function listHolders(value: JsonObject, { keyAccount }: CheckContext): { readonly attachedTo?: readonly string[] } {
  const [role, user] = [fieldOf(value, 'RoleName'), fieldOf(value, 'UserName')];
  const holder = typeof role === 'string' ? `role/${role}` : typeof user === 'string' ? `user/${user}` : undefined;
  if (holder === undefined || keyAccount === undefined) return {};
  return { attachedTo: [`arn:aws:iam::${keyAccount}:${holder}`] };
}

/** Only conditions tell accounts apart: a policy without any is judged the same whoever owns it. */
function findAccount({ statements }: PolicyDocument, { keyAccount }: CheckContext): string {
  if (keyAccount !== undefined) return keyAccount;
  const conditional = statements.find(({ conditions }) => conditions.length > 0);
  if (conditional === undefined) return '';
  throw new BadInputError(
    `Statement ${conditional.index + 1} has a condition, which is judged by the account that owns the policy. Give it with --key-account, 12 digits.`,
  );
}
