import type { Random } from './random.ts';

const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';

const SESSIONS = 300;
const CALLS_PER_SESSION = 400;

interface Session {
  readonly identity: object;
  /** Where it calls from. */
  readonly address: string;
}

/** What one kind of call leaves in a record. */
interface Call {
  readonly service: string;
  readonly name: string;
  readonly readOnly: boolean;
  readonly agent: string;
  readonly request: (random: Random) => unknown;
  readonly response?: (random: Random) => unknown;
}

/**
 * Makes records like those of an account with many services: the fields, their order and their lengths are those of
 * CloudTrail's own examples, and what differs from record to record there differs here.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html
 */
export function createRecords(random: Random): () => string {
  const keys = many(400, () => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${random.uuid()}`);
  const roles = many(60, () => ({
    name: `${random.pick(TEAMS)}-${random.pick(TASKS)}-role`,
    id: `AROA${random.id(17)}`,
  }));
  let second = 0;

  const when = (): string => {
    second += random.below(3) === 0 ? 1 : 0;
    return new Date(Date.UTC(2026, 9, 1) + second * 1000).toISOString().replace('.000', '');
  };

  /** A session calls for hours with one access key; the next one of the role has another. */
  function startSession(): Session {
    const role = random.pick(roles);
    const name = random.below(2) === 0 ? `i-0${random.hex(16)}` : `${role.name}-${random.below(2000)}`;
    const identity = {
      type: 'AssumedRole',
      principalId: `${role.id}:${name}`,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role.name}/${name}`,
      accountId: ACCOUNT,
      accessKeyId: `ASIA${random.id(16)}`,
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: role.id,
          arn: `arn:aws:iam::${ACCOUNT}:role/${role.name}`,
          accountId: ACCOUNT,
          userName: role.name,
        },
        attributes: { creationDate: when(), mfaAuthenticated: 'false' },
        ...(random.below(3) === 0 ? { ec2RoleDelivery: '2.0' } : {}),
      },
    };
    return { identity, address: `192.0.2.${random.below(256)}` };
  }

  const sessions = many(SESSIONS, startSession);

  let at = 0;

  /** Calls come in bursts: most are made by the session that made the one before. */
  function findCaller(): Session {
    if (random.below(4) === 0) at = random.below(SESSIONS);
    if (random.below(CALLS_PER_SESSION) === 0) sessions[at] = startSession();
    const session = sessions[at] ?? startSession();
    if (random.below(6) > 0) return session;
    const invokedBy = random.pick(INVOKERS);
    return { identity: { ...session.identity, invokedBy }, address: invokedBy };
  }

  function write(call: Call, key: string | undefined): string {
    const { identity, address } = findCaller();
    const host = `${call.service}.${REGION}.amazonaws.com`;
    return JSON.stringify({
      eventVersion: '1.11',
      userIdentity: identity,
      eventTime: when(),
      eventSource: `${call.service}.amazonaws.com`,
      eventName: call.name,
      awsRegion: REGION,
      sourceIPAddress: address,
      userAgent: call.agent,
      requestParameters: key === undefined ? call.request(random) : keyRequest(call, key, random),
      responseElements: call.response?.(random) ?? null,
      requestID: random.uuid(),
      eventID: random.uuid(),
      readOnly: call.readOnly,
      ...(key === undefined ? {} : { resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: key }] }),
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: ACCOUNT,
      eventCategory: 'Management',
      tlsDetails: { tlsVersion: 'TLSv1.3', cipherSuite: 'TLS_AES_128_GCM_SHA256', clientProvidedHostHeader: host },
    });
  }

  return () => {
    const hundredth = random.below(100);
    if (hundredth === 0) return write(random.pick(KEY_WRITES), random.pick(keys));
    if (hundredth <= 20) return write(random.pick(KEY_USES), random.pick(keys));
    return write(random.pick(OTHERS), undefined);
  };
}

function many<T>(count: number, make: () => T): [T, ...T[]] {
  return [make(), ...Array.from({ length: count - 1 }, make)];
}

function keyRequest(call: Call, keyId: string, random: Random): unknown {
  const request = call.request(random) as Record<string, unknown>;
  return { ...request, keyId };
}

const TEAMS = ['payments', 'orders', 'search', 'billing', 'ledger', 'identity', 'media', 'reports'] as const;
const TASKS = ['worker', 'api', 'batch', 'deploy', 'scheduler', 'ingest', 'export'] as const;
const INVOKERS = [
  'autoscaling.amazonaws.com',
  'config.amazonaws.com',
  'lambda.amazonaws.com',
  'ecs.amazonaws.com',
  'secretsmanager.amazonaws.com',
] as const;

const SDK =
  'aws-sdk-java/2.31.4 Linux/6.1.141-155.222.amzn2023.x86_64 OpenJDK_64-Bit_Server_VM/21.0.8+9-LTS Java/21.0.8 vendor/Amazon.com_Inc. md/internal io/sync http/Apache cfg/retry-mode/standard';
const BOTO =
  'Boto3/1.40.2 md/Botocore#1.40.2 ua/2.1 os/linux#6.1.0-37-cloud-amd64 md/arch#x86_64 lang/python#3.12.11 md/pyimpl#CPython m/Z,b,D cfg/retry-mode#legacy Botocore/1.40.2';
const SERVICE = 'AWS Internal';

const call = (
  service: string,
  name: string,
  agent: string,
  request: Call['request'],
  more: Partial<Call> = {},
): Call => ({
  service,
  name,
  agent,
  request,
  readOnly: true,
  ...more,
});

const context = (random: Random) => ({
  encryptionContext: { 'aws:dynamodb:tableName': `orders-${random.below(40)}`, 'aws:dynamodb:subscriberId': ACCOUNT },
  encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
});

const KEY_USES = [
  call('kms', 'Decrypt', SDK, context),
  call('kms', 'Decrypt', SERVICE, (random) => ({
    encryptionContext: { 'aws:ebs:id': `vol-0${random.hex(16)}` },
    encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
  })),
  call('kms', 'GenerateDataKey', SDK, (random) => ({
    encryptionContext: {
      'aws:s3:arn': `arn:aws:s3:::${random.pick(TEAMS)}-archive/${random.hex(12)}/part-${random.below(9999)}`,
    },
    keySpec: 'AES_256',
  })),
  call('kms', 'Encrypt', BOTO, (random) => ({
    encryptionContext: { order: random.uuid() },
    encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
  })),
  call('kms', 'DescribeKey', BOTO, () => ({})),
] as const;

const POLICY = JSON.stringify(
  {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
      {
        Sid: 'Use',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/orders-api-role` },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Resource: '*',
      },
    ],
  },
  null,
  2,
);

const write = { readOnly: false };
const KEY_WRITES = [
  call(
    'kms',
    'PutKeyPolicy',
    BOTO,
    () => ({ policyName: 'default', policy: POLICY, bypassPolicyLockoutSafetyCheck: false }),
    write,
  ),
  call(
    'kms',
    'CreateGrant',
    SDK,
    (random) => ({
      granteePrincipal: `arn:aws:iam::${ACCOUNT}:role/${random.pick(TEAMS)}-worker-role`,
      operations: ['Decrypt', 'GenerateDataKey'],
    }),
    { ...write, response: (random) => ({ grantId: random.hex(64) }) },
  ),
  call('kms', 'EnableKeyRotation', BOTO, () => ({ rotationPeriodInDays: 365 }), write),
  call('kms', 'TagResource', BOTO, (random) => ({ tags: [{ tagKey: 'Owner', tagValue: random.pick(TEAMS) }] }), write),
] as const;

const instance = (random: Random) => ({ instanceId: `i-0${random.hex(16)}` });

/** Every eighth of them is of a service whose records the audit looks at, as in an account that runs on such services. */
const OTHERS = [
  call('ec2', 'DescribeInstances', BOTO, (random) => ({
    instancesSet: { items: [instance(random), instance(random)] },
    filterSet: {},
  })),
  call('ec2', 'DescribeNetworkInterfaces', SDK, (random) => ({
    networkInterfaceIdSet: { items: [{ networkInterfaceId: `eni-0${random.hex(16)}` }] },
    filterSet: {},
  })),
  call('ec2', 'DescribeVolumes', BOTO, (random) => ({
    volumeSet: { items: [{ volumeId: `vol-0${random.hex(16)}` }] },
    filterSet: {},
    maxResults: 500,
  })),
  call('ec2', 'DescribeSecurityGroups', SDK, (random) => ({
    securityGroupSet: {},
    securityGroupIdSet: { items: [{ groupId: `sg-0${random.hex(16)}` }] },
    filterSet: {},
  })),
  call(
    'sts',
    'AssumeRole',
    SERVICE,
    (random) => ({
      roleArn: `arn:aws:iam::${ACCOUNT}:role/${random.pick(TEAMS)}-${random.pick(TASKS)}-role`,
      roleSessionName: random.uuid(),
    }),
    {
      response: (random) => ({
        credentials: {
          accessKeyId: `ASIA${random.id(16)}`,
          expiration: 'Oct 1, 2026, 1:25:29 PM',
          sessionToken: random.id(320),
        },
        assumedRoleUser: {
          assumedRoleId: `AROA${random.id(17)}:session`,
          arn: `arn:aws:sts::${ACCOUNT}:assumed-role/worker/session`,
        },
      }),
    },
  ),
  call('sts', 'GetCallerIdentity', BOTO, () => null),
  call('s3', 'GetBucketAcl', SDK, (random) => ({
    bucketName: `${random.pick(TEAMS)}-archive`,
    Host: `${random.pick(TEAMS)}-archive.s3.${REGION}.amazonaws.com`,
    acl: '',
  })),
  call('s3', 'GetBucketPolicyStatus', SERVICE, (random) => ({
    bucketName: `${random.pick(TEAMS)}-logs`,
    Host: `s3.${REGION}.amazonaws.com`,
    policyStatus: '',
  })),
  call(
    'logs',
    'CreateLogStream',
    SDK,
    (random) => ({
      logGroupName: `/aws/lambda/${random.pick(TEAMS)}-${random.pick(TASKS)}`,
      logStreamName: `2026/10/01/[$LATEST]${random.hex(32)}`,
    }),
    write,
  ),
  call('logs', 'DescribeLogGroups', BOTO, (random) => ({
    logGroupNamePrefix: `/ecs/${random.pick(TEAMS)}`,
    limit: 50,
  })),
  call('ecs', 'DescribeTasks', SDK, (random) => ({
    cluster: `${random.pick(TEAMS)}-cluster`,
    tasks: [`arn:aws:ecs:${REGION}:${ACCOUNT}:task/${random.hex(32)}`],
  })),
  call('ecr', 'BatchGetImage', SERVICE, (random) => ({
    registryId: ACCOUNT,
    repositoryName: `${random.pick(TEAMS)}/api`,
    imageIds: [{ imageDigest: `sha256:${random.hex(64)}` }],
  })),
  call('elasticloadbalancing', 'DescribeTargetHealth', SDK, (random) => ({
    targetGroupArn: `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:targetgroup/${random.pick(TEAMS)}/${random.hex(16)}`,
  })),
  call('autoscaling', 'DescribeAutoScalingGroups', BOTO, (random) => ({
    autoScalingGroupNames: [`${random.pick(TEAMS)}-${random.hex(8)}`],
    maxRecords: 100,
  })),
  call('secretsmanager', 'GetSecretValue', SDK, (random) => ({
    secretId: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${random.pick(TEAMS)}/db-${random.hex(6)}`,
  })),
  call('rds', 'DescribeDBInstances', BOTO, (random) => ({
    dBInstanceIdentifier: `${random.pick(TEAMS)}-db-${random.below(9)}`,
  })),
  call('cloudformation', 'DescribeStacks', BOTO, (random) => ({
    stackName: `${random.pick(TEAMS)}-prod`,
    nextToken: random.hex(24),
  })),
  call(
    'config',
    'PutEvaluations',
    SERVICE,
    (random) => ({
      evaluations: [{ complianceResourceId: `sg-0${random.hex(16)}`, complianceType: 'COMPLIANT' }],
      testMode: false,
    }),
    write,
  ),
  call('apigateway', 'GetRestApis', SDK, () => ({ limit: 500 })),
  call('eks', 'DescribeCluster', BOTO, (random) => ({ name: `${random.pick(TEAMS)}-eks` })),
  call('route53', 'ListResourceRecordSets', BOTO, (random) => ({ hostedZoneId: `Z${random.id(20)}`, maxItems: 300 })),
  call(
    'ssm',
    'UpdateInstanceInformation',
    'aws-sdk-go/1.55.5 (go1.24.5; linux; amd64) amazon-ssm-agent/3.3.2299.0',
    (random) => ({
      ...instance(random),
      agentVersion: '3.3.2299.0',
      agentStatus: 'Active',
      platformType: 'Linux',
      platformName: 'Amazon Linux',
      platformVersion: '2023',
      iPAddress: '192.0.2.17',
      computerName: `ip-10-0-${random.below(256)}-${random.below(256)}.${REGION}.compute.internal`,
      agentName: 'amazon-ssm-agent',
    }),
  ),
  call('dynamodb', 'DescribeTable', SDK, (random) => ({ tableName: `${random.pick(TEAMS)}-${random.below(40)}` })),
  call('monitoring', 'DescribeAlarms', BOTO, (random) => ({
    alarmNamePrefix: `${random.pick(TEAMS)}-`,
    maxRecords: 100,
  })),
] as const;
