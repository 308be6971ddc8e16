import type { Control, Verdict } from '../../lib/controls/control.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { findOperation } from '../../lib/event/operations.ts';
import type { FactName } from '../../lib/facts/key-facts.ts';
import type { AwsRequest, Remedy } from '../../lib/remediations/remedy.ts';
import { writeControlsPage } from '../../scripts/controls-page.ts';
import { KEY_ID } from '../facts/key.ts';
import { type ControlCase, NOW, OWN_RESOURCES, OWN_ROLES, POLICY } from './control-case.ts';
import { matchesPattern, mayCall, type Stack } from './stack.ts';

/** Everything around the controls that must fit them. */
export interface Surroundings {
  /** Names of the files in lib/controls, without `.ts`. */
  readonly files: readonly string[];
  readonly cases: ReadonlyMap<string, readonly ControlCase[]>;
  readonly stack: Stack;
  readonly remedies: readonly Remedy[];
  /** Mode of each control in the policy file. */
  readonly modes: Readonly<Record<string, { readonly mode: string } | undefined>>;
  /** Text of docs/controls.md. */
  readonly page: string;
}

/** What is wrong with the controls and what surrounds them, one sentence each; empty when all is well. */
export function complain(controls: readonly Control[], surroundings: Surroundings): string[] {
  return [
    ...complainOfRegistry(controls, surroundings),
    ...controls.flatMap((control) =>
      CHECKS.flatMap((check) => check(control, surroundings)).map((complaint) => `${control.id}: ${complaint}`),
    ),
  ];
}

type Check = (control: Control, surroundings: Surroundings) => string[];

const CHECKS: readonly Check[] = [
  complainOfText,
  complainOfRunbook,
  complainOfCases,
  complainOfReads,
  complainOfPermissions,
  complainOfRemedy,
  complainOfEvents,
  complainOfMode,
  complainOfPage,
];

/** A complaint when something is not so. */
const unless = (isSo: boolean, complaint: string): string[] => (isSo ? [] : [complaint]);

function complainOfRegistry(controls: readonly Control[], { files }: Surroundings): string[] {
  const ids = controls.map(({ id }) => id);
  return [
    ...files.filter((file) => !ids.includes(file)).map((file) => `lib/controls/${file}.ts is not in the registry`),
    ...ids.filter((id) => !files.includes(id)).map((id) => `${id}: there is no lib/controls/${id}.ts`),
    ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `${id}: the id is used twice`),
  ];
}

function complainOfText({ id, title, step, alsoSteps = [], why, notApplicable, standards }: Control): string[] {
  return [
    ...unless(/^[a-z]+(-[a-z0-9]+)+$/.test(id), 'the id is not in kebab case'),
    ...unless(title.length > 0 && title.length <= 150, 'the title is empty or longer than 150 characters'),
    ...unless(!/^ensure/i.test(title), 'the title starts with "Ensure" instead of naming the good state'),
    ...unless(!title.endsWith('.'), 'the title ends with a period'),
    ...[step, ...alsoSteps].flatMap((one) =>
      unless(/^4\.[1-5]\.[1-3]$/.test(one), `${one} is no step of the procedure`),
    ),
    ...unless(why.endsWith('.'), 'why is no sentence'),
    ...unless(notApplicable.endsWith('.'), 'notApplicable is no sentence'),
    ...['CC6.1', 'CC6.7'].flatMap((reference) =>
      unless(standards['SOC 2']?.includes(reference) === true, `SOC 2 ${reference} is not among the standards`),
    ),
  ];
}

function complainOfRunbook({ runbook }: Control): string[] {
  return [
    ...unless(runbook.length > 0, 'the runbook is empty'),
    ...runbook.flatMap((line, at) =>
      unless(
        line.startsWith(`${at + 1}. `) && line.endsWith('.'),
        `runbook step ${at + 1} is not numbered or no sentence`,
      ),
    ),
    ...unless(
      runbook.some((line) => /\bwithin \d+ (working )?(hours?|days?)\b/i.test(line)),
      'the runbook names no time',
    ),
    ...unless(
      runbook.some((line) => /`[a-z]+\.[A-Za-z]+`/.test(line)),
      'the runbook names no field of the record',
    ),
  ];
}

const VERDICTS: readonly Verdict[] = ['compliant', 'violation', 'not-applicable', 'unknown'];

function complainOfCases(control: Control, { cases }: Surroundings): string[] {
  const own = cases.get(control.id) ?? [];
  return [
    ...VERDICTS.filter((verdict) => !own.some(({ expected }) => expected === verdict)).map(
      (verdict) => `there is no ${verdict} case`,
    ),
    ...own.flatMap((one) => complainOfCase(control, one)),
    ...own
      .filter(({ action }) => action !== undefined && !triggers(control, action))
      .map(({ name }) => `case "${name}" is about an action that does not trigger the control`),
  ];
}

function triggers(
  { eventSource = 'kms.amazonaws.com', events, otherEvents = {} }: Control,
  action: KeyAction,
): boolean {
  const own = action.eventSource === eventSource || action.eventSource === 'kms.amazonaws.com' ? events : [];
  return [...own, ...(otherEvents[action.eventSource] ?? [])].includes(action.api);
}

/** What is wrong with what the control says in one situation. */
export function complainOfCase(
  control: Control,
  { name, action, facts, policy, now, expected, says, names }: ControlCase,
): string[] {
  const { verdict, reason } = control.verify({
    facts,
    policy: policy ?? POLICY,
    now: now ?? NOW,
    ownRoles: OWN_ROLES,
    ownResources: OWN_RESOURCES,
    ...(action === undefined ? {} : { action }),
  });
  const store = action?.subject.split(':custom-key-store/')[1];
  const [part, whole] = control.eventSource === undefined ? [store ?? KEY_ID, 'The key '] : ['keys', 'The policy '];
  const namesIt = reason.includes(names ?? part) || (action === undefined && reason.includes(whole));
  return [
    ...unless(verdict === expected, `the verdict is ${verdict}, not ${expected}: ${reason}`),
    ...unless(reason.includes(says), `the reason does not say "${says}": ${reason}`),
    ...unless(namesIt, `the reason does not name the key or the policy: ${reason}`),
    ...unless(/[^.]\.$/.test(reason), `the reason does not end with a period: ${reason}`),
    ...unless(!/\p{Cc}/u.test(reason), `the reason is not on one line: ${reason}`),
  ].map((complaint) => `case "${name}": ${complaint}`);
}

/** What lib/facts calls for each fact. */
const CALLS: Readonly<Record<FactName, readonly string[]>> = {
  key: ['kms:DescribeKey'],
  rotation: ['kms:DescribeKey', 'kms:GetKeyRotationStatus'],
  tags: ['kms:ListResourceTags'],
  aliases: ['kms:ListAliases'],
  keyPolicy: ['kms:GetKeyPolicy'],
  grant: ['kms:ListGrants'],
  iamPolicy: [
    ...['iam:GetPolicy', 'iam:GetPolicyVersion', 'iam:ListEntitiesForPolicy'],
    ...['iam:GetRolePolicy', 'iam:GetUserPolicy', 'iam:GetGroupPolicy'],
    ...['iam:ListAttachedRolePolicies', 'iam:ListAttachedUserPolicies', 'iam:ListAttachedGroupPolicies'],
  ],
  rotations: ['kms:ListKeyRotations'],
  usage: ['kms:GetKeyLastUsage'],
  // From the ledger, which every function may read.
  history: [],
  trails: ['cloudtrail:DescribeTrails', 'cloudtrail:GetTrailStatus', 'cloudtrail:GetEventSelectors'],
};

function complainOfReads({ reads, readsOn = {}, events, iam, remedy }: Control): string[] {
  const missing = [...reads, ...Object.values(readsOn).flat()]
    .flatMap((name) => CALLS[name])
    .filter((action) => !iam.includes(action));
  const remedyReads = [...(remedy?.reads ?? []), ...(remedy?.confirms ?? [])];
  const missingOfRemedy = remedyReads.flatMap((name) => CALLS[name]).filter((action) => !remedy?.iam.includes(action));
  return [
    ...Object.keys(readsOn)
      .filter((api) => !events.includes(api))
      .map((api) => `it reads more for ${api}, which does not trigger it`),
    ...missing.map((action) => `its reads need ${action}, which its iam does not name`),
    ...missingOfRemedy.map((action) => `the reads of its remedy need ${action}, which the remedy's iam does not name`),
  ];
}

/** These functions verify and remediate; a look at all keys asks the controls of states, and that of grants. */
function complainOfPermissions({ id, iam, remedy, judgesState }: Control, { stack }: Surroundings): string[] {
  const actions = [...new Set([...iam, ...(remedy?.iam ?? [])])];
  const isAskedBySweep = judgesState || id === 'grant-least-privilege';
  const roles = ['LifecycleRole', 'RemediateRole', 'ReconcileRole', ...(isAskedBySweep ? ['SweepRole'] : [])];
  return roles.flatMap((role) =>
    actions
      .filter((action) => !mayCall(stack.roles[role] ?? [], action))
      .map((action) => `${role} in serverless.yml may not call ${action}`),
  );
}

/** A remedy must be able to put right every violation that the cases show, with the permissions it names. */
function complainOfRemedy({ id, remedy }: Control, { remedies, cases }: Surroundings): string[] {
  if (remedy === undefined) return [];
  const violations = (cases.get(id) ?? []).filter(({ expected }) => expected === 'violation');
  return [
    ...unless(remedies.includes(remedy), `its remedy ${remedy.id} is not in lib/remediations/index.ts`),
    ...violations.flatMap((one) => complainOfPlan(remedy, one)),
  ];
}

function complainOfPlan(remedy: Remedy, { name, action, facts, policy, now, noPlan }: ControlCase): string[] {
  const planned = remedy.plan({
    facts,
    policy: policy ?? POLICY,
    now: now ?? NOW,
    ownRoles: OWN_ROLES,
    ownResources: OWN_RESOURCES,
    ...(action === undefined ? {} : { action }),
  });
  if (noPlan !== undefined) {
    const refuses = !planned.possible && planned.reason.includes(noPlan);
    return unless(refuses, `its remedy does not refuse "${name}" because of "${noPlan}": ${JSON.stringify(planned)}`);
  }
  if (!planned.possible) return [`its remedy has no plan for "${name}": ${planned.reason}`];
  const { requests, undo, asksFirst } = planned.plan;
  const actionsOf = (made: readonly AwsRequest[]) => made.map(({ service, operation }) => `${service}:${operation}`);
  return [
    ...unless(requests.length > 0, `the plan for "${name}" does nothing`),
    ...unless(
      undo.length > 0 || asksFirst !== undefined,
      `the plan for "${name}" cannot be undone and does not ask first`,
    ),
    ...actionsOf(requests).flatMap((action) =>
      unless(remedy.iam.includes(action), `its remedy calls ${action}, which the remedy's iam does not name`),
    ),
    ...actionsOf(undo).flatMap((action) =>
      unless(remedy.undoIam.includes(action), `undoing calls ${action}, which the remedy's undoIam does not name`),
    ),
  ];
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html: what KMS does by itself. */
const SERVICE_EVENTS: ReadonlySet<string> = new Set(['RotateKey', 'DeleteKey', 'DeleteExpiredKeyMaterial']);

function complainOfEvents(control: Control, { stack }: Surroundings): string[] {
  const { eventSource = 'kms.amazonaws.com', events, otherEvents = {} } = control;
  return [
    ...unless(events.length > 0, 'no event triggers it'),
    ...events.flatMap((api) => complainOfEvent(eventSource, api, stack)),
    ...Object.entries(otherEvents).flatMap(([source, apis]) =>
      apis.flatMap((api) => complainOfEvent(source, api, stack)),
    ),
  ];
}

function complainOfEvent(eventSource: string, api: string, { rules }: Stack): string[] {
  const { kind } = findOperation(api, eventSource);
  return [
    ...unless(kind !== 'unrecognised', `${api} of ${eventSource} is in no catalogue of lib/event`),
    ...unless(
      rules.some((rule) => delivers(rule, eventSource, api, kind)),
      `no rule in serverless.yml delivers ${api} of ${eventSource}`,
    ),
  ];
}

const serviceOf = (eventSource: string): string => eventSource.replace('.amazonaws.com', '');

/**
 * Whether a rule asks for the operation; what else it asks for (the name of a resource, an error) is for the tests of the
 * stack. Reads and uses of keys come only by a rule with the state that asks for all management events.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 */
function delivers({ state, pattern, targets }: Stack['rules'][number], eventSource: string, api: string, kind: string) {
  const event = {
    source: `aws.${serviceOf(eventSource)}`,
    'detail-type': SERVICE_EVENTS.has(api) ? 'AWS Service Event via CloudTrail' : 'AWS API Call via CloudTrail',
    detail: { eventSource, eventName: api },
  };
  const wanted = kind === 'lifecycle' ? ['ENABLED', ALL_EVENTS] : [ALL_EVENTS];
  const asked = listAlternatives(pattern).some((one) => matchesPattern(onlyNames(one), event));
  return wanted.includes(state) && targets.includes('LifecycleQueue') && asked;
}

const ALL_EVENTS = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

/** A pattern that has `$or` among the fields of the record, as one pattern for each branch. */
function listAlternatives(pattern: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] {
  const { $or: branches, ...rest } = (pattern.detail ?? {}) as Readonly<Record<string, unknown>>;
  if (!Array.isArray(branches)) return [pattern];
  return branches.map((branch: object) => ({ ...pattern, detail: { ...rest, ...branch } }));
}

/** The pattern without what depends on the single call. */
function onlyNames(pattern: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { detail, ...rest } = pattern;
  if (typeof detail !== 'object' || detail === null) return { ...rest };
  const { eventSource, eventName } = detail as Readonly<Record<string, unknown>>;
  const named = Object.entries({ eventSource, eventName }).filter(([, value]) => value !== undefined);
  return { ...rest, detail: Object.fromEntries(named) };
}

function complainOfMode({ id, defaultMode }: Control, { modes }: Surroundings): string[] {
  const mode = Object.hasOwn(modes, id) ? modes[id]?.mode : undefined;
  return unless(
    mode === defaultMode,
    `keywarden.policy.yml says mode ${mode ?? '(none)'}, and the control ${defaultMode}`,
  );
}

/** The page of one control is the part of a one-control catalogue that starts with its heading. */
function complainOfPage(control: Control, { page }: Surroundings): string[] {
  const catalogue = writeControlsPage([control]);
  const own = catalogue.slice(catalogue.indexOf(`## ${control.id}\n`)).trim();
  return unless(page.includes(own), 'docs/controls.md does not have its page as it is now; run "npm run docs"');
}
