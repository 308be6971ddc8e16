import { describe, expect, test } from '@jest/globals';
import { resolveValue, type Scope, type TemplateValue } from '../../local/resolve-template.ts';

const SCOPE: Scope = {
  account: '111122223333',
  region: 'eu-west-1',
  physicalIds: new Map([
    ['Key', '1234abcd-12ab-34cd-56ef-1234567890ab'],
    ['Queue', 'https://sqs.eu-west-1.amazonaws.com/111122223333/lifecycle'],
    ['Topic', 'arn:aws:sns:eu-west-1:111122223333:officer'],
  ]),
  types: new Map([
    ['Key', 'AWS::KMS::Key'],
    ['Queue', 'AWS::SQS::Queue'],
    ['Topic', 'AWS::SNS::Topic'],
  ]),
};

describe('a template value is resolved', () => {
  const cases: [string, TemplateValue, TemplateValue][] = [
    ['Ref of a resource', { Ref: 'Topic' }, 'arn:aws:sns:eu-west-1:111122223333:officer'],
    ['Ref of the account', { Ref: 'AWS::AccountId' }, '111122223333'],
    [
      'the ARN of a key',
      { 'Fn::GetAtt': ['Key', 'Arn'] },
      'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    ],
    ['the ARN of a queue', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:aws:sqs:eu-west-1:111122223333:lifecycle'],
    [
      'Sub',
      { 'Fn::Sub': `\${Queue.Arn}/x/\${AWS::Region}` },
      'arn:aws:sqs:eu-west-1:111122223333:lifecycle/x/eu-west-1',
    ],
    ['Join', { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3']] }, 'arn:aws:s3'],
    ['in lists and objects', { a: [{ Ref: 'AWS::Region' }, 1, true, null] }, { a: ['eu-west-1', 1, true, null] }],
    ['and else kept', { Ref: 'AWS::Region', also: 'this' }, { Ref: 'AWS::Region', also: 'this' }],
  ];
  test.each(cases)('%s', (_, value, resolved) => {
    expect(resolveValue(value, SCOPE)).toEqual(resolved);
  });
});

describe('a template value that cannot be resolved is named', () => {
  const cases: [string, TemplateValue, RegExp][] = [
    ['a resource that was not deployed', { Ref: 'Nothing' }, /Nothing, which was not deployed/],
    ['an attribute other than Arn', { 'Fn::GetAtt': ['Queue', 'QueueName'] }, /Queue\.QueueName \(AWS::SQS::Queue\)/],
    ['another function', { 'Fn::Select': [0, ['a']] }, /Fn::Select/],
  ];
  test.each(cases)('%s', (_, value, message) => {
    expect(() => resolveValue(value, SCOPE)).toThrow(message);
  });
});
