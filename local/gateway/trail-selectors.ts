import type { Refusal } from './answer.ts';
import { type AwsCall, isJson, type Json } from './call.ts';

/** What a trail records unless told otherwise: all management events and no data events. */
const DEFAULT_SELECTOR = {
  ReadWriteType: 'All',
  IncludeManagementEvents: true,
  DataResources: [],
  ExcludeManagementEventSources: [],
};

/**
 * Makes of moto's answer what GetEventSelectors and PutEventSelectors answer: the selectors that were put last, of one kind
 * only, with the defaults written out.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html
 */
export function completeSelectors({ TrailARN, EventSelectors, AdvancedEventSelectors }: Json): Json {
  const basic = listOf(EventSelectors);
  const advanced = listOf(AdvancedEventSelectors);
  if (basic.length === 0 && advanced.length > 0) return { TrailARN, AdvancedEventSelectors: advanced };
  const shown = basic.length === 0 ? [{}] : basic.filter(isJson);
  return { TrailARN, EventSelectors: shown.map((selector) => ({ ...DEFAULT_SELECTOR, ...selector })) };
}

const EXCLUDABLE: ReadonlySet<unknown> = new Set(['kms.amazonaws.com', 'rdsdata.amazonaws.com']);
const READ_WRITE_TYPES: ReadonlySet<unknown> = new Set(['All', 'ReadOnly', 'WriteOnly', undefined]);

/**
 * Refuses selectors that CloudTrail refuses: both kinds or none, and what it does not know.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
 */
export function refuseSelectors({ operation, input }: AwsCall): Refusal | undefined {
  if (operation !== 'PutEventSelectors') return undefined;
  const basic = listOf(input.EventSelectors);
  const advanced = listOf(input.AdvancedEventSelectors);
  if (basic.length > 0 === advanced.length > 0) {
    return invalid('Specify either EventSelectors or AdvancedEventSelectors, and not both.');
  }
  return basic
    .map(refuseBasic)
    .concat(advanced.map(refuseAdvanced))
    .find((refusal) => refusal !== undefined);
}

const invalid = (message: string): Refusal => ({ code: 'InvalidEventSelectorsException', message });

function refuseBasic(selector: unknown): Refusal | undefined {
  const { ReadWriteType, ExcludeManagementEventSources } = isJson(selector) ? selector : {};
  if (!READ_WRITE_TYPES.has(ReadWriteType)) {
    return invalid(`ReadWriteType is ${ReadWriteType}; it must be All, ReadOnly or WriteOnly.`);
  }
  const unknown = listOf(ExcludeManagementEventSources).find((source) => !EXCLUDABLE.has(source));
  if (unknown === undefined) return undefined;
  return invalid(`The event source ${unknown} cannot be excluded; these can: ${[...EXCLUDABLE].join(', ')}.`);
}

function refuseAdvanced(selector: unknown): Refusal | undefined {
  const fields = listOf(isJson(selector) ? selector.FieldSelectors : undefined).filter(isJson);
  if (fields.some(({ Field, Equals }) => Field === 'eventCategory' && listOf(Equals).length === 1)) return undefined;
  return invalid('Each advanced event selector needs the field eventCategory with one value in Equals.');
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
