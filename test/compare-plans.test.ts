import { describe, expect, test } from '@jest/globals';
import { type Approvable, approvableOf, describeDifference, digestOfPlan } from '../lib/compare-plans.ts';

const KEY = '1234abcd-12ab-34cd-56ef-1234567890ab';
const CANCEL: Approvable = {
  remedy: 'cancel-key-deletion',
  requests: [{ service: 'kms', operation: 'CancelKeyDeletion', region: 'eu-west-1', parameters: { KeyId: KEY } }],
  before: { key: { state: 'PendingDeletion', deletionAt: '2026-08-10T09:00:00.000Z' } },
};
const later = { ...CANCEL, before: { key: { state: 'PendingDeletion', deletionAt: '2026-08-20T09:00:00.000Z' } } };

describe('a plan that a person approves', () => {
  test('has a digest of its requests and of the state that they were made for, in whatever order they are written', () => {
    const { before, requests, remedy } = CANCEL;
    expect(digestOfPlan({ before, requests, remedy })).toBe(digestOfPlan(CANCEL));
    expect(digestOfPlan(CANCEL)).toMatch(/^[0-9a-f]{64}$/);
    expect(digestOfPlan(later)).not.toBe(digestOfPlan(CANCEL));
  });

  test('does not differ from itself', () => {
    expect(describeDifference(CANCEL, structuredClone(CANCEL))).toBeUndefined();
  });

  test('made for another state says what was and what is', () => {
    expect(describeDifference(CANCEL, later)).toBe(
      'key.deletionAt was "2026-08-10T09:00:00.000Z" and is "2026-08-20T09:00:00.000Z".',
    );
  });

  test('with other requests shows both', () => {
    const enables = {
      ...CANCEL,
      requests: [
        ...CANCEL.requests,
        { service: 'kms', operation: 'EnableKey', region: 'eu-west-1', parameters: { KeyId: KEY } } as const,
      ],
    };
    expect(describeDifference(CANCEL, enables)).toBe(
      `Approved was: CancelKeyDeletion {"KeyId":"${KEY}"}. Now it would be: CancelKeyDeletion {"KeyId":"${KEY}"}; then EnableKey {"KeyId":"${KEY}"}.`,
    );
  });

  test('names what is there now and was not', () => {
    const more = { ...CANCEL, before: { ...CANCEL.before, tags: { owner: 'x' } } };
    expect(describeDifference(CANCEL, more)).toBe('tags was not there and is {"owner":"x"}.');
  });

  test('is that of its decision; a decision without a plan has none', () => {
    const decision = { control: 'deletion-authorized', decision: 'ask', reason: 'It waits.' };
    expect(approvableOf(decision)).toBeUndefined();
    const { remedy, requests, before } = CANCEL;
    const plan = { summary: 'Cancel it.', requests, before, undo: [] };
    expect(approvableOf({ ...decision, remedy, plan })).toEqual(CANCEL);
  });
});
