import { describe, expect, test } from '@jest/globals';
import { arnOf, findArnInMessage, partitionOf, readKeyName } from '../../lib/event/key-arn.ts';
import { ACCOUNT, aliasArn, KEY, KEY_ID, keyArn, MULTI_REGION_ID, OTHER_ACCOUNT, REGION } from './fixtures.ts';

const PLACE = { region: REGION, account: ACCOUNT };

describe('a key name', () => {
  test.each([
    ['a key id', KEY_ID, { form: 'key', arn: KEY, bare: true }],
    ['a multi-Region key id', MULTI_REGION_ID, { form: 'key', arn: keyArn(MULTI_REGION_ID), bare: true }],
    ['a key ARN', KEY, { form: 'key', arn: KEY, bare: false }],
    [
      'a key ARN of another account and Region',
      keyArn(KEY_ID, 'eu-west-1', OTHER_ACCOUNT),
      { form: 'key', arn: keyArn(KEY_ID, 'eu-west-1', OTHER_ACCOUNT), bare: false },
    ],
    ['an alias name', 'alias/pay/ments_1', { form: 'alias', arn: aliasArn('pay/ments_1'), bare: true }],
    ['an alias ARN', aliasArn('payments'), { form: 'alias', arn: aliasArn('payments'), bare: false }],
  ])('is read from %s', (_form, text, expected) => {
    expect(readKeyName(text, PLACE)).toEqual(expected);
  });

  test.each([
    ['an empty text', ''],
    ['a line break at the end', `${KEY}\n`],
    ['a second line', `${KEY}\nSUBJECT#x`],
    ['a blank', `${KEY_ID} `],
    ['a hash', `${KEY_ID}#HEAD`],
    ['an ARN of another service', `arn:aws:s3:::${KEY_ID}`],
    ['text before an ARN', `x${KEY}`],
    ['text before an alias', 'my alias/x'],
    ['text behind an alias', 'alias/x y'],
    ['text before an alias ARN', `x ${aliasArn('x')}`],
    ['text behind an alias ARN', `${aliasArn('x')} y`],
    ['an ARN with an account of words', KEY.replace(ACCOUNT, 'AWS Internal')],
    ['a longer path', `${KEY}/x`],
    ['an id beyond every length', 'a'.repeat(257)],
    ['a number', 7],
    ['a list', [KEY]],
    ['nothing', undefined],
  ])('is not read from %s', (_what, text) => {
    expect(readKeyName(text, PLACE)).toBeUndefined();
  });
});

describe('the partition', () => {
  test.each([
    ['us-west-2', 'aws'],
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['us-isof-south-1', 'aws-iso-f'],
    ['eu-isoe-west-1', 'aws-iso-e'],
    ['eusc-de-east-1', 'aws-eusc'],
  ])('of %s is %s, and keys there are readable', (region, partition) => {
    expect(partitionOf(region)).toBe(partition);
    const arn = arnOf('kms', { region, account: ACCOUNT }, `key/${KEY_ID}`);
    expect(arn).toBe(`arn:${partition}:kms:${region}:${ACCOUNT}:key/${KEY_ID}`);
    expect(readKeyName(arn, PLACE)?.arn).toBe(arn);
  });
});

describe('the key in an error message', () => {
  const user = `User: arn:aws:sts::${ACCOUNT}:assumed-role/ci/run-1 is not authorized to perform: kms:Decrypt`;
  test.each([
    [`${user} on resource: ${KEY} because no identity-based policy allows the kms:Decrypt action`, KEY],
    [`${user} on resource: ${KEY} with an explicit deny in a service control policy`, KEY],
    [`${user} on resource: ${KEY}`, KEY],
    [`${user} on resource: ${aliasArn('payments')} because of a policy`, aliasArn('payments')],
    [`User: AWS Internal is not authorized to perform: kms:CreateGrant on resource: ${KEY}`, KEY],
    [`${KEY} is disabled.`, KEY],
    [`${KEY} is pending deletion (or pending replica deletion).`, KEY],
    [`Key '${KEY}' does not exist`, KEY],
    [`Alias ${aliasArn('payments')} is not found.`, aliasArn('payments')],
  ])('%s', (message, arn) => {
    expect(findArnInMessage(message)).toBe(arn);
  });

  test.each([
    ['there is none', `${user} on this resource because the resource does not exist in this Region`],
    ['the resource is a star', `User: x is not authorized to perform: kms:CreateKey on resource: *`],
    [
      'a user path spells one',
      `User: arn:aws:iam::${ACCOUNT}:user/${KEY}/x is not authorized to perform: kms:CreateKey`,
    ],
    ['KMS repeats what the caller typed', `Invalid keyId x on resource: ${KEY}`],
    ['an alias name is repeated', `An alias named alias/x on resource: ${KEY} already exists`],
    ['the id is longer than it looks', `${user} on resource: ${KEY}/more`],
    ['the message is empty', ''],
  ])('is not found when %s', (_why, message) => {
    expect(findArnInMessage(message)).toBeUndefined();
  });
});
