import { describe, expect, test } from '@jest/globals';
import { OPERATION_RECOGNISED } from '../lib/built-in-controls.ts';
import { controlsOf, findingIdsOf } from '../lib/judge.ts';
import { actionOf } from './controls/control-case.ts';

describe('an operation that is in no catalogue', () => {
  const unheard = { kind: 'unrecognised', step: 'unrecognised' } as const;

  test('of KMS opens a finding, because nobody verified it', () => {
    expect(findingIdsOf(actionOf('TeleportKey', unheard), undefined)).toEqual([OPERATION_RECOGNISED.id]);
  });

  test.each([
    ['iam.amazonaws.com', 'CreateRole'],
    ['payment-cryptography.amazonaws.com', 'CreateKey'],
    ['cloudtrail.amazonaws.com', 'PutInsightSelectors'],
  ])('of %s opens none and triggers no control, even under the name %s', (eventSource, api) => {
    const action = actionOf(api, { ...unheard, eventSource });
    expect(findingIdsOf(action, undefined)).toEqual([]);
    expect(controlsOf(action, undefined)).toEqual([]);
  });
});
