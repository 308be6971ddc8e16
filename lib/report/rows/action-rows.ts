import type { Actor, KeyAction } from '../../event/key-action.ts';
import { KMS_SOURCE } from '../../event/operations.ts';
import { fieldOf, textOf } from '../../event/plain-json.ts';
import type { KeyHistory } from '../../facts/key-facts.ts';
import { readWaitingDays } from '../../facts/waiting-period.ts';
import type { ActionEntry, RecordedVerdict } from '../../ledger/entry.ts';
import { findingId } from '../../ledger/finding.ts';
import type { Cell, Row } from '../pack-data.ts';
import type { PopulationId } from '../populations.ts';
import { joinWords, orNull, rowId, toText } from './cells.ts';

/** A row, and the population that it belongs to. */
export type Placed = readonly [population: PopulationId, row: Row];

/** What else is known of the subject when its action comes. */
export interface BeforeAction {
  /** Of the key, before this action. */
  readonly history: KeyHistory;
  /** Name of the tag that approves a deletion. */
  readonly approvalTag: string;
}

/**
 * The rows of one action of the window. It is a row of exactly one of `actions`, `second-records` and `orders`; the others
 * show the same action from another side.
 *
 * @param hash of the entry
 */
export function makeActionRows(entry: ActionEntry, hash: string, before: BeforeAction): readonly Placed[] {
  const verdicts = entry.verdicts.map((verdict) => describeVerdict(entry, verdict));
  return [
    placeAction(entry, hash),
    ...verdicts.map((row): Placed => ['verdicts', row]),
    ...verdicts.filter(({ decision }) => decision === 'waived').map((row): Placed => ['waived', row]),
    ...(entry.sameAs === undefined ? makeSideRows(entry, before) : []),
  ];
}

function placeAction(entry: ActionEntry, hash: string): Placed {
  if (entry.sameAs !== undefined) return ['second-records', makeSecondRow(entry, entry.sameAs, hash)];
  return isOrder(entry.action) ? ['orders', makeOrderRow(entry, hash)] : ['actions', makeActionRow(entry, hash)];
}

/** What a person asked of Keywarden, or it does once a day: AWS has no record of it. */
export const isOrder = ({ eventSource }: KeyAction): boolean => eventSource === 'keywarden';

/** Who did it, for people: the person when the record names one, and else the role or identity. */
export const nameActor = ({ person, sessionIssuer, arn, invokedBy, type }: Actor): string =>
  person ?? sessionIssuer ?? arn ?? invokedBy ?? type;

const baseOf = ({ subject, seq, action }: ActionEntry) => ({
  id: rowId(subject, seq),
  time: action.time,
  api: action.api,
  subject: action.subject,
  who: nameActor(action.actor),
  outcome: action.outcome,
});

function makeActionRow(entry: ActionEntry, hash: string): Row {
  const { action } = entry;
  const { actor } = action;
  return {
    ...baseOf(entry),
    step: action.step,
    ...describeVerdicts(entry),
    service: action.eventSource,
    kind: action.kind,
    account: action.account,
    region: action.region,
    actorType: actor.type,
    actorArn: orNull(actor.arn),
    role: orNull(actor.sessionIssuer),
    invokedBy: orNull(actor.invokedBy),
    sourceIp: orNull(actor.sourceIp),
    mfa: actor.mfa ?? null,
    bySelf: actor.bySelf,
    error: action.error === undefined ? null : `${action.error.code}: ${action.error.message}`,
    eventId: action.eventId,
    requestId: orNull(action.requestId),
    origin: action.origin,
    recordedAt: entry.recordedAt,
    omitted: joinWords(entry.omitted ?? []),
    policy: entry.policy,
    digest: action.digest,
    hash,
  };
}

const makeSecondRow = (entry: ActionEntry, sameAs: NonNullable<ActionEntry['sameAs']>, hash: string): Row => {
  const { id, time, api, subject } = baseOf(entry);
  const of = rowId(entry.subject, sameAs.seq);
  return { id, time, api, subject, of, how: sameAs.how, eventId: entry.eventId, recordedAt: entry.recordedAt, hash };
};

function makeOrderRow(entry: ActionEntry, hash: string): Row {
  const { outcome: _outcome, ...base } = baseOf(entry);
  const { worst } = describeVerdicts(entry);
  const { order } = entry;
  return {
    ...base,
    finding: orNull(order?.finding),
    verified: order?.by.verified ?? null,
    callerArn: orNull(order?.by.arn),
    why: orNull(order?.reason ?? textOf(entry.action.request, 'reason')),
    ticket: orNull(order?.ticket),
    until: orNull(order?.until),
    plan: orNull(order?.plan),
    of: order?.of === undefined ? null : rowId(entry.subject, order.of),
    worst,
    eventId: entry.eventId,
    recordedAt: entry.recordedAt,
    hash,
  };
}

/** The gravest first. */
const VERDICTS = ['violation', 'unknown', 'compliant', 'not-applicable'];

function describeVerdicts(entry: ActionEntry): Readonly<Record<'worst' | 'violations' | 'unknowns' | 'waived', Cell>> {
  const all = entry.verdicts.map((verdict) => ({ ...verdict, waived: decisionOn(entry, verdict) === 'waived' }));
  const standing = all.filter(({ waived }) => !waived);
  const idsOf = (verdict: string) => joinWords(standing.filter((one) => one.verdict === verdict).map(findingId));
  return {
    worst:
      VERDICTS.find((verdict) => standing.some((one) => one.verdict === verdict)) ?? (all.length > 0 ? 'waived' : null),
    violations: idsOf('violation'),
    unknowns: idsOf('unknown'),
    waived: joinWords(all.filter(({ waived }) => waived).map(findingId)),
  };
}

/** @returns the decision on a verdict; `none` when there is nothing to do */
export const decisionOn = ({ decisions }: ActionEntry, verdict: RecordedVerdict): string =>
  decisions.find((one) => findingId(one) === findingId(verdict))?.decision ?? 'none';

function describeVerdict(entry: ActionEntry, verdict: RecordedVerdict): Row {
  const { id: of, time, api, subject } = baseOf(entry);
  const decision = entry.decisions.find((one) => findingId(one) === findingId(verdict));
  return {
    id: `${of}#${findingId(verdict)}`,
    time,
    api,
    subject,
    control: verdict.control,
    item: orNull(verdict.item),
    step: verdict.step,
    severity: verdict.severity,
    verdict: verdict.verdict,
    decision: decision?.decision ?? 'none',
    reason: verdict.reason,
    decided: orNull(decision?.reason),
    of,
  };
}

const ROTATIONS: ReadonlySet<string> = new Set([
  'EnableKeyRotation',
  'DisableKeyRotation',
  'RotateKeyOnDemand',
  'RotateKey',
]);
const GRANTS: ReadonlySet<string> = new Set(['CreateGrant', 'RevokeGrant', 'RetireGrant']);
const DELETIONS: ReadonlySet<string> = new Set([
  'ScheduleKeyDeletion',
  'CancelKeyDeletion',
  'DeleteKey',
  'DeleteImportedKeyMaterial',
  'DeleteExpiredKeyMaterial',
]);

function makeSideRows(entry: ActionEntry, before: BeforeAction): readonly Placed[] {
  const { api, eventSource } = entry.action;
  if (eventSource !== KMS_SOURCE) return [];
  if (ROTATIONS.has(api)) return [['rotations', makeRotationRow(entry)]];
  if (GRANTS.has(api)) return [['grants', makeGrantRow(entry)]];
  return DELETIONS.has(api) ? [['deletions', makeDeletionRow(entry, before)]] : [];
}

function makeRotationRow(entry: ActionEntry): Row {
  const { request, response } = entry.action;
  const rotation = textOf(request, 'rotationType') ?? textOf(response, 'rotationType');
  const periodInDays = toText(fieldOf(request, 'rotationPeriodInDays'));
  return { ...baseOf(entry), periodInDays, automatic: orNull(rotation), eventId: entry.eventId };
}

function makeGrantRow(entry: ActionEntry): Row {
  const { request, response } = entry.action;
  const operations = fieldOf(request, 'operations');
  return {
    ...baseOf(entry),
    grantId: orNull(textOf(response, 'grantId') ?? textOf(request, 'grantId')),
    grantee: orNull(textOf(request, 'granteePrincipal') ?? textOf(request, 'granteeServicePrincipal')),
    operations: Array.isArray(operations) ? joinWords(operations.map(String)) : toText(operations),
    constraints: toText(fieldOf(request, 'constraints')),
    retiring: orNull(textOf(request, 'retiringPrincipal') ?? textOf(request, 'retiringServicePrincipal')),
    ...verdictOf(entry, ['grant-least-privilege']),
    eventId: entry.eventId,
  };
}

function makeDeletionRow(entry: ActionEntry, { history, approvalTag }: BeforeAction): Row {
  const { action } = entry;
  const isOrdered = action.api === 'ScheduleKeyDeletion';
  const approval = Object.hasOwn(history.tags, approvalTag) ? history.tags[approvalTag] : undefined;
  return {
    ...baseOf(entry),
    waitingDays: isOrdered ? (readWaitingDays(action) ?? null) : null,
    deletionAt: toText(fieldOf(action.response, 'deletionDate')),
    approval: orNull(approval?.value),
    approvedBy: approval === undefined ? null : nameActor(approval.actor),
    approvedAt: orNull(approval?.time),
    ...verdictOf(entry, ['deletion-authorized', 'deletion-completed']),
    eventId: entry.eventId,
  };
}

function verdictOf({ verdicts }: ActionEntry, controls: readonly string[]): { verdict: Cell; reason: Cell } {
  const found = verdicts.find(({ control }) => controls.includes(control));
  return { verdict: orNull(found?.verdict), reason: orNull(found?.reason) };
}
