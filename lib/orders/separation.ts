import { showText } from '../facts/plain-text.ts';
import type { Orderer } from '../ledger/entry.ts';
import type { Causer } from '../ledger/finding.ts';
import { readArn } from './read-caller.ts';

/**
 * Whether two are one person, as far as names tell. `maybe` counts as yes wherever somebody else is asked for: of a session of
 * an ordinary role the name is chosen by whoever opens it, so that two names in one role do not show two persons. IAM Identity
 * Center chooses the names of its sessions itself.
 *
 * @param caller whom AWS names
 * @param other as a record or an order names them; whoever only said a name is known by nothing else
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (RoleSessionName)
 * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
 */
export function compareWith(caller: Orderer, { arn, person }: Causer): 'same' | 'maybe' | 'other' {
  if (arn !== undefined && fold(arn) === fold(caller.arn ?? '')) return 'same';
  const mine = namesOf(caller.arn, caller.name);
  if (namesOf(arn, person).some((name) => mine.includes(name))) return 'same';
  const [role, otherRole] = [roleOf(caller.arn), roleOf(arn)];
  return role !== undefined && role === otherRole && !role.includes(IDENTITY_CENTER) ? 'maybe' : 'other';
}

/** Whoever opens a session may write an e-mail address in any case. */
const fold = (text: string): string => text.toLowerCase();

const namesOf = (arn: string | undefined, person: string | undefined): readonly string[] =>
  [arn === undefined ? undefined : readArn(arn).name, person].filter((name) => name !== undefined).map(fold);

/** Names of roles are unique in an account: with the account, the name is the role. */
function roleOf(arn: string | undefined): string | undefined {
  const role = arn === undefined ? undefined : readArn(arn).role;
  return role === undefined ? undefined : `${arn?.split(':')[4]}/${role}`;
}

const IDENTITY_CENTER = '/AWSReservedSSO_';

/** Somebody who must not be the one who orders. */
interface Concerned {
  readonly who: Causer;
  /** What they did, as a clause: "caused the finding". */
  readonly did: string;
}

/**
 * Why somebody may not order what is for somebody else to order (NIST SP 800-53 Rev. 5 AC-5, SOC 2 CC6.1).
 *
 * @param officers of the policy file
 * @returns a sentence that says who may; undefined when nothing speaks against it
 */
export function complainOfSamePerson(
  caller: Orderer,
  concerned: readonly Concerned[],
  officers: readonly string[],
): string | undefined {
  for (const { who, did } of concerned) {
    const how = compareWith(caller, who);
    if (how === 'other') continue;
    const is =
      how === 'same'
        ? 'is the same person'
        : 'is in the same role, in which whoever opens a session chooses its name, so that both may be one person';
    return `${nameOrderer(caller)} may not do this: ${nameCauser(who)} ${did}, and ${is} (approval.differentPerson). ${sayWhoMay(officers)}`;
  }
  return undefined;
}

export const nameOrderer = ({ name, arn }: Orderer): string =>
  showText(arn === undefined || arn === name ? name : `${name} (${arn})`);

const nameCauser = ({ person, arn }: Causer): string => showText(person ?? arn ?? 'nobody that the record names');

export const sayWhoMay = (officers: readonly string[]): string =>
  officers.length === 0
    ? 'Anybody else may whom IAM lets call the function URL.'
    : `Somebody else of approval.officers may: ${officers.map(showText).join(', ')}.`;

/** An unverified name proves nothing; who proposed is then known by that name alone. */
export const proposerOf = ({ name, arn }: Orderer): Causer => ({
  person: name,
  ...(arn === undefined ? {} : { arn }),
});
