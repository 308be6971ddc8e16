import { matchesPattern } from '../pattern.ts';
import { type Grant, granteeOf } from './grant.ts';
import type { GrantContext, GrantFinding, GrantRemark } from './grant-judgement.ts';

const DAY_MS = 86_400_000;

/**
 * What a grant can allow.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations
 */
const OPERATIONS: ReadonlySet<string> = new Set([
  ...['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'],
  ...['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext', 'Sign', 'Verify', 'GetPublicKey'],
  ...['GenerateMac', 'VerifyMac', 'DeriveSharedSecret', 'Encapsulate', 'Decapsulate'],
  ...['CreateGrant', 'RetireGrant', 'DescribeKey'],
]);

/**
 * Operations that take an encryption context with a symmetric key, so that one can constrain them.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
 */
const WITH_CONTEXT: ReadonlySet<string> = new Set([
  ...['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'],
  ...['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext'],
]);

type Complaint = Pick<GrantFinding, 'rule' | 'severity'> & { excess?: readonly string[]; says: string };

function complain(grant: Grant, { rule, severity, excess = [], says }: Complaint): GrantRemark {
  const principal = granteeOf(grant);
  const reason = `Grant ${grant.grantId} ${says}.`;
  const named = principal === undefined ? {} : { principal };
  return { findings: [{ rule, severity, grantId: grant.grantId, ...named, excess, reason }] };
}

/** Nothing is known to be harmless: a grant whose operations are not named, or that has one nobody here has heard of. */
export function judgeOperationsKnown(grant: Grant): GrantRemark {
  if (grant.operations.length === 0) return { unclear: [`Grant ${grant.grantId} does not say its operations.`] };
  const unheard = grant.operations.filter((operation) => !OPERATIONS.has(operation));
  if (unheard.length === 0) return {};
  return { unclear: [`Grant ${grant.grantId} allows ${unheard.join(', ')}, which Keywarden does not know.`] };
}

/**
 * G2: whoever may create grants decides who uses the key.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html#grant-creategrant
 */
export function judgeDelegation(grant: Grant): GrantRemark {
  if (!grant.operations.includes('CreateGrant')) return {};
  const says = `lets ${granteeOf(grant) ?? 'its grantee'} pass the key on to others (CreateGrant), which only AWS services may`;
  return complain(grant, { rule: 'G2', severity: 'high', excess: ['CreateGrant'], says });
}

/**
 * G3: RetireGrant ends the grant itself and is nobody's gain; CreateGrant is the concern of G2.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grant-best-practices.html
 */
export function judgeProfile(grant: Grant, { limits }: GrantContext): GrantRemark {
  const grantee = granteeOf(grant) ?? '';
  const matching = (limits.profiles ?? []).filter(({ grantees }) =>
    grantees.some((pattern) => matchesPattern(pattern, grantee)),
  );
  if (matching.length === 0) return {};
  const allowed = new Set([...matching.flatMap(({ operations }) => operations), 'RetireGrant', 'CreateGrant']);
  const excess = grant.operations.filter((operation) => !allowed.has(operation));
  if (excess.length === 0) return {};
  const says = `lets ${grantee} do more than its profile allows: ${excess.join(', ')}`;
  return complain(grant, { rule: 'G3', severity: 'medium', excess, says });
}

/**
 * G4: only symmetric keys have an encryption context; on other keys nothing can constrain a principal's own requests.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html#grant-constraints
 */
export function judgeConstraint(grant: Grant, { key, limits }: GrantContext): GrantRemark {
  const free = grant.operations.filter((operation) => WITH_CONTEXT.has(operation));
  if (!limits.requireConstraint || grant.constraints !== undefined || free.length === 0) return {};
  if (key.spec === undefined) {
    return {
      unclear: [`Whether grant ${grant.grantId} needs a constraint is not known: the key spec could not be read.`],
    };
  }
  if (key.spec !== 'SYMMETRIC_DEFAULT') return {};
  const says = `allows ${free.join(', ')} for any data under the key: neither an encryption context nor a SourceArn constrains it`;
  return complain(grant, { rule: 'G4', severity: 'medium', excess: free, says });
}

/**
 * G5: grants never end by themselves.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html
 */
export function judgeAge(grant: Grant, { limits: { ttlDays }, now }: GrantContext): GrantRemark {
  if (ttlDays === undefined) return {};
  const createdAt = Date.parse(grant.createdAt ?? '');
  if (Number.isNaN(createdAt)) return { unclear: [`Grant ${grant.grantId} does not say when it was created.`] };
  const days = Math.floor((now.getTime() - createdAt) / DAY_MS);
  if (now.getTime() - createdAt <= ttlDays * DAY_MS) return {};
  const says = `is ${days} days old, and grants may be no older than ${ttlDays} days`;
  return complain(grant, { rule: 'G5', severity: 'medium', says });
}

/**
 * G6: of equal grants the oldest stays.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grant-best-practices.html
 */
export function judgeDuplicate(grant: Grant, { duplicateOf }: GrantContext): GrantRemark {
  if (duplicateOf === undefined) return {};
  return complain(grant, { rule: 'G6', severity: 'low', says: `gives the same as the older grant ${duplicateOf}` });
}
