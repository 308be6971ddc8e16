import type { Grant } from './grant.ts';
import {
  type Fields,
  findAccount,
  present,
  readConstraints,
  readFields,
  readOperations,
  readText,
  requireFields,
  requireText,
} from './grant-fields.ts';
import { UnreadableGrantError } from './unreadable-grant-error.ts';

const KEY_ARN = /^arn:aws(?:-[a-z]+)*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/;
const PATH = 'the entry';

/**
 * Reads one entry of ListGrants, as the SDK gives it or as the command line prints it.
 *
 * @param entry an object with the field names of the API
 * @param keyArn ARN of the key that was listed; needed only when the entry gives the bare key id or none
 * @throws {UnreadableGrantError} when the entry does not say which grant it is, or a field has another form
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html
 */
export function readListedGrant(entry: unknown, keyArn?: string): Grant {
  const fields = requireFields(entry, PATH, 'one entry of the Grants list of ListGrants');
  const constraints = readFields(fields, 'Constraints', PATH);
  const issuer = readText(fields, 'IssuingAccount', PATH);
  return {
    grantId: requireText(fields, 'GrantId', PATH, 'the id of the grant'),
    keyArn: readKeyArn(fields, keyArn),
    operations: readOperations(fields, 'Operations', PATH),
    ...present({
      granteePrincipal: readText(fields, 'GranteePrincipal', PATH),
      granteeServicePrincipal: readText(fields, 'GranteeServicePrincipal', PATH),
      retiringPrincipal: readText(fields, 'RetiringPrincipal', PATH),
      retiringServicePrincipal: readText(fields, 'RetiringServicePrincipal', PATH),
      constraints: readConstraints(constraints, `${PATH}.Constraints`, {
        subset: 'EncryptionContextSubset',
        equals: 'EncryptionContextEquals',
        sourceArn: 'SourceArn',
      }),
      issuingAccount: issuer === undefined ? undefined : findAccount(issuer),
      createdAt: readDate(fields),
      name: readText(fields, 'Name', PATH),
    }),
  };
}

function readKeyArn(fields: Fields, given: string | undefined): string {
  const own = readText(fields, 'KeyId', PATH);
  if (own !== undefined && KEY_ARN.test(own)) return own;
  if (given !== undefined && KEY_ARN.test(given) && (own === undefined || given.endsWith(`:key/${own}`))) return given;
  throw new UnreadableGrantError({
    field: `${PATH}.KeyId`,
    value: own,
    expected: `the ARN of the key${given === undefined ? '' : `, here ${given}`}`,
  });
}

/** The SDK gives a Date, the command line ISO 8601 or seconds since 1970. */
function readDate(fields: Fields): string | undefined {
  const value = fields.CreationDate ?? undefined;
  if (value === undefined) return undefined;
  const date = new Date(typeof value === 'number' ? value * 1000 : isDate(value) ? value : Number.NaN);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new UnreadableGrantError({ field: `${PATH}.CreationDate`, value, expected: 'a date' });
}

const isDate = (value: unknown): value is string | Date => typeof value === 'string' || value instanceof Date;
