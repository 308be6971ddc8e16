import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { authorise, type Statement } from '../stack/authorisation.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The policies of the page, in their order: reader, officer. */
const [reader = [], officer = []] = [...read('docs/cli.md').matchAll(/^```json\n(.*?)^```$/gms)].map(
  ([, text = '']) => (JSON.parse(text) as { Statement: Statement[] }).Statement,
);

/** Names as the stack gives them, for stage prod. */
const stack = read('serverless.yml')
  .replace(/\$\{self:service\}/g, 'keywarden')
  .replace(/\$\{sls:stage\}/g, 'prod');
const ACCOUNT = '111122223333';
const TABLE = `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/keywarden-prod-ledger`;
const REMEDIATE = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:keywarden-prod-remediate`;
const SELFTEST = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:keywarden-prod-selftest`;
const SWITCH = `arn:aws:ssm:eu-west-1:${ACCOUNT}:parameter/keywarden/prod/kill-switch`;
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/0d1c2b3a-0000-4000-8000-00000000c0de`;

const BY_URL = { 'lambda:FunctionUrlAuthType': ['AWS_IAM'], 'lambda:InvokedViaFunctionUrl': ['true'] };
const BY_TABLE = { 'kms:ViaService': ['dynamodb.eu-west-1.amazonaws.com'] };

describe('the policies that docs/cli.md gives', () => {
  test('name what the stack deploys', () => {
    for (const name of ['keywarden-prod-ledger', 'keywarden-prod-remediate', 'keywarden-prod-selftest']) {
      expect(stack).toMatch(new RegExp(`[nN]ame: ${name}$`, 'm'));
    }
    expect(stack).toContain('killSwitch: /keywarden/prod/kill-switch');
  });

  test.each<[string, string, Readonly<Record<string, readonly string[]>>]>([
    ['dynamodb:Query', TABLE, {}],
    ['dynamodb:Query', `${TABLE}/index/openFindings`, {}],
    ['dynamodb:GetItem', TABLE, {}],
    ['dynamodb:BatchGetItem', TABLE, {}],
    ['dynamodb:Scan', TABLE, {}],
    ['dynamodb:DescribeTable', TABLE, {}],
    ['kms:Decrypt', KEY, BY_TABLE],
    ['kms:DescribeKey', KEY, {}],
    ['ssm:GetParameter', SWITCH, {}],
  ])('let a reader %s on %s', (action, resource, context) => {
    expect(authorise(reader, { action, resource, context })).toBe('allowed');
  });

  test.each<[string, string, Readonly<Record<string, readonly string[]>>]>([
    ['lambda:GetFunctionUrlConfig', REMEDIATE, {}],
    ['lambda:InvokeFunctionUrl', REMEDIATE, BY_URL],
    ['lambda:InvokeFunction', REMEDIATE, BY_URL],
    ['lambda:InvokeFunction', SELFTEST, {}],
  ])('let an officer %s on %s', (action, resource, context) => {
    expect(authorise(officer, { action, resource, context })).toBe('allowed');
  });

  test.each<[string, string, string, readonly Statement[], Readonly<Record<string, readonly string[]>>]>([
    ['a reader order', 'lambda:InvokeFunctionUrl', REMEDIATE, reader, BY_URL],
    ['a reader write', 'dynamodb:PutItem', TABLE, reader, {}],
    ['a reader decrypt by themselves', 'kms:Decrypt', KEY, reader, {}],
    ['an officer write', 'dynamodb:PutItem', TABLE, [...reader, ...officer], {}],
    ['an officer invoke directly, where nobody says who they are', 'lambda:InvokeFunction', REMEDIATE, officer, {}],
    ['an officer change keys', 'kms:EnableKeyRotation', KEY, [...reader, ...officer], {}],
  ])('do not let %s', (_what, action, resource, statements, context) => {
    expect(authorise(statements, { action, resource, context })).toBe('not-allowed');
  });
});
