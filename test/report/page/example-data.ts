import { controls } from '../../../lib/controls/index.ts';
import { PHASES } from '../../../lib/procedure.ts';
import type {
  ControlSummary,
  PackData,
  Population,
  Row,
  StepSummary,
  Table,
  TrendPoint,
  VerdictCounts,
} from '../../../lib/report/pack-data.ts';

const ACCOUNT = '111122223333';
const keyArn = (at: number) =>
  `arn:aws:kms:eu-west-1:${ACCOUNT}:key/${at.toString(16).padStart(8, '0')}-1b2c-4d3e-8f4a-5b6c7d8e9f00`;
const sha = (at: number) => at.toString(16).padStart(64, '9');
const DAY = 86_400_000;
const WINDOW = { from: '2026-07-01T00:00:00.000Z', to: '2026-10-01T00:00:00.000Z' };
const dayOf = (at: number) => new Date(Date.parse(WINDOW.from) + at * DAY).toISOString();

const NO_COUNTS: VerdictCounts = { compliant: 0, violation: 0, unknown: 0, waived: 0, 'not-applicable': 0 };

/** Numbers that differ from each other, so that one in the place of another shows. */
function countFor(at: number): VerdictCounts {
  const idle = at % 7 === 5;
  if (idle) return NO_COUNTS;
  return {
    compliant: 1200 + at * 17,
    violation: at % 3 === 0 ? 2 + at : 0,
    unknown: at % 8 === 2 ? 1 + at : 0,
    waived: at % 9 === 4 ? 3 : 0,
    'not-applicable': 40 + at,
  };
}

const total = (counts: VerdictCounts) => Object.values(counts).reduce((sum, one) => sum + one, 0);

const summaries: readonly ControlSummary[] = controls.map(({ id, title, severity }, at) => {
  const counts = countFor(at);
  const mode = ['observe', 'approve', 'enforce'][at % 3] ?? 'observe';
  return { id, title, severity, mode, counts, evaluated: total(counts), open: counts.violation > 0 ? 1 + (at % 2) : 0 };
});

const stepsOf = (id: string) => {
  const control = controls.find((one) => one.id === id);
  return [control?.step, ...(control?.alsoSteps ?? [])];
};

const steps: readonly StepSummary[] = PHASES.flatMap((phase) =>
  phase.steps.map((step, at) => summariseStep({ ...step, phase: `${phase.id} ${phase.title}` }, at)),
);

function summariseStep(step: Pick<StepSummary, 'id' | 'phase' | 'who' | 'what' | 'artefact'>, at: number): StepSummary {
  const own = summaries.filter(({ id }) => stepsOf(id).includes(step.id));
  const add = (name: keyof VerdictCounts) => own.reduce((sum, { counts }) => sum + counts[name], 0);
  const counts: VerdictCounts = {
    compliant: add('compliant'),
    violation: add('violation'),
    unknown: add('unknown'),
    waived: add('waived'),
    'not-applicable': add('not-applicable'),
  };
  const open = own.reduce((sum, one) => sum + one.open, 0);
  const attention = counts.violation + counts.unknown + open > 0;
  const state = attention ? 'attention' : total(counts) > 0 ? 'compliant' : 'none';
  const says = {
    attention: `${counts.violation} violations and ${counts.unknown} unknown verdicts, of which ${open} are open at the end.`,
    compliant: 'Every control that ran found it in order.',
    none: 'No control of this step ran in the window, so that nothing is said of it.',
  }[state];
  const { id, phase, who, what, artefact } = step;
  return { id, phase, who, what, artefact, actions: 100 + at * 13, controls: own, counts, open, state, says };
}

const points: readonly TrendPoint[] = Array.from({ length: 14 }, (_, at) => ({
  day: dayOf(at * 7 - 2).slice(0, 10),
  actions: at === 5 ? 0 : 180 + ((at * 37) % 120),
  violations: (at * 5) % 9,
  unknown: at % 4 === 0 ? 2 : 0,
  remediations: (at * 3) % 6,
}));

const table = (
  id: string,
  title: string,
  columns: Table['columns'],
  rows: readonly Row[],
  all = rows.length,
): Population => ({
  id,
  title,
  what: `One row for each of ${title.toLowerCase()} in the window.`,
  columns,
  rows,
  total: all,
  left: all - rows.length,
  file: `populations/${id}.csv`,
  jsonFile: `populations/${id}.jsonl`,
});

const ID = { id: 'id', title: 'Id' };
const TIME = { id: 'time', title: 'When', kind: 'time' } as const;
const SUBJECT = { id: 'subject', title: 'About', kind: 'arn' } as const;
const API = { id: 'api', title: 'Action' };
const WHO = { id: 'who', title: 'Who' };
const SEVERITY = { id: 'severity', title: 'Severity', kind: 'severity' } as const;
const VERDICT = { id: 'verdict', title: 'Verdict', kind: 'verdict' } as const;
const REASON = { id: 'reason', title: 'What is so' };

const APIS = ['CreateKey', 'EnableKeyRotation', 'CreateGrant', 'PutKeyPolicy', 'ScheduleKeyDeletion', 'DisableKey'];
const PEOPLE = ['dana@example.com as KeyAdmin', 'eve@example.com as Contractor', 'role/payments-deploy', 'root user'];
const VERDICTS = ['compliant', 'violation', 'unknown', 'waived', 'not-applicable'];

const rowsOf = (length: number): readonly Row[] =>
  Array.from({ length }, (_, at) => ({
    id: `${keyArn(at % 9)}#${at + 1}`,
    time: dayOf(at * 0.7),
    subject: keyArn(at % 9),
    api: APIS[at % APIS.length] ?? '',
    who: PEOPLE[at % PEOPLE.length] ?? '',
    outcome: at % 11 === 3 ? 'denied' : 'succeeded',
    step: STEPS[at % STEPS.length] ?? '',
    worst: VERDICTS[at % VERDICTS.length] ?? '',
    verdict: VERDICTS[(at + 1) % VERDICTS.length] ?? '',
    severity: ['critical', 'high', 'medium', 'low'][at % 4] ?? '',
    control: controls[at % controls.length]?.id ?? '',
    reason: `Key ${keyArn(at % 9)} rotates every 730 days; the policy allows at most 365.`,
    violations: at % 5 === 1 ? 'rotation-period-annual' : null,
    unknowns: null,
    sourceIp: '192.0.2.17',
    mfa: at % 2 === 0,
    waitingDays: 7 + at,
    eventId: `e0000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
    hash: sha(at),
  }));

const STEPS = ['4.1.1', '4.4.1', '4.2.1', '4.3.2', '4.5.1'];

const ACTION = [ID, TIME, API, SUBJECT, WHO, { id: 'outcome', title: 'Outcome' }];
const EVENT = { id: 'eventId', title: 'CloudTrail event' };
const HASH = { id: 'hash', title: 'Hash of the entry' };
const MANY_COLUMNS = [
  ...ACTION,
  { id: 'step', title: 'Step' },
  { id: 'worst', title: 'Worst verdict', kind: 'verdict' } as const,
  { id: 'violations', title: 'Controls violated' },
  { id: 'unknowns', title: 'Controls that could not tell' },
  { id: 'sourceIp', title: 'From' },
  { id: 'mfa', title: 'MFA' },
  EVENT,
  HASH,
];

const populations: readonly Population[] = [
  table('actions', 'Actions', MANY_COLUMNS, rowsOf(40), 3127),
  table(
    'verdicts',
    'Verdicts',
    [ID, TIME, API, SUBJECT, { id: 'control', title: 'Control' }, SEVERITY, VERDICT, REASON],
    rowsOf(12),
    48_211,
  ),
  table('rotations', 'Rotations', [...ACTION, EVENT], rowsOf(6)),
  table(
    'deletions',
    'Deletions',
    [...ACTION, { id: 'waitingDays', title: 'Waiting period in days', kind: 'number' }, VERDICT, REASON, EVENT],
    rowsOf(4),
  ),
  table('grants', 'Grants', [...ACTION, EVENT, HASH], []),
];

const statements = table(
  'statements',
  'Comparisons with CloudTrail',
  [
    ID,
    TIME,
    { id: 'source', title: 'Source' },
    { id: 'expected', title: 'Expected', kind: 'number' },
    { id: 'recorded', title: 'Recorded', kind: 'number' },
    { id: 'complete', title: 'Complete' },
  ],
  Array.from({ length: 8 }, (_, at) => ({
    id: `reconcile/${ACCOUNT}/eu-west-1#${at + 1}`,
    time: dayOf(at * 11),
    source: 'lookup-events',
    expected: 390 + at,
    recorded: 389 + at,
    complete: at !== 3,
  })),
  92,
);

const gaps = table(
  'gaps',
  'Gaps',
  [ID, { id: 'what', title: 'What' }, REASON],
  [
    {
      id: `reconcile/${ACCOUNT}/eu-west-1#4`,
      what: '2026-08-03T10:00:00Z to 2026-08-05T00:00:00Z',
      reason: 'CloudTrail refused with AccessDeniedException: the role may not call cloudtrail:LookupEvents.',
    },
  ],
);

/** The pack of a quarter in which most is in order, some is not, and some was not looked at. */
export const EXAMPLE: PackData = {
  v: 1,
  generator: {
    name: 'keywarden',
    version: '0.1.0',
    commit: '0123456789abcdef0123456789abcdef01234567',
    by: `arn:aws:iam::${ACCOUNT}:role/keywarden-prod-report`,
    at: '2026-10-02T06:00:00.000Z',
    source: `DynamoDB table keywarden-prod-ledger in ${ACCOUNT} eu-west-1`,
    query: 'Every item of the table, in the order of its keys; actions by when they happened.',
  },
  window: WINDOW,
  places: [
    { account: ACCOUNT, region: 'eu-west-1' },
    { account: ACCOUNT, region: 'us-east-1' },
  ],
  entries: { read: 9482, inWindow: 6301, before: 3170, after: 9, unverified: 2 },
  integrity: {
    state: 'whole',
    chains: 214,
    entries: 9482,
    problems: [],
    problemsLeft: 0,
    unchecked: [],
    noted: [],
    checkpoints: 2210,
    lastCheckpoint: { number: 2210, at: '2026-10-02T05:00:00.000Z', sha256: sha(7) },
    covered: 9475,
    uncovered: 7,
    keys: [sha(11)],
    keysGiven: true,
    how: [
      'Every entry was hashed anew and compared with its hash and with the entry before it.',
      'Every checkpoint was verified with the public key.',
    ],
  },
  coverage: {
    complete: false,
    statements,
    gaps,
    uncovered: [
      {
        account: ACCOUNT,
        region: 'eu-west-1',
        from: '2026-08-03T10:00:00.000Z',
        to: '2026-08-05T00:00:00.000Z',
        why: 'The comparison of this part has a gap.',
      },
    ],
    notAsked: ['Operations of other services: CloudTrail is asked for kms.amazonaws.com only.'],
    counts: { read: 51_200, expected: 3126, recorded: 3121, backfilled: 5, failed: 0, extra: 1 },
  },
  inventory: [
    {
      account: ACCOUNT,
      region: 'eu-west-1',
      looked: true,
      start: {
        at: '2026-07-01T00:05:00.000Z',
        keys: 180,
        listed: 180,
        unread: 0,
        object: 'inventory/2026-07-01.jsonl.gz',
        sha256: sha(1),
      },
      end: {
        at: '2026-10-01T00:05:00.000Z',
        keys: 191,
        listed: 191,
        unread: 3,
        object: 'inventory/2026-10-01.jsonl.gz',
        sha256: sha(2),
      },
      created: 14,
      destroyed: 2,
      expected: 192,
      found: 191,
      balanced: false,
      differences: [{ key: keyArn(77), what: 'It is in neither list, and was made in the window.' }],
      differencesLeft: 0,
    },
    {
      account: ACCOUNT,
      region: 'us-east-1',
      looked: false,
      reason: 'No list of keys was made in this place before the window.',
      created: 1,
      destroyed: 0,
    },
  ],
  steps,
  otherControls: [],
  trend: { per: 'week', points },
  findings: {
    atStart: 6,
    opened: 31,
    closed: 28,
    atEnd: 9,
    open: table(
      'open',
      'Open findings',
      [ID, { id: 'control', title: 'Control' }, SUBJECT, SEVERITY, VERDICT, TIME, REASON],
      rowsOf(9),
    ),
  },
  waivers: [
    {
      control: 'rotation-enabled',
      subject: keyArn(3),
      owner: 'olivia@example.com',
      ticket: 'SEC-412',
      expires: '2026-12-31',
      state: 'in force',
      used: 3,
    },
    {
      control: 'key-owner-tagged',
      subject: 'tag migration = wave-2',
      owner: 'olivia@example.com',
      ticket: 'SEC-398',
      expires: '2026-08-31',
      state: 'expired',
      used: 11,
    },
  ],
  populations,
  keyUse: { collected: false, reason: 'No log files of CloudTrail are read for the use of keys.' },
  policies: [
    {
      sha256: sha(21),
      first: '2026-07-01T00:10:00.000Z',
      last: '2026-08-19T09:00:00.000Z',
      entries: 3302,
      file: `policies/${sha(21)}.yml`,
    },
    { sha256: sha(22), first: '2026-08-19T09:05:00.000Z', last: '2026-09-30T23:50:00.000Z', entries: 2999 },
  ],
  matrix: controls.map(({ id, title, why, step, severity, remedy }, at) => ({
    control: id,
    title,
    why,
    steps: [step],
    severity,
    mode: ['observe', 'approve', 'enforce'][at % 3] ?? 'observe',
    ...(remedy === undefined ? {} : { remedy: remedy.id }),
    standards: { 'SOC 2': ['CC6.1', 'CC6.7'] },
    evaluated: summaries[at]?.evaluated ?? 0,
  })),
};

/** The pack of a window in which everything was looked at, and nothing is wrong. */
export const IN_ORDER: PackData = {
  ...EXAMPLE,
  entries: { ...EXAMPLE.entries, read: 9480, unverified: 0 },
  integrity: { ...EXAMPLE.integrity, covered: 9482, uncovered: 0 },
  coverage: {
    ...EXAMPLE.coverage,
    complete: true,
    uncovered: [],
    notAsked: [],
    gaps: { ...gaps, rows: [], total: 0, left: 0 },
  },
  inventory: EXAMPLE.inventory.flatMap((one) =>
    one.looked
      ? [{ ...one, end: { ...one.end, keys: 192, unread: 0 }, found: 192, balanced: true, differences: [] }]
      : [],
  ),
  steps: steps.map((step) => ({
    ...step,
    counts: { ...NO_COUNTS, compliant: 4 },
    controls: step.controls.map((control) => ({
      ...control,
      counts: { ...NO_COUNTS, compliant: 2 },
      evaluated: 2,
      open: 0,
    })),
    open: 0,
    state: 'compliant',
    says: 'Every control that ran found it in order.',
  })),
  findings: {
    ...EXAMPLE.findings,
    closed: 37,
    atEnd: 0,
    open: { ...EXAMPLE.findings.open, rows: [], total: 0, left: 0 },
  },
  keyUse: {
    collected: true,
    uses: 81_000,
    keys: 40,
    hours: [{ account: ACCOUNT, region: 'eu-west-1', looked: 2208, notLooked: 0 }],
    unreadFiles: 0,
    table: table('key-use', 'Use of keys', [ID], [], 0),
  },
  policies: EXAMPLE.policies.slice(0, 1),
};

/** The pack of a window about which nothing is known: an empty ledger, never compared. */
export const NOTHING_KNOWN: PackData = {
  ...EXAMPLE,
  places: [],
  entries: { read: 0, inWindow: 0, before: 0, after: 0, unverified: 0 },
  integrity: {
    state: 'not-checked',
    chains: 0,
    entries: 0,
    problems: [],
    problemsLeft: 0,
    unchecked: [{ subject: 'checkpoints', seq: 0, what: 'There is no checkpoint.' }],
    noted: [],
    checkpoints: 0,
    covered: 0,
    uncovered: 0,
    keys: [],
    keysGiven: false,
    how: [],
  },
  coverage: {
    complete: false,
    statements: { ...statements, rows: [], total: 0, left: 0 },
    gaps: { ...gaps, rows: [], total: 0, left: 0 },
    uncovered: [],
    notAsked: [],
    counts: { read: 0, expected: 0, recorded: 0, backfilled: 0, failed: 0, extra: 0 },
  },
  inventory: [],
  steps: steps.map((step) => ({
    ...step,
    actions: 0,
    controls: step.controls.map((control) => ({ ...control, counts: NO_COUNTS, evaluated: 0, open: 0 })),
    counts: NO_COUNTS,
    open: 0,
    state: 'none',
    says: 'No control of this step ran in the window, so that nothing is said of it.',
  })),
  trend: {
    per: 'week',
    points: points.map(({ day }) => ({ day, actions: 0, violations: 0, unknown: 0, remediations: 0 })),
  },
  findings: {
    atStart: 0,
    opened: 0,
    closed: 0,
    atEnd: 0,
    open: { ...EXAMPLE.findings.open, rows: [], total: 0, left: 0 },
  },
  waivers: [],
  populations: populations.map((one) => ({ ...one, rows: [], total: 0, left: 0 })),
  policies: [],
};
