import { describe, expect, test } from '@jest/globals';
import { readActor } from '../../lib/event/actor.ts';
import { nameCaller } from '../../lib/key-use/use.ts';

const ACCOUNT = '111122223333';
const nameOf = (userIdentity?: object) => nameCaller(readActor(userIdentity === undefined ? {} : { userIdentity }, []));

/** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
describe('who used a key is called', () => {
  const session = {
    type: 'AssumedRole',
    principalId: 'AROAEXAMPLEEXAMPLE001:i-0123456789abcdef0',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/orders/i-0123456789abcdef0`,
    accountId: ACCOUNT,
    sessionContext: { sessionIssuer: { type: 'Role', arn: `arn:aws:iam::${ACCOUNT}:role/app/orders` } },
  };

  test.each<[string, object | undefined, object]>([
    ['the role of a session', session, { principal: `arn:aws:iam::${ACCOUNT}:role/app/orders` }],
    [
      'the role of a session whose issuer is not told, without the name of the session',
      { ...session, sessionContext: { sessionIssuer: {} } },
      { principal: `arn:aws:sts::${ACCOUNT}:assumed-role/orders` },
    ],
    [
      'a role that a service called for, with the service',
      { ...session, invokedBy: 'dynamodb.amazonaws.com' },
      { principal: `arn:aws:iam::${ACCOUNT}:role/app/orders`, via: 'dynamodb.amazonaws.com' },
    ],
    [
      'a user',
      { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/dana`, userName: 'dana' },
      { principal: `arn:aws:iam::${ACCOUNT}:user/dana` },
    ],
    [
      'the root user',
      { type: 'Root', arn: `arn:aws:iam::${ACCOUNT}:root` },
      { principal: `arn:aws:iam::${ACCOUNT}:root` },
    ],
    [
      'a service that called for itself',
      { type: 'AWSService', invokedBy: 'autoscaling.amazonaws.com' },
      { principal: 'autoscaling.amazonaws.com' },
    ],
    [
      'a caller from another account, of whom the owner of the key is told only this',
      { type: 'AWSAccount', principalId: 'AROAEXAMPLEEXAMPLE002:anna', accountId: '444455556666' },
      { principal: '444455556666 AROAEXAMPLEEXAMPLE002' },
    ],
    ['nobody, when the record names nobody', {}, { principal: 'untold' }],
    ['nobody, when there is no identity at all', undefined, { principal: 'untold' }],
  ])('%s', (_what, identity, expected) => {
    expect(nameOf(identity)).toEqual(expected);
  });
});
