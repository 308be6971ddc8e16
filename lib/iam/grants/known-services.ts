/**
 * Services that issue grants for their customers, by the name in front of `.amazonaws.com`, with the page of AWS on
 * it. `family` joins the names of one service: EC2 makes the grants of EBS volumes. A service that is missing here is not
 * taken for a person; its grants need two signs that agree instead of one.
 */
const ISSUERS: ReadonlyArray<readonly [family: string, names: readonly string[], page: string]> = [
  ['dynamodb', ['dynamodb'], 'https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html'],
  [
    'ebs',
    ['ebs', 'ec2', 'ec2-frontend-api'],
    'https://docs.aws.amazon.com/ebs/latest/userguide/how-ebs-encryption-works.html',
  ],
  ['rds', ['rds'], 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html'],
  ['lambda', ['lambda'], 'https://docs.aws.amazon.com/lambda/latest/dg/security-encryption-at-rest.html'],
  ['workspaces', ['workspaces'], 'https://docs.aws.amazon.com/workspaces/latest/adminguide/encrypt-workspaces.html'],
  ['workmail', ['workmail'], 'https://docs.aws.amazon.com/kms/latest/developerguide/grants.html'],
  [
    'redshift',
    ['redshift', 'redshift-data', 'redshift-serverless'],
    'https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-db-encryption.html',
  ],
  [
    'autoscaling',
    ['autoscaling'],
    'https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html',
  ],
  ['mq', ['mq'], 'https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/data-protection.html'],
  ['m2', ['m2'], 'https://docs.aws.amazon.com/m2/latest/userguide/applications-m2-create.html'],
  ['ecr', ['ecr'], 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html'],
  ['ecs', ['ecs'], 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-create-storage-key.html'],
  ['acm', ['acm', 'tlsconnectionmanager'], 'https://docs.aws.amazon.com/acm/latest/userguide/data-protection.html'],
  ['datazone', ['datazone'], 'https://docs.aws.amazon.com/datazone/latest/userguide/encryption-rest-datazone.html'],
  ['appfabric', ['appfabric'], 'https://docs.aws.amazon.com/kms/latest/developerguide/grants.html'],
  [
    'managedblockchain',
    ['managedblockchain'],
    'https://docs.aws.amazon.com/managed-blockchain/latest/hyperledger-fabric-dev/managed-blockchain-encryption-at-rest.html',
  ],
];

/**
 * Services that carry out calls which a customer wrote. Their name in a record says how the call was sent, not that a
 * service wanted the grant.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-executeawsapi.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-types.html
 */
const CARRIERS: ReadonlySet<string> = new Set(['states', 'scheduler', 'ssm', 'apigateway', 'appsync']);

/**
 * Services that set up other services from a customer's template: the grant may be the template's or the other service's.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
 */
const PROVISIONERS: ReadonlySet<string> = new Set(['cloudformation', 'cloudcontrolapi', 'servicecatalog']);

/**
 * The console: a person at work.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
 */
const CONSOLE: ReadonlySet<string> = new Set(['signin', 'console']);

const FAMILIES: ReadonlyMap<string, string> = new Map(
  ISSUERS.flatMap(([family, names]) => names.map((name) => [name, family] as const)),
);

/** What a service does when its name is behind a CreateGrant call. */
export type ServiceRole = 'issuer' | 'carrier' | 'provisioner' | 'console' | 'unknown';

/** What a service does; `unknown` for one that is on no list. */
export function roleOfService(service: string): ServiceRole {
  if (FAMILIES.has(service)) return 'issuer';
  if (CARRIERS.has(service)) return 'carrier';
  if (PROVISIONERS.has(service)) return 'provisioner';
  return CONSOLE.has(service) ? 'console' : 'unknown';
}

/** The name under which a service's different names are one. */
export const familyOf = (service: string): string => FAMILIES.get(service) ?? service;

/**
 * The name of an AWS service in its global or regional form: `dynamodb` for `dynamodb.amazonaws.com`,
 * `dynamodb.us-west-2.amazonaws.com` and `dynamodb.cn-north-1.amazonaws.com.cn`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
 */
export const readServiceName = (text: string): string | undefined =>
  /^([a-z0-9-]+(?:\.[a-z0-9-]+)*?)(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?$/.exec(text)?.[1];
