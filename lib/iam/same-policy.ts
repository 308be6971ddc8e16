/**
 * Whether two policy texts say the same. KMS may give a policy back with other blanks, a list of one as text, the root ARN
 * for a bare account id, and the entries of a list in another order.
 *
 * @param one any text; texts that are no JSON are the same only when every character is
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function isSamePolicy(one: string, other: string): boolean {
  if (one === other) return true;
  try {
    return toCanonical(JSON.parse(one)) === toCanonical(JSON.parse(other));
  } catch {
    return false;
  }
}

/** In a policy the order of lists and names means nothing, and one text stands for a list of it. */
function toCanonical(value: unknown, inPrincipal = false): string {
  if (Array.isArray(value)) return listOf(value.map((item: unknown) => toItem(item, inPrincipal)));
  return listOf([toItem(value, inPrincipal)]);
}

const listOf = (items: readonly string[]): string => `[${[...new Set(items)].sort().join(',')}]`;

function toItem(value: unknown, inPrincipal: boolean): string {
  if (Array.isArray(value)) return toCanonical(value, inPrincipal);
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([name, member]) => `${JSON.stringify(name)}:${toCanonical(member, inPrincipal || /Principal$/.test(name))}`,
    );
    return `{${members.sort().join(',')}}`;
  }
  if (inPrincipal && typeof value === 'string') return JSON.stringify(value.replace(ROOT, '$1'));
  return JSON.stringify(value);
}

const ROOT = /^arn:aws(?:-[a-z]+)*:iam::(\d{12}):root$/;
