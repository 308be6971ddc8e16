import type { AwsSecurityFinding } from '@aws-sdk/client-securityhub';
import { writeFindingRef } from '../../ledger/finding-ref.ts';
import { isOfIam } from '../console-link.ts';
import type { Notice } from '../message.ts';
import { fitName, fitText } from './fit-text.ts';

/**
 * Longest texts of the AWS Security Finding Format.
 * https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html
 * https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_Recommendation.html
 */
const MOST = { id: 512, title: 256, description: 1024, recommendation: 512, product: 2048 } as const;

/**
 * Writes a finding in the format of Security Hub. Its id is the name of the finding, so that all news of one finding are one
 * finding there, and an update is taken when it is newer than what is there.
 *
 * What is in order, or what a person answers for, is archived: `Workflow` belongs to whoever works with Security Hub, and an
 * import cannot change it.
 *
 * @param at when it is told: the time of the update
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchimportfindings.html
 */
export function toSecurityHubFinding(notice: Notice, at: Date): AwsSecurityFinding {
  const { finding, control, action } = notice;
  const { account, region } = action;
  const partition = finding.subject.split(':')[1] || 'aws';
  const name = writeFindingRef(finding);
  const archived = isInOrder(notice) || isWaived(notice);
  return {
    SchemaVersion: '2018-10-08',
    Id: fitName(`keywarden/${region}/${account}/${name}`, MOST.id),
    // The product of every account for what it imports itself.
    ProductArn: `arn:${partition}:securityhub:${region}:${account}:product/${account}/default`,
    ProductName: 'Keywarden',
    CompanyName: 'Keywarden',
    GeneratorId: fitName(`keywarden/${control.id}`, MOST.id),
    AwsAccountId: account,
    Region: region,
    Types: [TYPE],
    CreatedAt: finding.openedAt,
    FirstObservedAt: finding.openedAt,
    LastObservedAt: at.toISOString(),
    UpdatedAt: at.toISOString(),
    Severity: { Label: severityOf(finding.severity), Original: finding.severity },
    FindingProviderFields: {
      Severity: { Label: severityOf(finding.severity), Original: finding.severity },
      Types: [TYPE],
    },
    Title: fitText(`Keywarden: ${control.title}`, MOST.title),
    Description: fitText(describe(notice), MOST.description),
    Remediation: { Recommendation: { Text: fitText(control.runbook.join(' ') || control.why, MOST.recommendation) } },
    Resources: [
      {
        Type: typeOf(finding.subject),
        Id: fitName(finding.subject, MOST.id),
        Partition: toPartition(partition),
        Region: region,
      },
    ],
    Compliance: { Status: complianceOf(notice), RelatedRequirements: [`OP-PROC-001/${control.step}`] },
    RecordState: archived ? 'ARCHIVED' : 'ACTIVE',
    ProductFields: {
      'keywarden/finding': fitText(name, MOST.product),
      'keywarden/state': notice.state,
      'keywarden/eventId': fitText(finding.eventId, MOST.product),
      'keywarden/decision': fitText(notice.decision.decision, MOST.product),
      'keywarden/step': fitText(control.step, MOST.product),
    },
  };
}

/** https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html#Types */
const TYPE = 'Software and Configuration Checks/AWS Security Best Practices';

const describe = ({ finding, control }: Notice): string => `${finding.reason || control.title} ${control.why}`;

/** What was put right may turn out not to be: then it is told as `not-remediated`, and active again. */
const isInOrder = ({ state, finding }: Notice): boolean =>
  state === 'resolved' || state === 'remediated' || (state === 'not-undone' && finding.status === 'resolved');

const isWaived = ({ state, finding }: Notice): boolean => state === 'waived' || finding.status === 'waived';

/** https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_Compliance.html */
function complianceOf(notice: Notice): 'PASSED' | 'WARNING' | 'FAILED' | 'NOT_AVAILABLE' {
  if (isInOrder(notice)) return 'PASSED';
  if (isWaived(notice)) return 'WARNING';
  return notice.finding.verdict === 'unknown' ? 'NOT_AVAILABLE' : 'FAILED';
}

const SEVERITIES = { low: 'LOW', medium: 'MEDIUM', high: 'HIGH', critical: 'CRITICAL' } as const;

const severityOf = (severity: string) => SEVERITIES[severity as keyof typeof SEVERITIES] ?? 'INFORMATIONAL';

const toPartition = (partition: string): 'aws' | 'aws-cn' | 'aws-us-gov' =>
  partition === 'aws-cn' || partition === 'aws-us-gov' ? partition : 'aws';

const IAM_TYPES: Readonly<Record<string, string>> = {
  policy: 'AwsIamPolicy',
  role: 'AwsIamRole',
  user: 'AwsIamUser',
  group: 'AwsIamGroup',
};

/** https://docs.aws.amazon.com/securityhub/latest/userguide/asff-resources.html */
function typeOf(subject: string): string {
  const [, , service = '', , , resource = ''] = subject.split(':');
  const kind = resource.split('/')[0] ?? '';
  if (service === 'kms' && kind === 'key') return 'AwsKmsKey';
  if (isOfIam(subject)) return IAM_TYPES[kind] ?? 'Other';
  return service === 'cloudtrail' && kind === 'trail' ? 'AwsCloudTrailTrail' : 'Other';
}
