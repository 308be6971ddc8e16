import type { Actor, KeyAction } from '../../lib/event/key-action.ts';
import { known, unread } from '../../lib/facts/key-facts.ts';
import { ACCOUNT, factsOf, REGION } from '../facts/key.ts';
import { narrowTrail, TRAIL_ARN, trailArn, trailsAre, trailWith } from '../facts/trails.ts';
import { actionOf, type ControlCase, POLICY } from './control-case.ts';

const OLIVIA: Actor = {
  type: 'AssumedRole',
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Deployer/olivia@example.com`,
  sessionIssuer: `arn:aws:iam::${ACCOUNT}:role/Deployer`,
  person: 'olivia@example.com',
  invokedBy: 'cloudformation.amazonaws.com',
  bySelf: false,
};
const EVE: Actor = {
  type: 'IAMUser',
  arn: `arn:aws:iam::${ACCOUNT}:user/eve@example.com`,
  person: 'eve@example.com',
  bySelf: false,
};
const SELF: Actor = { ...EVE, type: 'AssumedRole', bySelf: true };
const AWS: Actor = { type: 'AWSService', invokedBy: 'cloudtrail.amazonaws.com', bySelf: false };

const NAMED = { ...POLICY, auditTrail: { maintainers: [`arn:aws:iam::${ACCOUNT}:role/Deployer`] } };

const onTrail = (api: string, actor = EVE, request: Record<string, unknown> = { name: 'audit' }): KeyAction =>
  actionOf(api, { eventSource: 'cloudtrail.amazonaws.com', subject: TRAIL_ARN, keys: [], actor, request });

const OFF = trailWith({ logging: known(false) });
const OTHER = trailWith({ arn: trailArn('second') });
const DENIED = unread('cloudtrail:GetTrailStatus was denied');

const trailCases: readonly ControlCase[] = [
  {
    name: 'a stranger stopped the trail and it is logging again by now',
    action: onTrail('StopLogging'),
    facts: trailsAre(trailWith()),
    expected: 'compliant',
    says: 'is logging',
  },
  {
    name: 'the trail was started',
    action: onTrail('StartLogging'),
    facts: trailsAre(trailWith()),
    expected: 'compliant',
    says: 'is logging',
  },
  {
    name: 'the selectors take KMS',
    action: onTrail('PutEventSelectors', EVE, { trailName: 'audit' }),
    facts: trailsAre(trailWith()),
    expected: 'compliant',
    says: 'records the reads and writes of KMS',
  },
  {
    name: 'a trail was made, and is not started yet',
    action: onTrail('CreateTrail'),
    facts: trailsAre(OFF),
    expected: 'compliant',
    says: 'exists',
  },
  {
    name: 'a maintainer stopped a trail, and another one records everything',
    action: onTrail('StopLogging', OLIVIA),
    facts: trailsAre(OFF, OTHER),
    policy: NAMED,
    expected: 'compliant',
    says: 'whom auditTrail.maintainers names, and trail second records all use of keys',
  },
  {
    name: 'a maintainer deleted a trail, and another one records everything',
    action: onTrail('DeleteTrail', OLIVIA),
    facts: trailsAre(OTHER),
    policy: NAMED,
    expected: 'compliant',
    says: 'is gone',
  },
  {
    name: 'a maintainer changed the settings of the trail',
    action: onTrail('UpdateTrail', OLIVIA, { name: 'audit', kmsKeyId: 'alias/logs' }),
    facts: trailsAre(narrowTrail()),
    policy: NAMED,
    expected: 'compliant',
    says: 'was given other settings (kmsKeyId)',
  },

  {
    name: 'a stranger stopped the trail, and nobody is named',
    action: onTrail('StopLogging'),
    facts: trailsAre(OFF),
    expected: 'violation',
    says: 'is not logging; StopLogging was called by eve@example.com as',
  },
  {
    name: 'a stranger stopped the trail, and another one records everything',
    action: onTrail('StopLogging'),
    facts: trailsAre(OFF, OTHER),
    policy: NAMED,
    expected: 'violation',
    says: 'whom auditTrail.maintainers of the policy file does not name',
  },
  {
    name: 'a maintainer stopped the only trail',
    action: onTrail('StopLogging', OLIVIA),
    facts: trailsAre(OFF),
    policy: NAMED,
    expected: 'violation',
    says: 'but nothing records all use of keys now: no trail of all Regions is logging',
  },
  {
    name: 'a stranger had the trail leave KMS out',
    action: onTrail('PutEventSelectors'),
    facts: trailsAre(narrowTrail()),
    expected: 'violation',
    says: 'leaves the events of KMS out',
  },
  {
    name: 'a stranger had the trail record writes only',
    action: onTrail('PutEventSelectors'),
    facts: trailsAre(narrowTrail({ kmsEvents: known({ reads: false, writes: true }) })),
    expected: 'violation',
    says: 'records only the writes of KMS',
  },
  {
    name: 'a stranger had the trail record reads only',
    action: onTrail('PutEventSelectors'),
    facts: trailsAre(narrowTrail({ kmsEvents: known({ reads: true, writes: false }) })),
    expected: 'violation',
    says: 'records only the reads of KMS',
  },
  {
    name: 'a stranger deleted the trail',
    action: onTrail('DeleteTrail'),
    facts: trailsAre(OTHER),
    expected: 'violation',
    says: 'is gone; DeleteTrail was called by eve@example.com',
    noPlan: 'create it again with its bucket',
  },
  {
    name: 'a stranger sent the log files to another bucket',
    action: onTrail('UpdateTrail', EVE, { name: 'audit', s3BucketName: 'elsewhere' }),
    facts: trailsAre(trailWith()),
    expected: 'violation',
    says: 'was given other settings (s3BucketName)',
    noPlan: 'is in no record',
  },
  {
    name: 'a stranger changed nothing that the record shows',
    action: onTrail('UpdateTrail'),
    facts: trailsAre(trailWith()),
    expected: 'violation',
    says: 'was given other settings; UpdateTrail',
    noPlan: 'is in no record',
  },
  {
    name: 'a maintainer had the only trail record one Region',
    action: onTrail('UpdateTrail', OLIVIA, { name: 'audit', isMultiRegionTrail: false }),
    facts: trailsAre(trailWith({ multiRegion: false })),
    policy: NAMED,
    expected: 'violation',
    says: 'records only its own Region',
    noPlan: 'aws cloudtrail update-trail',
  },

  {
    name: 'the trail that was stopped is gone',
    action: onTrail('StopLogging'),
    facts: trailsAre(OTHER),
    expected: 'not-applicable',
    says: 'its deletion is judged by itself',
  },
  {
    name: 'AWS itself changed the settings of the trail',
    action: onTrail('UpdateTrail', AWS),
    facts: trailsAre(trailWith()),
    expected: 'not-applicable',
    says: 'cloudtrail.amazonaws.com',
  },

  {
    name: 'the trails could not be listed',
    action: onTrail('StopLogging'),
    facts: { ...trailsAre(), trails: unread('cloudtrail:DescribeTrails was denied') },
    expected: 'unknown',
    says: 'cannot be judged because cloudtrail:DescribeTrails was denied',
  },
  {
    name: 'whether the trail is logging could not be read',
    action: onTrail('StopLogging'),
    facts: trailsAre(trailWith({ logging: DENIED })),
    expected: 'unknown',
    says: 'cloudtrail:GetTrailStatus was denied',
  },
  {
    name: 'what the trail records could not be read',
    action: onTrail('PutEventSelectors'),
    facts: trailsAre(trailWith({ kmsEvents: DENIED })),
    expected: 'unknown',
    says: 'cloudtrail:GetTrailStatus was denied',
  },
  {
    name: 'a maintainer stopped a trail, and whether another one records everything is unknown',
    action: onTrail('StopLogging', OLIVIA),
    facts: trailsAre(OFF, { ...OTHER, logging: DENIED }),
    policy: NAMED,
    expected: 'unknown',
    says: 'whether another trail records the use of keys is unknown',
  },
].map((one) => ({ names: 'Trail audit', ...one })) as readonly ControlCase[];

const partOf = (eventSource: string, api: string, subject: string, actor: Actor, overrides: Partial<KeyAction> = {}) =>
  actionOf(api, { eventSource: `${eventSource}.amazonaws.com`, subject, keys: [], request: {}, actor, ...overrides });
const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
const RULE = arn('events', 'rule/keywarden-dev-kms-calls');
const ROLE = `arn:aws:iam::${ACCOUNT}:role/keywarden-dev-lifecycle`;
const NOT_BY_US = { noPlan: 'deploy the stack again' };

const ownCases: readonly ControlCase[] = [
  {
    name: 'the deployment changed a rule of Keywarden',
    action: partOf('events', 'PutRule', RULE, OLIVIA),
    facts: factsOf(),
    policy: NAMED,
    expected: 'compliant',
    says: 'by olivia@example.com as',
    names: 'Rule keywarden-dev-kms-calls',
  },
  {
    name: 'a stranger disabled a rule of Keywarden, and nobody is named',
    action: partOf('events', 'DisableRule', RULE, EVE),
    facts: factsOf(),
    expected: 'violation',
    says: 'is a part of Keywarden and was changed (DisableRule) by eve@example.com as',
    names: 'Rule keywarden-dev-kms-calls',
    ...NOT_BY_US,
  },
  {
    name: 'the root user changed a rule, and a pattern of the policy file matches it',
    action: partOf('events', 'PutRule', RULE, { type: 'Root', arn: `arn:aws:iam::${ACCOUNT}:root`, bySelf: false }),
    facts: factsOf(),
    policy: { ...POLICY, auditTrail: { maintainers: [`arn:aws:iam::${ACCOUNT}:*`] } },
    expected: 'violation',
    says: `by arn:aws:iam::${ACCOUNT}:root, the root user`,
    names: 'Rule keywarden-dev-kms-calls',
    ...NOT_BY_US,
  },
  {
    name: 'CloudFormation made a rule, and nobody is named yet',
    action: partOf('events', 'PutRule', RULE, OLIVIA),
    facts: factsOf(),
    expected: 'not-applicable',
    says: 'through CloudFormation, and auditTrail.maintainers of the policy file does not say yet who deploys it',
    names: 'Rule keywarden-dev-kms-calls',
  },
  {
    name: 'CloudFormation made a rule for a stranger',
    action: partOf('events', 'PutRule', RULE, { ...EVE, invokedBy: 'cloudformation.amazonaws.com' }),
    facts: factsOf(),
    policy: NAMED,
    expected: 'violation',
    says: 'whom auditTrail.maintainers of the policy file does not name',
    names: 'Rule keywarden-dev-kms-calls',
    ...NOT_BY_US,
  },
  ...(
    [
      ['DeleteRule', {}, OLIVIA],
      ['RemoveTargets', {}, OLIVIA],
      ['PutRule', { state: 'DISABLED' }, OLIVIA],
      ['PutRule', { enabled: false }, OLIVIA],
      ['PutRule', {}, EVE],
      [
        'PutRule',
        {},
        {
          type: 'Root',
          arn: `arn:aws:iam::${ACCOUNT}:root`,
          invokedBy: 'cloudformation.amazonaws.com',
          bySelf: false,
        },
      ],
    ] as const
  ).map(
    ([api, request, actor], at): ControlCase => ({
      name: `a rule was taken away, switched off, or changed past CloudFormation, and nobody is named (${api}, ${at + 1})`,
      action: partOf('events', api, RULE, actor, { request }),
      facts: factsOf(),
      expected: 'violation',
      says: `was changed (${api})`,
      names: 'Rule keywarden-dev-kms-calls',
      ...NOT_BY_US,
    }),
  ),
  ...(
    [
      ['sqs', 'PurgeQueue', arn('sqs', 'keywarden-dev-lifecycle'), 'Queue keywarden-dev-lifecycle'],
      [
        'lambda',
        'UpdateFunctionCode20150331v2',
        arn('lambda', 'function:keywarden-dev-lifecycle'),
        'Function keywarden-dev-lifecycle',
      ],
      ['dynamodb', 'UpdateTable', arn('dynamodb', 'table/keywarden-dev-ledger'), 'Table keywarden-dev-ledger'],
      ['sns', 'Unsubscribe', arn('sns', 'keywarden-dev-officer'), 'Topic keywarden-dev-officer'],
      ['monitoring', 'DeleteAlarms', arn('cloudwatch', 'alarm:keywarden-dev-backlog'), 'Alarm keywarden-dev-backlog'],
      ['s3', 'PutBucketPolicy', 'arn:aws:s3:::keywarden-dev-evidence', 'Bucket keywarden-dev-evidence'],
      ['iam', 'DeleteRole', ROLE, 'Role keywarden-dev-lifecycle'],
    ] as const
  ).map(
    ([service, api, subject, names]): ControlCase => ({
      name: `a stranger called ${api} on ${names}`,
      action: partOf(service, api, subject, EVE),
      facts: factsOf(),
      policy: NAMED,
      expected: 'violation',
      says: 'whom auditTrail.maintainers of the policy file does not name',
      names,
      ...NOT_BY_US,
    }),
  ),
  {
    name: 'a stranger gave a role of Keywarden a policy of the account',
    action: partOf('iam', 'AttachRolePolicy', `arn:aws:iam::${ACCOUNT}:policy/DenyAll`, EVE, {
      request: { roleName: 'keywarden-dev-lifecycle', policyArn: `arn:aws:iam::${ACCOUNT}:policy/DenyAll` },
    }),
    facts: factsOf(),
    expected: 'violation',
    says: 'AttachRolePolicy',
    names: 'Role keywarden-dev-lifecycle',
    ...NOT_BY_US,
  },
  {
    name: 'a stranger deleted an alarm of Keywarden among others',
    action: partOf('monitoring', 'DeleteAlarms', arn('cloudwatch', 'alarm:orders'), EVE, {
      request: { alarmNames: ['orders', 'keywarden-dev-backlog'] },
    }),
    facts: factsOf(),
    expected: 'violation',
    says: 'DeleteAlarms',
    names: 'Alarm keywarden-dev-backlog',
    ...NOT_BY_US,
  },
  {
    name: 'the rule is none of Keywarden',
    action: partOf('events', 'DisableRule', arn('events', 'rule/orders'), EVE),
    facts: factsOf(),
    expected: 'not-applicable',
    says: 'Rule orders is no part of Keywarden',
    names: 'Rule orders',
  },
  {
    name: 'a resource of a kind that Keywarden has none of was changed',
    action: partOf('lambda', 'UpdateEventSourceMapping20150331', arn('lambda', 'event-source-mapping:x'), EVE),
    facts: factsOf(),
    expected: 'not-applicable',
    says: 'is no part of Keywarden',
    names: 'event-source-mapping:x',
  },
  {
    name: 'the table of a stage that is not this one was changed',
    action: partOf('dynamodb', 'UpdateTable', arn('dynamodb', 'table/keywarden-prod-ledger'), EVE),
    facts: factsOf(),
    expected: 'not-applicable',
    says: 'is no part of Keywarden',
    names: 'Table keywarden-prod-ledger',
  },
  {
    name: 'Keywarden changed itself',
    action: partOf('sqs', 'SetQueueAttributes', arn('sqs', 'keywarden-dev-lifecycle'), SELF),
    facts: factsOf(),
    expected: 'not-applicable',
    says: 'by Keywarden itself',
    names: 'Queue keywarden-dev-lifecycle',
  },
  {
    name: 'AWS changed a part of Keywarden by itself',
    action: partOf('dynamodb', 'UpdateTable', arn('dynamodb', 'table/keywarden-dev-ledger'), AWS),
    facts: factsOf(),
    expected: 'not-applicable',
    says: 'by AWS itself',
    names: 'Table keywarden-dev-ledger',
  },
  {
    name: 'the record does not say which rule it was',
    action: partOf('events', 'DisableRule', arn('events', 'unidentified'), EVE),
    facts: factsOf(),
    expected: 'unknown',
    says: 'does not say what it changed',
    names: 'look event 3d1fdf6f-0000-4000-8000-000000000001 up',
  },
  {
    name: 'the record does not say which trail it was',
    action: actionOf('StopLogging', {
      eventSource: 'cloudtrail.amazonaws.com',
      subject: arn('cloudtrail', 'unidentified'),
      keys: [],
      request: {},
    }),
    facts: trailsAre(trailWith()),
    expected: 'unknown',
    says: 'does not say which trail it was about',
    names: 'look event 3d1fdf6f-0000-4000-8000-000000000001 up',
  },
  {
    name: 'there is no record of a change',
    facts: trailsAre(trailWith()),
    expected: 'unknown',
    says: 'is not known without the record of it',
    names: 'What was changed',
  },
];

export const cases: readonly ControlCase[] = [...trailCases, ...ownCases];
