import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { packageStack, TEMPLATE_FILE } from '../../local/package-stack.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}
interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties: {
    readonly Roles?: readonly unknown[];
    readonly Policies?: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[];
    readonly PolicyDocument?: { readonly Statement: readonly Statement[] };
  };
}

test('The function that compares may read the log files of the named bucket and the keys of digests, and write no file', async () => {
  const packaged = await packageStack({ stage: 'dev', region: 'eu-west-1' });
  const { Resources } = JSON.parse(await readFile(join(packaged, TEMPLATE_FILE), 'utf8'));
  const resources = Object.values(Resources as Record<string, Resource>);
  const attached = resources.filter(
    ({ Type, Properties }) =>
      Type === 'AWS::IAM::Policy' && JSON.stringify(Properties.Roles).includes('{"Ref":"ReconcileRole"}'),
  );
  // None is there in a stack that has no bucket, and no Security Hub.
  const conditions = attached.map(({ Condition }) => Condition).sort();
  expect(conditions).toEqual(['HasTrailBucket', 'HasTrailKey', 'UsesSecurityHub']);
  const own = (Resources as Record<string, Resource>).ReconcileRole?.Properties.Policies ?? [];
  const statements = [
    ...own.flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
    ...attached.flatMap(({ Properties }) => Properties.PolicyDocument?.Statement ?? []),
  ].filter(({ Effect }) => Effect === 'Allow');
  const actions = statements.flatMap(({ Action }) => Action);
  expect(actions.filter((action) => action.startsWith('s3:')).sort()).toEqual(['s3:GetObject', 's3:ListBucket']);
  expect(actions).toContain('cloudtrail:ListPublicKeys');
  const ofFiles = statements.filter(({ Action }) => [Action].flat().includes('s3:GetObject'));
  expect(JSON.stringify(ofFiles.map(({ Resource }) => Resource))).toMatch(
    /\$\{TrailBucket\}\/\$\{TrailPrefix\}AWSLogs\/\*/,
  );
});
