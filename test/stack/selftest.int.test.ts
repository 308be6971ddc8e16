import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { SELFTEST_TAG } from '../../lib/selftest/run-ids.ts';
import { readParts } from '../../lib/selftest/settings.ts';
import { packageStack, TEMPLATE_FILE } from '../../local/package-stack.ts';
import { resolveValue, type Scope, type Template, type TemplateValue } from '../../local/resolve-template.ts';
import { findNextRun } from '../../local/runner/schedule-expression.ts';
import { authorise, type Statement } from './authorisation.ts';

const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';
const HOUR = 3_600_000;

type Properties = Readonly<Record<string, TemplateValue>>;

let template: Template;
let scope: Scope;
beforeAll(async () => {
  const packaged = await packageStack({ stage: 'dev', region: REGION });
  template = JSON.parse(await readFile(join(packaged, TEMPLATE_FILE), 'utf8'));
  const resources = Object.entries(template.Resources);
  scope = {
    account: ACCOUNT,
    region: REGION,
    types: new Map(resources.map(([id, { Type }]) => [id, Type])),
    physicalIds: new Map(resources.map(([id]) => [id, id])),
  };
});

const propertiesOf = (name: string): Properties => template.Resources[name]?.Properties ?? {};
const keyArn = (id: string) => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`;

/** What the role may do, its policies taken together. */
function ask(action: string, resource: string, context: Readonly<Record<string, readonly string[]>> = {}): string {
  const policies = propertiesOf('SelftestRole').Policies as readonly Properties[];
  const statements = policies.flatMap(
    ({ PolicyDocument }) =>
      (resolveValue(PolicyDocument ?? {}, scope) as unknown as { Statement: Statement[] }).Statement,
  );
  return authorise(statements, { action, resource, context });
}

describe('the role of the selftest', () => {
  test('may set its tag on the key of the topic', () => {
    expect(ask('kms:TagResource', keyArn('OfficerTopicKey'), { 'aws:TagKeys': [SELFTEST_TAG] })).toBe('allowed');
  });

  test.each([
    ['another tag on it', 'kms:TagResource', 'OfficerTopicKey', ['keywarden:protected']],
    ['another tag besides', 'kms:TagResource', 'OfficerTopicKey', [SELFTEST_TAG, 'keywarden:protected']],
    ['its tag on another key', 'kms:TagResource', '1234abcd-12ab-34cd-56ef-1234567890ab', [SELFTEST_TAG]],
    ['no tag at all', 'kms:UntagResource', 'OfficerTopicKey', [SELFTEST_TAG]],
    ['a key policy', 'kms:PutKeyPolicy', 'OfficerTopicKey', []],
    ['a deletion', 'kms:ScheduleKeyDeletion', 'OfficerTopicKey', []],
  ])('may not set %s', (_what, action, key, tags) => {
    expect(ask(action, keyArn(key), { 'aws:TagKeys': tags })).toBe('not-allowed');
  });

  test('is known to every function as one of our own, because it changes a key', () => {
    const role = `role/${String(propertiesOf('SelftestRole').RoleName)}`;
    const functions = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
    for (const { Properties = {} } of functions) expect(JSON.stringify(Properties.Environment)).toContain(role);
  });
});

describe('the silence alarm', () => {
  test('looks back no further than CloudWatch lets it, and further than the longest time between two runs', () => {
    const { Period, EvaluationPeriods, TreatMissingData, ComparisonOperator } = propertiesOf('NoSelftestAlarm');
    const lookBack = Number(Period) * Number(EvaluationPeriods) * 1_000;
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (Period)
    expect(lookBack).toBeLessThanOrEqual(7 * 24 * HOUR);
    const schedule = String(propertiesOf('SelftestRule').ScheduleExpression);
    let at = findNextRun(schedule, new Date('2026-08-03T00:00:00Z'));
    for (let run = 0; run < 20; run += 1) {
      const next = findNextRun(schedule, at);
      // A run has failed after half an hour.
      expect(next.getTime() - at.getTime() + HOUR / 2).toBeLessThan(lookBack);
      at = next;
    }
    expect({ TreatMissingData, ComparisonOperator }).toEqual({
      TreatMissingData: 'breaching',
      ComparisonOperator: 'LessThanThreshold',
    });
  });

  test.each(['NoSelftestAlarm', 'SelftestFailedAlarm', 'OfficerTopicFailuresAlarm'])(
    '%s goes to the topic of another team too, because the officer may not hear it',
    (alarm) => {
      expect(propertiesOf(alarm).AlarmActions).toEqual([
        { Ref: 'OfficerTopic' },
        { 'Fn::If': ['HasAlarmTopic', { Ref: 'AlarmTopicArn' }, { Ref: 'AWS::NoValue' }] },
      ]);
    },
  );
});

describe('the function', () => {
  test('knows every rule that fills the lifecycle queue, and every queue of dead letters', () => {
    const { Variables } = propertiesOf('SelftestLambdaFunction').Environment as { Variables: Properties };
    const refs = (value: TemplateValue | undefined) =>
      (value as { 'Fn::Join': [string, { Ref: string }[]] })['Fn::Join'][1].map(({ Ref }) => Ref).sort();
    const fills = Object.entries(template.Resources)
      .filter(
        ([, { Type, Properties = {} }]) =>
          Type === 'AWS::Events::Rule' && JSON.stringify(Properties.Targets).includes('["LifecycleQueue","Arn"]'),
      )
      .map(([name]) => name);
    expect(refs(Variables.KEYWARDEN_RULES)).toEqual(fills.sort());
    const deadLetters = Object.entries(template.Resources)
      .filter(([name, { Type }]) => Type === 'AWS::SQS::Queue' && /DeadLetters$|Undelivered/.test(name))
      .map(([name]) => name)
      // What is dead of the selftest itself has an alarm of its own.
      .filter((name) => name !== 'SelftestDeadLetters');
    expect(refs(Variables.KEYWARDEN_DEAD_LETTERS)).toEqual(deadLetters.sort());
  });

  test('may look at every queue that must be empty', () => {
    for (const queue of ['LifecycleDeadLetters', 'UndeliveredEvents', 'KeyUseDeadLetters', 'SweepDeadLetters']) {
      expect(ask('sqs:GetQueueAttributes', `arn:aws:sqs:${REGION}:${ACCOUNT}:${queue}`)).toBe('allowed');
    }
    expect(ask('sqs:PurgeQueue', `arn:aws:sqs:${REGION}:${ACCOUNT}:LifecycleDeadLetters`)).toBe('not-allowed');
  });

  test('has every setting that it reads', () => {
    const { Variables } = propertiesOf('SelftestLambdaFunction').Environment as { Variables: Properties };
    const names = Object.keys(Variables);
    const shown = Object.fromEntries(names.map((name) => [name, SAMPLES[name] ?? 'value']));
    expect(readParts(shown)).toMatchObject({ ruleNames: ['value'], lifecycleFunction: 'value' });
    expect(() => readParts({})).toThrow('KEYWARDEN_TOPIC_KEY');
  });
});

const SAMPLES: Readonly<Record<string, string>> = {
  KEYWARDEN_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/queue',
  KEYWARDEN_TOPIC_KEY: keyArn('1234abcd-12ab-34cd-56ef-1234567890ab'),
  KEYWARDEN_QUEUE_ARN: 'arn:aws:sqs:eu-west-1:111122223333:queue',
  KEYWARDEN_RECEIPTS_ARN: 'arn:aws:sqs:eu-west-1:111122223333:receipts',
};

test('Escalations go to whoever is named for them, and nothing else does; test messages come back to the function', () => {
  expect(propertiesOf('EscalationEmailSubscription')).toMatchObject({
    TopicArn: { Ref: 'OfficerTopic' },
    Protocol: 'email',
    FilterPolicy: { state: ['escalated'] },
  });
  expect(propertiesOf('SelftestReceiptsSubscription')).toMatchObject({
    Protocol: 'sqs',
    Endpoint: { 'Fn::GetAtt': ['SelftestReceipts', 'Arn'] },
    FilterPolicy: { state: ['selftest'] },
  });
});
