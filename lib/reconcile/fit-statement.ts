import type { CompletenessStatement } from '../ledger/entry.ts';
import type { Gap } from './record-source.ts';

/** So many of each are listed at most; what is not listed is counted. */
const MOST_LISTED = 200;
const MOST_GAPS = 100;
/** In characters: a gap quotes what AWS answered. */
const LONGEST_GAP = 600;
/**
 * In bytes. DynamoDB refuses an item of more than 400 KB, and an ARN may be long:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
const MOST_BYTES = 300_000;

/** Makes a statement fit into an entry: lists are cut at their ends, and `omitted` counts what is not listed. */
export function fitStatement(statement: CompletenessStatement): CompletenessStatement {
  let most = MOST_LISTED;
  let fitted = cut(statement, most);
  while (most > 0 && Buffer.byteLength(JSON.stringify(fitted)) > MOST_BYTES) {
    most = Math.floor(most / 2);
    fitted = cut(statement, most);
  }
  return fitted;
}

function cut(statement: CompletenessStatement, most: number): CompletenessStatement {
  const { missing, extra, gaps, omitted } = statement;
  const left = Math.max(0, missing.length - most) + Math.max(0, extra.length - most);
  return {
    ...statement,
    missing: missing.slice(0, most),
    extra: extra.slice(0, most),
    omitted: omitted + left,
    gaps: cutGaps(gaps),
  };
}

function cutGaps(gaps: readonly Gap[]): readonly Gap[] {
  const listed = gaps.slice(0, MOST_GAPS).map(({ what, reason }) => ({ what: shorten(what), reason: shorten(reason) }));
  const left = gaps.length - listed.length;
  return left === 0 ? listed : [...listed, { what: `${left} more`, reason: 'they are too many to list here' }];
}

const shorten = (text: string): string =>
  text.length > LONGEST_GAP ? `${text.slice(0, LONGEST_GAP - 3).toWellFormed()}...` : text;
