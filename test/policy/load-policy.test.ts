import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { controlIds } from '../../lib/controls/index.ts';
import { loadPolicy, PolicyError, parsePolicy } from '../../lib/policy/load-policy.ts';

const shipped = readFileSync(new URL('../../keywarden.policy.yml', import.meta.url), 'utf8');

const complaint = (text: string): string => {
  try {
    parsePolicy(text, 'keywarden.policy.yml', controlIds);
  } catch (error) {
    if (error instanceof PolicyError) return error.message;
    throw error;
  }
  throw new Error('The policy was accepted.');
};

describe('the policy file', () => {
  test('that ships with Keywarden is valid and says what the procedure says', () => {
    const policy = parsePolicy(shipped, 'keywarden.policy.yml', controlIds);
    expect(policy.rotation.periodInDays).toBe(365);
    expect(policy.deletion.minimumWaitingDays).toBe(30);
    expect(policy.keySpecs.ENCRYPT_DECRYPT).toContain('SYMMETRIC_DEFAULT');
    expect(policy.keySpecs.SIGN_VERIFY).not.toContain('RSA_2048');
  });

  const waived = (rest: string, control = 'rotation-enabled') =>
    replace(/waivers: \[\]/, `waivers: [{ control: ${control}, owner: olivia@example.com, ${rest} }]`);
  const replace = (from: RegExp, to: string) => shipped.replace(from, to);
  test.each([
    [
      'a period that KMS refuses',
      replace(/periodInDays: 365/, 'periodInDays: 30'),
      'rotation.periodInDays is 30; allowed: a whole number from 90 to 365',
    ],
    [
      'a period that is laxer than the procedure',
      replace(/periodInDays: 365/, 'periodInDays: 730'),
      'rotation.periodInDays is 730; allowed: a whole number from 90 to 365',
    ],
    [
      'a required tag that AWS keeps for itself',
      replace(/requiredTags: \[owner\]/, 'requiredTags: [owner, "AWS:owner"]'),
      'generation.requiredTags.1 is "AWS:owner"; allowed: a tag key that does not begin with aws:',
    ],
    [
      'an approval tag that nobody could set',
      replace(/approvalTag: \S+/, 'approvalTag: aws:approved'),
      'deletion.approvalTag is "aws:approved"; allowed: a tag key that does not begin with aws:',
    ],
    [
      'a required tag that protects the key from Keywarden',
      replace(/requiredTags: \[owner\]/, 'requiredTags: ["keywarden:protected"]'),
      'generation.requiredTags.0 is "keywarden:protected"; allowed: tags other than protectedTag, deletion.approvalTag and those of waivers',
    ],
    [
      'a required tag that approves the deletion of the key',
      replace(/requiredTags: \[owner\]/, 'requiredTags: [owner, "keywarden:deletion-approval"]'),
      'generation.requiredTags.1 is "keywarden:deletion-approval"; allowed: tags other than',
    ],
    [
      'a required tag that puts the key under a waiver',
      replace(
        /^waivers: \[\]/m,
        'waivers: [{ control: rotation-enabled, tag: { key: owner, value: legacy }, owner: o, ticket: t, expires: 2027-06-30 }]',
      ),
      'generation.requiredTags.0 is "owner"; allowed: tags other than protectedTag, deletion.approvalTag and those of waivers',
    ],
    [
      'half days',
      replace(/periodInDays: 365/, 'periodInDays: 90.5'),
      'rotation.periodInDays is 90.5; allowed: a whole number from 90 to 365',
    ],
    [
      'a number in quotes',
      replace(/minimumWaitingDays: 30/, 'minimumWaitingDays: "30"'),
      'deletion.minimumWaitingDays is "30"; allowed: a whole number from 7 to 30',
    ],
    [
      'an unknown mode',
      replace(/mode: enforce/, 'mode: destroy'),
      'controls.rotation-enabled.mode is "destroy"; allowed: one of observe, approve, enforce',
    ],
    [
      'an unknown control',
      `${shipped}\n  rotation-enable: { mode: enforce }\n`,
      `controls.rotation-enable is not a setting; allowed here: ${controlIds.join(', ')}`,
    ],
    [
      'a misspelled setting',
      replace(/periodInDays/, 'periodDays'),
      'rotation.periodDays is not a setting; allowed here: periodInDays',
    ],
    [
      'a missing setting',
      replace(/minimumWaitingDays: 30/, ''),
      'deletion.minimumWaitingDays is missing; allowed: a whole number from 7 to 30',
    ],
    [
      'an unknown key spec',
      replace(/SYMMETRIC_DEFAULT, /, 'AES_256, '),
      'keySpecs.ENCRYPT_DECRYPT.0 is "AES_256"; allowed: one of SYMMETRIC_DEFAULT, RSA_2048',
    ],
    [
      'a spec of another usage',
      replace(/\[HMAC_256/, '[RSA_3072'),
      'keySpecs.GENERATE_VERIFY_MAC.0 is "RSA_3072"; allowed: one of HMAC_224',
    ],
    [
      'an empty list',
      replace(/\[HMAC_256, HMAC_384, HMAC_512\]/, '[]'),
      'keySpecs.GENERATE_VERIFY_MAC is []; allowed: a list of one or more of HMAC_224',
    ],
    ['a later version of the file', replace(/version: 1/, 'version: 2'), 'version is 2; allowed: 1'],
    [
      'a trusted account that is none',
      replace(/accounts: \[\]/, 'accounts: [1234]'),
      'trust.accounts.0 is 1234; allowed: a text',
    ],
    [
      'a trusted account of few digits',
      replace(/accounts: \[\]/, 'accounts: ["1234"]'),
      'trust.accounts.0 is "1234"; allowed: an account id of 12 digits',
    ],
    [
      'an administrator of every account',
      replace(/administrators: \[\]/, 'administrators: ["*"]'),
      'trust.administrators.0 is "*"; allowed: the ARN of a principal of one account',
    ],
    [
      'no limit of changes',
      replace(/changesPerHour: 20/, ''),
      'safeguards.changesPerHour is missing; allowed: a whole number from 0 to 1000',
    ],
    ['a waiver without an end', waived('ticket: SEC-1, subject: x'), 'waivers.0.expires is missing; allowed: a text'],
    [
      'a waiver that ends on no day',
      waived('ticket: SEC-1, subject: x, expires: 2026-02-30'),
      'waivers.0.expires is "2026-02-30"; allowed: a day such as 2026-12-31',
    ],
    [
      'a waiver for nothing',
      waived('ticket: SEC-1, expires: 2026-12-31'),
      'allowed: either a subject (an ARN) or a tag',
    ],
    [
      'a waiver of an unknown control',
      waived('ticket: SEC-1, subject: x, expires: 2026-12-31', 'rotation'),
      `waivers.0.control is "rotation"; allowed: one of ${controlIds[0]}`,
    ],
    ['an empty file', '', 'the file is null; allowed: settings named version, keySpecs'],
  ])('with %s stops at load and says where, what and what is allowed', (_name, text, expected) => {
    expect(complaint(text)).toContain(expected);
  });

  test('names line and column of the wrong value', () => {
    const line = shipped.split('\n').findIndex((text) => text.includes('periodInDays: 365')) + 1;
    expect(complaint(replace(/periodInDays: 365/, 'periodInDays: 30'))).toMatch(
      new RegExp(`^keywarden\\.policy\\.yml:${line}:17: `),
    );
  });

  test('names every wrong value at once', () => {
    expect(
      complaint(
        replace(/periodInDays: 365/, 'periodInDays: 1').replace(/minimumWaitingDays: 30/, 'minimumWaitingDays: 1'),
      ).split('\n'),
    ).toHaveLength(2);
  });

  test('that is not YAML says so', () => {
    expect(complaint('version: [1')).toContain('not valid YAML');
  });

  test('that uses a YAML alias is refused with what to do', () => {
    expect(complaint('version: *one')).toBe(
      'keywarden.policy.yml: an alias (*name) is used; write the value out at its place.',
    );
  });

  test('that uses the same setting twice is refused', () => {
    expect(complaint(`${shipped}\nversion: 1\n`)).toContain('not valid YAML');
  });

  test('that is not there says how to name it', () => {
    expect(() => loadPolicy('/nowhere/keywarden.policy.yml', controlIds)).toThrow(
      /cannot be read.*KEYWARDEN_POLICY_FILE/,
    );
  });

  test('whatever it holds, is accepted or refused with a PolicyError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(complaint(text)).not.toBe('');
      }),
    );
  });
});
