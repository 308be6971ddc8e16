import { hasWildcard } from './pattern.ts';

/** What a principal of a policy is. `deleted` is the unique id that stands in place of a user or role that is gone. */
export type PrincipalKind =
  | 'everyone'
  | 'account'
  | 'user'
  | 'role'
  | 'session'
  | 'federated-user'
  | 'service'
  | 'identity-provider'
  | 'canonical-user'
  | 'deleted'
  | 'malformed';

/** One principal of a statement. */
export interface Principal {
  readonly kind: PrincipalKind;
  /** The name it stands under: `AWS`, `Service`, `Federated`, `CanonicalUser`, or `*` when the element is just `*`. */
  readonly type: string;
  /** Exactly as written. */
  readonly text: string;
  /** 12 digits; undefined when the principal does not say which account it is in. */
  readonly account: string | undefined;
}

/** The principal types of the policy grammar. */
export const PRINCIPAL_TYPES: readonly string[] = ['AWS', 'Service', 'Federated', 'CanonicalUser'];

const ACCOUNT_ID = /^\d{12}$/;
const ARN = /^arn:aws(?:-[a-z]+)*:(iam|sts)::(\d{12}):(.+)$/s;
const PROVIDER_ARN = /^arn:aws(?:-[a-z]+)*:iam::(\d{12}):(?:saml|oidc)-provider\/.+$/s;

/**
 * Unique ids begin with a prefix that tells what they were: AIDA user, AROA role, and so on. A role session of a deleted
 * role has the session name behind a colon.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
const UNIQUE_ID = /^A(?:BIA|CCA|GPA|IDA|IPA|KIA|NPA|NVA|PKA|ROA|SCA|SIA)[A-Z0-9]{8,}(?::.*)?$/s;

const SERVICE = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$|^[a-z0-9.-]+\.(?:amazon\.com|aws\.internal)$/;

/** How a resource of an ARN begins, and what it then is. A group cannot be a principal. */
const ARN_KINDS: ReadonlyArray<readonly [service: string, begins: string, kind: PrincipalKind]> = [
  ['iam', 'user/', 'user'],
  ['iam', 'role/', 'role'],
  ['sts', 'assumed-role/', 'session'],
  ['sts', 'federated-user/', 'federated-user'],
];

/**
 * Tells what a principal is.
 *
 * @param type the name it stands under, or `*`
 * @param text as written
 * @returns kind `malformed` for what AWS accepts as no principal, like a name with a wildcard in it
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function classifyPrincipal(type: string, text: string): Principal {
  const { kind, account } = classifyText(type, text);
  return { kind, type, text, account };
}

interface Classified {
  readonly kind: PrincipalKind;
  readonly account?: string | undefined;
}

function classifyText(type: string, text: string): Classified {
  switch (type) {
    case '*':
      return { kind: 'everyone' };
    case 'AWS':
      return classifyAws(text);
    case 'Service':
      return { kind: SERVICE.test(text) ? 'service' : 'malformed' };
    case 'Federated':
      return hasWildcard(text) || text === ''
        ? { kind: 'malformed' }
        : { kind: 'identity-provider', account: PROVIDER_ARN.exec(text)?.[1] };
    case 'CanonicalUser':
      return { kind: /^[0-9a-f]{64}$/.test(text) ? 'canonical-user' : 'malformed' };
    default:
      return { kind: 'malformed' };
  }
}

function classifyAws(text: string): Classified {
  if (text === '*') return { kind: 'everyone' };
  if (ACCOUNT_ID.test(text)) return { kind: 'account', account: text };
  if (UNIQUE_ID.test(text)) return { kind: 'deleted' };
  const [, service = '', account, resource = ''] = ARN.exec(text) ?? [];
  if (hasWildcard(text)) return { kind: 'malformed' };
  if (service === 'iam' && resource === 'root') return { kind: 'account', account };
  const found = ARN_KINDS.find(
    ([of, begins]) => of === service && resource.length > begins.length && resource.startsWith(begins),
  );
  return found === undefined ? { kind: 'malformed' } : { kind: found[2], account };
}
