import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { packageStack, TEMPLATE_FILE } from '../../local/package-stack.ts';

type Json = Record<string, unknown>;
type Resource = { Type: string; Properties: Json };
type Statement = { Sid?: string; Effect: string; Action: string | string[]; Resource: unknown };

let resources: Record<string, Resource>;

beforeAll(async () => {
  const packaged = await packageStack({ stage: 'dev', region: 'eu-west-1' });
  resources = JSON.parse(await readFile(join(packaged, TEMPLATE_FILE), 'utf8')).Resources;
});

const objectsBelow = (folder: string) => ({ 'Fn::Sub': `\${EvidenceBucket.Arn}/${folder}/*` });

function statements(): Statement[] {
  const policies = (resources.ReportRole?.Properties.Policies ?? []) as {
    PolicyDocument: { Statement: Statement[] };
  }[];
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

const allowing = (action: string): unknown[] =>
  statements()
    .filter(({ Effect, Action }) => Effect === 'Allow' && [Action].flat().includes(action))
    .map(({ Resource }) => Resource);

describe('the function that makes evidence packs', () => {
  test('runs in its own role, and has room for the files of a pack', () => {
    expect(resources.ReportLambdaFunction?.Properties).toMatchObject({
      FunctionName: 'keywarden-dev-report',
      Role: { 'Fn::Sub': expect.stringContaining('ReportRole.Arn') },
      Timeout: 900,
      EphemeralStorage: { Size: 6144 },
    });
  });

  test('is called once a month by a rule that nobody but EventBridge can use, with the order for the month before', () => {
    expect(resources.ReportRule?.Properties).toMatchObject({
      ScheduleExpression: 'cron(40 8 2 * ? *)',
      Targets: [{ Arn: { 'Fn::GetAtt': ['ReportLambdaFunction', 'Arn'] }, Input: '{"monthly":{}}' }],
    });
    expect(resources.ReportPermission?.Properties).toMatchObject({
      Principal: 'events.amazonaws.com',
      SourceArn: { 'Fn::GetAtt': ['ReportRule', 'Arn'] },
    });
  });

  test('has an alarm for when it fails', () => {
    const alarm = resources.ReportErrorsAlarm?.Properties;
    expect(alarm).toMatchObject({ MetricName: 'Errors', Dimensions: [{ Value: { Ref: 'ReportLambdaFunction' } }] });
  });
});

describe('its role', () => {
  test('puts objects below reports/ only, and reads beside them what the function that makes checkpoints keeps', () => {
    expect(allowing('s3:PutObject')).toEqual([objectsBelow('reports')]);
    const kept = ['checkpoints', 'inventory', 'keys'].map(objectsBelow);
    expect(allowing('s3:GetObject')).toEqual([objectsBelow('reports'), kept]);
    expect(allowing('s3:GetObjectVersion')).toEqual([objectsBelow('reports'), kept]);
  });

  test('signs with the signing key, and has no other power over any key but what DynamoDB and SNS need', () => {
    const kms = statements().filter(
      ({ Effect, Action }) => Effect === 'Allow' && [Action].flat().some((one) => one.startsWith('kms:')),
    );
    expect(kms.map(({ Sid }) => Sid).sort()).toEqual([
      'LedgerKeyThroughDynamoDB',
      'SignManifests',
      'TopicKeyThroughSns',
    ]);
    expect(allowing('kms:Sign')).toEqual([{ 'Fn::GetAtt': ['SigningKey', 'Arn'] }]);
  });

  test('reads whole tables, and is refused to delete from the ledger like every other role', () => {
    expect(allowing('dynamodb:Scan')).toHaveLength(1);
    const denied = statements()
      .filter(({ Effect }) => Effect === 'Deny')
      .flatMap(({ Action }) => [Action].flat());
    expect(denied).toEqual(expect.arrayContaining(['dynamodb:DeleteItem', 'dynamodb:BatchWriteItem']));
  });
});
