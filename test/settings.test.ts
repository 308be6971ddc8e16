import { describe, expect, test } from '@jest/globals';
import { readSettings, SettingsError } from '../lib/settings.ts';

const GOOD = {
  AWS_REGION: 'eu-west-1',
  KEYWARDEN_STAGE: 'dev',
  KEYWARDEN_ACCOUNT: '111122223333',
  KEYWARDEN_TABLE: 'keywarden-dev-ledger',
  KEYWARDEN_TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:keywarden-dev-officer',
  KEYWARDEN_CHAT_TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:keywarden-dev-chat',
  KEYWARDEN_SECURITY_HUB: 'false',
  KEYWARDEN_POLICY_FILE: 'keywarden.policy.yml',
  KEYWARDEN_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/keywarden-dev-lifecycle',
  KEYWARDEN_EVIDENCE_BUCKET: 'keywarden-dev-evidence-111122223333-eu-west-1',
  KEYWARDEN_SIGNING_KEY: 'arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-12ab-34cd-56ef-1234567890ab',
  KEYWARDEN_KEY_USE_TABLE: 'keywarden-dev-key-use',
  KEYWARDEN_KILL_SWITCH: '/keywarden/dev/kill-switch',
  KEYWARDEN_SELF_ROLE_ARNS: 'arn:aws:iam::111122223333:role/one, arn:aws:iam::111122223333:role/two',
  KEYWARDEN_OWN_RESOURCES: 'arn:aws:*:*:111122223333:*keywarden-dev-*',
  KEYWARDEN_MAX_RECEIVES: '5',
};

describe("the function's environment", () => {
  test('is read into settings', () => {
    expect(readSettings(GOOD)).toMatchObject({
      KEYWARDEN_SELF_ROLE_ARNS: ['arn:aws:iam::111122223333:role/one', 'arn:aws:iam::111122223333:role/two'],
      KEYWARDEN_OWN_RESOURCES: ['arn:aws:*:*:111122223333:*keywarden-dev-*'],
      KEYWARDEN_SECURITY_HUB: false,
      KEYWARDEN_MAX_RECEIVES: 5,
    });
  });

  test.each([
    ['KEYWARDEN_TABLE', undefined, 'KEYWARDEN_TABLE is not set'],
    ['KEYWARDEN_STAGE', 'dev; rm', 'KEYWARDEN_STAGE is "dev; rm": must be a stage such as dev or prod'],
    ['KEYWARDEN_ACCOUNT', '123', 'KEYWARDEN_ACCOUNT is "123": must be an account id of 12 digits'],
    ['KEYWARDEN_TOPIC_ARN', 'officer', 'KEYWARDEN_TOPIC_ARN is "officer": must be the ARN of an SNS topic'],
    ['KEYWARDEN_CHAT_TOPIC_ARN', undefined, 'KEYWARDEN_CHAT_TOPIC_ARN is not set'],
    ['KEYWARDEN_SECURITY_HUB', 'yes', 'KEYWARDEN_SECURITY_HUB is "yes": must be true or false'],
    ['KEYWARDEN_OWN_RESOURCES', 'keywarden-dev-*', 'KEYWARDEN_OWN_RESOURCES is "keywarden-dev-*"'],
    ['KEYWARDEN_SELF_ROLE_ARNS', '', 'KEYWARDEN_SELF_ROLE_ARNS is ""'],
    ['KEYWARDEN_QUEUE_URL', 'lifecycle', 'KEYWARDEN_QUEUE_URL is "lifecycle": must be the URL of an SQS queue'],
    ['KEYWARDEN_EVIDENCE_BUCKET', undefined, 'KEYWARDEN_EVIDENCE_BUCKET is not set'],
    ['KEYWARDEN_SIGNING_KEY', 'alias/x', 'KEYWARDEN_SIGNING_KEY is "alias/x": must be the ARN of a KMS key'],
    ['KEYWARDEN_KEY_USE_TABLE', undefined, 'KEYWARDEN_KEY_USE_TABLE is not set'],
    ['KEYWARDEN_MAX_RECEIVES', 'many', 'KEYWARDEN_MAX_RECEIVES is "many"'],
  ])('with a wrong %s stops with its name, its value and what to do', (name, value, expected) => {
    expect(() => readSettings({ ...GOOD, [name]: value })).toThrow(SettingsError);
    expect(() => readSettings({ ...GOOD, [name]: value })).toThrow(expected);
    expect(() => readSettings({ ...GOOD, [name]: value })).toThrow('serverless.yml');
  });

  test('names every wrong variable at once', () => {
    expect(() => readSettings({})).toThrow(/AWS_REGION.*KEYWARDEN_TABLE.*KEYWARDEN_MAX_RECEIVES/);
  });
});
