import { type Fact, known, type TrailSelectors, unread } from './key-facts.ts';
import { showText } from './plain-text.ts';

/** Which management events of KMS are recorded. */
export interface KmsEvents {
  readonly reads: boolean;
  readonly writes: boolean;
}

const KMS = 'kms.amazonaws.com';
const NONE: KmsEvents = { reads: false, writes: false };

/**
 * Says which management events of KMS a trail records, by its selectors: an event is recorded when one of them takes it. A
 * selector with a condition that this version does not know counts for nothing; it makes the answer Unread only where no
 * other selector takes the event.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html#filtering-kms-events
 */
export function readKmsEvents({ basic, advanced }: TrailSelectors): Fact<KmsEvents> {
  const found = [...(basic ?? []).map(readBasic), ...(advanced ?? []).map(readAdvanced)];
  const taken = found.map((one) => (one.known ? one.value : NONE));
  const events = { reads: taken.some(({ reads }) => reads), writes: taken.some(({ writes }) => writes) };
  const unclear = found.find((one) => !one.known);
  return unclear === undefined || (events.reads && events.writes) ? known(events) : unclear;
}

type Selector = Readonly<Record<string, unknown>>;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html */
function readBasic({ ReadWriteType, IncludeManagementEvents, ExcludeManagementEventSources }: Selector) {
  if (IncludeManagementEvents === false || listOf(ExcludeManagementEventSources).includes(KMS)) return known(NONE);
  switch (ReadWriteType ?? 'All') {
    case 'All':
      return known({ reads: true, writes: true });
    case 'ReadOnly':
      return known({ reads: true, writes: false });
    case 'WriteOnly':
      return known({ reads: false, writes: true });
    default:
      return unread(
        `it has an event selector of the type ${showText(String(ReadWriteType))}, which Keywarden does not know`,
      );
  }
}

/** All conditions of a selector must hold: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html */
function readAdvanced({ FieldSelectors }: Selector): Fact<KmsEvents> {
  const fields = listOf(FieldSelectors).filter((one): one is Selector => typeof one === 'object' && one !== null);
  const category = fields.find(({ Field }) => Field === 'eventCategory');
  if (!listOf(category?.Equals).includes('Management')) return known(NONE);
  let events: KmsEvents = { reads: true, writes: true };
  for (const field of fields) {
    const taken = readField(field);
    if (taken === undefined) {
      return unread(
        `it has an event selector by ${showText(String(field.Field))}, which Keywarden does not understand`,
      );
    }
    events = { reads: events.reads && taken.reads, writes: events.writes && taken.writes };
  }
  return known(events);
}

/** What one condition leaves of KMS's events; undefined when that is not clear. */
function readField({ Field, Equals, NotEquals, ...others }: Selector): KmsEvents | undefined {
  if (Object.values(others).some((value) => listOf(value).length > 0)) return undefined;
  const [equals, not] = [listOf(Equals), listOf(NotEquals)];
  const takes = (value: string) => (equals.length === 0 || equals.includes(value)) && !not.includes(value);
  switch (Field) {
    case 'eventCategory':
      return not.length === 0 ? { reads: true, writes: true } : undefined;
    case 'readOnly':
      return { reads: takes('true'), writes: takes('false') };
    case 'eventSource':
      return takes(KMS) ? { reads: true, writes: true } : NONE;
    default:
      return undefined;
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
