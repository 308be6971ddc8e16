import { describe, expect, test } from '@jest/globals';
import { tellStory } from '../../cli/story.ts';
import type { ActionEntry } from '../../lib/ledger/entry.ts';
import { actionOf, intentOf, KEY, outcomeOf } from '../own-changes/records.ts';

const recordOf = (requestId: string, how: 'request-id' | 'intent'): ActionEntry => ({
  ...intentOf(3),
  eventId: 'record-of-ours',
  action: actionOf({ eventId: 'record-of-ours', requestId }),
  decisions: [],
  confirms: { seq: 1, eventId: 'event-1', remedy: 'enable-key-rotation', requestId, how },
});

const tell = (...entries: Parameters<typeof tellStory>[1]) => tellStory(KEY, entries, [], false);

describe('the story of a change that Keywarden made', () => {
  test('names the record of CloudTrail that confirms it, and the record names the change', () => {
    const outcome = outcomeOf(1, { requestIds: ['request-1'] });
    const story = tell(intentOf(1), outcome, recordOf('request-1', 'request-id'));
    expect(story).toContain('confirmed by CloudTrail record record-of-ours');
    expect(story).toContain("CloudTrail's record of the change told in entry #2.");
  });

  test('does so by the decision when a crash lost the request id', () => {
    const story = tell(intentOf(1), outcomeOf(1, { status: 'already-so' }), recordOf('request-9', 'intent'));
    expect(story).toContain('confirmed by CloudTrail record record-of-ours');
    expect(story).toContain("CloudTrail's record of the enable-key-rotation that entry #1 decided.");
  });

  test('says nothing of a record that has not come', () => {
    expect(tell(intentOf(1), outcomeOf(1, { requestIds: ['request-1'] }))).not.toContain('confirmed by CloudTrail');
  });
});
