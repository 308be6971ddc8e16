import { describe, expect, test } from '@jest/globals';
import auditTrailIntact from '../../lib/controls/audit-trail-intact.ts';
import type { Control } from '../../lib/controls/control.ts';
import deletionAuthorized from '../../lib/controls/deletion-authorized.ts';
import rotationOnSchedule from '../../lib/controls/rotation-on-schedule.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { type KeyDescription, type KeyFacts, known } from '../../lib/facts/key-facts.ts';
import { factsOf, keyWith } from '../facts/key.ts';
import { actionOf, NOW, OWN_RESOURCES, OWN_ROLES, POLICY } from './control-case.ts';

const verify = (control: Control, facts: KeyFacts, action?: KeyAction) =>
  control.verify({
    ...(action === undefined ? {} : { action }),
    facts,
    policy: POLICY,
    now: NOW,
    ownRoles: OWN_ROLES,
    ownResources: OWN_RESOURCES,
  });

describe('what of a recorder a finding is about', () => {
  const itemOf = (eventSource: string, api: string, overrides: Partial<KeyAction> = {}) =>
    auditTrailIntact.item?.(actionOf(api, { eventSource, ...overrides }));
  const person = actionOf('X').actor;
  const service = { type: 'AWSService', invokedBy: 'cloudformation.amazonaws.com', bySelf: false };

  test.each([
    ['StartLogging', 'logging'],
    ['StopLogging', 'logging'],
    ['PutEventSelectors', 'selectors'],
    ['UpdateTrail', 'settings'],
    ['DeleteTrail', undefined],
  ])('is, after %s, its %s', (api, item) => {
    expect(itemOf('cloudtrail.amazonaws.com', api)).toBe(item);
    expect(itemOf('cloudtrail.amazonaws.com', api, { actor: { ...person, bySelf: true } })).toBe(item);
  });

  test('is apart for what nobody answers for, so that it closes nothing', () => {
    const of = (actor: KeyAction['actor']) => itemOf('events.amazonaws.com', 'DisableRule', { actor });
    expect(of(person)).toBeUndefined();
    expect(of(service)).toBe('by nobody');
    expect(of({ ...person, bySelf: true })).toBe('by nobody');
  });
});

describe('a key that KMS rotates at times that nobody tells', () => {
  const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000).toISOString();
  const verdictOf = (days: number, status: object = {}) =>
    verify(rotationOnSchedule, {
      ...factsOf({ createdAt: daysAgo(days) }, { enabled: true, ...status }),
      rotations: known({ done: [] }),
    });
  const limit = 90 + POLICY.rotation.graceDays;

  test('may be late as soon as it is older than the shortest period allows', () => {
    expect(verdictOf(limit).verdict).toBe('compliant');
    const late = verdictOf(limit + 1);
    expect(late.verdict).toBe('unknown');
    expect(late.reason).toContain(', and nobody tells how often KMS rotates it.');
  });

  test('is in time when one of its dates is known', () => {
    expect(verdictOf(limit + 1, { periodInDays: 365 }).verdict).toBe('compliant');
    expect(verdictOf(limit + 1, { nextAt: daysAgo(-100) }).verdict).toBe('compliant');
    expect(verdictOf(limit + 1, { enabled: false }).verdict).toBe('compliant');
  });
});

describe('a key whose state nobody can tell', () => {
  const facts = (key: Partial<KeyDescription> = { untold: ['state'] }) => ({ ...factsOf(), key: known(keyWith(key)) });
  test.each(['TagResource', 'UntagResource'])('was not pending deletion when KMS carried out %s', (api) => {
    const { verdict, reason } = verify(deletionAuthorized, facts(), actionOf(api));
    expect(verdict).toBe('not-applicable');
    expect(reason).toMatch(/^Key \S+ was not pending deletion, because KMS changed its tags\.$/);
  });

  test('may be, when KMS refused to, when something else happened, and when nothing did', () => {
    for (const action of [actionOf('TagResource', { outcome: 'failed' }), actionOf('ScheduleKeyDeletion'), undefined]) {
      expect(verify(deletionAuthorized, facts(), action).reason).not.toContain('because KMS changed its tags');
    }
  });

  test('is judged by its state when that is told', () => {
    const { reason } = verify(deletionAuthorized, facts({}), actionOf('TagResource'));
    expect(reason).toContain('is not pending deletion (its state is Enabled)');
    const gone = { ...factsOf(), key: known('missing' as const) };
    expect(verify(deletionAuthorized, gone, actionOf('TagResource')).reason).toContain('does not exist any more');
  });
});
