import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { answerRefusal, readQueryResult, readRefusal, readXml } from '../../local/gateway/answer.ts';
import { readCall } from '../../local/gateway/call.ts';
import { readCbor } from '../../local/gateway/cbor.ts';
import { toRecordDate, toRecordNames } from '../../local/gateway/cloudtrail-record.ts';
import { nestFields } from '../../local/gateway/query-fields.ts';

const SCOPE =
  'AWS4-HMAC-SHA256 Credential=AKIAEXAMPLEEXAMPLE01/20261124/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=0';

function requestOf(headers: Record<string, string>, path = '/', body = '') {
  return { method: 'POST', path, headers, body: Buffer.from(body) };
}

describe('a request is read as a call', () => {
  test('of the JSON protocol', () => {
    const headers = { authorization: SCOPE, 'x-amz-target': 'TrentService.DisableKey' };
    expect(readCall(requestOf(headers, '/', '{"KeyId":"x"}'))).toMatchObject({
      service: 'kms',
      region: 'eu-west-1',
      accessKeyId: 'AKIAEXAMPLEEXAMPLE01',
      operation: 'DisableKey',
      input: { KeyId: 'x' },
    });
  });

  test('of the query protocol, in the body or in the address', () => {
    const form = {
      authorization: SCOPE.replace('kms', 'iam'),
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    };
    expect(readCall(requestOf(form, '/', 'Action=GetUser&UserName=a%20b'))).toMatchObject({
      service: 'iam',
      operation: 'GetUser',
      input: { UserName: 'a b' },
    });
    expect(readCall(requestOf({}, '/?Action=GetUser'))).toMatchObject({ operation: 'GetUser', service: 'unknown' });
  });

  test('of the CBOR protocol and of REST services', () => {
    const cbor = requestOf({ authorization: SCOPE }, '/service/GraniteServiceVersion20100801/operation/PutMetricData');
    expect(readCall(cbor).operation).toBe('PutMetricData');
    const lambda = { authorization: SCOPE.replace('kms', 'lambda') };
    expect(readCall(requestOf(lambda, '/2015-03-31/functions/f/invocations')).operation).toBe('Invoke');
    expect(
      readCall(requestOf(lambda, '/2015-03-31/functions/a%3Ab/policy?Qualifier=1', '{"Action":"x"}')),
    ).toMatchObject({
      operation: 'AddPermission',
      input: { FunctionName: 'a:b', Qualifier: '1', Action: 'x' },
    });
    expect(readCall(requestOf(lambda, '/2015-03-31/functions/%/invocations')).input).toEqual({ FunctionName: '%' });
    expect(readCall(requestOf(lambda, '/2018-10-31/layers?x=1')).operation).toBe('POST /2018-10-31/layers');
  });

  test('with any body and headers, without an exception', () => {
    const header = fc.string({ unit: fc.constantFrom('/', '=', ',', 'a', ' ') });
    fc.assert(
      fc.property(header, fc.uint8Array(), fc.webPath(), (authorization, body, path) => {
        const call = readCall({
          method: 'POST',
          path,
          headers: { authorization, 'x-amz-target': 'A.B' },
          body: Buffer.from(body),
        });
        expect(call.operation).toBe('B');
        expect(call.input).toEqual(expect.any(Object));
      }),
    );
  });
});

test.each([
  ['json', requestOf({ 'x-amz-target': 'TrentService.DisableKey' })],
  ['query', requestOf({}, '/?Action=CreateRole')],
  ['lambda', requestOf({ authorization: SCOPE.replace('kms', 'lambda') })],
  ['s3', requestOf({ authorization: SCOPE.replace('kms', 's3') })],
])('A refusal in the %s protocol is read as what was written, special characters included', (_protocol, request) => {
  const refusal = { code: 'AccessDenied', message: 'Key <a> & "b" is not yours', status: 403 };
  expect(readRefusal(answerRefusal(readCall(request), refusal))).toEqual(refusal);
});

describe('a CBOR body is read', () => {
  test.each([
    ['a1616181f5', { a: [true] }],
    ['bf6161f4ff', { a: false }],
    ['a2616118ff6162f6', { a: 255, b: null }],
    ['9f20391fff1a00010000ff', [-1, -8192, 65536]],
    ['1b0000000100000000', 4294967296],
    ['fb3ff8000000000000', 1.5],
    ['fa3fc00000', 1.5],
    ['7f61616162ff', 'ab'],
    ['4201ff', '(bytes)'],
    ['c11a5f5e1000', 1600000000],
    ['a161', undefined],
    ['ff', undefined],
    ['1e', undefined],
  ])('%s', (hex, value) => {
    expect(readCbor(Buffer.from(hex, 'hex'))).toEqual(value);
  });

  test('without an exception whatever it is', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => expect(() => readCbor(Buffer.from(bytes))).not.toThrow()));
  });
});

describe('an XML answer is read', () => {
  test('into objects, lists of members and texts', () => {
    const xml =
      '<?xml version="1.0"?><ListXResponse xmlns="https://iam.amazonaws.com/doc/"><ListXResult><Role><Path>/</Path>' +
      '<Role>inner &amp; &lt;nested&gt;</Role></Role><Tags><member><Key>a</Key></member><member><Key>b</Key></member></Tags>' +
      '<Empty/></ListXResult></ListXResponse>';
    const answer = { status: 200, headers: {}, body: Buffer.from(xml) };
    expect(readQueryResult(answer, 'ListX')).toEqual({
      Role: { Path: '/', Role: 'inner & <nested>' },
      Tags: [{ Key: 'a' }, { Key: 'b' }],
      Empty: '',
    });
  });

  test('without an exception or an endless loop whatever it is', () => {
    const pieces = fc.array(
      fc.constantFrom('<a>', '</a>', '<b/>', '<a', '>', '</', 'text', '<b x="1">', '</b>', '&lt;'),
    );
    fc.assert(fc.property(pieces, (parts) => expect(() => readXml(parts.join(''))).not.toThrow()));
  });
});

describe('the fields of the query protocol are nested', () => {
  test('into objects and lists', () => {
    const fields = {
      Action: 'CreateRole',
      Version: '2010-05-08',
      RoleName: 'a',
      'Tags.member.1.Key': 'x',
      'Tags.member.1.Value': 'y',
      'Tags.member.2.Key': 'z',
    };
    expect(nestFields(fields)).toEqual({ RoleName: 'a', Tags: [{ Key: 'x', Value: 'y' }, { Key: 'z' }] });
  });

  test('without touching what all objects share', () => {
    nestFields({ '__proto__.polluted': 'yes', 'constructor.prototype.polluted': 'yes' });
    expect({}).not.toHaveProperty('polluted');
  });

  test('without an exception whatever they are called', () => {
    const name = fc
      .array(fc.constantFrom('a', '1', 'member', '__proto__', ''), { minLength: 1 })
      .map((steps) => steps.join('.'));
    fc.assert(
      fc.property(fc.dictionary(name, fc.string()), (fields) => expect(() => nestFields(fields)).not.toThrow()),
    );
  });
});

describe('the spelling of CloudTrail', () => {
  test('lowers the first letter at every depth, and leaves data alone', () => {
    const input = {
      AWSAccountId: '1',
      Tags: [{ TagKey: 'K' }],
      Constraints: { EncryptionContextSubset: { Department: 'IT' } },
    };
    expect(toRecordNames(input, new Set(['EncryptionContextSubset']))).toEqual({
      aWSAccountId: '1',
      tags: [{ tagKey: 'K' }],
      constraints: { encryptionContextSubset: { Department: 'IT' } },
    });
  });

  test('of dates is that of KMS, in UTC, with ordinary spaces', () => {
    expect(toRecordDate(Date.UTC(2026, 7, 3, 9, 1, 2) / 1000)).toBe('Aug 3, 2026, 9:01:02 AM');
    expect(toRecordDate(Date.UTC(2024, 9, 21, 0, 25, 29) / 1000)).toBe('Oct 21, 2024, 12:25:29 AM');
  });
});
