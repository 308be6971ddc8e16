import type { Text } from './texts.ts';

/** What was handed over, with the record as the text that JSON gives it. */
export interface Handed {
  readonly record: string;
  readonly index: number;
  readonly byte: number;
}

/** What a reader makes of a text. */
export interface Reading {
  readonly handed: readonly Handed[];
  readonly records: number;
  /** Offsets of what is no record. */
  readonly odd: readonly number[];
}

/** Reads a text the plain way: every object at the place of a record by `JSON.parse`, and then a look at it. */
export function readPlainly({ bytes, units }: Text, wanted: ReadonlySet<string>): Reading {
  const handed: Handed[] = [];
  const odd: number[] = [];
  let records = 0;
  for (const { from, to } of units) {
    const value = JSON.parse(bytes.toString('utf8', from, to)) as Record<string, unknown>;
    const has = (name: string) => Object.keys(value).includes(name);
    if (!has('eventSource') && !has('eventVersion') && !has('detail-type')) {
      odd.push(from);
      continue;
    }
    if (findSources(value, has).some((source) => wanted.has(source))) {
      handed.push({ record: JSON.stringify(value), index: records, byte: from });
    }
    records += 1;
  }
  return { handed, records, odd };
}

function findSources(value: Record<string, unknown>, has: (name: string) => boolean): string[] {
  if (has('eventSource')) return [value.eventSource].filter((source) => typeof source === 'string');
  const { detail } = value;
  if (typeof detail === 'object' && detail !== null && !Array.isArray(detail) && Object.hasOwn(detail, 'eventSource')) {
    const { eventSource } = detail as Record<string, unknown>;
    return typeof eventSource === 'string' ? [eventSource] : [];
  }
  const isDirect = value.source === 'aws.kms' && has('detail-type') && value['detail-type'] !== null;
  return isDirect ? ['kms.amazonaws.com'] : [];
}
