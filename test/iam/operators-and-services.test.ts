import { describe, expect, test } from '@jest/globals';
import { type Operator, parseOperator } from '../../lib/iam/condition-test.ts';
import { familyOf, roleOfService } from '../../lib/iam/grants/known-services.ts';

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const OPERATORS: Readonly<Record<Operator['kind'], string>> = {
  string: 'StringEquals !StringNotEquals StringEqualsIgnoreCase !StringNotEqualsIgnoreCase *StringLike !*StringNotLike',
  numeric:
    'NumericEquals !NumericNotEquals NumericLessThan NumericLessThanEquals NumericGreaterThan NumericGreaterThanEquals',
  date: 'DateEquals !DateNotEquals DateLessThan DateLessThanEquals DateGreaterThan DateGreaterThanEquals',
  bool: 'Bool',
  binary: 'BinaryEquals',
  ip: 'IpAddress !NotIpAddress',
  arn: '*ArnEquals *ArnLike !*ArnNotEquals !*ArnNotLike',
  null: 'Null',
};

describe('a condition operator', () => {
  const rows = Object.entries(OPERATORS).flatMap(([kind, names]) => names.split(' ').map((name) => [name, kind]));
  test.each(rows)('%s (! negated, * with wildcards) compares as %s', (marked = '', kind) => {
    expect(parseOperator(marked.replace(/^[!*]+/, ''))).toEqual({
      kind,
      negated: marked.startsWith('!'),
      wildcards: marked.includes('*'),
      ifExists: false,
      quantifier: undefined,
    });
  });

  test.each(['', 'StringEquals ', 'Stryker was here!', 'NullIfExists', 'ForAnyValue:'])('is not %j', (name) => {
    expect(parseOperator(name)).toBeUndefined();
  });
});

describe('the services that the list of AWS services knows', () => {
  test.each([
    ['dynamodb', 'dynamodb'],
    ['ebs', 'ebs ec2 ec2-frontend-api'],
    ['rds', 'rds'],
    ['lambda', 'lambda'],
    ['workspaces', 'workspaces'],
    ['workmail', 'workmail'],
    ['redshift', 'redshift redshift-data redshift-serverless'],
    ['autoscaling', 'autoscaling'],
    ['mq', 'mq'],
    ['m2', 'm2'],
    ['ecr', 'ecr'],
    ['ecs', 'ecs'],
    ['acm', 'acm tlsconnectionmanager'],
    ['datazone', 'datazone'],
    ['appfabric', 'appfabric'],
    ['managedblockchain', 'managedblockchain'],
  ])('%s issues grants, under the names %s', (family, names) => {
    for (const name of names.split(' ')) expect([roleOfService(name), familyOf(name)]).toEqual(['issuer', family]);
  });

  test.each([
    ['carrier', 'states scheduler ssm apigateway appsync'],
    ['provisioner', 'cloudformation cloudcontrolapi servicecatalog'],
    ['console', 'signin console'],
    ['unknown', 'braket'],
  ])('%s: %s', (role, names) => {
    for (const name of names.split(' ')) expect([roleOfService(name), familyOf(name)]).toEqual([role, name]);
  });
});
