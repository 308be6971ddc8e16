import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { listDays, readDigestName, readLogName } from '../../lib/archive/file-name.ts';

const ACCOUNT = '111122223333';

describe('the name of a log file', () => {
  test.each([
    `AWSLogs/${ACCOUNT}/CloudTrail/eu-west-1/2026/03/02/${ACCOUNT}_CloudTrail_eu-west-1_20260302T1030Z_Mu0KsOhtH1ar15ZZ.json.gz`,
    `${ACCOUNT}_CloudTrail_eu-west-1_20260302T1030Z_Mu0KsOhtH1ar15ZZ.json`,
    `C:\\logs\\${ACCOUNT}_CloudTrail_eu-west-1_20260302T1030Z_Mu0KsOhtH1ar15ZZ.json.gz`,
  ])('%s says account, Region and minute', (key) => {
    expect(readLogName(key)).toEqual({ account: ACCOUNT, region: 'eu-west-1', at: '2026-03-02T10:30:00Z' });
  });

  test.each([
    `${ACCOUNT}_CloudTrail-Digest_eu-west-1_audit_eu-west-1_20260302T110000Z.json.gz`,
    `${ACCOUNT}_CloudTrail-Insight_eu-west-1_20260302T1030Z_Mu0KsOhtH1ar15ZZ.json.gz`,
    `${ACCOUNT}_CloudTrail_eu-west-1_20261302T1030Z_Mu0KsOhtH1ar15ZZ.json.gz`,
    `${ACCOUNT}_CloudTrail_eu-west-1_20260302T2530Z_Mu0KsOhtH1ar15ZZ.json.gz`,
    '1_CloudTrail_eu-west-1_20260302T1030Z_Mu0KsOhtH1ar15ZZ.json.gz',
    'notes.json',
    '',
  ])('%j is none', (key) => {
    expect(readLogName(key)).toBeUndefined();
  });
});

describe('the name of a digest', () => {
  test.each([
    ['audit', '', false],
    ['trail_with_underscores', '_backfill', true],
  ])('says the trail %s with its home Region, and whether it is a late one', (trail, suffix, backfill) => {
    const key = `AWSLogs/${ACCOUNT}/CloudTrail-Digest/us-east-1/2026/03/02/${ACCOUNT}_CloudTrail-Digest_us-east-1_${trail}_eu-west-1_20260302T110001Z${suffix}.json.gz`;
    expect(readDigestName(key)).toEqual({
      account: ACCOUNT,
      region: 'us-east-1',
      trail: `${trail}_eu-west-1`,
      at: '2026-03-02T11:00:01Z',
      backfill,
    });
  });

  test('is not that of a log file, nor of anything else', () => {
    expect(readDigestName(`${ACCOUNT}_CloudTrail_eu-west-1_20260302T1030Z_Mu0KsOhtH1ar15ZZ.json.gz`)).toBeUndefined();
    expect(
      readDigestName(`${ACCOUNT}_CloudTrail-Digest_eu-west-1_audit_eu-west-1_20260399T110001Z.json.gz`),
    ).toBeUndefined();
  });
});

test('The days of a time are all that it touches, across months and years', () => {
  expect(listDays('2025-12-31T23:59:59Z', '2026-01-01T00:00:00Z')).toEqual(['2025/12/31', '2026/01/01']);
  const times = fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 40 * 24 }), (from, hours) => {
      const to = new Date(from.getTime() + hours * 3_600_000);
      const days = listDays(from.toISOString(), to.toISOString());
      const touched = new Set<string>();
      for (let at = from.getTime(); at <= to.getTime(); at += 3_600_000)
        touched.add(new Date(at).toISOString().slice(0, 10).replaceAll('-', '/'));
      expect(days).toEqual([...touched]);
    }),
  );
});
