import { findingId } from './finding.ts';
import { splitFindingId } from './waiver.ts';

/**
 * The name of a finding that people type: `<control>@<key id>`, `<control>#<grant id>@<key id>`, and the ARN in place of the
 * key id for whatever is no key. It needs no looking up: everything is in it.
 */
export interface FindingRef {
  /** Key id, alias, or any ARN that is a subject of the ledger. */
  readonly subject: string;
  readonly control: string;
  readonly item?: string;
}

/** @returns e.g. `rotation-enabled@1234abcd-12ab-34cd-56ef-1234567890ab` */
export function writeFindingRef(finding: FindingRef): string {
  const [, keyId] = /^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/(.+)$/.exec(finding.subject) ?? [];
  return `${findingId(finding)}@${keyId ?? finding.subject}`;
}

/**
 * Reads such a name. What stands behind the last `@arn:`, or else behind the last `@`, is the subject: names of IAM policies
 * and users may have an `@` in them, and no `:`.
 *
 * @returns undefined when the text has another form
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (characters of names)
 */
export function readFindingRef(text: string): FindingRef | undefined {
  const arnAt = text.lastIndexOf('@arn:');
  const at = arnAt === -1 ? text.lastIndexOf('@') : arnAt;
  const subject = text.slice(at + 1);
  const { control, item } = splitFindingId(text.slice(0, at));
  if (at < 1 || subject === '' || item === '' || !/^[a-z][a-z-]+$/.test(control)) return undefined;
  return { subject, control, ...(item === undefined ? {} : { item }) };
}
