import { describe, expect, test } from '@jest/globals';
import type { FileReport } from '../../../cli/check/check-file.ts';
import type { Remark } from '../../../cli/check/kind.ts';
import { decideExitCode, writeJson, writeSummary, writeText } from '../../../cli/check/write-report.ts';

const remark = (verdict: Remark['verdict'], changes: Partial<Remark> = {}): Remark => ({
  control: 'key-policy-not-public',
  verdict,
  reason: 'Statement 1 is so.',
  ...(verdict === 'violation' || verdict === 'unknown' ? { severity: 'high' } : {}),
  ...changes,
});
const reportOf = (...remarks: Remark[]): FileReport => ({
  file: 'a.json',
  documents: [{ place: '', remarks }],
  problems: [],
});
const UNREAD: FileReport = {
  file: 'b.json',
  documents: [],
  problems: [{ place: '[1]', message: 'It is 7; expected a policy.' }],
};

describe('the exit code', () => {
  test.each<[string, number, FileReport[]]>([
    ['all is in order', 0, [reportOf(remark('compliant'), remark('not-applicable'))]],
    ['there is a violation', 1, [reportOf(remark('compliant')), reportOf(remark('violation'))]],
    ['something is unknown', 2, [reportOf(remark('compliant'), remark('unknown'))]],
    ['something is unknown beside a violation', 1, [reportOf(remark('unknown'), remark('violation'))]],
    ['something could not be read', 2, [reportOf(remark('compliant')), UNREAD]],
    ['something could not be read beside a violation', 2, [UNREAD, reportOf(remark('violation'))]],
  ])('when %s is %i', (_when, code, reports) => {
    expect(decideExitCode(reports)).toBe(code);
  });
});

describe('the text', () => {
  test('has the file, and the violations before what is unknown', () => {
    const report = reportOf(remark('unknown', { reason: 'Nobody knows.' }), remark('violation'));
    expect(writeText(report)).toBe(
      'a.json\n  VIOLATION (high) key-policy-not-public: Statement 1 is so.\n  UNKNOWN (high) key-policy-not-public: Nobody knows.\n\n',
    );
  });

  test('says nothing of a file that is in order, and shows a note', () => {
    expect(writeText(reportOf(remark('compliant')))).toBe('');
    expect(writeText(reportOf(remark('compliant', { severity: 'info' })))).toContain('note key-policy-not-public');
  });

  test('names the place of what could not be read', () => {
    expect(writeText(UNREAD)).toBe('b.json\n  NOT READ: [1]: It is 7; expected a policy.\n\n');
  });

  test('shows hidden characters of a document and of a file name instead of obeying them', () => {
    const report = { ...reportOf(remark('violation', { reason: 'Red \u001b[31m\u202e.' })), file: 'a\n.json' };
    expect(writeText(report)).toContain('Red \\u001b[31m\\u202e.');
    expect(writeText(report)).toContain('a\\u000a.json\n');
  });

  test('ends with how many documents there were and what they are', () => {
    const reports = [reportOf(remark('compliant')), reportOf(remark('violation'), remark('unknown')), UNREAD];
    expect(writeSummary(reports, 'key policy')).toBe(
      'Checked 2 key policies in 3 files: 1 in order, 1 violation, 1 unknown, 1 problem with the input.\n',
    );
  });
});

describe('the JSON', () => {
  test('is one line per remark, with the fields that machines read', () => {
    const found = remark('violation', { statement: { index: 0, sid: 'Open' }, principal: '*' });
    const lines = writeJson(reportOf(found, remark('compliant')))
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { file: 'a.json', ...found },
      { file: 'a.json', control: 'key-policy-not-public', verdict: 'compliant', reason: 'Statement 1 is so.' },
    ]);
  });

  test('says of what could not be read that it is unknown', () => {
    expect(JSON.parse(writeJson(UNREAD))).toEqual({
      file: 'b.json',
      place: '[1]',
      control: 'document-readable',
      verdict: 'unknown',
      reason: 'It is 7; expected a policy.',
      severity: 'high',
    });
  });

  test('has no hidden character in it, and is the same value', () => {
    const principal = 'arn\u202e\u007f\u2028\u{e0041}';
    const line = writeJson(reportOf(remark('violation', { principal })));
    expect(line.trimEnd()).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(line)).toMatchObject({ principal });
  });
});
