import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { quote, toCommand } from '../../lib/alert/command.ts';
import type { AwsRequest } from '../../lib/remediations/remedy.ts';

describe('a request as a command line', () => {
  test('has the names of the AWS CLI', () => {
    const request = {
      service: 'kms',
      operation: 'EnableKeyRotation',
      region: 'eu-west-1',
      parameters: { KeyId: '1234abcd', RotationPeriodInDays: 365 },
    } as const;
    expect(toCommand(request)).toBe(
      'aws kms enable-key-rotation --key-id 1234abcd --rotation-period-in-days 365 --region eu-west-1',
    );
  });

  test('has a list of names as words, and a list of structures as JSON', () => {
    const request = (operation: string, parameters: AwsRequest['parameters']): AwsRequest => ({
      service: 'kms',
      operation,
      region: 'eu-west-1',
      parameters,
    });
    expect(toCommand(request('UntagResource', { TagKeys: ['owner', 'a b'] }))).toBe(
      "aws kms untag-resource --tag-keys owner 'a b' --region eu-west-1",
    );
    expect(toCommand(request('TagResource', { Tags: [{ TagKey: 'owner', TagValue: "o'hara" }] }))).toBe(
      `aws kms tag-resource --tags '[{"TagKey":"owner","TagValue":"o'\\''hara"}]' --region eu-west-1`,
    );
  });

  test('keeps any value one word of the shell', () => {
    const printable = fc.string({ minLength: 1, maxLength: 30 }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(printable, (text) => {
        const shown = execFileSync('/bin/sh', ['-c', `printf '[%s]' ${quote(text)}`], { encoding: 'utf8' });
        expect(shown).toBe(`[${text}]`);
      }),
      { numRuns: 40, examples: [["it's $(id) `id` ; rm -rf / #"], ['--help'], ['a b']] },
    );
  });

  test('stays on one visible line, whatever a value holds, and bash gives the value back', () => {
    const evil = fc
      .string({ unit: 'binary', maxLength: 40 })
      .filter((text) => text.isWellFormed() && !text.includes('\0'));
    fc.assert(
      fc.property(evil, (text) => {
        const word = quote(text);
        expect(word).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        const shown = execFileSync('bash', ['-c', `printf '[%s]' ${word}`], { encoding: 'utf8' });
        expect(shown).toBe(`[${text}]`);
      }),
      { numRuns: 40, examples: [['{\n "Sid":\n"What to do now" }'], ["it's\n\\n\u202e\u2028"], ['\u{e0001}\n0a']] },
    );
  });
});
