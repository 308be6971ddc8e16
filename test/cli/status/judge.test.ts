import { describe, expect, test } from '@jest/globals';
import { codeOfChecks, notWell, type StatusCheck, unknown, well } from '../../../cli/status/check.ts';
import {
  judgeCheckpoint,
  judgeFindings,
  judgeKillSwitch,
  judgePolicy,
  judgeReconcile,
  judgeSelftest,
  judgeSweep,
  judgeWaivers,
} from '../../../cli/status/judge.ts';
import { describeChecks } from '../../../cli/status.ts';
import type { CompletenessStatement, SweepEntry } from '../../../lib/ledger/entry.ts';
import type { Finding } from '../../../lib/ledger/finding.ts';

const NOW = new Date('2026-08-03T12:00:00Z');
const hoursAgo = (hours: number): string => new Date(NOW.getTime() - hours * 3_600_000).toISOString();

const statement = (overrides: Partial<CompletenessStatement> = {}): CompletenessStatement => ({
  source: 'lookup-events',
  account: '111122223333',
  region: 'eu-west-1',
  queries: [],
  notAsked: [],
  window: { from: hoursAgo(3), to: hoursAgo(2) },
  occasion: 'schedule',
  startedAt: hoursAgo(1),
  endedAt: hoursAgo(1),
  counts: { read: 1, expected: 1, recorded: 1, backfilled: 0, failed: 0, extra: 0 },
  missing: [],
  extra: [],
  omitted: 0,
  gaps: [],
  complete: true,
  by: 'keywarden',
  version: '0',
  ...overrides,
});

const sweep = (overrides: Partial<SweepEntry['sweep']> = {}): SweepEntry['sweep'] => ({
  id: 's',
  startedAt: hoursAgo(3),
  endedAt: hoursAgo(2),
  account: '111122223333',
  region: 'eu-west-1',
  baseline: false,
  counts: {
    ...{ listed: 9, vanished: 0, judged: 6, managedByAws: 2, unread: 1, notReached: 0, grants: 0 },
    ...{ compliant: 0, violation: 0, unknown: 0, news: 0, calls: 0 },
  },
  notJudged: [],
  complete: true,
  version: '0',
  ...overrides,
});

const finding = (severity: string, decision = 'tell'): Finding => ({
  subject: 'arn:aws:kms:eu-west-1:111122223333:key/1',
  control: 'rotation-enabled',
  status: 'open',
  verdict: 'violation',
  severity,
  reason: '',
  decision,
  openedAt: hoursAgo(1),
  changedAt: hoursAgo(1),
  eventId: 'e',
  seq: 1,
  remediatedAt: [],
});

const passed = { state: 'passed', reasons: [] } as const;

describe('what status says', () => {
  test.each<[string, StatusCheck, StatusCheck['state'], string]>([
    [
      'a checkpoint of this hour',
      judgeCheckpoint({ number: 7, at: hoursAgo(2) }, hoursAgo(1), NOW),
      'well',
      'Number 7 was signed 2 hours ago; everything up to 1 hour ago is covered.',
    ],
    [
      'old but looked at since, because nothing was new',
      judgeCheckpoint({ number: 7, at: hoursAgo(200) }, hoursAgo(1), NOW),
      'well',
      'signed 8 days ago',
    ],
    [
      'a checkpoint that did not come',
      judgeCheckpoint({ number: 7, at: hoursAgo(4) }, hoursAgo(4), NOW),
      'not-well',
      'It is due every hour',
    ],
    ['a time that is none', judgeCheckpoint({ number: 7, at: 'x' }, 'x', NOW), 'not-well', 'an unknown time (x)'],
    ['no checkpoint', judgeCheckpoint(undefined, undefined, NOW), 'not-well', 'No checkpoint was made yet'],
    [
      'a complete comparison',
      judgeReconcile(statement(), NOW),
      'well',
      'The ledger is complete: 111122223333 eu-west-1',
    ],
    [
      'an old one',
      judgeReconcile(statement({ endedAt: hoursAgo(5) }), NOW),
      'not-well',
      'That was 5 hours ago. It is due every hour',
    ],
    [
      'one with a gap',
      judgeReconcile(statement({ gaps: [{ what: 'a', reason: 'b' }] }), NOW),
      'unknown',
      'COMPLETENESS IS NOT KNOWN',
    ],
    [
      'one that found something missing',
      judgeReconcile(statement({ counts: { ...statement().counts, backfilled: 1 } }), NOW),
      'not-well',
      'THE LEDGER IS NOT WHAT CLOUDTRAIL SAYS',
    ],
    ['no comparison', judgeReconcile(undefined, NOW), 'not-well', 'was not compared with the ledger yet'],
    [
      'a sweep of every key',
      judgeSweep(sweep(), NOW),
      'well',
      '6 of 9 keys were judged 2 hours ago, 2 are of AWS, 1 could not be read, 0 were not reached.',
    ],
    [
      'a sweep that left keys out',
      judgeSweep(sweep({ complete: false }), NOW),
      'unknown',
      'keywarden ledger show sweeps',
    ],
    ['an old sweep', judgeSweep(sweep({ endedAt: hoursAgo(40) }), NOW), 'not-well', 'It is due every day'],
    ['no sweep', judgeSweep(undefined, NOW), 'not-well', 'Nobody looked at all keys yet'],
    [
      'a self-test that passed',
      judgeSelftest({ ...passed, at: hoursAgo(72) }, NOW),
      'well',
      'as a message, 3 days ago.',
    ],
    ['an old one', judgeSelftest({ ...passed, at: hoursAgo(121) }, NOW), 'not-well', 'due twice a week'],
    [
      'one that failed',
      judgeSelftest({ state: 'failed', reasons: ['topic-key: \u001b[2J'], at: hoursAgo(1) }, NOW),
      'not-well',
      'topic-key: \\u001b[2J',
    ],
    ['no self-test', judgeSelftest(undefined, NOW), 'not-well', 'was not tested yet'],
    ['a kill switch that is off', judgeKillSwitch({ known: true, value: false }), 'well', 'It is off'],
    [
      'a kill switch that is on',
      judgeKillSwitch({ known: true, value: true }),
      'not-well',
      'Keywarden changes nothing',
    ],
    [
      'a kill switch that cannot be read',
      judgeKillSwitch({ known: false, reason: 'denied' }),
      'unknown',
      'is not known: denied.',
    ],
    ['no finding', judgeFindings([]), 'well', 'None is open.'],
    [
      'findings',
      judgeFindings([finding('high', 'ask'), finding('critical'), finding('high'), finding('odd')]),
      'not-well',
      '4 open: 1 critical, 2 high, 1 of another severity; 1 wait for an approval.',
    ],
    ['lists that are filled', judgePolicy([], 'by the file'), 'well', 'No list is left empty, by the file.'],
    [
      'lists that are empty',
      judgePolicy([{ settings: ['trust.accounts', 'trust.organizations'], effect: 'Unknown.' }], 'by the file'),
      'not-well',
      '1 lists are left empty, by the file. trust.accounts and trust.organizations: Unknown.',
    ],
    ['no waiver that ends', judgeWaivers([], 14), 'well', 'ends within 14 days'],
    [
      'a waiver that ends',
      judgeWaivers(
        [{ subject: 'arn:aws:kms:eu-west-1:111122223333:key/1', control: 'rotation-enabled', until: '2026-08-09' }],
        14,
      ),
      'not-well',
      'rotation-enabled@1 until 2026-08-09',
    ],
  ])('of %s', (_what, check, state, text) => {
    expect(check.state).toBe(state);
    expect(check.text).toContain(text);
  });
});

describe('the exit code of status', () => {
  test.each<[string, StatusCheck[], number]>([
    ['all is well', [well('a', ''), well('b', '')], 0],
    ['something is not', [well('a', ''), notWell('b', '')], 1],
    ['something is not known, whatever else is so', [notWell('a', ''), unknown('b', ''), well('c', '')], 2],
  ])('says that %s', (_what, checks, code) => {
    expect(codeOfChecks(checks)).toBe(code);
  });
});

test('each part is one line, with its state first', () => {
  expect(describeChecks([well('a', 'Fine.'), notWell('b', 'Bad.'), unknown('c', 'Who knows.')], false)).toBe(
    'ok       a            Fine.\nNOT WELL b            Bad.\nUNKNOWN  c            Who knows.\n',
  );
});
