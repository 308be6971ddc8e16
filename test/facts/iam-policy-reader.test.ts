import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createIamPolicyReader, type IamPolicyReaderOptions } from '../../lib/facts/iam-policy-reader.ts';
import { TransientReadError } from '../../lib/facts/read-error.ts';
import { type IamStandIn, startIamStandIn } from './iam-stand-in.ts';
import { ACCOUNT } from './key.ts';

const START = `arn:aws:iam::${ACCOUNT}`;
const POLICY = `${START}:policy/teams/Reports`;
const OF_AWS = 'arn:aws:iam::aws:policy/PowerUserAccess';
const DOCUMENT = '{"Version":"2012-10-17","Statement":[]}';
const encoded = encodeURIComponent(DOCUMENT);

let standIn: IamStandIn;
beforeEach(async () => {
  standIn = await startIamStandIn();
  standIn.answer('GetPolicy', policyWith('<AttachmentCount>1</AttachmentCount>'));
  standIn.answer('GetPolicyVersion', { result: `<PolicyVersion><Document>${encoded}</Document></PolicyVersion>` });
  standIn.answer('ListEntitiesForPolicy', { result: `<PolicyRoles>${named('Role', 'App')}</PolicyRoles>` });
});
afterEach(() => standIn.close());

const policyWith = (fields: string) => ({
  result: `<Policy><Arn>${POLICY}</Arn><DefaultVersionId>v3</DefaultVersionId>${fields}</Policy>`,
});
const named = (type: string, name: string) => `<member><${type}Name>${name}</${type}Name></member>`;
const readerOf = (overrides: Partial<IamPolicyReaderOptions> = {}) =>
  createIamPolicyReader({ iam: standIn.iam, arn: POLICY, account: ACCOUNT, onTransient: 'throw', ...overrides });
const read = async (overrides: Partial<IamPolicyReaderOptions> = {}) =>
  (await readerOf(overrides).read(['iamPolicy'])).iamPolicy;
const operations = () => standIn.asked.map(({ Action }) => Action);

describe('a managed policy', () => {
  test('is read in its default version, decoded, with all who have it, over pages', async () => {
    standIn.answer(
      'ListEntitiesForPolicy',
      { result: `<IsTruncated>true</IsTruncated><Marker>m</Marker><PolicyRoles>${named('Role', 'App')}</PolicyRoles>` },
      {
        result: `<PolicyUsers>${named('User', 'dana')}</PolicyUsers><PolicyGroups>${named('Group', 'Ops')}</PolicyGroups>`,
      },
    );
    const attachedTo = [`${START}:role/App`, `${START}:user/dana`, `${START}:group/Ops`];
    expect(await read()).toEqual({ known: true, value: { kind: 'managed', attachedTo, document: DOCUMENT } });
    expect(standIn.asked).toMatchObject([
      { Action: 'GetPolicy', PolicyArn: POLICY },
      { Action: 'GetPolicyVersion', PolicyArn: POLICY, VersionId: 'v3' },
      { Action: 'ListEntitiesForPolicy', PolicyUsageFilter: 'PermissionsPolicy' },
      { Action: 'ListEntitiesForPolicy', Marker: 'm' },
    ]);
  });

  test.each([
    ['nobody has but as a boundary counts as a boundary', '', 2, 'boundary'],
    ['somebody has in both ways is what gives access', named('Role', 'App'), 2, 'managed'],
    ['nobody has at all may be attached any time', '', 0, 'managed'],
  ])('that %s', async (_what, roles, boundaries, kind) => {
    standIn.answer(
      'GetPolicy',
      policyWith(`<PermissionsBoundaryUsageCount>${boundaries}</PermissionsBoundaryUsageCount>`),
    );
    standIn.answer('ListEntitiesForPolicy', { result: `<PolicyRoles>${roles}</PolicyRoles>` });
    expect(await read()).toMatchObject({ value: { kind } });
  });

  test('is read once until it is read anew, and not at all when nobody asks', async () => {
    const reader = readerOf();
    expect(await reader.read(['tags'])).toMatchObject({ tags: { known: false }, iamPolicy: { known: false } });
    expect(operations()).toEqual([]);
    await reader.read(['iamPolicy']);
    await reader.read(['iamPolicy']);
    expect(standIn.asked).toHaveLength(3);
    await reader.reread(['iamPolicy']);
    expect(standIn.asked).toHaveLength(6);
  });
});

describe('an inline policy', () => {
  test.each([
    ['role', 'GetRolePolicy', 'RoleName'],
    ['user', 'GetUserPolicy', 'UserName'],
    ['group', 'GetGroupPolicy', 'GroupName'],
  ])('of a %s is read by its name', async (type, operation, field) => {
    standIn.answer(operation, { result: `<PolicyDocument>${encoded}</PolicyDocument>` });
    const arn = `${START}:${type}/App`;
    expect(await read({ arn, item: 'keys' })).toEqual({
      known: true,
      value: { kind: 'inline', attachedTo: [arn], document: DOCUMENT },
    });
    expect(standIn.asked).toMatchObject([{ [field]: 'App', PolicyName: 'keys' }]);
  });
});

describe('a policy of AWS', () => {
  test.each([
    ['role', 'ListAttachedRolePolicies'],
    ['user', 'ListAttachedUserPolicies'],
    ['group', 'ListAttachedGroupPolicies'],
  ])('is read with whether the %s has it, on whichever page', async (type, operation) => {
    const page = (arn: string) => `<AttachedPolicies><member><PolicyArn>${arn}</PolicyArn></member></AttachedPolicies>`;
    const first = { result: `<IsTruncated>true</IsTruncated><Marker>m</Marker>${page(POLICY)}` };
    const arn = `${START}:${type}/App`;
    standIn.answer(operation, first, { result: page(OF_AWS) });
    expect(await read({ arn, item: OF_AWS })).toMatchObject({ value: { kind: 'managed', attachedTo: [arn] } });
    standIn.answer(operation, { result: page(POLICY) });
    expect(await read({ arn, item: OF_AWS })).toMatchObject({ value: { attachedTo: [] } });
  });
});

describe('what cannot be read', () => {
  test.each([
    ['a policy of another account', { arn: 'arn:aws:iam::999988887777:policy/x' }, 'belongs to account 999988887777'],
    ['a subject without a name', { arn: `${START}:unidentified` }, 'names no IAM policy'],
    ['a role of which no policy was named', { arn: `${START}:role/App` }, 'no policy of role App was named'],
  ])('is %s, and costs no call', async (_what, overrides, reason) => {
    expect(await read(overrides)).toEqual({ known: false, reason: expect.stringContaining(reason) });
    expect(operations()).toEqual([]);
  });

  test('is missing when IAM says so, and unread when IAM refuses or leaves the document out', async () => {
    standIn.answer('GetPolicyVersion', { result: '<PolicyVersion></PolicyVersion>' });
    expect(await read()).toMatchObject({ known: false, reason: expect.stringContaining('did not give the document') });
    standIn.answer('GetPolicy', { error: 'NoSuchEntity', status: 404 });
    expect(await read()).toEqual({ known: true, value: 'missing' });
    standIn.answer('GetPolicy', { error: 'AccessDenied', status: 403 });
    expect(await read()).toMatchObject({ reason: expect.stringContaining("was denied to Keywarden's role; allow it") });
    standIn.answer('GetPolicy', { error: 'InvalidInput', status: 400 });
    expect(await read()).toMatchObject({ reason: expect.stringContaining('was refused by IAM') });
  });

  test.each([
    ['the connection breaks', 'hang-up' as const],
    ['IAM fails', { error: 'ServiceFailure', status: 500 }],
    ['IAM throttles', { error: 'Throttling', status: 400 }],
  ])('now, because %s, is thrown to be tried again, and unread on the last delivery', async (_what, answer) => {
    standIn.answer('GetPolicy', answer);
    const reader = readerOf();
    await expect(reader.read(['iamPolicy'])).rejects.toThrow(TransientReadError);
    expect(await read({ onTransient: 'unread' })).toMatchObject({
      known: false,
      reason: expect.stringContaining('may succeed later'),
    });
    standIn.answer('GetPolicy', policyWith(''));
    expect((await reader.read(['iamPolicy'])).iamPolicy).toMatchObject({ known: true });
  });
});
