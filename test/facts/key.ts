import {
  factsUnread,
  type KeyDescription,
  type KeyFacts,
  known,
  type RotationStatus,
  unread,
} from '../../lib/facts/key-facts.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';
export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
export const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${KEY_ID}`;

/** A key that KMS can rotate; a test says only what is different about its own. */
export const keyWith = (overrides: Partial<KeyDescription> = {}): KeyDescription => ({
  arn: KEY_ARN,
  keyId: KEY_ID,
  account: ACCOUNT,
  region: REGION,
  manager: 'CUSTOMER',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
  state: 'Enabled',
  multiRegion: 'no',
  createdAt: '2026-01-02T03:04:05.000Z',
  description: '',
  ...overrides,
});

/** Facts of that key; without `rotation` it was not read. */
export const factsOf = (overrides: Partial<KeyDescription> = {}, rotation?: RotationStatus): KeyFacts => ({
  ...factsUnread('it was not read'),
  key: known(keyWith(overrides)),
  ...(rotation === undefined ? {} : { rotation: known(rotation) }),
});

/** Facts of a key that KMS says does not exist. */
export const GONE: KeyFacts = { ...factsOf(), key: known('missing') };

/** Facts of a key that could not be described. */
export const UNREADABLE: KeyFacts = {
  ...factsUnread('it was not read'),
  key: unread(`kms:DescribeKey on key ${KEY_ID} was denied to Keywarden's role`),
  rotation: unread(`kms:DescribeKey on key ${KEY_ID} was denied to Keywarden's role`),
};
