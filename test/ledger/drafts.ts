import type { KeyAction } from '../../lib/event/key-action.ts';
import type { ActionEntry, Draft, Entry } from '../../lib/ledger/entry.ts';
import { draftMalformed } from '../../lib/ledger/fit.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';

/** @param number gives the key its id */
export const keyArn = (number: number): string =>
  `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-${String(number).padStart(12, '0')}`;

type DraftOf<Kind extends Entry['type']> = Extract<Draft, { readonly type: Kind }>;

const request = (operation: string, key: string) =>
  ({ service: 'kms', operation, region: REGION, parameters: { KeyId: key, RotationPeriodInDays: 365 } }) as const;

/** An action with everything that a record can have. */
function writeAction(key: string, number: number): KeyAction {
  return {
    eventId: `event-${number}`,
    sharedEventId: `shared-${number}`,
    requestId: `request-${number}`,
    time: `2026-08-03T09:${String(number % 60).padStart(2, '0')}:00Z`,
    api: 'DisableKeyRotation',
    eventSource: 'kms.amazonaws.com',
    kind: 'lifecycle',
    step: '4.4.1',
    subject: key,
    keys: [key],
    account: ACCOUNT,
    region: REGION,
    actor: {
      type: 'AssumedRole',
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/KeyAdmin/dana@example.com`,
      accountId: ACCOUNT,
      principalId: 'AROAEXAMPLE:dana@example.com',
      sessionIssuer: `arn:aws:iam::${ACCOUNT}:role/KeyAdmin`,
      person: 'dana@example.com',
      invokedBy: 'cloudformation.amazonaws.com',
      sourceIp: '192.0.2.10',
      userAgent: 'aws-cli/2.15',
      mfa: true,
      bySelf: false,
    },
    request: { keyId: key, nested: { tags: ['a', 'b'], count: 3 } },
    response: { ok: true, empty: null },
    outcome: 'denied',
    error: { code: 'AccessDenied', message: 'No, "never".\n' },
    origin: 'eventbridge',
    digest: String(number % 10).repeat(64),
  };
}

function draftAction(key: string, number: number): DraftOf<'action'> {
  const change = request('EnableKeyRotation', key);
  const draft: Omit<ActionEntry, Exclude<keyof ActionEntry, keyof DraftOf<'action'>>> = {
    type: 'action',
    action: writeAction(key, number),
    policy: 'a'.repeat(64),
    verdicts: [
      {
        control: 'rotation-enabled',
        item: 'grant-1',
        step: '4.4.1',
        severity: 'high',
        verdict: 'violation',
        reason: `${key} does not rotate.`,
        keeps: true,
      },
    ],
    decisions: [
      {
        control: 'rotation-enabled',
        item: 'grant-1',
        decision: 'act',
        held: true,
        reason: 'The mode is enforce.',
        proposal: '{}',
        remedy: 'enable-key-rotation',
        plan: {
          summary: 'Enable rotation.',
          requests: [change],
          undo: [request('DisableKeyRotation', key)],
          asksFirst: 'It cannot be undone.',
          before: { rotating: false },
          notes: ['One note.'],
          leftToDo: { sentence: 'Then this.', requests: [change] },
          settles: ['rotation-period-annual'],
          leaves: { 'rotation-period-annual': 'The period is too long.' },
        },
      },
    ],
    limit: 'reached',
    omitted: ['action.response'],
    sameAs: { seq: 1, eventId: 'event-0', how: 'twin' },
  };
  return draft;
}

const draftOutcome = (key: string, number: number): DraftOf<'outcome'> => ({
  type: 'outcome',
  of: number,
  remediations: [
    {
      remedy: 'enable-key-rotation',
      controls: ['rotation-enabled'],
      status: 'confirmed',
      requestIds: [`request-${number}`],
      before: { rotating: false },
      after: { rotating: true },
      undo: [request('DisableKeyRotation', key)],
      reason: 'It was confirmed.',
      leaves: { 'rotation-period-annual': 'The period is too long.' },
    },
  ],
  told: [{ control: 'rotation-enabled', state: 'remediated', messageId: `message-${number}` }],
});

const place = (key: string, number: number) => ({
  eventId: `event-${number}`,
  time: '2026-08-03T09:00:00Z',
  api: 'CreateGrant',
  subject: key,
});

const draftStatement = (key: string, number: number): DraftOf<'statement'> => ({
  type: 'statement',
  statement: {
    source: 'archive',
    account: ACCOUNT,
    region: REGION,
    queries: ['AWSLogs of 2026-08-03'],
    notAsked: ['IAM: it is in another Region'],
    window: { from: '2026-08-03T00:00:00Z', to: '2026-08-04T00:00:00Z' },
    occasion: 'asked',
    startedAt: '2026-08-04T01:00:00Z',
    endedAt: '2026-08-04T01:01:00Z',
    counts: { read: number, expected: 3, recorded: 1, backfilled: 1, failed: 1, extra: 1 },
    missing: [
      { ...place(key, number), result: 'backfilled' },
      { ...place(key, number), result: 'failed', reason: 'It could not be read.' },
    ],
    extra: [{ ...place(key, number), seq: 7 }],
    omitted: 0,
    gaps: [{ what: 'one file', reason: 'It is gone.' }],
    digests: { validated: 1, invalid: 0, filesValidated: 2, filesInvalid: 0, filesWithoutDigest: 1 },
    complete: false,
    by: 'keywarden-dev-reconcile',
    version: '0.1.0',
  },
});

const draftInventory = (key: string, number: number): DraftOf<'inventory'> => ({
  type: 'inventory',
  inventory: {
    at: '2026-08-03T00:00:00Z',
    account: ACCOUNT,
    region: REGION,
    keys: number,
    unread: 1,
    examples: [{ key, reason: 'AccessDenied' }],
    object: 'inventories/2026-08-03.jsonl.gz',
    sha256: 'b'.repeat(64),
  },
});

const draftIntegrity = (key: string, number: number): DraftOf<'integrity'> => ({
  type: 'integrity',
  checkpoint: number,
  problems: [{ subject: key, seq: 3, what: 'altered: the hash does not belong to the text' }],
});

const draftReport = (_key: string, _number: number): DraftOf<'report'> => ({
  type: 'report',
  report: {
    window: { from: '2026-07-01T00:00:00Z', to: '2026-08-01T00:00:00Z' },
    manifestSha256: 'c'.repeat(64),
    object: 'packs/2026-07.zip',
    by: 'dana@example.com',
  },
});

const draftUnreadable = (_key: string, number: number): DraftOf<'malformed'> =>
  draftMalformed(`{"number":${number},`, { code: 'not-json', message: 'It is no JSON.' });

/** One draft of every kind of entry, with every field that it can have; `number` makes them differ. */
export const DRAFTS = [
  draftAction,
  draftOutcome,
  draftUnreadable,
  draftStatement,
  draftInventory,
  draftIntegrity,
  draftReport,
] as const satisfies readonly ((key: string, number: number) => Draft)[];

/** Fails to compile when there is a kind of entry of which there is no draft. */
type Covered = ReturnType<(typeof DRAFTS)[number]>['type'];
export const KINDS: readonly Entry['type'][] = [
  'action',
  'outcome',
  'malformed',
  'statement',
  'inventory',
  'integrity',
  'report',
] satisfies Covered[];
