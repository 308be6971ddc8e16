import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { packageStack, TEMPLATE_FILE } from '../../local/package-stack.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}
interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}
interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Parameters: Readonly<Record<string, { readonly Default?: string; readonly AllowedValues?: string[] }>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

let template: Template;
beforeAll(async () => {
  const packaged = await packageStack({ stage: 'dev', region: 'eu-west-1' });
  template = JSON.parse(await readFile(join(packaged, TEMPLATE_FILE), 'utf8'));
});

const property = (id: string, name: string): unknown => template.Resources[id]?.Properties[name];

const statementsOf = (id: string): readonly Statement[] => {
  const policies = (property(id, 'Policies') ?? []) as readonly { PolicyDocument: { Statement: Statement[] } }[];
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
};

const rolesAllowed = (action: string): readonly string[] =>
  Object.entries(template.Resources)
    .filter(([id, { Type }]) => Type === 'AWS::IAM::Role' && statementsOf(id).some(isAllow(action)))
    .map(([id]) => id)
    .sort();

const isAllow = (action: string) => (statement: Statement) =>
  statement.Effect === 'Allow' && [statement.Action].flat().includes(action);

describe('the topic of the chat', () => {
  test('is encrypted with the key of the topic of the officer', () => {
    expect(property('ChatTopic', 'KmsMasterKeyId')).toEqual(property('OfficerTopic', 'KmsMasterKeyId'));
    expect(template.Outputs.ChatTopicArn?.Value).toEqual({ Ref: 'ChatTopic' });
  });

  test('takes messages of this account only, and none in plain HTTP', () => {
    const document = property('ChatTopicPolicy', 'PolicyDocument') as { Statement: (Statement & { Sid: string })[] };
    expect(document.Statement.map(({ Sid, Effect }) => `${Sid}: ${Effect}`)).toEqual([
      'OnlyThisAccountPublishes: Allow',
      'NoPlainHttp: Deny',
    ]);
    expect(property('ChatTopicPolicy', 'Topics')).toEqual([{ Ref: 'ChatTopic' }]);
  });

  test('is told by every role that tells the officer', () => {
    const tellers = rolesAllowed('sns:Publish');
    expect(tellers).toEqual(expect.arrayContaining(['CheckpointRole', 'LifecycleRole', 'ReportRole']));
    for (const role of tellers) {
      const resources = statementsOf(role)
        .filter(isAllow('sns:Publish'))
        .flatMap(({ Resource }) => Resource);
      expect([role, resources]).toEqual([
        role,
        expect.arrayContaining([{ Ref: 'OfficerTopic' }, { Ref: 'ChatTopic' }]),
      ]);
    }
  });
});

describe('events for other programs', () => {
  test('are put by the roles that tell of findings, on the default bus, and only in the name of Keywarden', () => {
    const roles = rolesAllowed('events:PutEvents');
    expect(roles).toEqual(expect.arrayContaining(['LifecycleRole', 'ReconcileRole', 'RemediateRole']));
    expect(roles).not.toContain('ReportRole');
    for (const role of roles) {
      const [statement] = statementsOf(role).filter(isAllow('events:PutEvents'));
      expect(JSON.stringify(statement?.Resource)).toMatch(/:event-bus\/default"/);
      expect(statement?.Condition).toEqual({ StringEquals: { 'events:source': 'keywarden' } });
    }
  });
});

describe('Security Hub', () => {
  test('is told only when the stack is deployed so', () => {
    expect(template.Parameters.SecurityHub).toMatchObject({ Default: 'false', AllowedValues: ['true', 'false'] });
    expect(template.Resources.SecurityHubPolicy?.Condition).toBe('UsesSecurityHub');
    expect(rolesAllowed('securityhub:BatchImportFindings')).toEqual([]);
    const environment = property('LifecycleLambdaFunction', 'Environment') as { Variables: Record<string, unknown> };
    expect(environment.Variables.KEYWARDEN_SECURITY_HUB).toEqual({ Ref: 'SecurityHub' });
  });

  test('is told by the same roles that put events, into the product of this account', () => {
    const roles = (property('SecurityHubPolicy', 'Roles') as { Ref: string }[]).map(({ Ref }) => Ref).sort();
    expect(roles).toEqual(rolesAllowed('events:PutEvents'));
    const document = property('SecurityHubPolicy', 'PolicyDocument') as { Statement: Statement[] };
    expect(document.Statement.map(({ Action }) => Action)).toEqual(['securityhub:BatchImportFindings']);
    expect(JSON.stringify(document.Statement[0]?.Resource)).toMatch(/:product\/\$\{AWS::AccountId\}\/default/);
  });
});

test('News that did not arrive raises an alarm with the officer, by the metric that the functions count', () => {
  expect(template.Resources.NotToldAlarm?.Properties).toMatchObject({
    Namespace: 'Keywarden',
    MetricName: 'NotTold',
    Dimensions: [
      { Name: 'service', Value: 'keywarden' },
      { Name: 'stage', Value: 'dev' },
    ],
    Statistic: 'Sum',
    Threshold: 0,
    AlarmActions: [{ Ref: 'OfficerTopic' }],
  });
});
