import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TrailSelectors } from '../../lib/facts/key-facts.ts';
import { readKmsEvents } from '../../lib/facts/trail-selectors.ts';
import { recordKms } from '../../lib/remediations/restore-trail-logging/record-kms.ts';
import { ALL_EVENTS, WITHOUT_KMS } from './trails.ts';

const BOTH = { reads: true, writes: true };
const NONE = { reads: false, writes: false };
const READS = { reads: true, writes: false };
const WRITES = { reads: false, writes: true };

const DATA = { type: 'AWS::S3::Object', values: ['arn:aws:s3'] };
const advancedOf = (...fields: readonly object[]) => ({ Name: 'x', FieldSelectors: fields });
const MANAGEMENT = { Field: 'eventCategory', Equals: ['Management'] };
const ofData = advancedOf(
  { Field: 'eventCategory', Equals: ['Data'] },
  { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
);

describe('the selectors of a trail', () => {
  test.each<[string, TrailSelectors, object]>([
    ['take everything by default', { basic: [ALL_EVENTS] }, BOTH],
    ['take everything where nothing is said', { basic: [{}] }, BOTH],
    ['take reads', { basic: [{ ...ALL_EVENTS, ReadWriteType: 'ReadOnly' }] }, READS],
    ['take writes', { basic: [{ ...ALL_EVENTS, ReadWriteType: 'WriteOnly' }] }, WRITES],
    ['leave KMS out', { basic: [WITHOUT_KMS] }, NONE],
    [
      'leave another source out',
      { basic: [{ ...ALL_EVENTS, ExcludeManagementEventSources: ['rdsdata.amazonaws.com'] }] },
      BOTH,
    ],
    ['take data only', { basic: [{ ...ALL_EVENTS, IncludeManagementEvents: false, DataResources: [DATA] }] }, NONE],
    [
      'take reads by one and writes by another',
      {
        basic: [
          { ...ALL_EVENTS, ReadWriteType: 'ReadOnly' },
          { ...ALL_EVENTS, ReadWriteType: 'WriteOnly' },
        ],
      },
      BOTH,
    ],
    ['are none', {}, NONE],
    ['take everything, said in the new way', { advanced: [advancedOf(MANAGEMENT)] }, BOTH],
    [
      'take reads, said in the new way',
      { advanced: [advancedOf(MANAGEMENT, { Field: 'readOnly', Equals: ['true'] })] },
      READS,
    ],
    [
      'take writes, said in the new way',
      { advanced: [advancedOf(MANAGEMENT, { Field: 'readOnly', Equals: ['false'] })] },
      WRITES,
    ],
    ['take no reads', { advanced: [advancedOf(MANAGEMENT, { Field: 'readOnly', NotEquals: ['true'] })] }, WRITES],
    [
      'leave KMS out, said in the new way',
      { advanced: [advancedOf(MANAGEMENT, { Field: 'eventSource', NotEquals: ['kms.amazonaws.com'] })] },
      NONE,
    ],
    [
      'leave another source out, said in the new way',
      { advanced: [advancedOf(MANAGEMENT, { Field: 'eventSource', NotEquals: ['rdsdata.amazonaws.com'] })] },
      BOTH,
    ],
    [
      'take KMS only',
      { advanced: [advancedOf(MANAGEMENT, { Field: 'eventSource', Equals: ['kms.amazonaws.com'] })] },
      BOTH,
    ],
    [
      'take another source only',
      { advanced: [advancedOf(MANAGEMENT, { Field: 'eventSource', Equals: ['sts.amazonaws.com'] })] },
      NONE,
    ],
    ['take data only, said in the new way', { advanced: [ofData] }, NONE],
    [
      'take everything beside one that is not understood',
      { advanced: [advancedOf(MANAGEMENT, { Field: 'eventType', Equals: ['AwsApiCall'] }), advancedOf(MANAGEMENT)] },
      BOTH,
    ],
  ])('%s', (_what, selectors, events) => {
    expect(readKmsEvents(selectors)).toEqual({ known: true, value: events });
  });

  test.each<[string, TrailSelectors, string]>([
    ['a type', { basic: [{ ...ALL_EVENTS, ReadWriteType: 'Sometimes' }] }, 'Sometimes'],
    ['a field', { advanced: [advancedOf(MANAGEMENT, { Field: 'eventType', Equals: ['AwsApiCall'] })] }, 'eventType'],
    [
      'an operator',
      { advanced: [advancedOf(MANAGEMENT, { Field: 'eventSource', NotStartsWith: ['kms'] })] },
      'eventSource',
    ],
    [
      'a category that is left out',
      { advanced: [advancedOf({ ...MANAGEMENT, NotEquals: ['Data'] })] },
      'eventCategory',
    ],
    [
      'a field, beside one that takes reads',
      {
        advanced: [
          advancedOf(MANAGEMENT, { Field: 'readOnly', Equals: ['true'] }),
          advancedOf(MANAGEMENT, { Field: 'userIdentity.arn', NotEquals: ['x'] }),
        ],
      },
      'userIdentity.arn',
    ],
  ])('are unclear with %s that Keywarden does not know', (_what, selectors, reason) => {
    expect(readKmsEvents(selectors)).toEqual({ known: false, reason: expect.stringContaining(reason) });
  });
});

const texts = fc.constantFrom('kms.amazonaws.com', 'rdsdata.amazonaws.com');
const basic = fc.record(
  {
    ReadWriteType: fc.constantFrom('All', 'ReadOnly', 'WriteOnly'),
    IncludeManagementEvents: fc.boolean(),
    DataResources: fc.constantFrom([], [DATA]),
    ExcludeManagementEventSources: fc.uniqueArray(texts),
  },
  { requiredKeys: [] },
);
const operand = fc.uniqueArray(fc.constantFrom('true', 'false', 'kms.amazonaws.com'), { maxLength: 2 });
const field = fc.record(
  { Field: fc.constantFrom('readOnly', 'eventSource', 'eventType'), Equals: operand, NotEquals: operand },
  { requiredKeys: ['Field'] },
);
const advanced = fc
  .tuple(fc.constantFrom('Management', 'Data'), fc.array(field, { maxLength: 3 }))
  .map(([category, fields]) => advancedOf({ Field: 'eventCategory', Equals: [category] }, ...fields));
const anySelectors: fc.Arbitrary<TrailSelectors> = fc.oneof(
  fc.array(basic, { maxLength: 5 }).map((one) => ({ basic: one })),
  fc.array(advanced, { maxLength: 5 }).map((one) => ({ advanced: one })),
);

describe('selectors that record KMS again', () => {
  test('record its reads and writes, whatever they were, and stay so when it is done again', () => {
    fc.assert(
      fc.property(anySelectors, (selectors) => {
        const wanted = recordKms(selectors);
        if (wanted === undefined) return expect(selectors.basic?.length).toBe(5);
        expect(readKmsEvents(wanted)).toEqual({ known: true, value: BOTH });
        expect(recordKms(wanted)).toEqual(wanted);
      }),
    );
  });

  test('keep the data that is recorded, and what else is left out', () => {
    const leavesOut = ['kms.amazonaws.com', 'rdsdata.amazonaws.com'];
    expect(
      recordKms({
        basic: [
          {
            ...ALL_EVENTS,
            ReadWriteType: 'WriteOnly',
            DataResources: [DATA],
            ExcludeManagementEventSources: leavesOut,
          },
        ],
      }),
    ).toEqual({
      basic: [
        { ...ALL_EVENTS, ExcludeManagementEventSources: ['rdsdata.amazonaws.com'] },
        { ...ALL_EVENTS, ReadWriteType: 'WriteOnly', IncludeManagementEvents: false, DataResources: [DATA] },
      ],
    });
    expect(
      recordKms({ advanced: [ofData, advancedOf(MANAGEMENT, { Field: 'eventSource', NotEquals: leavesOut })] }),
    ).toEqual({
      advanced: [
        {
          Name: 'All management events',
          FieldSelectors: [MANAGEMENT, { Field: 'eventSource', NotEquals: ['rdsdata.amazonaws.com'] }],
        },
        ofData,
      ],
    });
  });

  test('are refused where there is no place for one more', () => {
    const five = Array.from({ length: 5 }, () => ({ ...WITHOUT_KMS, DataResources: [DATA] }));
    expect(recordKms({ basic: five })).toBeUndefined();
  });
});
