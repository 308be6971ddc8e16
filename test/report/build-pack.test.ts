import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RecordedOrder } from '../../lib/ledger/entry.ts';
import type { StoredEntry } from '../../lib/ledger/read.ts';
import { buildPack, type PackSources } from '../../lib/report/build-pack.ts';
import type { PackData, Row } from '../../lib/report/pack-data.ts';
import { makeExamplePack, POLICY_TEXT, sourcesWith } from './example-pack.ts';
import { createMemoryFiles } from './memory-files.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import {
  actionDraft,
  actionWith,
  DANA,
  KEY,
  NASTY,
  NEW_KEY,
  OTHER_KEY,
  POLICY_SHA,
  record,
  soonAfter,
  statementWith,
  tellMonth,
  verdictWith,
  WINDOW,
} from './story.ts';

const use = {
  ...{
    key: KEY,
    hour: '2026-07-03T09',
    operation: 'Decrypt',
    principal: 'arn:aws:iam::111122223333:role/App',
    account: '111122223333',
  },
  ...{
    succeeded: 5,
    denied: 1,
    failed: 0,
    dryRuns: 0,
    first: '2026-07-03T09:00:00Z',
    last: '2026-07-03T09:50:00Z',
    lastEventId: 'u-1',
  },
};

const totals = ({ populations }: PackData) => Object.fromEntries(populations.map(({ id, total }) => [id, total]));
const rowsOf = ({ populations }: PackData, id: string): readonly Row[] =>
  populations.find((population) => population.id === id)?.rows ?? [];
const stepOf = ({ steps }: PackData, id: string) => steps.find((step) => step.id === id);

describe('a pack of a month', () => {
  test('has every action of the window once, and its second record beside it', async () => {
    const data = await makeExamplePack();
    expect(rowsOf(data, 'actions').map(({ eventId }) => eventId)).toEqual([
      ...['e-1', 'e-2', 'e-3', 'e-4', 'e-5', 'e-6', 'e-7', 'e-8'],
    ]);
    const [second] = rowsOf(data, 'second-records');
    expect(second).toMatchObject({ eventId: 'e-3b', how: 'twin', of: rowsOf(data, 'actions')[2]?.id });
    expect(totals(data)).toMatchObject({ actions: 8, 'second-records': 1, orders: 1, malformed: 1, unverified: 0 });
  });

  test('says of a deletion who approved it, when, and what the controls say', async () => {
    const data = await makeExamplePack();
    expect(rowsOf(data, 'deletions')).toMatchObject([
      {
        ...{ api: 'ScheduleKeyDeletion', who: 'dana@example.com', waitingDays: 7, verdict: 'compliant' },
        ...{
          approvedBy: 'olivia@example.com',
          approvedAt: '2026-07-12T09:00:00Z',
          approval: expect.stringContaining('olivia'),
        },
      },
      { api: 'DeleteKey', who: 'AWSInternal', verdict: 'compliant' },
    ]);
  });

  test('says of a remediation who proposed and who approved it, how it is known, and how to undo it', async () => {
    const data = await makeExamplePack();
    expect(rowsOf(data, 'remediations')).toMatchObject([
      {
        ...{ remedy: 'enable-key-rotation', status: 'confirmed', requestIds: 'r-77', proposedBy: 'keywarden' },
        // Which is the record of the next row of actions, and comes after the remediation.
        records: 'e-2',
        ...{ approvedBy: 'policy file (mode enforce)', confirmed: 'Read back from AWS after the change.' },
        ...{
          undo: expect.stringContaining('DisableKeyRotation'),
          of: rowsOf(data, 'actions')[0]?.id,
          api: 'DisableKeyRotation',
        },
      },
    ]);
    expect(rowsOf(data, 'actions')[1]).toMatchObject({ bySelf: true, requestId: 'r-77' });
  });

  test('names a waived verdict and who answers for it, and counts it as waived and as nothing else', async () => {
    const data = await makeExamplePack();
    expect(rowsOf(data, 'waived')).toMatchObject([
      { control: 'grant-least-privilege', decided: expect.stringContaining('SEC-42') },
    ]);
    expect(stepOf(data, '4.2.1')?.counts).toEqual({
      compliant: 0,
      violation: 0,
      unknown: 0,
      waived: 1,
      'not-applicable': 0,
    });
    expect(data.waivers).toMatchObject([{ control: 'grant-least-privilege', state: 'in force', used: 1 }]);
  });

  test('balances the keys', async () => {
    const { inventory } = await makeExamplePack();
    expect(inventory).toMatchObject([
      { looked: true, balanced: true, created: 1, destroyed: 1, expected: 2, found: 2 },
    ]);
  });

  test('balances the keys also when a list was made between the two records of one destruction', async () => {
    for (const [first, second] of [
      ['22:59:55', '23:00:12'],
      ['23:00:12', '22:59:55'],
    ]) {
      const ledger = tellMonth();
      const gone = { api: 'DeleteKey', subject: KEY.replace(/.$/, 'f') };
      const seq = record(ledger, actionWith({ ...gone, eventId: 'd-1', time: `2026-06-30T${first}Z` }));
      const again = actionWith({ ...gone, eventId: 'd-2', time: `2026-06-30T${second}Z` });
      record(ledger, again, [], [], { sameAs: { seq, eventId: 'd-1', how: 'twin' } });
      const { inventory } = await buildPack(sourcesWith(ledger.source()));
      expect(inventory).toMatchObject([{ balanced: true, destroyed: 1, differences: [] }]);
    }
  });

  test('follows the findings: those at the start and opened, less those closed, are those at the end', async () => {
    const { findings } = await makeExamplePack();
    expect(findings).toMatchObject({ atStart: 1, opened: 1, closed: 1, atEnd: 1 });
    expect(findings.open.rows).toMatchObject([
      { control: 'deletion-key-unused', subject: OTHER_KEY, verdict: 'unknown', days: 19 },
    ]);
  });

  test('says nothing is complete while part of the window was not compared, and names the parts', async () => {
    const { coverage } = await makeExamplePack();
    expect(coverage.complete).toBe(false);
    expect(coverage.uncovered.map(({ from, to }) => [from.slice(0, 10), to.slice(0, 10)])).toEqual([
      ['2026-07-16', '2026-07-20'],
      ['2026-07-20', '2026-07-22'],
    ]);
    expect(coverage.gaps.rows.map(({ kind }) => kind)).toEqual([
      'missing, back-filled',
      'missing',
      'unknown to CloudTrail',
      'not looked at',
    ]);
    expect(coverage.counts).toMatchObject({ expected: 29, backfilled: 1, failed: 1, extra: 1 });
  });

  test('counts by day what happened, with the days of which nothing is known to have happened', async () => {
    const { trend } = await makeExamplePack();
    expect(trend.points).toHaveLength(31);
    expect(trend.points[2]).toEqual({ day: '2026-07-03', actions: 2, violations: 1, unknown: 0, remediations: 1 });
    expect(trend.points[3]).toEqual({ day: '2026-07-04', actions: 0, violations: 0, unknown: 0, remediations: 0 });
    // The twin of the rotation is no second action.
    expect(trend.points[9]).toMatchObject({ day: '2026-07-10', actions: 1 });
  });

  test('has what attackers wrote as they wrote it in JSON, and nothing that runs in CSV', async () => {
    const files = createMemoryFiles();
    await makeExamplePack({ files });
    expect(files.texts.get('populations/grants.jsonl')).toContain(JSON.stringify(NASTY.formula));
    const csv = files.texts.get('populations/grants.csv') ?? '';
    expect(csv).toContain(`"'${NASTY.formula?.replaceAll('"', '""')}"`);
    expect(csv).not.toMatch(/(^|,|\n)"[=+\-@]/);
  });

  test('names which policy judged, and has its text only when that is the file with this digest', async () => {
    const other = await makeExamplePack();
    expect(other.policies).toMatchObject([{ sha256: POLICY_SHA, entries: 10 }]);
    expect(other.policies[0]).not.toHaveProperty('file');
  });

  test('has the text of the policy file that judged, when that is the one in force', async () => {
    const ledger = createMemoryLedger();
    const sha256 = createHash('sha256').update(POLICY_TEXT).digest('hex');
    const action = actionWith({ eventId: 'e-1', api: 'TagResource', time: '2026-07-03T08:00:00Z' });
    record(ledger, action, [], [], { policy: sha256 });
    const files = createMemoryFiles();
    const { policies } = await buildPack(sourcesWith(ledger.source(), { files }));
    expect(policies).toEqual([
      { sha256, first: soonAfter(action.time), last: soonAfter(action.time), entries: 1, file: `policy/${sha256}.yml` },
    ]);
    expect(files.texts.get(`policy/${sha256}.yml`)).toBe(POLICY_TEXT);
  });

  test('names who ordered a remediation and why, when a person did', async () => {
    const ledger = createMemoryLedger();
    const order = actionWith({
      ...{
        eventId: 'on-demand-1',
        api: 'RemediateKey',
        time: '2026-07-03T08:00:00Z',
        eventSource: 'keywarden',
        step: '8',
      },
      ...{ actor: { type: 'Requester', person: 'olivia@example.com', bySelf: false }, request: { reason: 'SEC-7' } },
    });
    const decision = { control: 'rotation-enabled', decision: 'act', reason: 'A person ordered it.' };
    const of = record(ledger, order, [verdictWith({ verdict: 'violation' })], [decision]);
    const pending = { remedy: 'revoke-grant', controls: ['rotation-enabled'], before: {}, undo: [] };
    const append = (seconds: number, one: { status: 'pending' | 'confirmed' | 'failed'; requestIds: string[] }) =>
      ledger.append(KEY, order.eventId, soonAfter(order.time, seconds), {
        type: 'outcome',
        of,
        remediations: [{ ...pending, ...one }],
        told: [],
      });
    append(20, { status: 'pending', requestIds: ['r-1'] });
    append(320, { status: 'confirmed', requestIds: [] });
    append(330, { status: 'failed', requestIds: ['r-2'] });
    const data = await buildPack(sourcesWith(ledger.source()));
    const rows = rowsOf(data, 'remediations');
    expect(rows[0]).toMatchObject({
      proposedBy: 'keywarden',
      approvedBy: 'olivia@example.com',
      why: 'SEC-7',
      api: 'RemediateKey',
    });
    expect(rows.map(({ confirmed }) => confirmed)).toEqual([
      expect.stringContaining('a later row says what came of it'),
      expect.stringContaining('Looked at again'),
      expect.stringContaining('refused'),
    ]);
    expect(rows.map(({ records }) => records)).toEqual([null, null, null]);
    // One change was accepted; the second look made none, and the refused one neither.
    expect(data.trend.points[2]?.remediations).toBe(1);
    expect(totals(data)).toMatchObject({ actions: 0, orders: 1 });
  });

  test.each<[string, string, string | undefined, string]>([
    ['in force', '2026-08-31', undefined, 'in force'],
    ['over', '2026-07-20', undefined, 'expired'],
    ['withdrawn within the month', '2026-08-31', '2026-07-09T08:00:00Z', 'withdrawn'],
    ['withdrawn after the month', '2026-08-31', '2026-08-02T08:00:00Z', 'in force'],
  ])('lists a waiver that a person granted, which is %s at its end', async (_name, until, withdrawnAt, state) => {
    const ledger = createMemoryLedger();
    const by = { name: 'olivia@example.com', arn: DANA.arn ?? '', verified: true };
    const grant = {
      kind: 'waive',
      finding: 'rotation-enabled',
      by,
      reason: 'Migration',
      ticket: 'SEC-8',
      until,
    } as const;
    const say = (api: string, time: string, order: RecordedOrder) =>
      ledger.append(KEY, `on-demand-${api}`, soonAfter(time), {
        ...actionDraft(actionWith({ eventId: `on-demand-${api}`, api, time, eventSource: 'keywarden' })),
        order,
      });
    say('WaiveFinding', '2026-06-30T08:00:00Z', grant);
    if (withdrawnAt !== undefined) say('UnwaiveFinding', withdrawnAt, { ...grant, kind: 'unwaive' });
    const data = await buildPack(sourcesWith(ledger.source()));
    expect(data.waivers.filter(({ control }) => control === 'rotation-enabled')).toEqual([
      {
        ...{ control: 'rotation-enabled', subject: KEY, owner: 'olivia@example.com', ticket: 'SEC-8' },
        ...{ expires: until, state, used: 0 },
      },
    ]);
  });

  test('says of an order who gave it, whether AWS vouches for that, about what and why', async () => {
    const ledger = createMemoryLedger();
    const by = {
      name: 'olivia@example.com',
      arn: 'arn:aws:sts::111122223333:assumed-role/Officer/olivia',
      verified: true,
    };
    const order = {
      kind: 'approve',
      finding: 'rotation-enabled',
      of: 1,
      plan: 'ab'.repeat(32),
      by,
      reason: 'Agreed',
      ticket: 'SEC-9',
    } as const;
    const action = actionWith({
      ...{ eventId: 'on-demand-2', api: 'ApproveRemediation', time: '2026-07-03T08:00:00Z', eventSource: 'keywarden' },
    });
    ledger.append(KEY, action.eventId, soonAfter(action.time), { ...actionDraft(action), order });
    const data = await buildPack(sourcesWith(ledger.source()));
    expect(rowsOf(data, 'orders')).toMatchObject([
      {
        ...{ finding: 'rotation-enabled', verified: true, callerArn: by.arn, why: 'Agreed', ticket: 'SEC-9' },
        ...{ plan: 'ab'.repeat(32), of: `${KEY}#1` },
      },
    ]);
  });

  test('keeps the statements as the ledger has them', async () => {
    const files = createMemoryFiles();
    await makeExamplePack({ files });
    const lines = (files.texts.get('statements/completeness.jsonl') ?? '').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).statement.complete)).toEqual([true, false, true]);
  });
});

describe('what was not looked at is never shown as fine', () => {
  test('a step without a verdict says so, whether actions of it were recorded or not', async () => {
    const data = await makeExamplePack();
    expect(stepOf(data, '4.1.3')).toMatchObject({
      actions: 0,
      state: 'none',
      says: expect.stringContaining('No action of this kind was recorded'),
    });
    expect(stepOf(data, '4.1.1')).toMatchObject({
      actions: 1,
      state: 'none',
      says: expect.stringContaining('no control of this step ran'),
    });
  });

  test('a step of which everything was not applicable or waived is not compliant', async () => {
    const ledger = createMemoryLedger();
    const action = actionWith({ eventId: 'e-1', api: 'TagResource', time: '2026-07-03T08:00:00Z' });
    record(ledger, action, [verdictWith({ verdict: 'not-applicable' })]);
    expect(stepOf(await buildPack(sourcesWith(ledger.source())), '4.4.1')?.state).toBe('none');
  });

  test('an empty ledger is not complete, and has no equation of keys that holds', async () => {
    const data = await buildPack(sourcesWith(createMemoryLedger().source()));
    expect(data.coverage.complete).toBe(false);
    expect(data.inventory).toEqual([]);
    expect(data.steps.every(({ state }) => state === 'none')).toBe(true);
  });

  test('a place without a list of keys says that nobody looked', async () => {
    const ledger = createMemoryLedger();
    record(ledger, actionWith({ eventId: 'e-1', api: 'CreateKey', time: '2026-07-03T08:00:00Z', subject: NEW_KEY }));
    const { inventory } = await buildPack(sourcesWith(ledger.source()));
    expect(inventory).toMatchObject([{ looked: false, created: 1, reason: expect.stringContaining('Not looked at') }]);
  });

  test('a list of keys that cannot be read is no list without keys', async () => {
    const keyLists: PackSources['keyLists'] = {
      async *read(): AsyncGenerator<Row> {
        yield { id: KEY };
        throw new Error('it is not in the bucket');
      },
    };
    const { inventory } = await makeExamplePack({ keyLists });
    expect(inventory).toMatchObject([{ looked: false, reason: expect.stringContaining('it is not in the bucket') }]);
  });

  test('uses of keys that nobody collected are not no uses', async () => {
    const { keyUse } = await makeExamplePack();
    expect(keyUse).toEqual({ collected: false, reason: 'Not collected: no table of key use was given.' });
  });

  test('uses of keys that cannot be read are said to be so', async () => {
    const broken = {
      async *uses() {
        yield use;
        throw new Error('the table is gone');
      },
      async *hours(): AsyncGenerator<never> {},
    };
    const { keyUse } = await makeExamplePack({ keyUse: broken });
    expect(keyUse).toMatchObject({ collected: false, reason: expect.stringContaining('the table is gone') });
  });

  test('of what CloudTrail was not asked for, a complete comparison says nothing, and the pack says that', async () => {
    const ledger = createMemoryLedger();
    const notAsked = ['events of KMS itself: CloudTrail has them under another source'];
    ledger.append('completeness', 's-1', '2026-08-01T01:00:00.000Z', {
      type: 'statement',
      statement: statementWith({ notAsked }),
    });
    const { coverage } = await buildPack(sourcesWith(ledger.source()));
    expect(coverage).toMatchObject({ complete: true, notAsked });
  });
});

describe('uses of keys', () => {
  const keyUse = {
    async *uses() {
      yield use;
      yield use;
    },
    async *hours() {
      yield { account: '111122223333', region: 'eu-west-1', partial: 0, unread: 0 };
      yield { account: '111122223333', region: 'eu-west-1', partial: 1, unread: 2 };
    },
  };

  test('are counted, with the hours of which not all files were read', async () => {
    const data = await makeExamplePack({ keyUse });
    expect(data.keyUse).toMatchObject({
      ...{ collected: true, uses: 12, keys: 1, unreadFiles: 3 },
      hours: [{ account: '111122223333', region: 'eu-west-1', looked: 1, notLooked: 31 * 24 - 1 }],
    });
    const ids = rowsOf(data, 'key-use').map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });

  test('that no file could tell of are not no uses: every hour of a place that the ledger knows was not looked at', async () => {
    const silent = { async *uses(): AsyncGenerator<never> {}, async *hours(): AsyncGenerator<never> {} };
    const { keyUse: told } = await makeExamplePack({ keyUse: silent });
    expect(told).toMatchObject({
      ...{ collected: true, uses: 0 },
      hours: [{ account: '111122223333', region: 'eu-west-1', looked: 0, notLooked: 31 * 24 }],
    });
    const empty = await buildPack({ ...sourcesWith(createMemoryLedger().source()), keyUse: silent });
    expect(empty.keyUse).toEqual({
      collected: false,
      reason: 'Not collected: no log file of CloudTrail about this time was read.',
    });
  });
});

describe('an entry that is not what was written', () => {
  const alter =
    (change: (text: string) => string) =>
    (item: StoredEntry): StoredEntry =>
      String(item.entry).includes('"e-6"') ? { ...item, entry: change(String(item.entry)) } : item;
  const pack = (change: (item: StoredEntry) => StoredEntry | undefined) =>
    buildPack(sourcesWith(tellMonth().source(change)));

  test('is named, and counted nowhere else', async () => {
    const data = await pack(alter((text) => text.replace('dana@example.com', 'evil@example.com')));
    expect(data.integrity.state).toBe('not-whole');
    expect(data.entries.unverified).toBeGreaterThan(0);
    expect(rowsOf(data, 'unverified')[0]).toMatchObject({
      subject: OTHER_KEY,
      eventId: 'e-6',
      type: 'action',
      reason: expect.stringContaining('altered'),
    });
    expect(rowsOf(data, 'actions').map(({ eventId }) => eventId)).not.toContain('e-6');
    expect(JSON.stringify(rowsOf(data, 'deletions'))).not.toContain('evil');
  });

  test('is named also when nothing of it can be read', async () => {
    const data = await pack(alter(() => 'no JSON'));
    expect(rowsOf(data, 'unverified')).toContainEqual(expect.objectContaining({ reason: 'its text is no entry' }));
    const { read, inWindow, before, after, unverified } = data.entries;
    expect([read, inWindow + before + after + unverified]).toEqual([19, 19]);
  });

  test('shows also when it was taken out', async () => {
    const data = await pack((item) => (String(item.entry).includes('"e-6"') ? undefined : item));
    expect(data.integrity).toMatchObject({
      state: 'not-whole',
      problems: [expect.objectContaining({ subject: OTHER_KEY })],
    });
  });

  test('of a layout that no version writes is named, and the rest is reported on', async () => {
    const ledger = createMemoryLedger();
    const torn = { type: 'action', action: { time: '2026-07-03T08:00:00Z', actor: {} } } as never;
    ledger.append(KEY, 'e-1', '2026-07-03T08:00:00.000Z', torn);
    record(ledger, actionWith({ eventId: 'e-2', api: 'EnableKey', time: '2026-07-03T08:00:00Z' }));
    const data = await buildPack(sourcesWith(ledger.source()));
    expect(totals(data)).toMatchObject({ actions: 1, unverified: 1 });
  });
});

describe('whatever the ledger says', () => {
  const time = fc.date({
    min: new Date('2026-06-20T00:00:00Z'),
    max: new Date('2026-08-10T00:00:00Z'),
    noInvalidDate: true,
  });
  const api = fc.constantFrom(
    'CreateKey',
    'DisableKey',
    'CreateGrant',
    'RotateKey',
    'ScheduleKeyDeletion',
    'Frobnicate',
  );
  const verdict = fc.constantFrom('compliant', 'violation', 'unknown', 'not-applicable');
  const happening = fc.record({
    time,
    api,
    verdict,
    subject: fc.constantFrom(KEY, OTHER_KEY, NEW_KEY),
    second: fc.boolean(),
    waived: fc.boolean(),
  });

  test('every entry of the window is in exactly one population of records, and the counts are those of the rows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 12 }), async (happenings) => {
        const ledger = createMemoryLedger();
        happenings.forEach((one, number) => {
          const action = actionWith({
            eventId: `e-${number}`,
            api: one.api,
            time: one.time.toISOString(),
            subject: one.subject,
          });
          const wrong = verdictWith({ verdict: one.verdict });
          const decision = { control: wrong.control, decision: one.waived ? 'waived' : 'tell', reason: 'So it is.' };
          const seq = record(ledger, action, [wrong], one.verdict === 'compliant' ? [] : [decision]);
          if (one.second)
            record(ledger, { ...action, eventId: `e-${number}b` }, [], [], {
              sameAs: { seq, eventId: action.eventId, how: 'addendum' },
            });
          ledger.append(one.subject, `e-${number}`, soonAfter(action.time, 20), {
            type: 'outcome',
            of: seq,
            remediations: [],
            told: [],
          });
        });
        const files = createMemoryFiles();
        const data = await buildPack(sourcesWith(ledger.source(), { files }));
        const of = totals(data);
        const { read, inWindow, before, after, unverified } = data.entries;
        expect(read).toBe(inWindow + before + after + unverified);
        expect(inWindow).toBe(
          ['actions', 'second-records', 'orders', 'malformed', 'keywarden-records'].reduce(
            (sum, id) => sum + (of[id] ?? 0),
            0,
          ),
        );
        for (const { file, jsonFile, total, rows, left } of data.populations) {
          expect((files.texts.get(jsonFile) ?? '').split('\n').length - 1).toBe(total);
          expect((files.texts.get(file) ?? '').split('\r\n').length - 2).toBe(total);
          expect(rows.length + left).toBe(total);
        }
        const { atStart, opened, closed, atEnd } = data.findings;
        expect(atStart + opened - closed).toBe(atEnd);
        const verdicts = Object.values(stepOf(data, '4.4.1')?.counts ?? {}).reduce((sum, one) => sum + one, 0);
        expect(verdicts).toBe(of.verdicts);
        expect(data.trend.points.reduce((sum, one) => sum + one.actions, 0)).toBe(of.actions);
      }),
      { numRuns: 60 },
    );
  });

  test('a table on the page has its first hundred rows, and says how many are left', async () => {
    const ledger = createMemoryLedger();
    for (let number = 0; number < 130; number += 1) {
      record(ledger, actionWith({ eventId: `e-${number}`, api: 'EnableKey', time: '2026-07-03T08:00:00Z' }));
    }
    const data = await buildPack(sourcesWith(ledger.source(), { window: WINDOW }));
    expect(data.populations[0]).toMatchObject({ id: 'actions', total: 130, left: 30, rows: expect.anything() });
    expect(rowsOf(data, 'actions')).toHaveLength(100);
  });
});
