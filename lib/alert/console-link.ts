import { partitionOf } from '../event/key-arn.ts';

/** Host names of the consoles: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
const CONSOLES: Readonly<Record<string, string>> = {
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/** Whether an ARN is one of IAM, whose policies are no keys. */
export const isOfIam = (arn: string): boolean => arn.split(':')[2] === 'iam';

/**
 * Gives the address of the console page about the subject of a finding.
 *
 * @param subject ARN of a key, or of an IAM policy, role, user or group
 */
export function linkToConsole(subject: string): string {
  if (isOfIam(subject)) return linkToIam(subject);
  const [, , , region = '', , resource = ''] = subject.split(':');
  const console = CONSOLES[partitionOf(region)] ?? `${region}.console.aws.amazon.com`;
  return `https://${console}/kms/home?region=${region}#/kms/keys/${resource.replace(/^key\//, '')}`;
}

const PAGES: Readonly<Record<string, string>> = { role: 'roles', user: 'users', group: 'groups' };

/** A managed policy by its ARN; a role, user or group by its name. IAM is global, so that there is no Region. */
function linkToIam(subject: string): string {
  const [, partition = '', , , , ...rest] = subject.split(':');
  const [type = '', ...path] = rest.join(':').split('/');
  const console = `https://${CONSOLES[partition] ?? 'console.aws.amazon.com'}/iam/home#`;
  const page = type === 'policy' ? 'policies' : PAGES[type];
  const name = type === 'policy' ? subject : path.at(-1);
  if (page === undefined || name === undefined) return `${console}/home`;
  return `${console}/${page}/details/${encodeURIComponent(name)}?section=permissions`;
}
