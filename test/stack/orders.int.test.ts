import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { RESUME_AFTER } from '../../lib/orders/carry.ts';
import { remedies } from '../../lib/remediations/index.ts';
import { packageStack, TEMPLATE_FILE } from '../../local/package-stack.ts';
import { resolveValue, type Scope, type Template, type TemplateValue } from '../../local/resolve-template.ts';
import { authorise, type Statement } from './authorisation.ts';

type Properties = Readonly<Record<string, TemplateValue>>;

const ACCOUNT = '111122223333';
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const UNDOES = ['kms:CreateGrant', 'kms:DisableKey', 'kms:DisableKeyRotation', 'kms:UntagResource'];

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

function ask(role: string, action: string, context = {}, resource = KEY): string {
  const properties = resolveValue((resources[role]?.Properties ?? {}) as Properties, scope) as Properties;
  const policies = properties.Policies as unknown as readonly {
    readonly PolicyDocument: { readonly Statement: readonly Statement[] };
  }[];
  const statements = policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  return authorise(statements, { action, resource, context });
}

describe('the role that carries out orders', () => {
  test('may undo whatever Keywarden undoes at all', () => {
    const needed = remedies.filter(({ undoRefused }) => undoRefused === undefined).flatMap(({ undoIam }) => undoIam);
    expect(needed).toEqual(expect.arrayContaining(UNDOES));
    expect(needed.filter((action) => ask('RemediateRole', action) !== 'allowed')).toEqual([]);
  });

  test.each(['LifecycleRole', 'ReconcileRole', 'SweepRole'])('is the only one: %s may undo nothing', (role) => {
    expect(UNDOES.filter((action) => ask(role, action) === 'allowed')).toEqual([]);
  });

  test.each(UNDOES)('may not %s on a key that Keywarden is made of', (action) => {
    const own = ['LedgerKey', 'SigningKey', 'OfficerTopicKey'];
    const arnOf = (key: string) => String(resolveValue({ 'Fn::GetAtt': [key, 'Arn'] }, scope));
    expect(own.map((key) => ask('RemediateRole', action, {}, arnOf(key)))).toEqual(own.map(() => 'refused'));
  });

  test('may give no grant to Keywarden itself', () => {
    const grantee = (name: string) => ({
      'kms:GranteePrincipal': [`arn:aws:iam::${ACCOUNT}:role/${name}`],
    });
    expect(ask('RemediateRole', 'kms:CreateGrant', grantee('keywarden-dev-remediate'))).toBe('refused');
    expect(ask('RemediateRole', 'kms:CreateGrant', grantee('payments'))).toBe('allowed');
  });

  test('may not take away a tag that protects a key or approves its deletion', () => {
    const tag = (name: string) => ({ 'aws:TagKeys': [name] });
    expect(ask('RemediateRole', 'kms:UntagResource', tag('keywarden:protected'))).toBe('refused');
    expect(ask('RemediateRole', 'kms:UntagResource', tag('owner'))).toBe('allowed');
  });

  test('may stop no trail', () => {
    const trail = `arn:aws:cloudtrail:eu-west-1:${ACCOUNT}:trail/company`;
    expect(ask('RemediateRole', 'cloudtrail:StopLogging', {}, trail)).not.toBe('allowed');
  });

  test('has time for an order, and less of it than passes before an order that was left is taken up again', () => {
    const { Timeout } = (resources.RemediateLambdaFunction?.Properties ?? {}) as { readonly Timeout?: number };
    expect(Timeout).toBeGreaterThanOrEqual(60);
    expect(Timeout).toBeLessThan(RESUME_AFTER);
  });
});
