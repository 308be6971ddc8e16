import type { ControlText } from '../../lib/built-in-controls.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { actionOf } from '../controls/control-case.ts';
import { KEYWARDEN } from '../controls/people.ts';
import { factsOf, KEY_ID } from '../facts/key.ts';
import type { Moments } from './states.ts';
import { lookAt, type Told, tell } from './story.ts';

/** What one of the controls finds that judge no key: the verdict, and the action that it stands with. */
interface Found {
  readonly action: KeyAction;
  readonly item?: string;
  readonly verdict?: string;
  readonly reason: string;
}

const EVENT = '3d1fdf6f-0000-4000-8000-000000000001';
const REQUEST = '11111111-2222-4333-8444-555555555555';
const { subject } = actionOf('CreateKey');

const looking = (api: string, person: string): KeyAction => ({
  ...lookAt(subject),
  api,
  actor: { type: 'Schedule', person, bySelf: false },
  origin: 'on-demand',
});

/** By id; one that is not here has no reviewed text. */
const FOUND: Readonly<Record<string, Found>> = {
  'event-in-cloudtrail': {
    action: looking('CompareWithCloudTrail', 'keywarden (comparison with CloudTrail)'),
    item: EVENT,
    reason: `Entry 7 records DisableKey of key ${KEY_ID} (event ${EVENT}), and CloudTrail has no such event.`,
  },
  'key-readable': {
    action: lookAt(subject),
    verdict: 'unknown',
    reason: `Key ${KEY_ID} cannot be judged because kms:DescribeKey was denied to Keywarden's role.`,
  },
  'key-creation-recorded': {
    action: lookAt(subject),
    reason: `Key ${KEY_ID} was made on 2026-08-01T03:04:05.000Z, and nothing on record tells who made it.`,
  },
  'own-change-accounted': {
    action: actionOf('PutKeyPolicy', { actor: KEYWARDEN }),
    item: EVENT,
    reason: `PutKeyPolicy on key ${KEY_ID} was made with the role of Keywarden (request ${REQUEST}), and no entry of the ledger decided it.`,
  },
  'own-change-recorded': {
    action: looking('AwaitOwnRecord', 'keywarden (once an hour)'),
    item: REQUEST,
    reason: `Keywarden made EnableKeyRotation (request ${REQUEST}, decided in entry 7), AWS took it before 2026-08-03T09:01:05Z, and no record of CloudTrail tells of it within 6 hours.`,
  },
};

/**
 * Lets what a built-in control finds be told, and be in order again.
 *
 * @throws when nothing here shows what it finds
 */
export async function findBuiltIn({ id, step, severity }: ControlText): Promise<Moments> {
  if (id === 'operation-recognised') return unrecognised();
  const found = FOUND[id];
  if (found === undefined) throw new Error(`test/alert/built-in.ts shows nothing of ${id}.`);
  const { action, item, reason, verdict = 'violation' } = found;
  const base = { control: id, ...(item === undefined ? {} : { item }), step, severity };
  const happening = { control: { id }, action, facts: factsOf() };
  const opened = await tell({ ...happening, order: { kind: 'none', found: [{ ...base, verdict, reason }] } });
  const good = { ...base, verdict: 'compliant', reason: 'It was looked into, and is in order.' };
  const over = await tell({ ...happening, order: { kind: 'none', found: [good] }, before: opened?.finding });
  return collect({ opened, resolved: over });
}

/** The only one that is judged with every event. */
async function unrecognised(): Promise<Moments> {
  const action = actionOf('TransmuteKey', { kind: 'unrecognised', step: 'unrecognised' });
  return collect({ opened: await tell({ control: { id: 'operation-recognised' }, action, facts: factsOf() }) });
}

function collect(told: Readonly<Record<string, Told | undefined>>): Moments {
  const moments = new Map<string, Told>();
  for (const [name, one] of Object.entries(told)) {
    if (one === undefined) throw new Error(`Nobody is told that it is ${name}.`);
    moments.set(name, one);
  }
  return moments;
}
