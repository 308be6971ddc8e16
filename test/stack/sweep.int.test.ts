import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { packageStack, TEMPLATE_FILE } from '../../local/package-stack.ts';
import { resolveValue, type Scope, type Template, type TemplateValue } from '../../local/resolve-template.ts';
import { authorise, type Statement } from './authorisation.ts';

type Properties = Readonly<Record<string, TemplateValue>>;

const ACCOUNT = '111122223333';
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const TRAIL = `arn:aws:cloudtrail:eu-west-1:${ACCOUNT}:trail/company`;

let resources: Template['Resources'];
let scope: Scope;
beforeAll(async () => {
  const packaged = await packageStack({ stage: 'dev', region: 'eu-west-1' });
  const template: Template = JSON.parse(await readFile(join(packaged, TEMPLATE_FILE), 'utf8'));
  resources = template.Resources;
  const all = Object.entries(resources);
  scope = {
    account: ACCOUNT,
    region: 'eu-west-1',
    types: new Map(all.map(([id, { Type }]) => [id, Type])),
    physicalIds: new Map(all.map(([id]) => [id, id])),
  };
});

const rawOf = (id: string): Properties => (resources[id]?.Properties ?? {}) as Properties;
const propertiesOf = (id: string): Properties => resolveValue(rawOf(id), scope) as Properties;

function mayRole(action: string, resource: string): string {
  const policies = propertiesOf('SweepRole').Policies as unknown as readonly {
    readonly PolicyDocument: { readonly Statement: readonly Statement[] };
  }[];
  const statements = policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  return authorise(statements, { action, resource, context: {} });
}

describe('the look at every key', () => {
  test('is begun once a day by its rule, and the rule alone may call the function', () => {
    expect(propertiesOf('SweepRule')).toMatchObject({
      State: 'ENABLED',
      ScheduleExpression: expect.stringMatching(/^cron\(\d+ \d+ \* \* \? \*\)$/),
      Targets: [{ Input: '{}' }],
    });
    expect(resources.SweepPermission?.Properties).toMatchObject({
      Principal: 'events.amazonaws.com',
      SourceArn: { 'Fn::GetAtt': ['SweepRule', 'Arn'] },
    });
  });

  test('is done by as many workers as share the quotas', () => {
    const { Environment } = rawOf('SweepLambdaFunction') as { Environment: { Variables: Properties } };
    const mappings = Object.values(resources).filter(
      ({ Type, Properties = {} }) =>
        Type === 'AWS::Lambda::EventSourceMapping' && JSON.stringify(Properties.EventSourceArn).includes('SweepQueue'),
    );
    expect(mappings).toHaveLength(1);
    const [{ Properties: mapping = {} } = {}] = mappings;
    const { MaximumConcurrency } = mapping.ScalingConfig as { readonly MaximumConcurrency: number };
    expect(Number(Environment.Variables.KEYWARDEN_SWEEP_WORKERS)).toBe(MaximumConcurrency);
    expect(mapping.BatchSize).toBe(1);
  });

  test('may list keys, read them and put them right, and may not change a trail or delete anything', () => {
    expect(mayRole('kms:ListKeys', '*')).toBe('allowed');
    for (const action of ['kms:DescribeKey', 'kms:ListGrants', 'kms:GetKeyPolicy', 'kms:EnableKeyRotation']) {
      expect([action, mayRole(action, KEY)]).toEqual([action, 'allowed']);
    }
    for (const action of ['kms:DisableKey', 'kms:CreateGrant', 'kms:Decrypt', 'kms:Sign']) {
      expect([action, mayRole(action, KEY)]).not.toEqual([action, 'allowed']);
    }
    expect(mayRole('cloudtrail:GetTrailStatus', TRAIL)).toBe('allowed');
    for (const action of ['cloudtrail:StopLogging', 'cloudtrail:StartLogging', 'cloudtrail:PutEventSelectors']) {
      expect([action, mayRole(action, TRAIL)]).not.toEqual([action, 'allowed']);
    }
  });

  test("is one of Keywarden's own callers, so that nothing it changes is put right again", () => {
    const { Environment } = rawOf('LifecycleLambdaFunction') as { Environment: { Variables: Properties } };
    const own = resolveValue(Environment.Variables.KEYWARDEN_SELF_ROLE_ARNS ?? '', scope);
    expect(String(own).split(',')).toContain(
      `arn:aws:iam::${ACCOUNT}:role/${String(propertiesOf('SweepRole').RoleName)}`,
    );
  });

  test('raises an alarm when it fails, when it is not complete, and when none has ended for 26 hours', () => {
    expect(rawOf('SweepIncompleteAlarm')).toMatchObject({
      Namespace: 'Keywarden',
      MetricName: 'SweepIncomplete',
      Dimensions: [
        { Name: 'service', Value: 'keywarden' },
        { Name: 'stage', Value: 'dev' },
      ],
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
    });
    const none = rawOf('NoSweepAlarm') as { readonly Period: number; readonly EvaluationPeriods: number };
    expect(none).toMatchObject({ MetricName: 'SweepEnded', TreatMissingData: 'breaching', Threshold: 1 });
    expect(none.Period * none.EvaluationPeriods).toBe(26 * 3600);
    expect(rawOf('SweepErrorsAlarm')).toMatchObject({ MetricName: 'Errors' });
    expect(rawOf('SweepDeadLettersAlarm')).toMatchObject({ MetricName: 'ApproximateNumberOfMessagesVisible' });
  });

  test('keeps how far it is in a table that forgets it', () => {
    expect(propertiesOf('Sweeps')).toMatchObject({
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
    });
  });
});
