import { partitionOf } from '../event/key-arn.ts';

/** Host names of the consoles: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
const CONSOLES: Readonly<Record<string, string>> = {
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

const serviceOf = (arn: string): string => arn.split(':')[2] ?? '';

/** Whether an ARN is one of IAM, whose policies are no keys. */
export const isOfIam = (arn: string): boolean => serviceOf(arn) === 'iam';

/**
 * What the subject of a finding is called, by the service in its ARN.
 *
 * @returns with a capital: `Key`, `IAM policy`, `Trail`, or `Part of Keywarden` for everything else that it watches
 */
export function nameKind(subject: string): 'Key' | 'IAM policy' | 'Trail' | 'Part of Keywarden' {
  if (isOfIam(subject)) return 'IAM policy';
  if (serviceOf(subject) === 'cloudtrail') return 'Trail';
  return serviceOf(subject) === 'kms' ? 'Key' : 'Part of Keywarden';
}

const THE = {
  Key: 'the key',
  'IAM policy': 'the policy',
  Trail: 'the trail',
  'Part of Keywarden': 'the part of Keywarden',
} as const;

/** The same inside a sentence. */
export const nameSubject = (subject: string): string => THE[nameKind(subject)];

/**
 * Gives the address of the console page about the subject of a finding.
 *
 * @param subject ARN of a key; of an IAM policy, role, user or group; of a trail; or of a part of Keywarden
 */
export function linkToConsole(subject: string): string {
  if (isOfIam(subject)) return linkToIam(subject);
  const [, , , region = '', , resource = ''] = subject.split(':');
  const console = CONSOLES[partitionOf(region)] ?? `${region}.console.aws.amazon.com`;
  const service = serviceOf(subject);
  if (service === 'cloudtrail') return `https://${console}/cloudtrailv2/home?region=${region}#/trails/${subject}`;
  // The rest has a console each; the event history shows what was done to it, whatever it is.
  if (service !== 'kms') {
    const name = encodeURIComponent(subject.slice(subject.search(/[^/:]*$/)));
    return `https://${console}/cloudtrailv2/home?region=${region}#/events?ResourceName=${name}`;
  }
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
