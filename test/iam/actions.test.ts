import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { expandAction, expandActions, findWritten } from '../../lib/iam/action-set.ts';
import { KMS_ACTIONS, pickActions } from '../../lib/iam/kms-actions.ts';

const commands = fileURLToPath(new URL('../../node_modules/@aws-sdk/client-kms/dist-types/commands', import.meta.url));

test('every operation of the KMS client is a known action', () => {
  const operations = readdirSync(commands)
    .filter((file) => file.endsWith('Command.d.ts'))
    .map((file) => file.replace('Command.d.ts', ''));
  expect(operations.length).toBeGreaterThan(50);
  // ReEncrypt is authorized as one action per key.
  const missing = operations.filter((name) => name !== 'ReEncrypt' && !KMS_ACTIONS.has(`kms:${name}`));
  expect(missing).toEqual([]);
  expect(KMS_ACTIONS.has('kms:ReEncryptFrom') && KMS_ACTIONS.has('kms:ReEncryptTo')).toBe(true);
});

describe('an action pattern stands for', () => {
  test.each<[string, readonly string[]]>([
    ['kms:decrypt', ['kms:Decrypt']],
    ['KMS:ReEncrypt*', ['kms:ReEncryptFrom', 'kms:ReEncryptTo']],
    ['kms:?erify', ['kms:Verify']],
    ['k*:Decrypt', ['kms:Decrypt']],
    ['*:Sign', ['kms:Sign']],
    ['s3:*', []],
    ['s3:GetObject', []],
    ['kms:Teleport', ['kms:Teleport']],
  ])('%s', (pattern, names) => {
    expect(expandAction(pattern)).toEqual(names);
  });

  test('all actions when it is *', () => {
    expect(expandAction('*')).toEqual([...KMS_ACTIONS.keys()]);
    expect(expandAction('kms:*')).toEqual([...KMS_ACTIONS.keys()]);
  });
});

test('NotAction stands for all the others, and a missing element for none', () => {
  const others = expandActions({ negated: true, list: ['kms:*Key*', 's3:*'] });
  expect(others.has('kms:Decrypt')).toBe(true);
  expect(others.has('kms:CreateKey')).toBe(false);
  expect(expandActions(undefined).size).toBe(0);
});

test('what is written is found again by what it stands for', () => {
  const action = { negated: false, list: ['kms:Decrypt', 'kms:Re*', 's3:Get*'] };
  expect(findWritten(action, new Set(['kms:ReEncryptTo']))).toEqual(['kms:Re*']);
  expect(findWritten({ ...action, negated: true }, new Set(['kms:ReEncryptTo']))).toEqual([]);
});

test('actions are picked by what they give', () => {
  expect(pickActions(new Set(['kms:Decrypt', 'kms:PutKeyPolicy']), 'permission', 'admin')).toEqual([
    'kms:PutKeyPolicy',
  ]);
});
