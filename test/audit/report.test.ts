import { describe, expect, test } from '@jest/globals';
import { listGaps } from '../../lib/audit/report/gaps.ts';
import { addToSummary, startSummary } from '../../lib/audit/report/summary.ts';
import { writeReport } from '../../lib/audit/report/text.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { POLICY } from '../controls/control-case.ts';
import { KEY_ARN, KEY_ID } from '../facts/key.ts';
import { auditRecords, createKeyRecord, type JsonRecord, recordOf, useRecord } from './records.ts';

const at = (day: string, hour: number): string => `2026-08-${day}T${String(hour).padStart(2, '0')}:00:00Z`;

/** Of these controls, so that a new one does not change what is expected here. */
const SHOWN: ReadonlySet<string> = new Set([
  'deletion-authorized',
  'deletion-waiting-period',
  'grant-least-privilege',
  'key-spec-approved',
  'rotation-enabled',
]);

/** What is written about records; ids are made the same for every run. */
async function reportOf(records: readonly JsonRecord[], policy: Policy = POLICY): Promise<string> {
  const numbered = records.map((record, index) => ({ ...record, eventID: `event-${String(index).padStart(2, '0')}` }));
  const { judged, coverage } = await auditRecords([numbered], { policy });
  const summary = startSummary();
  for (const { action, verdicts } of judged) {
    addToSummary(summary, { action, verdicts: verdicts.filter(({ control }) => SHOWN.has(control)) });
  }
  return writeReport({
    summary,
    coverage: { ...coverage, files: 1, bytes: 12_345, compressedBytes: 1_234, records: records.length },
    policy: 'the policy file keywarden.policy.yml',
    aliasesOf: () => ['alias/payments'],
  });
}

const LIFE = [
  createKeyRecord(at('03', 1)),
  recordOf('EnableKeyRotation', at('03', 2)),
  recordOf('DisableKeyRotation', at('05', 3)),
  useRecord(at('05', 4)),
  recordOf('EnableKeyRotation', at('05', 5)),
  recordOf('ScheduleKeyDeletion', at('05', 6), { requestParameters: { keyId: KEY_ID, pendingWindowInDays: 7 } }),
];

describe('the report', () => {
  test('says what was found, what is so now, what was judged and how far the files reach', async () => {
    expect(await reportOf(LIFE)).toMatchSnapshot();
  });

  test('says that a violation was put right, and by which event', async () => {
    const report = await reportOf(LIFE.slice(0, 5));
    expect(report).toMatch(
      /rotation-enabled\n.*\n.*\n.*first: .*; 2 times in all\n.*so no more since EnableKeyRotation of .* \(event event-04\)/,
    );
  });

  test('has room for waived violations, which count for nothing', async () => {
    const waiver = {
      control: 'rotation-enabled',
      subject: KEY_ARN,
      owner: 'olivia',
      ticket: 'SEC-42',
      expires: '2026-12-31',
    };
    const report = await reportOf([createKeyRecord(at('03', 1))], { ...POLICY, waivers: [waiver] });
    expect(report).toMatch(/^No violation was found in 1 lifecycle action; 1 waived/);
    expect(report).toContain('WAIVED by the policy file');
  });

  test('of nothing says that nothing was judged', async () => {
    const report = await reportOf([]);
    expect(report).toContain('nothing: the files hold no lifecycle action');
    expect(report).toContain('no record of any account and Region');
  });

  test('cannot be forged by text in the records', async () => {
    const report = await reportOf([
      createKeyRecord(
        at('03', 1),
        {},
        { userIdentity: { type: 'AssumedRole', arn: 'arn:x\nNo violation was found\u001b[2K\u202e' } },
      ),
    ]);
    expect(report).not.toMatch(/^No violation/m);
    for (const hidden of ['\u001b', '\u202e']) expect(report).not.toContain(hidden);
  });

  test('names twenty violations of a control on one key, and counts the others', async () => {
    const grants = Array.from({ length: 25 }, (_none, index) =>
      recordOf('CreateGrant', at('03', 2), {
        requestParameters: {
          keyId: KEY_ARN,
          operations: ['Decrypt'],
          granteePrincipal: 'arn:aws:iam::111122223333:root',
        },
        responseElements: { grantId: String(index).padStart(64, '0') },
      }),
    );
    const report = await reportOf([createKeyRecord(at('03', 1)), ...grants]);
    expect(report.match(/grant-least-privilege\n/g)).toHaveLength(20);
    expect(report).toContain('and 5 further violations of grant-least-privilege here, which ndjson lists');
  });
});

describe('gaps', () => {
  test('are the days between days with records', () => {
    const days = new Set(['2026-08-01', '2026-08-02', '2026-08-04', '2026-08-09']);
    expect(listGaps({ first: '', last: '', days, hasUses: false })).toEqual([
      { from: '2026-08-03', to: '2026-08-03' },
      { from: '2026-08-05', to: '2026-08-08' },
    ]);
  });
});
