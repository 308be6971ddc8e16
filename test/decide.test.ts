import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decide, type Question } from '../lib/decide.ts';
import { known, unread } from '../lib/facts/key-facts.ts';
import type { Waiver } from '../lib/policy/policy.ts';
import type { Planned } from '../lib/remediations/remedy.ts';

const PLAN: Planned = {
  possible: true,
  plan: { remedy: 'enable-key-rotation', subject: 'arn', summary: 'Switch it on.', requests: [], undo: [], before: {} },
};

const ASKING: Planned = { ...PLAN, plan: { ...PLAN.plan, asksFirst: 'It cannot be undone.' } };

const SAFE: Question = {
  verdict: 'violation',
  mode: 'enforce',
  planned: PLAN,
  bySelf: false,
  tags: known({ Owner: 'payments' }),
  protectedTag: 'keywarden:protected',
  sameRemedy: 0,
  safeguards: {
    sameRemedy: { changes: 3, hours: 24 },
    changesPerHour: 20,
    waiverWarningDays: 14,
    confirmWithinHours: 6,
  },
  breakerOpen: false,
  stopped: known(false),
  twoPersons: false,
};

const WAIVER: Waiver = {
  control: 'rotation-enabled',
  subject: 'arn',
  owner: 'olivia@example.com',
  ticket: 'SEC-42',
  expires: '2027-06-30',
};

describe('what is done about a verdict', () => {
  test.each<[string, Partial<Question>, string, string]>([
    ['a violation that may be put right', {}, 'act', 'enforce'],
    ['what is compliant', { verdict: 'compliant' }, 'none', 'Nothing is wrong'],
    ['what does not apply', { verdict: 'not-applicable' }, 'none', 'Nothing is wrong'],
    ['what could not be judged', { verdict: 'unknown' }, 'tell', 'could not judge'],
    ['a violation without a remedy', { planned: undefined }, 'tell', 'no remedy'],
    ['a remedy that cannot be used', { planned: { possible: false, reason: 'KMS cannot.' } }, 'tell', 'KMS cannot.'],
    ['what Keywarden did itself', { bySelf: true }, 'tell', 'never remediates itself'],
    ['a plan that must be approved', { planned: ASKING }, 'ask', 'It cannot be undone.'],
    [
      'a plan that must be approved, which a person ordered',
      { planned: ASKING, order: 'remediate' },
      'act',
      'ordered it',
    ],
    ['a plan that must be approved, in mode observe', { planned: ASKING, mode: 'observe' }, 'tell', 'observe'],
    ['mode observe', { mode: 'observe' }, 'tell', 'observe'],
    ['mode approve', { mode: 'approve' }, 'ask', 'approve'],
    ['a protected key', { tags: known({ 'keywarden:protected': '' }) }, 'tell', 'never changes it'],
    ['a key whose tags are hidden', { tags: unread('it was denied') }, 'ask', 'it was denied'],
    ['a waived violation', { waiver: WAIVER }, 'waived', 'olivia@example.com answers for it until 2027-06-30 (SEC-42)'],
    ['a waived unknown', { verdict: 'unknown', waiver: WAIVER }, 'waived', 'SEC-42'],
    ['what is compliant although it is waived', { verdict: 'compliant', waiver: WAIVER }, 'none', 'Nothing is wrong'],
    ['a fight', { sameRemedy: 3 }, 'ask', 'somebody undoes it'],
    ['a third change, which is allowed', { sameRemedy: 2 }, 'act', 'enforce'],
    ['the limit of changes per hour', { breakerOpen: true }, 'ask', 'limit of 20 changes'],
    ['the kill switch', { stopped: known(true) }, 'ask', 'kill switch is on'],
    ['a kill switch that cannot be read', { stopped: unread('it was denied') }, 'ask', 'it was denied'],
    ['an order while the kill switch is on', { order: 'remediate', stopped: known(true) }, 'ask', 'kill switch is on'],
    [
      'an order in a fight and beyond the limit',
      { order: 'remediate', sameRemedy: 9, breakerOpen: true },
      'act',
      'a person ordered it',
    ],
    ['an order to remediate what is waived', { order: 'remediate', waiver: WAIVER }, 'act', 'a person ordered it'],
    [
      'an order to remediate what somebody else must approve',
      { order: 'remediate', mode: 'approve', twoPersons: true, orderedBy: 'olivia@example.com' },
      'ask',
      'olivia@example.com proposes it, and somebody else must approve',
    ],
    [
      'an order to remediate what Keywarden would put right by itself',
      { order: 'remediate', twoPersons: true },
      'act',
      'a person ordered it',
    ],
    [
      'an approval, in mode approve',
      { order: 'approve', mode: 'approve', twoPersons: true, orderedBy: 'olivia@example.com' },
      'act',
      'olivia@example.com approved it',
    ],
    [
      'an approval of another plan',
      { order: 'approve', differs: 'key.state was Enabled and is Disabled.' },
      'ask',
      'key.state was Enabled and is Disabled.',
    ],
    ['what was so before Keywarden was there', { baseline: 'sweep-1' }, 'ask', 'only when a person approves'],
    ['the same in mode observe', { baseline: 'sweep-1', mode: 'observe' }, 'tell', 'observe'],
    ['an approval of what was so before', { baseline: 'sweep-1', order: 'approve' }, 'act', 'approved it'],
    ['an order to verify', { order: 'verify' }, 'ask', 'verify only'],
    ['an order to remediate, in mode observe', { order: 'remediate', mode: 'observe' }, 'act', 'a person ordered it'],
    [
      'an order to remediate a protected key',
      { order: 'remediate', tags: known({ 'keywarden:protected': '' }) },
      'tell',
      'never changes it',
    ],
  ])('%s', (_name, change, decision, reason) => {
    const decided = decide({ ...SAFE, ...change });
    expect(decided.decision).toBe(decision);
    expect(decided.reason).toContain(reason);
    expect(decided.reason).toMatch(/\.$/);
  });

  const questions: fc.Arbitrary<Question> = fc.record({
    verdict: fc.constantFrom('compliant', 'violation', 'not-applicable', 'unknown'),
    mode: fc.constantFrom('observe', 'approve', 'enforce'),
    planned: fc.constantFrom(undefined, PLAN, { possible: false as const, reason: 'No.' }),
    bySelf: fc.boolean(),
    tags: fc.constantFrom(known({}), known({ 'keywarden:protected': 'x' }), unread('it was denied')),
    protectedTag: fc.constant('keywarden:protected'),
    waiver: fc.constantFrom(undefined, WAIVER),
    sameRemedy: fc.nat(4),
    safeguards: fc.constant(SAFE.safeguards),
    breakerOpen: fc.boolean(),
    stopped: fc.constantFrom(known(false), known(true), unread('it was denied')),
    order: fc.constantFrom(undefined, 'verify', 'remediate', 'approve'),
    twoPersons: fc.boolean(),
    differs: fc.constantFrom(undefined, 'The period was 365 and is 200.'),
    baseline: fc.constantFrom(undefined, 'sweep-2026-08-03'),
  });

  test('acts only on a known violation, with a plan, on an unprotected key, never on its own call, and never against the mode', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const { decision } = decide(question);
        const { tags } = question;
        const safe =
          question.verdict === 'violation' &&
          question.planned?.possible === true &&
          !question.bySelf &&
          tags.known &&
          !Object.hasOwn(tags.value, 'keywarden:protected') &&
          question.stopped.known &&
          !question.stopped.value &&
          ((question.order === 'remediate' &&
            (!question.twoPersons || (question.mode === 'enforce' && question.baseline === undefined))) ||
            (question.order === 'approve' && question.waiver === undefined && question.differs === undefined) ||
            (question.order === undefined &&
              question.mode === 'enforce' &&
              question.baseline === undefined &&
              question.waiver === undefined &&
              question.sameRemedy < 3 &&
              !question.breakerOpen));
        expect(decision === 'act').toBe(safe);
      }),
    );
  });

  test('is never silence about a violation or an unknown', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const quiet = question.verdict === 'compliant' || question.verdict === 'not-applicable';
        expect(decide(question).decision === 'none').toBe(quiet);
      }),
    );
  });
});
