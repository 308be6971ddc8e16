import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Control, Judgement } from '../../lib/controls/control.ts';
import { controls } from '../../lib/controls/index.ts';
import { remedies } from '../../lib/remediations/index.ts';
import { complain, complainOfCase, type Surroundings } from './complaints.ts';
import { type ControlCase, POLICY } from './control-case.ts';
import { matchesPattern, mayCall, readShippedStack, readStack } from './stack.ts';

const NOT_CONTROLS = ['control', 'index'];
const root = new URL('../../', import.meta.url);
const files = readdirSync(new URL('lib/controls/', root))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, ''))
  .filter((file) => !NOT_CONTROLS.includes(file));

/** The mirrored file of a control; a control without one has no cases, which the walk complains of. */
async function loadCases(id: string): Promise<readonly ControlCase[]> {
  const exists = readdirSync(new URL('test/controls/', root)).includes(`${id}.cases.ts`);
  if (!exists) return [];
  const { cases } = (await import(`./${id}.cases.ts`)) as { cases: readonly ControlCase[] };
  return cases;
}

const cases = new Map<string, readonly ControlCase[]>();
for (const { id } of controls) cases.set(id, await loadCases(id));

const shipped: Surroundings = {
  files,
  cases,
  stack: readShippedStack(),
  remedies,
  modes: POLICY.controls,
  page: readFileSync(new URL('docs/controls.md', root), 'utf8'),
};

describe.each(controls.map((control) => [control.id, control] as const))('%s', (id, control) => {
  test.each((cases.get(id) ?? []).map((one) => [one.expected, one.name, one] as const))(
    'is %s when %s',
    (_expected, _name, one) => {
      expect(complainOfCase(control, one)).toEqual([]);
    },
  );
});

describe('the registry', () => {
  test('fits the files, the stack, the policy file and the docs', () => {
    expect(complain(controls, shipped)).toEqual([]);
  });

  test('has the controls of the procedure that this version verifies', () => {
    expect(controls.map(({ id }) => id)).toEqual([
      'key-region-approved',
      'key-creator-authorized',
      'key-spec-approved',
      'key-owner-tagged',
      'key-creation-attributed',
      'audit-trail-intact',
      'grant-least-privilege',
      'key-policy-not-public',
      'key-policy-least-privilege',
      'key-material-not-exportable',
      'iam-policy-kms-least-privilege',
      'key-use-logged',
      'key-material-in-kms',
      'key-administrator-authorized',
      'key-available',
      'rotation-enabled',
      'rotation-period-annual',
      'manual-rotation-on-schedule',
      'rotation-on-schedule',
      'deletion-authorized',
      'deletion-key-unused',
      'deletion-waiting-period',
      'pending-deletion-key-not-used',
      'deletion-completed',
    ]);
  });
});

/** The first control that has a remedy, with something broken about it. */
const broken = (overrides: Partial<Control>): readonly Control[] =>
  controls.map((control) => (control.id === 'rotation-enabled' ? { ...control, ...overrides } : control));
const rotationEnabled = controls.find(({ id }) => id === 'rotation-enabled');
const say = (judgement: Judgement) => ({ verify: () => judgement });
const sayInstead = (from: RegExp, to: string): Partial<Control> => ({
  verify: (evidence) => {
    const judgement = rotationEnabled?.verify(evidence) ?? { verdict: 'unknown', reason: '' };
    return { ...judgement, reason: judgement.reason.replace(from, to) };
  },
});

describe('the walk complains of a control', () => {
  test.each<[string, Partial<Control>, string]>([
    ['whose id is not its file name', { id: 'rotation-on' }, 'there is no lib/controls/rotation-on.ts'],
    ['whose file is not registered', { id: 'rotation-on' }, 'lib/controls/rotation-enabled.ts is not in the registry'],
    ['whose id is used twice', { id: 'key-spec-approved' }, 'key-spec-approved: the id is used twice'],
    ['whose id is not in kebab case', { id: 'rotationEnabled' }, 'not in kebab case'],
    ['without a title', { title: '' }, 'the title is empty'],
    ['whose title demands instead of saying what is good', { title: 'Ensure rotation is on' }, 'starts with "Ensure"'],
    ['whose title is a sentence with a period', { title: 'Rotation is on.' }, 'the title ends with a period'],
    ['of a step that the procedure does not have', { step: '4.6.1' }, '4.6.1 is no step'],
    ['that does not say why', { why: '' }, 'why is no sentence'],
    ['that does not say when it says nothing', { notApplicable: '' }, 'notApplicable is no sentence'],
    ['that is mapped to no standard', { standards: {} }, 'SOC 2 CC6.7 is not among the standards'],
    ['without a runbook', { runbook: [] }, 'the runbook is empty'],
    ['whose runbook is not numbered', { runbook: ['Look.', '1. Think.'] }, 'runbook step 1 is not numbered'],
    ['whose runbook names no time', { runbook: ['1. Read `actor.arn` of the action.'] }, 'names no time'],
    ['whose runbook names no field', { runbook: ['1. Within 1 hour, look.'] }, 'names no field'],
    [
      'that finds everything in order',
      say({ verdict: 'compliant', reason: 'Key is well.' }),
      'the verdict is compliant, not violation',
    ],
    ['whose reason has no period', sayInstead(/\.$/, ''), 'does not end with a period'],
    ['whose reason has two periods', sayInstead(/\.$/, '..'), 'does not end with a period'],
    ['whose reason does not name the key', sayInstead(/1234abcd\S*/g, 'X'), 'does not name the key'],
    [
      'whose reason says something else',
      sayInstead(/.*/s, 'Something is up.'),
      'does not say "its automatic rotation is off"',
    ],
    ['whose reason is on two lines', sayInstead(/ /, '\n'), 'is not on one line'],
    ['that reads more than it may', { iam: ['kms:DescribeKey'] }, 'its reads need kms:GetKeyRotationStatus'],
    [
      'that reads more than it may for some of its events',
      { readsOn: { DisableKeyRotation: ['usage'] } },
      'its reads need kms:GetKeyLastUsage',
    ],
    [
      'that reads something for what does not trigger it',
      { readsOn: { TagResource: ['history'] } },
      'it reads more for TagResource, which does not trigger it',
    ],
    [
      'that needs what no role has',
      { iam: ['kms:DescribeKey', 'kms:GetKeyRotationStatus', 'kms:DeleteAlias'] },
      'LifecycleRole in serverless.yml may not call kms:DeleteAlias',
    ],
    [
      'that needs what the role has for its own table only',
      { iam: ['kms:DescribeKey', 'kms:GetKeyRotationStatus', 'kms:Decrypt'] },
      'LifecycleRole in serverless.yml may not call kms:Decrypt',
    ],
    ['without events', { events: [] }, 'no event triggers it'],
    [
      'whose event does not exist',
      { events: ['DisableRotation'] },
      'DisableRotation of kms.amazonaws.com is in no catalogue',
    ],
    [
      'whose event is a read, which never arrives',
      { events: ['DescribeKey'] },
      'no rule in serverless.yml delivers DescribeKey of kms.amazonaws.com',
    ],
    [
      'whose cases are about other actions',
      { events: ['TagResource'] },
      'is about an action that does not trigger the control',
    ],
    ['whose mode is not the one shipped', { defaultMode: 'approve' }, 'says mode enforce, and the control approve'],
    ['whose page is not up to date', { severity: 'low' }, 'docs/controls.md does not have its page'],
  ])('%s', (_name, overrides, complaint) => {
    expect(complain(broken(overrides), shipped)).toContainEqual(expect.stringContaining(complaint));
  });

  const [remedy] = remedies;
  const withRemedy = (overrides: object) => broken(remedy === undefined ? {} : { remedy: { ...remedy, ...overrides } });
  test.each<[string, object, string]>([
    ['cannot be found by its id', { title: 'Another' }, 'is not in lib/remediations/index.ts'],
    [
      'has no plan',
      { plan: () => ({ possible: false, reason: 'No.' }) },
      'its remedy has no plan for "rotation was switched off": No.',
    ],
    [
      'needs what no role has',
      { iam: ['kms:UpdatePrimaryRegion'] },
      'RemediateRole in serverless.yml may not call kms:UpdatePrimaryRegion',
    ],
    [
      'calls what it does not declare',
      { iam: [] },
      "its remedy calls kms:EnableKeyRotation, which the remedy's iam does not name",
    ],
    [
      'reads what it does not declare',
      { iam: [] },
      "the reads of its remedy need kms:GetKeyRotationStatus, which the remedy's iam",
    ],
    [
      'does nothing',
      { plan: () => ({ possible: true, plan: { requests: [], undo: [] } }) },
      'cannot be undone and does not ask first',
    ],
    [
      'is undone by what it does not declare',
      { undoIam: [] },
      "undoing calls kms:DisableKeyRotation, which the remedy's undoIam",
    ],
  ])('whose remedy %s', (_name, overrides, complaint) => {
    expect(complain(withRemedy(overrides), shipped)).toContainEqual(expect.stringContaining(complaint));
  });

  test.each<[string, Partial<Surroundings>, string]>([
    ['without cases', { cases: new Map() }, 'rotation-enabled: there is no unknown case'],
    [
      'whose remedy acts where it must not',
      {
        cases: new Map([...cases].map(([id, own]) => [id, own.map((one) => ({ ...one, noPlan: 'never' }))])),
      },
      'rotation-enabled: its remedy does not refuse "rotation was switched off" because of "never"',
    ],
    ['that the policy file does not know', { modes: {} }, 'rotation-enabled: keywarden.policy.yml says mode (none)'],
    ['that is not in the docs', { page: '' }, 'rotation-enabled: docs/controls.md does not have its page'],
    [
      'that is nowhere registered',
      { files: [...files, 'key-of-nobody'] },
      'lib/controls/key-of-nobody.ts is not in the registry',
    ],
    [
      'whose events no rule delivers',
      { stack: { ...shipped.stack, rules: [] } },
      'rotation-enabled: no rule in serverless.yml delivers DisableKeyRotation of kms.amazonaws.com',
    ],
    [
      'whose rule is off',
      { stack: { ...shipped.stack, rules: shipped.stack.rules.map((rule) => ({ ...rule, state: 'DISABLED' })) } },
      'no rule in serverless.yml delivers CreateKey',
    ],
    [
      'whose rule goes elsewhere',
      { stack: { ...shipped.stack, rules: shipped.stack.rules.map((rule) => ({ ...rule, targets: ['Nowhere'] })) } },
      'no rule in serverless.yml delivers CreateKey',
    ],
    [
      'whose service event is left out by the rules',
      {
        stack: {
          ...shipped.stack,
          rules: shipped.stack.rules.map((rule) => ({
            ...rule,
            pattern: { 'detail-type': ['AWS API Call via CloudTrail'] },
          })),
        },
      },
      'no rule in serverless.yml delivers DeleteKey',
    ],
    [
      'whose role is gone',
      { stack: { ...shipped.stack, roles: {} } },
      'LifecycleRole in serverless.yml may not call kms:DescribeKey',
    ],
  ])('%s', (_name, overrides, complaint) => {
    expect(complain(controls, { ...shipped, ...overrides })).toContainEqual(expect.stringContaining(complaint));
  });
});

describe('the stack, as the walk reads it,', () => {
  test('has the roles and rules of serverless.yml', () => {
    expect(Object.keys(shipped.stack.roles)).toEqual(expect.arrayContaining(['LifecycleRole', 'RemediateRole']));
    expect(shipped.stack.rules.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['KmsCallsRule', 'KmsEventsRule']),
    );
  });

  test('is refused when it is written in a way that the walk does not understand', () => {
    expect(() => readStack('resources: elsewhere.yml')).toThrow();
    expect(() => readStack('resources: [')).toThrow();
    expect(() => matchesPattern({ source: [{ prefix: 'aws.' }] }, { source: 'aws.kms' })).toThrow(/prefix/);
  });

  const allow = { Effect: 'Allow' as const, Action: ['kms:Describe*'], Resource: ['arn:aws:kms:x:y:key/*'] };
  test.each([
    ['a pattern that covers it', [allow], true],
    ['another action', [{ ...allow, Action: ['kms:Get*'] }], false],
    ['one key only', [{ ...allow, Resource: ['arn:aws:kms:x:y:key/1'] }], false],
    ['a condition', [{ ...allow, Condition: {} }], false],
    ['a Deny beside it', [allow, { ...allow, Effect: 'Deny' as const }], false],
    ['a Deny for one key', [allow, { ...allow, Effect: 'Deny' as const, Resource: ['LedgerKey.Arn'] }], true],
    ['a Deny with a condition', [allow, { ...allow, Effect: 'Deny' as const, Condition: {} }], true],
  ])('lets a role describe keys by %s: %#', (_name, statements, may) => {
    expect(mayCall(statements, 'kms:DescribeKey')).toBe(may);
  });

  test.each([
    [{ source: ['aws.kms'] }, true],
    [{ source: ['aws.s3', 'aws.kms'], detail: { eventName: ['CreateKey'] } }, true],
    [{ source: ['aws.s3'] }, false],
    [{ detail: { eventName: ['DeleteKey'] } }, false],
    [{ account: ['111122223333'] }, false],
    [{ source: { eventName: ['CreateKey'] } }, false],
  ])('with the pattern %j lets a CreateKey through: %s', (pattern, lets) => {
    expect(matchesPattern(pattern, { source: 'aws.kms', detail: { eventName: 'CreateKey' } })).toBe(lets);
  });
});
