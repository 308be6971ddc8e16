import { describe, expect, test } from '@jest/globals';
import { describeStatement, judgeStatement } from '../../../cli/statement-text.ts';
import type { CompletenessStatement } from '../../../lib/ledger/entry.ts';

const STATEMENT: CompletenessStatement = {
  source: 'archive',
  account: '111122223333',
  region: 'eu-west-1',
  queries: ['s3://logs/AWSLogs/111122223333/CloudTrail/eu-west-1/'],
  notAsked: [],
  window: { from: '2026-03-02T10:00:00Z', to: '2026-03-02T12:00:00Z' },
  occasion: 'asked',
  startedAt: '2026-11-24T09:00:00Z',
  endedAt: '2026-11-24T09:00:05Z',
  counts: { read: 8, expected: 6, recorded: 6, backfilled: 0, failed: 0, extra: 0 },
  missing: [],
  extra: [],
  omitted: 0,
  gaps: [],
  digests: { validated: 4, invalid: 0, filesValidated: 3, filesInvalid: 0, filesWithoutDigest: 0 },
  complete: true,
  by: 'keywarden',
  version: '0.1.0',
};

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-00000000000a';
const EVENT = {
  eventId: '00000000-0000-4000-8000-000000000001',
  time: '2026-03-02T11:00:00Z',
  api: 'DisableKey',
  subject: KEY,
};

describe('a statement', () => {
  test.each<[string, Partial<CompletenessStatement>, string]>([
    ['complete', {}, 'The ledger is complete'],
    [
      'different',
      {
        counts: { ...STATEMENT.counts, failed: 1 },
        missing: [{ ...EVENT, result: 'failed', reason: 'nothing was to be recorded' }],
      },
      '1 missing, 0 extra.',
    ],
    [
      'different',
      { counts: { ...STATEMENT.counts, backfilled: 1 }, missing: [{ ...EVENT, result: 'backfilled' }] },
      'THE LEDGER IS NOT WHAT CLOUDTRAIL SAYS',
    ],
    ['different', { counts: { ...STATEMENT.counts, extra: 1 }, extra: [{ ...EVENT, seq: 7 }] }, '0 missing, 1 extra.'],
    ['different', { omitted: 3 }, '3 more are not listed.'],
    ['unknown', { gaps: [{ what: 's3://logs/file.json.gz', reason: 'It is missing.' }] }, 'COMPLETENESS IS NOT KNOWN'],
    [
      'unknown',
      { counts: { ...STATEMENT.counts, extra: 1 }, extra: [{ ...EVENT, seq: 7 }], gaps: [{ what: 'a', reason: 'b.' }] },
      '0 missing and 1 extra in what could',
    ],
  ])('is %s and says so: %j', (expected, changes, sentence) => {
    const statement = { ...STATEMENT, ...changes };
    expect(judgeStatement(statement)).toBe(expected);
    expect(describeStatement(statement)).toContain(sentence);
  });

  test('names each missing and extra action, each gap, what proves the files, and how to ask again', () => {
    const text = describeStatement({
      ...STATEMENT,
      notAsked: ['IAM: its records are in another Region'],
      missing: [
        { ...EVENT, result: 'backfilled' },
        { ...EVENT, result: 'failed', reason: 'KMS was not to be reached' },
      ],
      extra: [{ ...EVENT, seq: 7 }],
      gaps: [{ what: 's3://logs/file.json.gz', reason: 'It is missing.' }],
    });
    expect(text.split('\n')).toEqual([
      expect.stringContaining(
        'COMPLETENESS IS NOT KNOWN: 111122223333 eu-west-1 from 2026-03-02T10:00:00Z to 2026-03-02T12:00:00Z',
      ),
      'CloudTrail gave 8 records that matter here; the ledger must have 6 of them, and had 6.',
      'Missing from the ledger:',
      `  2026-03-02T11:00:00Z DisableKey ${KEY} (eventID ${EVENT.eventId}), recorded now`,
      `  2026-03-02T11:00:00Z DisableKey ${KEY} (eventID ${EVENT.eventId}), not recorded: KMS was not to be reached`,
      'In the ledger, and unknown to CloudTrail:',
      `  2026-03-02T11:00:00Z DisableKey ${KEY} entry 7 (eventID ${EVENT.eventId})`,
      'Not looked at:',
      '  s3://logs/file.json.gz: It is missing.',
      'Digests: 4 validated, 0 wrong; 3 log files as CloudTrail wrote them, 0 altered, missing or planted, 0 without proof.',
      'Not asked for:',
      '  IAM: its records are in another Region',
      'Asked of CloudTrail:',
      '  s3://logs/AWSLogs/111122223333/CloudTrail/eu-west-1/',
      '',
    ]);
  });

  test('says that nothing proves the files when nobody validated them, and nothing of files when there were none', () => {
    const { digests: _digests, ...without } = STATEMENT;
    expect(describeStatement(without)).toContain('Digests: not validated');
    expect(describeStatement({ ...without, source: 'lookup-events' })).not.toContain('Digests');
  });

  test('lets no text from outside forge a line', () => {
    const text = describeStatement({
      ...STATEMENT,
      missing: [{ ...EVENT, api: 'A\nThe ledger is complete', result: 'failed' }],
    });
    expect(text).toContain('A\\u000aThe ledger is complete');
  });
});
