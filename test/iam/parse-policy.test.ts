import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePolicy } from '../../lib/iam/parse-policy.ts';
import { PolicyDocumentError } from '../../lib/iam/policy-document-error.ts';
import { documentOf, statement } from './policy-fixtures.ts';

const failureOf = (source: unknown): unknown => {
  try {
    return parsePolicy(source);
  } catch (error) {
    return error;
  }
};

describe('a document that is no policy is refused with the place and what stands there', () => {
  test.each<[string, unknown, string, RegExp]>([
    ['text that is no JSON', '{"Statement":', 'the document', /is not JSON \(.*GetKeyPolicy/],
    ['a list', '[]', 'the document', /is an empty list; a policy is a JSON object/],
    ['nothing', undefined, 'the document', /is undefined/],
    ['a text inside JSON', '"policy"', 'the document', /is "policy"/],
    ['no statement', {}, 'Statement', /is missing; it must be an object/],
    ['a statement that is text', { Statement: 'Allow' }, 'Statement', /is "Allow"/],
    ['a statement that is a list', { Statement: [statement(), []] }, 'Statement[1]', /is an empty list/],
    ['a statement that is null', { Statement: [null] }, 'Statement[0]', /is null/],
    ['more text than any policy has', ' '.repeat(131_073), 'the document', /has 131073 characters/],
  ])('%s', (_name, source, place, message) => {
    const failure = failureOf(source);
    expect(failure).toBeInstanceOf(PolicyDocumentError);
    expect(failure).toMatchObject({ place, message: expect.stringMatching(message) });
  });

  test('and the message cuts what is long', () => {
    expect(String(failureOf({ Statement: 'x'.repeat(5000) })).length).toBeLessThan(300);
  });
});

describe('what is not understood is named', () => {
  test.each<[string, unknown, string]>([
    ['an element of a statement', statement({ Comment: 'x' }), 'The element "Comment" is not part of a statement'],
    ['an element in small letters', statement({ condition: {} }), 'The element "condition" is not part of a statement'],
    ['an effect', statement({ Effect: 'allow' }), 'Effect is "allow" instead of Allow or Deny'],
    ['a missing effect', statement({ Effect: undefined }), 'Effect is undefined instead of Allow or Deny'],
    ['a Sid', statement({ Sid: 7 }), 'Sid is 7 instead of text'],
    ['an action', statement({ Action: ['kms:Decrypt', 7] }), 'Action has 7, which is no text'],
    ['no action but a number', statement({ Action: 7 }), 'Action has 7, which is no text'],
    [
      'an action without a service',
      statement({ Action: 'Decrypt' }),
      'The action "Decrypt" is none that this version of Keywarden knows',
    ],
    ['both forms of an element', statement({ NotAction: 'kms:Decrypt' }), 'Both Action and NotAction are given'],
    ['a resource', statement({ Resource: { Ref: 'Key' } }), 'Resource has an object, which is no text'],
    [
      'a principal that is text',
      statement({ Principal: 'arn:aws:iam::111122223333:root' }),
      'Principal is "arn:aws:iam::111122223333:root" instead of * or an object like {"AWS": ...}',
    ],
    [
      'a type of principal',
      statement({ Principal: { Azure: 'x' } }),
      'Principal has the type "Azure"; IAM knows AWS, Service, Federated, CanonicalUser',
    ],
    [
      'a group as principal',
      statement({ Principal: { AWS: 'arn:aws:iam::111122223333:group/g' } }),
      'Principal.AWS has "arn:aws:iam::111122223333:group/g", which is no principal that IAM accepts',
    ],
    [
      'every service',
      statement({ Principal: { Service: '*' } }),
      'Principal.Service has "*", which is no principal that IAM accepts',
    ],
    ['both forms of principals', statement({ NotPrincipal: '*' }), 'Both Principal and NotPrincipal are given'],
    ['a condition that is no object', statement({ Condition: 'x' }), 'Condition is "x" instead of an object'],
    [
      'a condition operator',
      statement({ Condition: { StringIs: { a: 'b' } } }),
      'The condition operator "StringIs" is not known',
    ],
    [
      'an operator that asks twice',
      statement({ Condition: { NullIfExists: { a: 'true' } } }),
      'The condition operator "NullIfExists" is not known',
    ],
    [
      'keys that are no object',
      statement({ Condition: { StringEquals: [] } }),
      'Condition.StringEquals is an empty list instead of an object',
    ],
    [
      'an account that is a number',
      statement({ Condition: { StringEquals: { 'kms:CallerAccount': 111122223333 } } }),
      'The condition on "kms:CallerAccount" has the value 111122223333, which is no text',
    ],
  ])('%s', (_name, source, sentence) => {
    expect(parsePolicy(documentOf(source)).statements[0]?.notUnderstood).toEqual([sentence]);
  });

  test.each<[string, unknown, string]>([
    ['an element of the document', { ...documentOf(), Comment: 1 }, 'The element "Comment" is not part of a policy'],
    [
      'a version',
      { ...documentOf(), Version: '2024-01-01' },
      'Version is "2024-01-01"; IAM knows 2012-10-17 and 2008-10-17',
    ],
    ['an id', { ...documentOf(), Id: 7 }, 'Id is 7 instead of text'],
    [
      'a name that stands twice, spelled differently',
      '{"Statement":[],"\\u0053tatement":[]}',
      'The name "Statement" stands twice in one object, and IAM allows it once',
    ],
  ])('%s', (_name, source, sentence) => {
    expect(parsePolicy(source).notUnderstood).toContain(sentence);
  });
});

describe('what AWS accepts is kept', () => {
  test('one statement without a list, with its Sid', () => {
    const { statements } = parsePolicy({ Statement: statement({ Sid: 'Enable IAM // "policies"' }) });
    expect(statements.map(({ index, sid }) => [index, sid])).toEqual([[0, 'Enable IAM // "policies"']]);
  });

  test('the same name in two objects is no duplicate, nor is a text that looks like one', () => {
    const text = JSON.stringify(documentOf(statement({ Sid: '"Sid":"Sid":{' }), statement({ Sid: 'Sid' })));
    expect(parsePolicy(text).notUnderstood).toEqual([]);
  });

  test('true, false and numbers where the operator compares such', () => {
    const condition = {
      Bool: { 'kms:GrantIsForAWSResource': true },
      NumericLessThan: { 'aws:MultiFactorAuthAge': 300 },
    };
    const [only] = parsePolicy(documentOf(statement({ Condition: condition }))).statements;
    expect(only?.conditions.map(({ values }) => values)).toEqual([['true'], ['300']]);
    expect(only?.notUnderstood).toEqual([]);
  });

  test('oddities are problems that say what AWS makes of them', () => {
    expect(parsePolicy({ Statement: [] }).problems).toEqual([
      'Version is missing, so that IAM takes 2008-10-17.',
      'Statement is an empty list, so that the policy allows nothing.',
    ]);
    expect(parsePolicy(documentOf(statement({ Sid: 'a' }), statement({ Sid: 'a' }))).problems).toEqual([
      'The Sid "a" stands on more than one statement.',
    ]);
  });

  test('statements without a Sid, or with an empty one, are no twins', () => {
    const plain = [statement(), statement(), statement({ Sid: '' }), statement({ Sid: '' })];
    expect(parsePolicy(documentOf(...plain)).problems).toEqual([]);
  });

  test('a name like __proto__ is a name', () => {
    const text =
      '{"Version":"2012-10-17","Statement":[{"__proto__":{"Effect":"Deny"},"Effect":"Allow","Action":"kms:*"}]}';
    const [only] = parsePolicy(text).statements;
    expect(only?.effect).toBe('Allow');
    expect(only?.notUnderstood).toEqual(['The element "__proto__" is not part of a statement']);
  });
});

test('whatever JSON it is given, it reads it or refuses it with its own error', () => {
  const isFine = (source: unknown) => {
    const outcome = failureOf(source);
    return !(outcome instanceof Error) || outcome instanceof PolicyDocumentError;
  };
  fc.assert(fc.property(fc.anything(), isFine), { numRuns: 500 });
  fc.assert(fc.property(fc.string(), isFine), { numRuns: 500 });
  fc.assert(fc.property(fc.json(), isFine), { numRuns: 500 });
});

test('a document nested deeper than a stack is refused or read, not a crash', () => {
  const deep = `{"Statement":[{"Effect":"Allow","Action":${'['.repeat(50_000)}${']'.repeat(50_000)}}]}`;
  expect(parsePolicy(deep).statements[0]?.notUnderstood).toContain('Action has a list, which is no text');
});
