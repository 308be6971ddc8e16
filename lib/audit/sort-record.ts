import type { KeyAction } from '../event/key-action.ts';
import { MalformedEventError } from '../event/malformed-event-error.ts';
import { KMS_SOURCE } from '../event/operations.ts';
import { OWN_CATALOGUES } from '../event/own-operations.ts';
import { isOwnResource } from '../event/own-resource.ts';
import { fieldOf, isObject, objectOf } from '../event/plain-json.ts';
import { readEvent } from '../event/read-event.ts';
import { type ReadContext, readRecord } from '../event/read-record.ts';
import { readBystander, readPlainUse, type Use } from './read-plain.ts';
import type { Counted } from './tally.ts';

/** What a record is to the audit. */
export type Sorted =
  | { readonly kind: 'action'; readonly action: KeyAction }
  | { readonly kind: 'use'; readonly use: Use }
  | { readonly kind: 'counted'; readonly as: Counted; readonly isKms: boolean; readonly from?: From }
  | { readonly kind: 'malformed'; readonly reason: string; readonly isKms: boolean };

/** When and where a record is from. */
export interface From {
  readonly account: string;
  readonly region: string;
  readonly time: string;
}

/** What the audit knows besides the record. */
export interface SortContext {
  /** ARNs of Keywarden's own roles. */
  readonly selfRoleArns: readonly string[];
  /** Patterns of the ARNs of what Keywarden is made of. */
  readonly ownResources: readonly string[];
}

/**
 * Sorts a record: a lifecycle action, a use of a key, or something to be counted. What the event rules of the live
 * Keywarden deliver is an action here too: every change of a key, every operation of KMS that this version does not know,
 * every write of an IAM policy, and the few reads and uses that controls look at.
 *
 * @param record a CloudTrail record or an EventBridge event, as `JSON.parse` gives it
 */
export function sortRecord(record: unknown, context: SortContext): Sorted {
  const use = readPlainUse(record);
  if (use !== undefined && !WATCHED_READS.has(use.operation)) return { kind: 'use', use };
  const bystander = readBystander(record, WATCHED_READS);
  if (bystander !== undefined) {
    const { as, ...from } = bystander;
    return { kind: 'counted', as, isKms: as === 'reads', from };
  }
  let action: KeyAction;
  try {
    const { selfRoleArns, ownResources } = context;
    action = readAny(record, { origin: 'archive', selfRoleArns, ownResources });
  } catch (error) {
    if (!(error instanceof MalformedEventError)) throw error;
    const isKms = isOfKms(record);
    if (error.code === 'not-management') return { kind: 'counted', as: 'notManagement', isKms };
    return { kind: 'malformed', reason: error.message, isKms };
  }
  return sortAction(action, context);
}

function isOfKms(record: unknown): boolean {
  if (!isObject(record)) return false;
  const detail = objectOf(record, 'detail') ?? record;
  return fieldOf(detail, 'eventSource') === KMS_SOURCE || record.source === 'aws.kms';
}

const readAny = (record: unknown, context: ReadContext): KeyAction =>
  isObject(record) && fieldOf(record, 'detail-type') !== undefined
    ? readEvent(record, context)
    : readRecord(record, context);

function sortAction(action: KeyAction, context: SortContext): Sorted {
  if (isLifecycle(action, context)) return { kind: 'action', action };
  const { kind, outcome, keys, api, eventSource } = action;
  if (kind === 'use' && outcome === 'succeeded' && keys.length > 0) {
    return { kind: 'use', use: { ...fromOf(action), keys, operation: api } };
  }
  const isKms = eventSource === KMS_SOURCE;
  return { kind: 'counted', as: countAs(action, isKms), isKms, from: fromOf(action) };
}

const fromOf = ({ account, region, time }: KeyAction): From => ({ account, region, time });

function countAs({ kind, outcome }: KeyAction, isKms: boolean): Counted {
  if (!isKms) return 'otherServices';
  if (outcome === 'denied' || outcome === 'failed') return 'refused';
  return kind === 'use' ? 'uses' : 'reads';
}

function isLifecycle(action: KeyAction, { ownResources }: SortContext): boolean {
  const { kind, eventSource, api, subject } = action;
  switch (kind) {
    case 'lifecycle':
      // Every account changes rules, queues and functions all day; only those of Keywarden are the procedure's business.
      return !OWN_CATALOGUES.has(eventSource) || isOwnResource(subject, ownResources);
    case 'unrecognised':
      return eventSource === KMS_SOURCE;
    case 'read':
    case 'use':
      return eventSource === KMS_SOURCE && (WATCHED_READS.has(api) || isRefusedUse(action));
  }
}

/** What opens a way for key material, and changes nothing by itself. The event rule of the live Keywarden names the same. */
export const WATCHED_READS: ReadonlySet<string> = new Set(['GetParametersForImport', 'GenerateDataKeyPair']);

/**
 * KMS refuses the use of a key that is pending deletion with one of two sentences.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export const isRefusedUse = ({ kind, api, error }: KeyAction): boolean =>
  (kind === 'use' || api === 'GetPublicKey') && / is pending (?:replica )?deletion\.$/.test(error?.message ?? '');
