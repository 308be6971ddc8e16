import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type EditGuards, editPolicy, type Offence, type PolicyEdit, undoOf } from '../../lib/iam/edit-policy.ts';

const ACCOUNT = '111122223333';
const FOREIGN = 'arn:aws:iam::444455556666:role/partner';
const APP = `arn:aws:iam::${ACCOUNT}:role/app`;
const ADMIN = `arn:aws:iam::${ACCOUNT}:role/key-admin`;
const OWN = `arn:aws:iam::${ACCOUNT}:role/keywarden-remediate`;
const GONE = 'AROAEXAMPLEEXAMPLE001';
const KEY_ARN = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

const GUARDS: EditGuards = {
  trust: { keyAccount: ACCOUNT, administrators: [`arn:aws:iam::${ACCOUNT}:role/key-admin*`] },
  ownRoles: [OWN],
};

const ROOT = `{ "Sid": "Enable IAM policies", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::${ACCOUNT}:root" }, "Action": "kms:*", "Resource": "*" }`;

/** A statement that lets somebody decrypt; `principal` and `more` are JSON text. */
const useBy = (principal: string, more = '') =>
  `{ "Effect": "Allow", "Principal": ${principal}, "Action": "kms:Decrypt", "Resource": "*"${more} }`;

const adminBy = (principal: string, more = '') =>
  `{ "Effect": "Allow", "Principal": ${principal}, "Action": ["kms:Put*", "kms:Describe*"], "Resource": "*"${more} }`;

const policyOf = (...statements: string[]) =>
  `{\n  "Version": "2012-10-17",\n  "Statement": [\n    ${statements.join(',\n    ')}\n  ]\n}\n`;

function edit(text: string, offence: Offence | readonly Offence[], guards: EditGuards = GUARDS): PolicyEdit {
  return editPolicy(text, Array.isArray(offence) ? offence : [offence as Offence], guards);
}

/** The text of an edit that must not have been refused. */
function textAfter(text: string, offence: Offence | readonly Offence[], guards?: EditGuards): string {
  const result = edit(text, offence, guards);
  if (!result.edited) throw new Error(`refused: ${result.refusal.reason}`);
  return result.text;
}

function refusalOf(text: string, offence: Offence | readonly Offence[], guards?: EditGuards) {
  const result = edit(text, offence, guards);
  if (result.edited) throw new Error(`was not refused, and gave ${result.text}`);
  return result.refusal;
}

describe('taking names out of a key policy', () => {
  test.each([
    ['the first of a list', `["${FOREIGN}", "${APP}"]`, `["${APP}"]`],
    ['the last of a list', `["${APP}" ,\n "${FOREIGN}"]`, `["${APP}"]`],
    ['one in the middle of a list', `["${APP}",  "${FOREIGN}",  "${ADMIN}"]`, `["${APP}",  "${ADMIN}"]`],
    ['one that stands twice', `["${FOREIGN}","${APP}","${FOREIGN}"]`, `["${APP}"]`],
    ['several that follow each other', `["${APP}", "${FOREIGN}", "${FOREIGN}"]`, `["${APP}"]`],
    [
      'one that is written with escapes',
      `["${APP}", "arn:aws:iam::444455556666:role\\/partner", "${ADMIN}"]`,
      `["${APP}", "${ADMIN}"]`,
    ],
  ])('takes out %s and leaves every other byte', (_what, list, left) => {
    const before = policyOf(ROOT, useBy(`{"AWS" : ${list}}`), useBy(`{"AWS":"${APP}"}`));
    const after = policyOf(ROOT, useBy(`{"AWS" : ${left}}`), useBy(`{"AWS":"${APP}"}`));
    expect(textAfter(before, { statement: 1, principals: [FOREIGN] })).toBe(after);
  });

  test('takes out the member whose only name goes, and keeps the other kinds of principals', () => {
    const before = policyOf(ROOT, useBy(`{ "AWS": "*", "Service": "logs.amazonaws.com" }`));
    expect(textAfter(before, { statement: 1, principals: ['*'] })).toBe(
      policyOf(ROOT, useBy(`{ "Service": "logs.amazonaws.com" }`)),
    );
  });

  test('leaves an empty list beside it as it is', () => {
    const before = policyOf(ROOT, useBy(`{"Federated": [ ], "AWS": ["${FOREIGN}", "${APP}"]}`));
    expect(textAfter(before, { statement: 1, principals: [FOREIGN] })).toBe(
      policyOf(ROOT, useBy(`{"Federated": [ ], "AWS": ["${APP}"]}`)),
    );
  });

  test.each([
    ['"*" alone', '"*"', '*'],
    ['one name without a list', `{"AWS": "${FOREIGN}"}`, FOREIGN],
    ['a list of one', `{"AWS": ["${FOREIGN}"]}`, FOREIGN],
    ['a list beside an empty one', `{"Federated": [], "AWS": ["${FOREIGN}"]}`, FOREIGN],
  ])('lets the statement go with its comma when nobody stays in it: %s', (_what, principal, name) => {
    const before = policyOf(ROOT, useBy(principal), useBy(`{"AWS":"${APP}"}`));
    const result = edit(before, { statement: 1, principals: [name] });
    expect(result).toMatchObject({
      edited: true,
      text: policyOf(ROOT, useBy(`{"AWS":"${APP}"}`)),
      removed: [{ statement: 1, principals: [name], whole: true, text: useBy(principal) }],
      kept: [
        { statement: 0, sid: 'Enable IAM policies', narrowed: false },
        { statement: 2, narrowed: false },
      ],
    });
  });

  test('takes the comma in front when the last statement goes', () => {
    expect(textAfter(policyOf(ROOT, useBy('"*"')), { statement: 1, whole: true })).toBe(policyOf(ROOT));
  });

  test('sees several offences in one statement together: when the last name goes, so does the statement', () => {
    const before = policyOf(ROOT, useBy(`{"AWS": ["${FOREIGN}", "444455556666"]}`));
    const offences = [
      { statement: 1, principals: [FOREIGN] },
      { statement: 1, principals: ['444455556666'] },
    ];
    expect(textAfter(before, offences)).toBe(policyOf(ROOT));
  });

  test('narrows one statement and removes another in one edit, and says which stayed', () => {
    const before = policyOf(useBy('"*"'), ROOT, useBy(`{"AWS": ["${FOREIGN}", "${APP}"]}`));
    const result = edit(before, [
      { statement: 2, principals: [FOREIGN] },
      { statement: 0, whole: true },
    ]);
    expect(result).toMatchObject({
      text: policyOf(ROOT, useBy(`{"AWS": ["${APP}"]}`)),
      kept: [
        { statement: 1, narrowed: false },
        { statement: 2, narrowed: true },
      ],
    });
  });

  test('narrows a policy whose Statement is one object', () => {
    const text = (list: string) =>
      `{"Statement": {"Effect":"Allow","Principal":{"AWS":${list}},"Action":"kms:*","Resource":"*"}}`;
    const before = text(`["arn:aws:iam::${ACCOUNT}:root", "${FOREIGN}"]`);
    expect(textAfter(before, { statement: 0, principals: [FOREIGN] })).toBe(text(`["arn:aws:iam::${ACCOUNT}:root"]`));
  });

  test('gives the original text as the undo', () => {
    const before = policyOf(ROOT, useBy('"*"'));
    const result = edit(before, { statement: 1, whole: true });
    expect(result.edited && undoOf(result)).toBe(before);
  });

  test('gives the identical text when nothing offends, even if an edit would be refused', () => {
    const before = policyOf(useBy(`{"AWS": "${GONE}"}`));
    expect(edit(before, [])).toEqual({
      edited: true,
      text: before,
      undo: before,
      removed: [],
      kept: [{ statement: 0, narrowed: false }],
    });
  });

  test('edits the policy whose hash is the expected one', () => {
    const before = policyOf(ROOT, useBy('"*"', ', "Sid": "für alle"'));
    const expectedSha256 = createHash('sha256').update(before, 'utf8').digest('hex');
    expect(textAfter(before, { statement: 1, whole: true }, { ...GUARDS, expectedSha256 })).toBe(policyOf(ROOT));
  });
});

describe('taking actions out of a key policy', () => {
  const allowing = (principal: string, actions: string) =>
    `{ "Effect": "Allow", "Principal": ${principal}, "Action": ${actions}, "Resource": "*" }`;
  const [one, two] = [`{"AWS": "${APP}"}`, `{"AWS": ["${APP}", "${ADMIN}"]}`];

  test.each<[string, string, Omit<Offence, 'statement'>[]]>([
    ['for the only name', one, [{ principals: [APP], actions: ['kms:*'] }]],
    ['for all names', two, [{ actions: ['kms:*'] }]],
    [
      'for each name by itself',
      two,
      [
        { principals: [APP], actions: ['kms:*'] },
        { principals: [ADMIN], actions: ['kms:*'], whole: false },
      ],
    ],
  ])('leaves every other byte: %s', (_whom, principal, offences) => {
    const before = policyOf(ROOT, allowing(principal, '["kms:Decrypt", "kms:*" , "kms:Encrypt"]'));
    const guards = { ...GUARDS, trust: { ...GUARDS.trust, administrators: [] } };
    const result = edit(
      before,
      offences.map((offence) => ({ statement: 1, ...offence })),
      guards,
    );
    expect(result).toMatchObject({
      text: policyOf(ROOT, allowing(principal, '["kms:Decrypt", "kms:Encrypt"]')),
      removed: [{ statement: 1, principals: [], actions: ['kms:*'], whole: false }],
    });
  });

  test('takes out a name and, from the one that stays, an action', () => {
    const before = policyOf(ROOT, allowing(two, '["kms:Decrypt", "kms:PutKeyPolicy"]'));
    const offences = [
      { statement: 1, principals: [APP] },
      { statement: 1, principals: [ADMIN], actions: ['kms:Decrypt'] },
    ];
    expect(textAfter(before, offences)).toBe(policyOf(ROOT, allowing(`{"AWS": ["${ADMIN}"]}`, '["kms:PutKeyPolicy"]')));
  });

  test.each([
    ['one action', '"kms:*"'],
    ['a list of one', '["kms:*"]'],
    ['the same one twice', '["kms:*", "kms:*"]'],
  ])('lets the statement go when no action stays: %s', (_what, actions) => {
    const before = policyOf(ROOT, allowing(one, actions));
    expect(textAfter(before, { statement: 1, principals: [APP], actions: ['kms:*'] })).toBe(policyOf(ROOT));
  });

  test('is refused when another name may keep the action', () => {
    const policy = policyOf(ROOT, allowing(two, '["kms:*", "kms:Decrypt"]'));
    expect(refusalOf(policy, { statement: 1, principals: [APP], actions: ['kms:*'] })).toMatchObject({
      code: 'shared-statement',
      statement: 1,
      principal: ADMIN,
      reason: expect.stringContaining('split the statement first'),
    });
  });

  test('is refused when the action is not there, or stands under NotAction', () => {
    const offence = { statement: 1, actions: ['kms:Encrypt'] };
    const without = policyOf(ROOT, allowing(one, '["kms:Decrypt"]'));
    const negated = policyOf(ROOT, allowing(one, '["kms:Encrypt"]').replace('"Action"', '"NotAction"'));
    for (const policy of [without, negated]) {
      expect(refusalOf(policy, offence)).toMatchObject({
        code: 'offence-not-found',
        reason: expect.stringContaining('kms:Encrypt'),
      });
    }
  });

  test('is refused when it would take the account its way in, or an action from a service', () => {
    const root = ROOT.replace('"kms:*"', '["kms:*", "kms:Decrypt"]');
    expect(refusalOf(policyOf(root), { statement: 0, actions: ['kms:*'] })).toMatchObject({ code: 'root-statement' });
    const service = allowing('{"Service": "logs.amazonaws.com"}', '["kms:Decrypt", "kms:Encrypt"]');
    expect(refusalOf(policyOf(ROOT, service), { statement: 1, actions: ['kms:Decrypt'] })).toMatchObject({
      code: 'service-statement',
    });
  });
});

describe('an edit is refused because the offence is not where it was said', () => {
  const policy = policyOf(ROOT, useBy(`{"AWS": ["${APP}", "${FOREIGN}"]}`));

  test('when the policy has changed since', () => {
    const refusal = refusalOf(policy, { statement: 1, whole: true }, { ...GUARDS, expectedSha256: '0'.repeat(64) });
    expect(refusal).toMatchObject({ code: 'policy-changed' });
    expect(refusal.reason).toContain('judge it again');
  });

  test.each([
    ['there is no such statement', { statement: 2, whole: true }, 'no statement 3'],
    ['the index is no index', { statement: -1, whole: true }, 'no statement 0'],
    ['the statement does not name the principal', { statement: 0, principals: [FOREIGN] }, FOREIGN],
    ['only one of two principals is there', { statement: 1, principals: [FOREIGN, '*'] }, 'principal *'],
    ['nothing is named', { statement: 1 }, 'names nothing'],
    ['a part of a name is no name', { statement: 1, principals: ['444455556666'] }, '444455556666'],
  ])('when %s', (_when, offence, says) => {
    expect(refusalOf(policy, offence)).toMatchObject({
      code: 'offence-not-found',
      reason: expect.stringContaining(says),
    });
  });
});

describe('an edit is refused because the policy cannot be read for certain', () => {
  test.each([
    ['it is not JSON', '{"Statement": [', 'not JSON'],
    ['it is no object', '[]', 'not an object'],
    ['it has no Statement', '{"Version": "2012-10-17"}', 'no Statement'],
    ['a statement is no object', '{"Statement": ["*"]}', 'Statement 1 is not an object'],
    ['a statement has no Effect', '{"Statement": [{"Principal": "*"}]}', 'no Effect'],
    ['a statement has an unknown Effect', '{"Statement": [{"Effect": "allow"}]}', 'neither "Allow" nor "Deny"'],
    ['a principal is a number', policyOf(useBy('{"AWS": 111122223333}')), 'not text'],
    ['the Principal is a list', policyOf(useBy(`["${APP}"]`)), 'Principal is not an object'],
    ['the Statement stands twice', '{"Statement": [], "Statement": []}', '"statement" twice'],
    ['the Principal stands twice', policyOf(useBy('"*"', `, "Principal": {"AWS": "${APP}"}`)), '"principal" twice'],
    ['a kind of principals stands twice', policyOf(useBy('{"AWS": "*", "aws": "*"}')), '"aws" twice'],
    ['it nests without end', `{"Statement": ${'['.repeat(9000)}${']'.repeat(9000)}}`, 'deeper than 64'],
  ])('%s', (_why, text, says) => {
    expect(refusalOf(text, { statement: 0, whole: true })).toMatchObject({
      code: 'not-a-policy',
      reason: expect.stringContaining(says),
    });
  });
});

describe('an edit is refused because it would do harm', () => {
  const DENY = `{ "Effect": "Deny", "Principal": { "AWS": ["${FOREIGN}", "*"] }, "Action": "kms:*", "Resource": "*" }`;
  test.each([
    ['a name in a Deny', { statement: 1, principals: [FOREIGN] }],
    ['a whole Deny', { statement: 1, whole: true }],
  ])('by opening the key further: %s', (_what, offence) => {
    expect(refusalOf(policyOf(ROOT, DENY), offence)).toMatchObject({ code: 'would-widen', statement: 1 });
  });

  const OF_ACCOUNT = `, "Condition": {"StringEquals": {"kms:CallerAccount": "${ACCOUNT}", "kms:ViaService": "s3.eu-central-1.amazonaws.com"}}`;
  const FOR_RESOURCE = ', "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}';
  test.each([
    ['the name of a service', useBy('{"Service": ["logs.amazonaws.com"], "AWS": "*"}'), ['logs.amazonaws.com']],
    ['a statement with a service in it', useBy(`{"Service": "logs.amazonaws.com", "AWS": "${FOREIGN}"}`), undefined],
    ['what lets people of the account use a service', useBy('{"AWS": "*"}', OF_ACCOUNT), ['*']],
    ['what lets a role attach resources', adminBy(`{"AWS": "${APP}"}`, FOR_RESOURCE), undefined],
  ])('to an AWS service: %s', (_what, statement, principals) => {
    const offence = principals === undefined ? { statement: 1, whole: true } : { statement: 1, principals };
    expect(refusalOf(policyOf(ROOT, statement), offence)).toMatchObject({ code: 'service-statement', statement: 1 });
  });

  test.each([
    [
      'the service is named, not the account',
      ', "Condition": {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}',
    ],
    [
      'the account is another one',
      ', "Condition": {"StringEquals": {"kms:CallerAccount": "444455556666", "kms:ViaService": "s3.eu-central-1.amazonaws.com"}}',
    ],
    [
      'one of two accounts is another one',
      `, "Condition": {"StringEquals": {"kms:CallerAccount": ["${ACCOUNT}", "444455556666"], "kms:ViaService": "s3.eu-central-1.amazonaws.com"}}`,
    ],
    [
      'no account is listed',
      ', "Condition": {"StringEquals": {"kms:CallerAccount": [], "kms:ViaService": "s3.eu-central-1.amazonaws.com"}}',
    ],
    [
      'the account is the one that may not',
      `, "Condition": {"StringNotEquals": {"kms:CallerAccount": "${ACCOUNT}"}, "StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}}`,
    ],
  ])('but a statement for everybody is no service statement when %s', (_when, condition) => {
    expect(textAfter(policyOf(ROOT, useBy('"*"', condition)), { statement: 1, whole: true })).toBe(policyOf(ROOT));
  });

  test('but a foreign name leaves a statement in which a name of the account stays', () => {
    const before = policyOf(ROOT, adminBy(`{"AWS": ["${FOREIGN}", "${APP}"]}`, FOR_RESOURCE));
    expect(textAfter(before, { statement: 1, principals: [FOREIGN] })).toBe(
      policyOf(ROOT, adminBy(`{"AWS": ["${APP}"]}`, FOR_RESOURCE)),
    );
  });

  test.each([
    ['the only statement', policyOf(ROOT), [{ statement: 0, whole: true }]],
    [
      'all statements at once',
      policyOf(useBy('"*"'), useBy(`{"AWS":"${FOREIGN}"}`)),
      [
        { statement: 0, whole: true },
        { statement: 1, whole: true },
      ],
    ],
    ['a Statement that is one object', `{"Statement": ${useBy('"*"')}}`, [{ statement: 0, principals: ['*'] }]],
  ])('by leaving nothing: %s', (_what, text, offences) => {
    expect(refusalOf(text, offences)).toMatchObject({ code: 'last-statement' });
  });

  test.each([
    ['by its ARN', ROOT, `arn:aws:iam::${ACCOUNT}:root`],
    ['by the bare account id', ROOT.replace(`arn:aws:iam::${ACCOUNT}:root`, ACCOUNT), ACCOUNT],
    ['in China', ROOT.replace('arn:aws:', 'arn:aws-cn:'), `arn:aws-cn:iam::${ACCOUNT}:root`],
  ])('by taking the account its way in, named %s', (_how, root, name) => {
    const policy = policyOf(root, adminBy(`{"AWS": ["${ADMIN}", "${OWN}"]}`));
    expect(refusalOf(policy, { statement: 0, principals: [name] })).toMatchObject({ code: 'root-statement' });
  });

  test('by leaving the account only a part of what it could do', () => {
    const policy = policyOf(ROOT, adminBy(`{"AWS": "arn:aws:iam::${ACCOUNT}:root"}`));
    expect(refusalOf(policy, { statement: 0, whole: true })).toMatchObject({ code: 'root-statement' });
  });

  test('by taking the account the one right that lets it repair the policy', () => {
    const policy = policyOf(adminBy(`{"AWS": "arn:aws:iam::${ACCOUNT}:root"}`), adminBy(`{"AWS": "${OWN}"}`));
    expect(refusalOf(policy, { statement: 0, whole: true })).toMatchObject({ code: 'root-statement' });
  });

  test('by taking the account what it has as "*" instead of "kms:*"', () => {
    const root = ROOT.replace('"kms:*"', '"*"');
    const policy = policyOf(root, adminBy(`{"AWS": "arn:aws:iam::${ACCOUNT}:root"}`));
    expect(refusalOf(policy, { statement: 0, whole: true })).toMatchObject({ code: 'root-statement' });
  });

  test('but one of two root statements may go', () => {
    expect(textAfter(policyOf(ROOT, ROOT), { statement: 0, whole: true })).toBe(policyOf(ROOT));
  });

  test('by taking out the last administrator, although the account keeps its way in', () => {
    const policy = policyOf(ROOT, adminBy(`{"AWS": ["${ADMIN}", "${APP}"]}`));
    expect(refusalOf(policy, { statement: 1, principals: [ADMIN] })).toMatchObject({ code: 'last-administrator' });
  });

  test('but somebody who is no administrator may go, and one of two administrators', () => {
    const before = policyOf(ROOT, adminBy(`{"AWS": ["${ADMIN}", "${ADMIN}-2", "${APP}"]}`));
    expect(textAfter(before, { statement: 1, principals: [APP, ADMIN] })).toBe(
      policyOf(ROOT, adminBy(`{"AWS": ["${ADMIN}-2"]}`)),
    );
  });

  describe('by losing our own way back', () => {
    const CONDITION = ', "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}';
    const NO_RESOURCE = KEY_ARN.replace('1234abcd', '00000000');
    test.each([
      ['nobody of ours may change the policy', adminBy(`{"AWS": "${ADMIN}"}`)],
      ['ours may only use the key', useBy(`{"AWS": "${OWN}"}`)],
      ['ours may change it under a condition', adminBy(`{"AWS": "${OWN}"}`, CONDITION)],
      ['ours may change the policy of another key', adminBy(`{"AWS": "${OWN}"}`).replace('"*"', `"${NO_RESOURCE}"`)],
      ['ours may do all but that', adminBy(`{"AWS": "${OWN}"}`).replace('"Action"', '"NotAction"')],
      ['ours are denied it', adminBy(`{"AWS": "${OWN}"}`).replace('Allow', 'Deny')],
    ])('when %s', (_when, statement) => {
      const policy = policyOf(statement, useBy('"*"'));
      expect(refusalOf(policy, { statement: 1, whole: true }, { ...GUARDS, keyArn: KEY_ARN })).toMatchObject({
        code: 'own-right',
      });
    });

    test.each([
      ['ours may change it', adminBy(`{"AWS": "${OWN}"}`)],
      ['ours may do all but something else', useBy(`{"AWS": "${OWN}"}`).replace('"Action"', '"NotAction"')],
      ['ours may change the policy of this key', adminBy(`{"AWS": "${OWN}"}`).replace('"*"', `"${KEY_ARN}"`)],
    ])('but not when %s', (_when, statement) => {
      const policy = policyOf(statement, useBy('"*"'));
      expect(textAfter(policy, { statement: 1, whole: true }, { ...GUARDS, keyArn: KEY_ARN })).toBe(
        policyOf(statement),
      );
    });
  });
});

describe('an edit is refused because KMS would reject the result', () => {
  test.each([
    ['in another statement', useBy(`{"AWS": ["${APP}", "${GONE}"]}`), GONE],
    ['in a Deny', useBy(`{"AWS": "AIDAEXAMPLEEXAMPLE002"}`).replace('Allow', 'Deny'), 'AIDAEXAMPLEEXAMPLE002'],
    ['in NotPrincipal', useBy(`{"AWS": "${GONE}"}`).replace('"Principal"', '"NotPrincipal"'), GONE],
  ])('for a principal that no longer exists: %s', (_where, statement, principal) => {
    expect(refusalOf(policyOf(ROOT, useBy('"*"'), statement), { statement: 1, whole: true })).toMatchObject({
      code: 'stale-principal',
      statement: 2,
      principal,
      reason: expect.stringContaining(principal),
    });
  });

  test('for a principal that no longer exists and stays in the narrowed statement itself', () => {
    const policy = policyOf(ROOT, useBy(`{"AWS": ["${GONE}", "${FOREIGN}"]}`));
    expect(refusalOf(policy, { statement: 1, principals: [FOREIGN] })).toMatchObject({
      code: 'stale-principal',
      statement: 1,
    });
  });

  test('but not when that principal is taken out too', () => {
    const before = policyOf(ROOT, useBy(`{"AWS": ["${GONE}", "${FOREIGN}", "${APP}"]}`));
    expect(textAfter(before, { statement: 1, principals: [FOREIGN, GONE] })).toBe(
      policyOf(ROOT, useBy(`{"AWS": ["${APP}"]}`)),
    );
  });

  test.each([
    ['Action', useBy(`{"AWS":"${APP}"}`).replace('"Action": "kms:Decrypt", ', '')],
    ['Action', useBy(`{"AWS":"${APP}"}`).replace('"kms:Decrypt"', '[]')],
    ['Resource', useBy(`{"AWS":"${APP}"}`).replace(', "Resource": "*"', '')],
    ['Resource', useBy(`{"AWS":"${APP}"}`).replace('"*"', '[]')],
    ['Principal', useBy(`{"AWS":"${APP}"}`).replace(`"Principal": {"AWS":"${APP}"}, `, '')],
    ['Principal', useBy('{"AWS":[]}')],
  ])('for an old statement without %s', (lacks, statement) => {
    expect(refusalOf(policyOf(ROOT, useBy('"*"'), statement), { statement: 1, whole: true })).toMatchObject({
      code: 'invalid-result',
      statement: 2,
      reason: expect.stringContaining(`has no ${lacks}`),
    });
  });

  test('for an old statement with no action at all, of which only one name offends', () => {
    const policy = policyOf(ROOT, useBy(`{"AWS": ["${FOREIGN}", "${APP}"]}`).replace('"kms:Decrypt"', '[]'));
    expect(refusalOf(policy, { statement: 1, principals: [FOREIGN] })).toMatchObject({ code: 'invalid-result' });
  });

  test('but a statement with NotResource or NotAction is complete', () => {
    const other = useBy(`{"AWS":"${APP}"}`).replace('"Resource"', '"NotResource"').replace('"Action"', '"NotAction"');
    expect(textAfter(policyOf(ROOT, useBy('"*"'), other), { statement: 1, whole: true })).toBe(policyOf(ROOT, other));
  });

  test.each([
    ['U+20AC', '€'],
    ['U+1F511', '🔑'],
  ])('for the character %s', (code, character) => {
    const other = useBy(`{"AWS":"${APP}"}`, `, "Sid": "${character}"`);
    expect(refusalOf(policyOf(ROOT, useBy('"*"'), other), { statement: 1, whole: true })).toMatchObject({
      code: 'invalid-result',
      reason: expect.stringContaining(code),
    });
  });

  test('but Latin-1 passes', () => {
    const other = useBy(`{"AWS":"${APP}"}`, ', "Sid": "für ÿ"');
    expect(textAfter(policyOf(ROOT, useBy('"*"'), other), { statement: 1, whole: true })).toBe(policyOf(ROOT, other));
  });

  test('for more than 32,768 bytes, counted as bytes and not as characters', () => {
    const ofLength = (bytes: number) => {
      const bare = Buffer.byteLength(policyOf(ROOT, useBy(`{"AWS":"${APP}"}`, ', "Sid": "ä"')));
      return useBy(`{"AWS":"${APP}"}`, `, "Sid": "ä${'a'.repeat(bytes - bare)}"`);
    };
    const longest = ofLength(32_768);
    expect(Buffer.byteLength(policyOf(ROOT, longest))).toBe(32_768);
    expect(textAfter(policyOf(ROOT, useBy('"*"'), longest), { statement: 1, whole: true })).toBe(
      policyOf(ROOT, longest),
    );
    expect(refusalOf(policyOf(ROOT, useBy('"*"'), ofLength(32_769)), { statement: 1, whole: true })).toMatchObject({
      code: 'too-large',
      reason: expect.stringContaining('32769 bytes'),
    });
  });
});
