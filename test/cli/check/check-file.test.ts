import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CheckFile, createCheckFile } from '../../../cli/check/check-file.ts';
import { grantKind } from '../../../cli/check/grant-kind.ts';
import { iamPolicyKind } from '../../../cli/check/iam-policy-kind.ts';
import { keyPolicyKind } from '../../../cli/check/key-policy-kind.ts';
import type { CheckContext } from '../../../cli/check/kind.ts';
import { controlIds } from '../../../lib/controls/index.ts';
import { loadPolicy } from '../../../lib/policy/load-policy.ts';
import { ACCOUNT, FOREIGN, GRANT_ID, KEY_ARN, NOW, roleIn } from '../../iam/grant-fixtures.ts';
import { keyPolicyOf, statement, variable } from '../../iam/policy-fixtures.ts';

const checkKeyPolicy = createCheckFile(keyPolicyKind);
const checkIamPolicy = createCheckFile(iamPolicyKind);
const checkGrant = createCheckFile(grantKind);
const CHECKS: Readonly<Record<string, CheckFile>> = {
  'key-policy': checkKeyPolicy,
  'iam-policy': checkIamPolicy,
  grant: checkGrant,
};

const SHIPPED = loadPolicy('keywarden.policy.yml', controlIds);
const POLICY = {
  ...SHIPPED,
  trust: { ...SHIPPED.trust, accounts: ['444455556666'], administrators: [roleIn(ACCOUNT, 'KeyAdmin')] },
  keyMaterial: {
    origins: SHIPPED.keyMaterial.origins,
    custodians: [roleIn(ACCOUNT, 'Custodian')],
    dataKeyPairRoles: [roleIn(ACCOUNT, 'Issuer')],
  },
};
const CONTEXT: CheckContext = { keyAccount: ACCOUNT, policy: POLICY, keySpec: 'SYMMETRIC_DEFAULT', now: NOW };
const { keyAccount: _account, ...WITHOUT_ACCOUNT } = CONTEXT;

const OPEN = statement({ Sid: 'Open', Principal: '*' });
const GOOD = keyPolicyOf(statement());

/** What was found, in short: place, control, verdict. */
function check(by: CheckFile, content: unknown, context: CheckContext = CONTEXT) {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const { documents, problems } = by('file.json', text, context);
  return {
    verdicts: documents.flatMap(({ place, remarks }) =>
      remarks.map(({ control, verdict }) => [place, control, verdict] as const),
    ),
    remarks: documents.flatMap(({ remarks }) => remarks),
    problems: problems.map(({ place, message }) => `${place}: ${message}`),
  };
}

const GOOD_VERDICTS = [
  ['', 'key-policy-not-public', 'compliant'],
  ['', 'key-policy-least-privilege', 'compliant'],
  ['', 'key-material-not-exportable', 'compliant'],
];

describe('a key policy', () => {
  test('is judged by the three controls about key policies', () => {
    const { verdicts, problems } = check(checkKeyPolicy, GOOD);
    expect({ verdicts, problems }).toEqual({ verdicts: GOOD_VERDICTS, problems: [] });
  });

  test.each([
    ['with the policy as text', { Policy: JSON.stringify(GOOD), PolicyName: 'default' }],
    ['with the policy as an object', { Policy: GOOD }],
  ])('is read from the answer of GetKeyPolicy %s', (_how, answer) => {
    expect(check(checkKeyPolicy, answer).verdicts).toEqual(GOOD_VERDICTS);
  });

  test('that is open names the statement, the principal, the reason and the severity', () => {
    const { remarks } = check(checkKeyPolicy, keyPolicyOf(OPEN));
    expect(remarks).toContainEqual({
      control: 'key-policy-not-public',
      verdict: 'violation',
      statement: { index: 0, sid: 'Open' },
      principal: '*',
      reason: expect.stringMatching(/^Statement 1 \("Open"\) opens the key to everybody/),
      severity: 'critical',
    });
  });

  test('may stand in a list, where each is judged and named by its place', () => {
    const { verdicts } = check(checkKeyPolicy, [GOOD, { Policy: JSON.stringify(keyPolicyOf(OPEN)) }]);
    expect(verdicts.filter(([, , verdict]) => verdict === 'violation').map(([place]) => place)).toEqual(['[1]', '[1]']);
    expect(verdicts.filter(([place]) => place === '[0]')).toHaveLength(3);
  });

  test('gets its account from a key ARN in it, when the caller gives none', () => {
    const named = keyPolicyOf(statement({ Resource: KEY_ARN }));
    expect(check(checkKeyPolicy, named, WITHOUT_ACCOUNT).verdicts).toEqual(GOOD_VERDICTS);
    expect(check(checkKeyPolicy, GOOD, WITHOUT_ACCOUNT).problems).toEqual([
      expect.stringContaining('--key-account, 12 digits'),
    ]);
  });

  test('that names keys of another account than the caller does is not judged by a guess', () => {
    const named = keyPolicyOf(statement({ Resource: KEY_ARN.replace(ACCOUNT, FOREIGN) }));
    expect(check(checkKeyPolicy, named)).toMatchObject({
      verdicts: [],
      problems: [expect.stringContaining(`name keys of ${FOREIGN}, and --key-account is ${ACCOUNT}`)],
    });
  });

  test('whose judgement needs a list that nobody filled in is unknown, and says which list', () => {
    const { policy: _none, ...empty } = CONTEXT;
    const asking = keyPolicyOf(statement({ Action: 'kms:ImportKeyMaterial' }));
    const { remarks } = check(checkKeyPolicy, asking, empty);
    expect(remarks).toContainEqual({
      control: 'key-material-not-exportable',
      verdict: 'unknown',
      reason: expect.stringContaining('names nobody in keyMaterial.custodians'),
      severity: 'high',
    });
  });

  test('with only a note is in order', () => {
    const { remarks } = check(checkKeyPolicy, { Version: '2012-10-17', Statement: [statement()] });
    const about = remarks.filter(({ control }) => control === 'key-policy-least-privilege');
    expect(about).toMatchObject([{ verdict: 'compliant', severity: 'info' }]);
  });
});

describe('an IAM policy', () => {
  const WIDE = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' };
  const WIDE_POLICY = { Version: '2012-10-17', Statement: [WIDE] };

  test.each([
    ['as the document', WIDE_POLICY],
    ['as get-policy-version prints it', { PolicyVersion: { Document: WIDE_POLICY, VersionId: 'v2' } }],
    ['as the API gives a version', { PolicyVersion: { Document: encodeURIComponent(JSON.stringify(WIDE_POLICY)) } }],
    ['as get-role-policy prints it', { RoleName: 'app', PolicyName: 'kms', PolicyDocument: WIDE_POLICY }],
    ['as the API gives it', { RoleName: 'app', PolicyDocument: encodeURIComponent(JSON.stringify(WIDE_POLICY)) }],
    ['as text', { UserName: 'app', PolicyDocument: JSON.stringify(WIDE_POLICY) }],
  ])('is judged %s', (_how, content) => {
    const { remarks } = check(checkIamPolicy, content, WITHOUT_ACCOUNT);
    expect(remarks).toMatchObject([
      { control: 'iam-policy-kms-least-privilege', verdict: 'violation', statement: { index: 0 } },
    ]);
  });

  test('of an administrator may do what administrators may', () => {
    const managing = {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: 'kms:PutKeyPolicy', Resource: '*' },
    };
    const verdictOf = (RoleName: string) =>
      check(checkIamPolicy, { RoleName, PolicyDocument: managing }).remarks.map(({ verdict }) => verdict);
    expect(verdictOf('KeyAdmin')).toEqual(['compliant']);
    expect(verdictOf('app')).toEqual(['violation']);
  });

  test('needs the account only when it has a condition', () => {
    const Condition = { StringEquals: { 'aws:ResourceAccount': variable('aws:PrincipalAccount') } };
    const bound = { ...WIDE_POLICY, Statement: [{ ...WIDE, Condition }] };
    expect(check(checkIamPolicy, bound, WITHOUT_ACCOUNT)).toMatchObject({
      verdicts: [],
      problems: [
        ': Statement 1 has a condition, which is judged by the account that owns the policy. Give it with --key-account, 12 digits.',
      ],
    });
    expect(check(checkIamPolicy, bound).problems).toEqual([]);
  });

  test('that is not about KMS says that it does not apply', () => {
    const other = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } };
    expect(check(checkIamPolicy, other).remarks).toEqual([
      {
        control: 'iam-policy-kms-least-privilege',
        verdict: 'not-applicable',
        reason: 'The policy allows nothing of KMS.',
      },
    ]);
  });
});

const ENTRY = {
  KeyId: KEY_ARN,
  GrantId: GRANT_ID,
  CreationDate: '2026-08-01T12:00:00Z',
  GranteePrincipal: roleIn(ACCOUNT),
  IssuingAccount: `arn:aws:iam::${ACCOUNT}:root`,
  Operations: ['Decrypt'],
  Constraints: { EncryptionContextSubset: { department: 'billing' } },
};
const FOREIGN_ENTRY = { ...ENTRY, GrantId: '2'.repeat(64), GranteePrincipal: roleIn('999988887777') };

/** The record of a person's call that made the grant for a stranger. */
const RECORD = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'AssumedRole',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/ops/dana`,
    accountId: ACCOUNT,
    sessionContext: { sessionIssuer: { arn: roleIn(ACCOUNT, 'ops') } },
  },
  eventTime: '2026-08-01T12:00:00Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'CreateGrant',
  sourceIPAddress: '192.0.2.10',
  requestParameters: {
    keyId: KEY_ARN,
    granteePrincipal: roleIn('999988887777'),
    operations: ['Decrypt'],
    constraints: { encryptionContextSubset: { department: 'billing' } },
  },
  responseElements: { grantId: '3'.repeat(64), keyId: KEY_ARN },
};

describe('a grant', () => {
  test('of ListGrants is judged', () => {
    expect(check(checkGrant, ENTRY).verdicts).toEqual([['', 'grant-least-privilege', 'compliant']]);
  });

  test('to a stranger names the grant, the grantee, the reason and the severity', () => {
    expect(check(checkGrant, { Grants: [ENTRY, FOREIGN_ENTRY] })).toMatchObject({
      verdicts: [
        ['Grants[0]', 'grant-least-privilege', 'compliant'],
        ['Grants[1]', 'grant-least-privilege', 'violation'],
      ],
      remarks: [
        { grantId: GRANT_ID },
        {
          grantId: FOREIGN_ENTRY.GrantId,
          principal: FOREIGN_ENTRY.GranteePrincipal,
          reason: expect.stringContaining('account 999988887777'),
          severity: 'critical',
        },
      ],
    });
  });

  test.each([
    ['bare', RECORD, ''],
    [
      'in an EventBridge event',
      { 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.kms', detail: RECORD },
      'detail',
    ],
    [
      'in a log file, among others',
      {
        Records: [
          { eventSource: 'kms.amazonaws.com', eventName: 'Decrypt' },
          { ...RECORD, errorCode: 'AccessDenied', responseElements: null },
          { ...RECORD, errorCode: null },
        ],
      },
      'Records[2]',
    ],
    ['in a list', [RECORD], '[0]'],
  ])('is read from the record of CreateGrant, %s', (_how, content, place) => {
    expect(check(checkGrant, content)).toMatchObject({
      verdicts: [[place, 'grant-least-privilege', 'violation']],
      problems: [],
    });
  });

  test('that repeats an older one of the same file is found', () => {
    const twin = { ...ENTRY, GrantId: '4'.repeat(64), CreationDate: '2026-08-02T12:00:00Z' };
    const { remarks } = check(checkGrant, { Grants: [twin, ENTRY] });
    expect(remarks).toMatchObject([{ verdict: 'violation', severity: 'low' }, { verdict: 'compliant' }]);
  });

  test('that nothing constrains is unknown until the key spec is given, and says how', () => {
    const { Constraints: _none, ...open } = ENTRY;
    const { keySpec: _spec, ...unsaid } = CONTEXT;
    expect(check(checkGrant, open).remarks).toMatchObject([{ verdict: 'violation' }]);
    expect(check(checkGrant, open, unsaid).remarks).toMatchObject([
      { verdict: 'unknown', reason: expect.stringContaining('Give it with --key-spec') },
    ]);
  });

  test('may be of any age without a policy file, and no older than the file says with one', () => {
    const old = { ...ENTRY, CreationDate: '2020-01-01T00:00:00Z' };
    const { policy: _none, ...empty } = CONTEXT;
    expect(check(checkGrant, old, empty).remarks).toMatchObject([{ verdict: 'compliant' }]);
    expect(check(checkGrant, old).remarks).toMatchObject([{ verdict: 'violation' }]);
  });

  test('is missing on a key without grants, which is in order', () => {
    expect(check(checkGrant, { Grants: [] })).toMatchObject({
      remarks: [{ verdict: 'compliant', reason: 'The key has no grants.' }],
      problems: [],
    });
  });
});

describe('what cannot be judged is a problem that says where and what is expected', () => {
  test.each<[string, unknown, string, RegExp]>([
    ['key-policy', '', '', /^The file is empty; expected a key policy/],
    ['key-policy', '{', '', /^The file is not JSON \(.*\); expected a key policy/],
    ['key-policy', [], '', /nothing was checked/],
    ['key-policy', 'null', '', /^It is null; a policy is a JSON object/],
    ['key-policy', '"text"', '', /^It is not JSON/],
    ['key-policy', {}, 'Statement', /^It is missing; it must be an object/],
    [
      'key-policy',
      { Statement: [7] },
      'Statement[0]',
      /^It is 7; .* Expected a key policy, what aws kms get-key-policy/,
    ],
    ['key-policy', [GOOD, 5], '[1]', /^It is 5/],
    ['key-policy', { Policy: '{' }, '', /^It is not JSON/],
    ['key-policy', '{"Statement":[],"Statement":[]}', '', /"Statement" stands twice/],
    ['iam-policy', { PolicyVersion: {} }, '', /^It is undefined; .* get-role-policy/],
    ['iam-policy', { PolicyDocument: '%E0%A4%A' }, '', /^It is not JSON/],
    ['iam-policy', { PolicyDocument: 'hello' }, '', /^It is not JSON/],
    ['grant', {}, '', /the entry\.GrantId is undefined; .* Expected an entry of ListGrants/],
    ['grant', 7, '', /the entry is 7/],
    ['grant', { ...ENTRY, KeyId: '1234abcd' }, '', /the entry\.KeyId is "1234abcd"; expected the ARN of the key/],
    ['grant', { ...ENTRY, Operations: 'Decrypt' }, '', /the entry\.Operations is "Decrypt"/],
    ['grant', { ...ENTRY, KeyId: KEY_ARN.replace(ACCOUNT, FOREIGN) }, '', /--key-account is 111122223333\. Leave/],
    ['grant', { Grants: [ENTRY], NextToken: 'abc' }, '', /is cut \(NextToken\), so that not all were checked/],
    ['grant', { Grants: [ENTRY], Truncated: true }, '', /is cut \(Truncated\)/],
    ['grant', { Records: [] }, '', /None of the 0 records is of a CreateGrant call/],
    ['grant', { Records: [{ ...RECORD, errorCode: 'AccessDenied' }] }, '', /None of the 1 records/],
    ['grant', { ...RECORD, errorCode: 'AccessDenied' }, '', /errorCode is "AccessDenied"; expected no errorCode/],
    ['grant', { ...RECORD, eventName: 'Decrypt' }, '', /eventName is "Decrypt"/],
    ['grant', { Records: [null, RECORD] }, 'Records[0]', /the entry is null/],
  ])('%s %j', (kind, content, place, message) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const { problems } = (CHECKS[kind] ?? checkGrant)('file.json', text, CONTEXT);
    expect(problems).toEqual([{ place, message: expect.stringMatching(message) }]);
    expect(problems[0]?.message).toMatch(/\.$/);
  });

  test('and the documents beside it are judged all the same', () => {
    const { verdicts, problems } = check(checkKeyPolicy, [5, keyPolicyOf(OPEN)]);
    expect(problems).toHaveLength(1);
    expect(verdicts).toContainEqual(['[1]', 'key-policy-not-public', 'violation']);
  });

  test('a name that stands twice is a problem although the rest is judged', () => {
    const twice = JSON.stringify(keyPolicyOf(OPEN)).replace('"Sid":"Open"', '"Sid":"Open","Sid":"Shut"');
    const { verdicts, problems } = check(checkKeyPolicy, twice);
    expect(problems).toEqual([expect.stringContaining('"Sid" stands twice in one object')]);
    expect(verdicts).toContainEqual(['', 'key-policy-not-public', 'violation']);
  });
});

test('Nothing that anybody can put into a file stops a check, and nothing that is no document passes', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        fc.jsonValue().map((value) => JSON.stringify([value])),
      ),
      (text) => {
        for (const by of Object.values(CHECKS)) {
          const { documents, problems } = by('file.json', text, CONTEXT);
          expect(documents.length + problems.length).toBeGreaterThan(0);
          expect(problems.filter(({ message }) => message.includes('defect of Keywarden'))).toEqual([]);
        }
      },
    ),
  );
});
