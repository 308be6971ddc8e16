import { describe, expect, test } from '@jest/globals';
import { type MadeReport, writeReportMessage } from '../../lib/alert/report-message.ts';

const PLACE = { account: '111122223333', region: 'eu-west-1' };
const REPORT: MadeReport = {
  window: { from: '2026-07-01T00:00:00.000Z', to: '2026-08-01T00:00:00.000Z' },
  bucket: 'evidence',
  object: 'reports/2026-07-01_2026-08-01_0123/keywarden.zip',
  zipSha256: 'a'.repeat(64),
  manifestSha256: 'b'.repeat(64),
  ledger: 'whole',
  complete: true,
  openFindings: 3,
  actions: 12,
  inventory: [],
};
const write = (overrides: Partial<MadeReport> = {}) => writeReportMessage({ ...REPORT, ...overrides }, PLACE);

describe('the message about an evidence pack', () => {
  test('says where it is, what its digests are, and what is in it', () => {
    const { subject, text, json, attributes } = write();
    expect(subject).toBe('[Keywarden] LOW Evidence pack from 2026-07-01 to 2026-08-01');
    expect(text).toContain(`s3://evidence/${REPORT.object}`);
    expect(text).toContain(REPORT.zipSha256);
    expect(text).toContain(REPORT.manifestSha256);
    expect(text).toContain('12 actions happened, and 3 findings are open at the end.');
    expect(text).not.toContain('What is wrong');
    expect(json).toEqual({ version: 1, state: 'report', ...PLACE, ...REPORT });
    expect(attributes).toEqual({ severity: 'low', control: 'report', ...PLACE, state: 'made' });
  });

  test.each<[string, Partial<MadeReport>, string, string]>([
    ['the ledger is not whole', { ledger: 'not-whole' }, 'critical', 'THE LEDGER IS NOT WHOLE'],
    ['the ledger could not be checked', { ledger: 'not-checked' }, 'high', 'could not be checked in full'],
    ['part of the time was not compared', { complete: false }, 'high', 'covered by no complete comparison'],
    ['the keys do not add up', { inventory: ['Keys of account 1: 2 differ.'] }, 'high', '2 differ.'],
    ['nobody signed it', { unsigned: 'AccessDenied' }, 'high', 'NOT SIGNED: AccessDenied'],
  ])('says first what is wrong when %s', (_when, overrides, severity, sentence) => {
    const { text, attributes } = write(overrides);
    expect(attributes).toMatchObject({ severity, state: 'with-problems' });
    expect(text.slice(text.indexOf('What is wrong'), text.indexOf('Where it is'))).toContain(sentence);
  });

  test('takes only account and Region from where it is written', () => {
    const circle: Record<string, unknown> = { ...PLACE };
    circle.itself = circle;
    expect(JSON.parse(JSON.stringify(writeReportMessage(REPORT, circle as typeof PLACE).json))).toMatchObject(PLACE);
  });

  test('cannot be given a line by whoever chose the reason', () => {
    expect(write({ unsigned: 'x\nWhat to do now' }).text).toContain('x\\u000aWhat to do now');
  });
});
