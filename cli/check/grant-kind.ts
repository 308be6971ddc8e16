import { fieldOf, isObject, type JsonObject } from '../../lib/event/plain-json.ts';
import {
  findDuplicateGrants,
  type Grant,
  type GrantJudgement,
  judgeGrant,
  type RecordedGrant,
  readGrantRecord,
  readListedGrant,
} from '../../lib/iam/grant.ts';
import { BadInputError } from './bad-input-error.ts';
import { checkTrust } from './check-trust.ts';
import { grantLimits } from './grant-limits.ts';
import type { CheckContext, Document, Kind, Remark } from './kind.ts';
import { listDocuments, placeIn } from './list-documents.ts';

const ID = 'grant-least-privilege';

/** A grant, and the record of the call that made it when that is what was given. */
type ReadGrant = Pick<RecordedGrant, 'grant'> & Partial<RecordedGrant>;

/**
 * Grants: entries of ListGrants, what `aws kms list-grants` prints, and CloudTrail records of CreateGrant, bare, in a log
 * file or in an EventBridge event.
 *
 * @see https://docs.aws.amazon.com/cli/latest/reference/kms/list-grants.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-creategrant.html
 */
export const grantKind: Kind<ReadGrant> = {
  noun: 'grant',
  expected:
    'an entry of ListGrants, what aws kms list-grants prints, a CloudTrail record of CreateGrant (bare, in {"Records": [...]} or in an EventBridge event), or a list of these',
  list: (content) => listDocuments(content).flatMap(listGrants),
  read: (value, context) => {
    const read = isRecord(value) ? readGrantRecord(value) : { grant: readListedGrant(value) };
    requireAccount(read.grant, context);
    return read;
  },
  judge: (all, context) => {
    const duplicates = findDuplicateGrants(all.map(({ grant }) => grant));
    return all.map((one) => judgeOne(one, duplicates.get(one.grant.grantId), context));
  },
  whenNone: { control: ID, verdict: 'compliant', reason: 'The key has no grants.' },
};

/** One document may hold many grants. */
function listGrants({ place, value }: Document): readonly Document[] {
  if (!isObject(value)) return [{ place, value }];
  const grants = fieldOf(value, 'Grants');
  if (Array.isArray(grants)) return listAnswer(grants, value, place);
  const records = fieldOf(value, 'Records');
  if (Array.isArray(records)) return listRecords(records, place);
  const detail = fieldOf(value, 'detail');
  if (fieldOf(value, 'detail-type') !== undefined && detail !== undefined) {
    return [{ place: placeIn(place, 'detail'), value: detail }];
  }
  return [{ place, value }];
}

/** A list that goes on elsewhere must not pass for the whole. */
function listAnswer(grants: readonly unknown[], answer: JsonObject, place: string): readonly Document[] {
  const cut = ['NextToken', 'NextMarker'].find((name) => typeof fieldOf(answer, name) === 'string');
  if (cut !== undefined || fieldOf(answer, 'Truncated') === true) {
    throw new BadInputError(
      `The list of grants is cut (${cut ?? 'Truncated'}), so that not all were checked. List them all: aws kms list-grants without --max-items and --no-paginate.`,
    );
  }
  return grants.map((value, index) => ({ place: placeIn(place, `Grants[${index}]`), value }));
}

/** Of a log file only the calls that made a grant matter; a file without any was not what the caller meant to check. */
function listRecords(records: readonly unknown[], place: string): readonly Document[] {
  const made = records
    .map((value, index) => ({ place: placeIn(place, `Records[${index}]`), value }))
    .filter(({ value }) => !isObject(value) || hasMadeGrant(value));
  if (made.length > 0) return made;
  throw new BadInputError(
    `None of the ${records.length} records is of a CreateGrant call that made a grant, so that nothing was checked.`,
  );
}

const hasMadeGrant = (record: JsonObject): boolean =>
  fieldOf(record, 'eventSource') === 'kms.amazonaws.com' &&
  fieldOf(record, 'eventName') === 'CreateGrant' &&
  fieldOf(record, 'errorCode') === undefined;

const isRecord = (value: unknown): boolean => isObject(value) && fieldOf(value, 'eventName') !== undefined;

const accountOf = ({ keyArn }: Grant): string => keyArn.split(':')[4] ?? '';

/** A grant names its key, and so the account; whoever gives another one means another key. */
function requireAccount(grant: Grant, { keyAccount }: CheckContext): void {
  if (keyAccount === undefined || keyAccount === accountOf(grant)) return;
  throw new BadInputError(
    `Grant ${grant.grantId} is on the key ${grant.keyArn}, and --key-account is ${keyAccount}. Leave --key-account out, or give the grants of that account.`,
  );
}

function judgeOne(
  { grant, evidence }: ReadGrant,
  duplicateOf: string | undefined,
  context: CheckContext,
): readonly Remark[] {
  const judgement = judgeGrant(grant, {
    trust: checkTrust(context, accountOf(grant)),
    key: context.keySpec === undefined ? {} : { spec: context.keySpec },
    limits: grantLimits(context.policy),
    now: context.now,
    ...(evidence === undefined ? {} : { evidence }),
    ...(duplicateOf === undefined ? {} : { duplicateOf }),
  });
  return listGrantRemarks(grant, judgement);
}

/** What a grant breaks counts as a violation only when it is certain that it is a person's, or reaches a stranger. */
function listGrantRemarks(grant: Grant, judgement: GrantJudgement): readonly Remark[] {
  const { verdict, findings, unclear, recognition, reason } = judgement;
  const base = { control: ID, grantId: grant.grantId };
  if (verdict === 'compliant' || verdict === 'not-applicable') return [{ ...base, verdict, reason }];
  const certain = findings.filter(({ rule }) => recognition.kind === 'person' || rule === 'G1');
  return [
    ...certain.map(({ principal, reason: why, severity }) => ({
      ...base,
      verdict: 'violation' as const,
      ...(principal === undefined ? {} : { principal }),
      reason: why,
      severity,
    })),
    ...unclear.map((why) => ({
      ...base,
      verdict: 'unknown' as const,
      reason: explainSpec(why),
      severity: 'high' as const,
    })),
  ];
}

/** Nobody tried to read the key: the caller can say what it is. */
const explainSpec = (why: string): string =>
  why.endsWith('the key spec could not be read.')
    ? `${why.replace('could not be read.', 'is not in the document.')} Give it with --key-spec, e.g. SYMMETRIC_DEFAULT.`
    : why;
