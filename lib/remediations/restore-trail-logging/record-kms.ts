import type { TrailSelectors } from '../../facts/key-facts.ts';

const KMS = 'kms.amazonaws.com';
/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html */
const MOST_BASIC = 5;

type Selector = Readonly<Record<string, unknown>>;

/**
 * Gives event selectors by which a trail records every management event, those of KMS included. What it records of data
 * stays as it is; other sources of management events that were left out stay left out.
 *
 * @returns undefined when a trail cannot have so many selectors
 */
export function recordKms({ basic, advanced }: TrailSelectors): TrailSelectors | undefined {
  if (advanced !== undefined) return { advanced: recordByAdvanced(advanced) };
  const wanted = recordByBasic(basic ?? []);
  return wanted.length > MOST_BASIC ? undefined : { basic: wanted };
}

/** One selector says for its data and for management events alike whether reads or writes are taken, so each gets its own. */
function recordByBasic(selectors: readonly Selector[]): readonly Selector[] {
  const ofData = selectors.filter(({ DataResources }) => listOf(DataResources).length > 0);
  return [
    {
      ReadWriteType: 'All',
      IncludeManagementEvents: true,
      DataResources: [],
      ExcludeManagementEventSources: leftOut(selectors.flatMap((one) => listOf(one.ExcludeManagementEventSources))),
    },
    ...ofData.map((one) => ({ ...one, IncludeManagementEvents: false, ExcludeManagementEventSources: [] })),
  ];
}

function recordByAdvanced(selectors: readonly Selector[]): readonly Selector[] {
  const excluded = leftOut(selectors.filter(isOfManagement).flatMap(listExcluded));
  return [
    {
      Name: 'All management events',
      FieldSelectors: [
        { Field: 'eventCategory', Equals: ['Management'] },
        ...(excluded.length === 0 ? [] : [{ Field: 'eventSource', NotEquals: excluded }]),
      ],
    },
    ...selectors.filter((one) => !isOfManagement(one)),
  ];
}

const isOfManagement = ({ FieldSelectors }: Selector): boolean =>
  fieldsOf(FieldSelectors).some(
    ({ Field, Equals }) => Field === 'eventCategory' && listOf(Equals).includes('Management'),
  );

const listExcluded = ({ FieldSelectors }: Selector): readonly unknown[] =>
  fieldsOf(FieldSelectors).flatMap(({ Field, NotEquals }) => (Field === 'eventSource' ? listOf(NotEquals) : []));

const leftOut = (sources: readonly unknown[]): readonly unknown[] => [...new Set(sources)].filter((one) => one !== KMS);

const fieldsOf = (value: unknown): readonly Selector[] =>
  listOf(value).filter((one): one is Selector => typeof one === 'object' && one !== null);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
