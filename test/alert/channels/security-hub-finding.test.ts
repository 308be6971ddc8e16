import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toSecurityHubFinding } from '../../../lib/alert/channels/security-hub-finding.ts';
import { EVERY_STATE, KEY, noticeOf } from './notices.ts';

const AT = new Date('2026-08-03T09:05:00Z');

/**
 * Longest texts of the format, in characters.
 * https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html
 */
const LONGEST = {
  Id: 512,
  ProductArn: 2048,
  GeneratorId: 512,
  Title: 256,
  Description: 1024,
  CompanyName: 128,
  ProductName: 128,
  Region: 16,
} as const;

describe('a finding in Security Hub', () => {
  test('has what the format requires', () => {
    expect(toSecurityHubFinding(noticeOf(), AT)).toMatchObject({
      SchemaVersion: '2018-10-08',
      Id: 'keywarden/eu-west-1/111122223333/rotation-enabled@1234abcd-12ab-34cd-56ef-1234567890ab',
      ProductArn: 'arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default',
      AwsAccountId: '111122223333',
      Types: ['Software and Configuration Checks/AWS Security Best Practices'],
      CreatedAt: '2026-08-03T09:01:03.000Z',
      UpdatedAt: '2026-08-03T09:05:00.000Z',
      Severity: { Label: 'HIGH' },
      Resources: [{ Type: 'AwsKmsKey', Id: KEY, Partition: 'aws', Region: 'eu-west-1' }],
      RecordState: 'ACTIVE',
      Compliance: { Status: 'FAILED' },
    });
  });

  test('is one finding in all its states', () => {
    const ids = Object.values(EVERY_STATE).map((notice) => toSecurityHubFinding(notice, AT).Id);
    expect(new Set(ids).size).toBe(1);
  });

  test.each([
    ['opened', 'ACTIVE', 'FAILED'],
    ['reopened', 'ACTIVE', 'FAILED'],
    ['needs-approval', 'ACTIVE', 'FAILED'],
    ['rejected', 'ACTIVE', 'FAILED'],
    ['not-remediated', 'ACTIVE', 'FAILED'],
    ['undone', 'ACTIVE', 'FAILED'],
    ['remediated', 'ARCHIVED', 'PASSED'],
    ['resolved', 'ARCHIVED', 'PASSED'],
    ['not-undone', 'ARCHIVED', 'PASSED'],
    ['waived', 'ARCHIVED', 'WARNING'],
  ] as const)('that is %s is %s, and %s', (state, record, compliance) => {
    const finding = toSecurityHubFinding(EVERY_STATE[state], AT);
    expect([finding.RecordState, finding.Compliance?.Status]).toEqual([record, compliance]);
  });

  test('that could not be judged has not passed', () => {
    const { RecordState, Compliance } = toSecurityHubFinding(noticeOf({ finding: { verdict: 'unknown' } }), AT);
    expect([RecordState, Compliance?.Status]).toEqual(['ACTIVE', 'NOT_AVAILABLE']);
  });

  test('never sets what belongs to the people who work with Security Hub', () => {
    for (const notice of Object.values(EVERY_STATE)) {
      expect(Object.keys(toSecurityHubFinding(notice, AT))).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(Workflow|Note|UserDefinedFields|VerificationState)/)]),
      );
    }
  });

  test.each([
    ['arn:aws:iam::111122223333:policy/team/admin', 'AwsIamPolicy', 'aws'],
    ['arn:aws:iam::111122223333:role/admin', 'AwsIamRole', 'aws'],
    ['arn:aws:iam::111122223333:user/dana', 'AwsIamUser', 'aws'],
    ['arn:aws:iam::111122223333:group/admins', 'AwsIamGroup', 'aws'],
    ['arn:aws:cloudtrail:eu-west-1:111122223333:trail/all', 'AwsCloudTrailTrail', 'aws'],
    ['arn:aws:sqs:eu-west-1:111122223333:keywarden-dev-lifecycle', 'Other', 'aws'],
    ['arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234', 'AwsKmsKey', 'aws-us-gov'],
    ['arn:aws-cn:kms:cn-north-1:111122223333:key/1234', 'AwsKmsKey', 'aws-cn'],
  ])('about %s is about a resource of the type %s in %s', (subject, type, partition) => {
    const { Resources, ProductArn } = toSecurityHubFinding(noticeOf({ finding: { subject } }), AT);
    expect(Resources).toMatchObject([{ Type: type, Id: subject, Partition: partition }]);
    expect(ProductArn?.split(':')[1]).toBe(partition);
  });

  test('stays within the lengths of the format, whatever the names are', () => {
    const text = fc.string({ unit: 'binary', maxLength: 3_000 });
    fc.assert(
      fc.property(text, text, text, (name, reason, step) => {
        const notice = noticeOf({
          finding: { subject: `${KEY}/${name}`, item: name, reason, eventId: name },
          control: { ...noticeOf().control, title: reason, runbook: [step, step], why: reason },
        });
        const finding = toSecurityHubFinding(notice, AT);
        for (const [field, longest] of Object.entries(LONGEST)) {
          const value = String(finding[field as keyof typeof LONGEST]);
          expect([field, value.length > 0 && Buffer.byteLength(value) <= longest]).toEqual([field, true]);
        }
        const advice = finding.Remediation?.Recommendation?.Text ?? '';
        expect(advice.length > 0 && Buffer.byteLength(advice) <= 512).toBe(true);
        for (const { Id = '' } of finding.Resources ?? []) expect(Buffer.byteLength(Id)).toBeLessThanOrEqual(512);
        for (const value of Object.values(finding.ProductFields ?? {})) {
          expect(Buffer.byteLength(value)).toBeLessThanOrEqual(2048);
        }
        // https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
        expect(Buffer.byteLength(JSON.stringify(finding))).toBeLessThan(240_000);
      }),
      { numRuns: 100 },
    );
  });
});
