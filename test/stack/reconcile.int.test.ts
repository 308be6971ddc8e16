import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readReconcileInput } from '../../lib/reconcile/run-reconcile.ts';
import { packageStack, TEMPLATE_FILE } from '../../local/package-stack.ts';

type Resource = { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> };

let resources: Readonly<Record<string, Resource>>;

beforeAll(async () => {
  const packaged = await packageStack({ stage: 'dev', region: 'eu-west-1' });
  resources = JSON.parse(await readFile(join(packaged, TEMPLATE_FILE), 'utf8')).Resources;
});

const propertiesOf = (name: string) => resources[name]?.Properties ?? {};
const FUNCTION = { 'Fn::GetAtt': ['ReconcileLambdaFunction', 'Arn'] };

describe('the comparison with CloudTrail', () => {
  test('is called once an hour by a rule that may, with the input that goes on where the schedule is', () => {
    const { ScheduleExpression, State, Targets } = propertiesOf('ReconcileRule');
    expect({ ScheduleExpression, State }).toEqual({ ScheduleExpression: 'cron(40 * * * ? *)', State: 'ENABLED' });
    const [target, ...others] = Targets as readonly { readonly Arn: unknown; readonly Input: string }[];
    expect(others).toEqual([]);
    expect(target?.Arn).toEqual(FUNCTION);
    expect(readReconcileInput(JSON.parse(target?.Input ?? ''), new Date(), 15)).toBe('schedule');
    expect(propertiesOf('ReconcilePermission')).toEqual({
      Action: 'lambda:InvokeFunction',
      FunctionName: FUNCTION,
      Principal: 'events.amazonaws.com',
      SourceArn: { 'Fn::GetAtt': ['ReconcileRule', 'Arn'] },
    });
  });

  test('has the time that Lambda gives at most, because Event history takes two calls in a second', () => {
    expect(propertiesOf('ReconcileLambdaFunction').Timeout).toBe(900);
  });

  test('may do what the lifecycle function may, but for its queue, and ask Event history', () => {
    type Policy = { readonly PolicyName: string };
    const policiesOf = (role: string) => propertiesOf(role).Policies as readonly Policy[];
    const own = policiesOf('ReconcileRole');
    const shared = policiesOf('LifecycleRole').filter(({ PolicyName }) => !['logs', 'queue'].includes(PolicyName));
    expect(own).toEqual(expect.arrayContaining([...shared]));
    expect(own.find(({ PolicyName }) => PolicyName === 'history')).toMatchObject({
      PolicyDocument: {
        Statement: [{ Effect: 'Allow', Action: expect.arrayContaining(['cloudtrail:LookupEvents']), Resource: '*' }],
      },
    });
  });

  test('is known to every function as one of our own, because it changes keys', () => {
    const functions = Object.values(resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
    const roleName = propertiesOf('ReconcileRole').RoleName;
    for (const { Properties } of functions) {
      expect(JSON.stringify(Properties.Environment)).toContain(`role/${String(roleName)}`);
    }
  });

  test('tells the officer when it fails, and when it is not made', () => {
    const alarm = {
      Namespace: 'AWS/Lambda',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'ReconcileLambdaFunction' } }],
      AlarmActions: [{ Ref: 'OfficerTopic' }],
    };
    expect(propertiesOf('ReconcileErrorsAlarm')).toMatchObject({ ...alarm, MetricName: 'Errors', Threshold: 0 });
    expect(propertiesOf('NoReconcileAlarm')).toMatchObject({
      ...alarm,
      MetricName: 'Invocations',
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });
});
