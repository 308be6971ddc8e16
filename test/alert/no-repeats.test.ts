import { describe, expect, test } from '@jest/globals';
import type { Control } from '../../lib/controls/control.ts';
import keyAvailable from '../../lib/controls/key-available.ts';
import manualRotation from '../../lib/controls/manual-rotation-on-schedule.ts';
import rotationEnabled from '../../lib/controls/rotation-enabled.ts';
import rotationOnSchedule from '../../lib/controls/rotation-on-schedule.ts';
import type { Order } from '../../lib/judge.ts';
import { changeWaivers } from '../../lib/ledger/waiver.ts';
import type { ControlCase } from '../controls/control-case.ts';
import { give, type Happening, loadCases, lookAt, NOW, OLIVIA, OSCAR, type Told, tell, withoutTags } from './story.ts';

/** The plainest violation of a control. */
async function violationOf(
  control: Control,
): Promise<Happening & { readonly action: NonNullable<ControlCase['action']> }> {
  const cases = await loadCases(control.id);
  const bad = cases.find(({ expected, noPlan, action }) => expected === 'violation' && !noPlan && action !== undefined);
  if (bad?.action === undefined) throw new Error(`No case of ${control.id} shows a violation.`);
  return { control, action: bad.action, facts: withoutTags(bad.facts), policy: bad.policy, now: bad.now };
}

const stateOf = (told: Told | undefined): string | undefined => told?.notice.state;

/** The same key, looked at so many days later. */
const swept = (happening: Happening, days: number, before: Told | undefined): Happening => {
  const now = new Date((happening.now ?? NOW).getTime() + days * 86_400_000);
  const order: Order = { kind: 'sweep', control: happening.control.id };
  return { ...happening, action: lookAt(happening.action.subject), order, now, before: before?.finding };
};

describe('the officer is not told again', () => {
  test.each([rotationEnabled, keyAvailable])('that $id is broken when the same happens again', async (control) => {
    const happening = await violationOf(control);
    for (const mode of ['observe', 'approve'] as const) {
      const first = await tell({ ...happening, mode });
      expect(stateOf(first)).toBe(mode === 'observe' ? 'opened' : 'needs-approval');
      expect(await tell({ ...happening, mode, before: first?.finding })).toBeUndefined();
    }
  });

  test.each([rotationOnSchedule, manualRotation])(
    'that $id is broken when a look at all keys finds it, some days older',
    async (control) => {
      const happening = await violationOf(control);
      const first = await tell({ ...happening, mode: 'observe' });
      expect(stateOf(first)).toBe('opened');
      const later = swept({ ...happening, mode: 'observe' }, 3, first);
      expect(await tell(later)).toBeUndefined();
      // The reason that is not told again is another one: it counts the days.
      const fresh = await tell({ ...later, before: undefined });
      expect(fresh?.finding.reason).not.toBe(first?.finding.reason);
    },
  );

  test('of a plan that a person rejected, when it is found again', async () => {
    const happening = await violationOf(rotationEnabled);
    const asks = await tell({ ...happening, mode: 'approve' });
    if (asks === undefined) throw new Error('Nobody was asked.');
    const { action, record } = give('reject', asks.finding, OLIVIA, { of: asks.finding.seq });
    const no: Happening = {
      ...happening,
      mode: 'approve',
      action,
      order: { kind: 'none', record },
      before: asks.finding,
    };
    const rejected = await tell(no);
    expect(stateOf(rejected)).toBe('rejected');
    expect(await tell(swept({ ...happening, mode: 'approve' }, 1, rejected))).toBeUndefined();
    expect(await tell({ ...happening, mode: 'approve', before: rejected?.finding })).toBeUndefined();
  });

  test('while a person answers for it', async () => {
    const happening = await violationOf(rotationEnabled);
    const opened = await tell({ ...happening, mode: 'observe' });
    if (opened === undefined) throw new Error('Nobody was told.');
    const { action, record } = give('waive', opened.finding, OLIVIA, { until: '2026-10-31' });
    const waived = await tell({ ...happening, action, order: { kind: 'none', record }, before: opened.finding });
    expect(stateOf(waived)).toBe('waived');
    const source = { subject: action.subject, eventId: action.eventId, seq: 2, at: NOW.toISOString() };
    const waivers = changeWaivers(record, new Map(), source).map(({ waiver }) => waiver);
    const next = swept({ ...happening, mode: 'enforce', waivers }, 1, waived);
    expect(await tell(next)).toBeUndefined();
    expect(stateOf(await tell({ ...next, waivers: [] }))).toBe('opened');
  });
});

describe('the officer is told again', () => {
  test('when it was in order in between', async () => {
    const happening = await violationOf(rotationEnabled);
    const first = await tell({ ...happening, mode: 'observe' });
    const good = (await loadCases(rotationEnabled.id)).find(({ expected }) => expected === 'compliant');
    if (good === undefined) throw new Error('No case is compliant.');
    const over = await tell({ ...happening, facts: good.facts, before: first?.finding });
    expect(stateOf(over)).toBe('resolved');
    expect(stateOf(await tell({ ...happening, mode: 'observe', before: over?.finding }))).toBe('reopened');
  });

  test('when somebody proposes a change that waited already: somebody else must approve it now', async () => {
    const happening = await violationOf(rotationEnabled);
    const asks = await tell({ ...happening, mode: 'approve' });
    if (asks === undefined) throw new Error('Nobody was asked.');
    const { action, record } = give('remediate', asks.finding, OSCAR);
    const order: Order = { kind: 'remediate', record, control: rotationEnabled.id, deed: happening.action };
    const proposed = await tell({ ...happening, mode: 'approve', action, order, before: asks.finding });
    expect(stateOf(proposed)).toBe('needs-approval');
    expect(proposed?.finding.proposedBy?.name).toBe('oscar@example.com');
  });
});
