import { describe, expect, test } from '@jest/globals';
import {
  afterRemediation,
  countRemediations,
  type Evaluated,
  type Finding,
  findingId,
  openOrResolve,
  stateOf,
} from '../../lib/ledger/finding.ts';

const SOURCE = {
  subject: 'arn:aws:kms:eu-west-1:111122223333:key/1',
  eventId: 'e-1',
  seq: 4,
  at: '2026-08-03T09:00:00.000Z',
};
const BAD: Evaluated = {
  control: 'rotation-enabled',
  severity: 'high',
  verdict: 'violation',
  reason: 'Rotation of key 1 is off.',
  decision: 'tell',
};
const LATER = { ...SOURCE, eventId: 'e-2', seq: 5, at: '2026-08-04T09:00:00.000Z' };

const open = (found: Evaluated = BAD): Finding => {
  const change = openOrResolve(undefined, found, SOURCE);
  if (change === undefined) throw new Error('The finding was not opened.');
  return change.finding;
};

const REMEDIATION = {
  remedy: 'enable-key-rotation',
  controls: ['rotation-enabled'],
  requestIds: [],
  before: {},
  undo: [],
};

describe('a finding', () => {
  test('is opened by a violation, with when, why and by which entry', () => {
    expect(open()).toEqual({
      subject: SOURCE.subject,
      control: 'rotation-enabled',
      status: 'open',
      verdict: 'violation',
      severity: 'high',
      reason: 'Rotation of key 1 is off.',
      decision: 'tell',
      openedAt: SOURCE.at,
      changedAt: SOURCE.at,
      eventId: 'e-1',
      seq: 4,
      remediatedAt: [],
    });
  });

  test('is opened by what could not be judged', () => {
    expect(open({ ...BAD, verdict: 'unknown' })).toMatchObject({ status: 'open', verdict: 'unknown' });
  });

  test('is not opened by what is in order', () => {
    expect(openOrResolve(undefined, { ...BAD, verdict: 'compliant' }, SOURCE)).toBeUndefined();
  });

  test('that is seen again for the same reason is not told again', () => {
    expect(openOrResolve(open(), BAD, LATER)).toBeUndefined();
  });

  test.each<[string, Partial<Evaluated>]>([
    ['another reason', { reason: 'It could not be read.', verdict: 'unknown' }],
    ['another decision', { decision: 'ask' }],
    ['an attempt to put it right', { decision: 'act' }],
  ])('that is seen again with %s changes, and keeps the time it was opened', (_name, change) => {
    expect(
      openOrResolve(
        open({ ...BAD, decision: change.decision === 'act' ? 'act' : 'tell' }),
        { ...BAD, ...change },
        LATER,
      )?.finding,
    ).toMatchObject({
      openedAt: SOURCE.at,
      changedAt: LATER.at,
      seq: 5,
    });
  });

  test.each(['compliant', 'not-applicable'])('is resolved by %s', (verdict) => {
    const change = openOrResolve(open(), { ...BAD, verdict, reason: 'It is in order.' }, LATER);
    expect(change?.finding).toMatchObject({ status: 'resolved', reason: 'It is in order.' });
    expect(change && stateOf(change.finding, undefined)).toBe('resolved');
    expect(openOrResolve(change?.finding, { ...BAD, verdict }, LATER)).toBeUndefined();
  });

  test('that comes back after it was resolved is opened anew', () => {
    const resolved = openOrResolve(open(), { ...BAD, verdict: 'compliant' }, LATER)?.finding;
    expect(openOrResolve(resolved, BAD, { ...LATER, at: '2026-08-05T09:00:00.000Z' })?.finding).toMatchObject({
      status: 'open',
      openedAt: '2026-08-05T09:00:00.000Z',
    });
  });

  test.each(['confirmed', 'already-so'] as const)('is resolved by a remediation that is %s', (status) => {
    const finding = open({ ...BAD, decision: 'act' });
    expect(afterRemediation(finding, { ...REMEDIATION, status }, LATER).finding.status).toBe('resolved');
    expect(stateOf(finding, { ...REMEDIATION, status })).toBe('remediated');
  });

  test.each(['failed', 'unconfirmed'] as const)('stays open after a remediation that is %s, and says why', (status) => {
    const finding = open({ ...BAD, decision: 'act' });
    const remediation = { ...REMEDIATION, status, reason: 'AWS refused it.' };
    expect(afterRemediation(finding, remediation, LATER).finding).toMatchObject({
      status: 'open',
      reason: 'Rotation of key 1 is off. AWS refused it.',
    });
    expect(stateOf(finding, remediation)).toBe('not-remediated');
  });

  test('remembers when it was put right, also after it was resolved and opened again', () => {
    const acted = open({ ...BAD, decision: 'act' });
    const once = afterRemediation(acted, { ...REMEDIATION, status: 'confirmed' }, LATER).finding;
    const again = openOrResolve(once, BAD, { ...LATER, seq: 9 })?.finding;
    expect(again).toMatchObject({ status: 'open', remediatedAt: [LATER.at] });
    const now = new Date('2026-08-04T10:00:00Z');
    expect(countRemediations(again, 1, now)).toBe(0);
    expect(countRemediations(again, 2, now)).toBe(1);
    expect(countRemediations(undefined, 2, now)).toBe(0);
  });

  test('that is waived is neither open nor resolved, and is opened when the waiver is over', () => {
    const waived = openOrResolve(undefined, { ...BAD, decision: 'waived' }, SOURCE)?.finding;
    expect(waived?.status).toBe('waived');
    expect(openOrResolve(waived, { ...BAD, decision: 'waived' }, LATER)).toBeUndefined();
    expect(openOrResolve(waived, BAD, LATER)?.finding).toMatchObject({ status: 'open', openedAt: SOURCE.at });
    expect(openOrResolve(waived, { ...BAD, verdict: 'compliant' }, LATER)?.finding.status).toBe('resolved');
  });

  test('of one grant is another finding than that of the next', () => {
    expect(findingId({ control: 'grant-least-privilege', item: 'abc' })).toBe('grant-least-privilege#abc');
  });

  test('that waits for an approval says so', () => {
    expect(stateOf(open({ ...BAD, decision: 'ask' }), undefined)).toBe('needs-approval');
  });
});

describe('a finding whose life goes on', () => {
  const resolved = () => openOrResolve(open(), { ...BAD, verdict: 'compliant' }, LATER)?.finding;
  const AGAIN = { ...LATER, eventId: 'e-3', seq: 6, at: '2026-08-05T09:00:00.000Z' };

  test('counts how often it was opened, and says that it was opened again', () => {
    const again = openOrResolve(resolved(), BAD, AGAIN)?.finding;
    expect(again).toMatchObject({ openings: 2, openedAt: AGAIN.at });
    expect(again === undefined ? '' : stateOf(again, undefined)).toBe('reopened');
    expect(stateOf(open(), undefined)).toBe('opened');
  });

  test('that changes while it is open is not opened again', () => {
    const worse = openOrResolve(open(), { ...BAD, reason: 'Rotation is off, and was 400 days ago.' }, LATER)?.finding;
    expect(worse?.openings).toBeUndefined();
    expect(worse === undefined ? '' : stateOf(worse, undefined)).toBe('opened');
  });

  test('is no news when only the number of days has grown since somebody looked', () => {
    const before = open({ ...BAD, reason: 'Key 1 was rotated 400 days ago.' });
    const now = { ...BAD, reason: 'Key 1 was rotated 401 days ago.' };
    expect(openOrResolve(before, { ...now, looked: true }, LATER)).toBeUndefined();
    expect(openOrResolve(before, now, LATER)?.finding.reason).toBe(now.reason);
    expect(openOrResolve(before, { ...now, reason: 'Key 1 was never rotated.', looked: true }, LATER)).toBeDefined();
  });

  test('keeps who caused it, whoever looks at it later', () => {
    const caused = open({ ...BAD, causedBy: { arn: 'arn:aws:iam::111122223333:user/eve' } });
    const asked = openOrResolve(caused, { ...BAD, decision: 'ask' }, LATER)?.finding;
    expect(asked?.causedBy).toEqual({ arn: 'arn:aws:iam::111122223333:user/eve' });
    const other = {
      ...BAD,
      decision: 'ask',
      reason: 'Worse.',
      causedBy: { arn: 'arn:aws:iam::111122223333:user/frank' },
    };
    expect(openOrResolve(caused, other, LATER)?.finding.causedBy).toEqual({
      arn: 'arn:aws:iam::111122223333:user/eve',
    });
  });

  test('that a person rejected stays rejected while nothing new is said of it', () => {
    const rejected = { ...open({ ...BAD, decision: 'ask' }), decision: 'rejected' };
    expect(stateOf(rejected, undefined)).toBe('rejected');
    expect(openOrResolve(rejected, { ...BAD, decision: 'ask' }, LATER)).toBeUndefined();
    expect(openOrResolve(rejected, { ...BAD, decision: 'ask', reason: 'Worse.' }, LATER)).toBeDefined();
  });

  test.each([
    ['open', undefined],
    ['open', '2026-08-03'],
    ['waived', '2026-08-04'],
  ])('whose remediation is taken back is %s under a waiver until %s', (status, until) => {
    const waiver = until === undefined ? {} : { waiver: { until, by: 'olivia@example.com' } };
    const before = { ...open(), status: 'resolved' as const, ...waiver };
    const undone = { ...REMEDIATION, status: 'confirmed' as const, undoes: 4 };
    const { finding } = afterRemediation(before, undone, LATER);
    expect(finding).toMatchObject({ status, openedAt: LATER.at, remediatedAt: [] });
    expect(stateOf(finding, undone)).toBe('undone');
    const failed = { ...undone, status: 'failed' as const };
    expect(afterRemediation(before, failed, LATER).finding.status).toBe('resolved');
    expect(stateOf(before, failed)).toBe('not-undone');
  });
});

describe('a change that leaves a part of what is wrong', () => {
  const remediation = {
    remedy: 'narrow-key-policy',
    controls: ['rotation-enabled'],
    status: 'confirmed',
    requestIds: ['r-1'],
    before: {},
    undo: [],
    leaves: { 'rotation-enabled': 'Statement 2 stays.' },
  } as const;

  test('keeps the finding open with what is left, and counts as a change for whoever undoes it', () => {
    const { finding } = afterRemediation({ ...open(), decision: 'act' }, remediation, LATER);
    expect(finding).toMatchObject({ status: 'open', decision: 'tell', reason: 'Statement 2 stays.' });
    expect(finding.remediatedAt).toEqual([LATER.at]);
    expect(stateOf(finding, remediation)).toBe('not-remediated');
  });

  test('resolves the finding of another control, which it leaves nothing of', () => {
    const other = { ...open(), control: 'rotation-period-annual' };
    expect(afterRemediation(other, remediation, LATER).finding.status).toBe('resolved');
    expect(stateOf(other, remediation)).toBe('remediated');
  });
});
