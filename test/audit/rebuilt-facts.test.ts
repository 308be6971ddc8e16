import { describe, expect, test } from '@jest/globals';
import { readLine, writeActionLine, writeUseLine } from '../../lib/audit/entry.ts';
import { findCoverageStart, listDayRuns } from '../../lib/audit/facts/coverage-start.ts';
import { createRecordedState } from '../../lib/audit/facts/recorded-state.ts';
import type { PlaceTally } from '../../lib/audit/tally.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { readRecord } from '../../lib/event/read-record.ts';
import type { KeyFacts } from '../../lib/facts/key-facts.ts';
import { ACCOUNT, KEY_ARN, KEY_ID, REGION } from '../facts/key.ts';
import { createKeyRecord, type JsonRecord, recordOf } from './records.ts';

const at = (minute: number): string => `2026-08-03T09:${String(minute).padStart(2, '0')}:00Z`;
const actionOf = (record: JsonRecord): KeyAction => readRecord(record, { origin: 'archive', selfRoleArns: [] });

/** What is known after records, of the last one's subject. */
function factsAfter(...records: readonly JsonRecord[]): KeyFacts {
  const state = createRecordedState(new Map(), 90);
  const actions = records.map(actionOf);
  for (const action of actions) state.add(action);
  const last = actions.at(-1);
  if (last === undefined) throw new TypeError('A case needs a record.');
  return state.factsOf(last);
}

const CREATED = createKeyRecord(at(0), { description: 'for payments' });
const known = (value: unknown) => ({ known: true, value });
const unread = (reason: RegExp) => ({ known: false, reason: expect.stringMatching(reason) });

describe('the facts of a key whose creation is in the files', () => {
  test('are those of its CreateKey record and of a new key', () => {
    const facts = factsAfter(CREATED);
    expect(facts).toMatchObject({
      key: known({
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
        createdAt: '2026-08-03T09:00:00.000Z',
        description: 'for payments',
      }),
      rotation: known({ enabled: false }),
      tags: known({ owner: 'payments' }),
      aliases: known([]),
      rotations: known({ done: [] }),
    });
    expect(facts.history).toMatchObject(known({ created: { api: 'CreateKey' }, enabled: true }));
  });

  test('have the policy that the request gave, else the default one', () => {
    const given = factsAfter(createKeyRecord(at(0), {}, { requestParameters: { policy: '{"Statement":[]}' } }));
    expect(given.keyPolicy).toEqual(known('{"Statement":[]}'));
    const { keyPolicy } = factsAfter(CREATED);
    expect(JSON.parse(keyPolicy.known ? keyPolicy.value : '')).toMatchObject({
      Statement: [
        { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
      ],
    });
  });

  test.each<[string, readonly JsonRecord[], string]>([
    ['Disabled', [recordOf('DisableKey', at(1))], 'Disabled'],
    ['Enabled again', [recordOf('DisableKey', at(1)), recordOf('EnableKey', at(2))], 'Enabled'],
    ['PendingDeletion', [recordOf('ScheduleKeyDeletion', at(1))], 'PendingDeletion'],
    [
      'Disabled after its deletion was cancelled',
      [recordOf('ScheduleKeyDeletion', at(1)), recordOf('CancelKeyDeletion', at(2))],
      'Disabled',
    ],
    ['PendingImport without its material', [recordOf('DeleteImportedKeyMaterial', at(1))], 'PendingImport'],
    [
      'Enabled with its material again',
      [recordOf('DeleteExpiredKeyMaterial', at(1)), recordOf('ImportKeyMaterial', at(2))],
      'Enabled',
    ],
    [
      'PendingDeletion although its material goes',
      [recordOf('ScheduleKeyDeletion', at(1)), recordOf('DeleteImportedKeyMaterial', at(2))],
      'PendingDeletion',
    ],
  ])('have the state %s', (_name, records, state) => {
    expect(factsAfter(CREATED, ...records).key).toMatchObject(known({ state }));
  });

  test.each<[string, JsonRecord, object]>([
    [
      'from the answer',
      { responseElements: { deletionDate: 'Aug 20, 2026, 9:01:00 AM', keyState: 'PendingDeletion' } },
      { state: 'PendingDeletion', deletionAt: '2026-08-20T09:01:00Z' },
    ],
    [
      'from the waiting period',
      { requestParameters: { pendingWindowInDays: 7 } },
      { state: 'PendingDeletion', deletionAt: '2026-08-10T09:01:00.000Z' },
    ],
    [
      'as a waiting period that begins with the last replica',
      { requestParameters: { pendingWindowInDays: 7 }, responseElements: { keyState: 'PendingReplicaDeletion' } },
      { state: 'PendingReplicaDeletion', deletionWindowInDays: 7 },
    ],
  ])('tell when it is deleted %s', (_name, overrides, expected) => {
    expect(factsAfter(CREATED, recordOf('ScheduleKeyDeletion', at(1), overrides)).key).toMatchObject(known(expected));
  });

  test('forget the date of a deletion that is called off', () => {
    const { key } = factsAfter(CREATED, recordOf('ScheduleKeyDeletion', at(1)), recordOf('CancelKeyDeletion', at(2)));
    expect(key).toEqual(known(expect.not.objectContaining({ deletionAt: expect.anything() })));
  });

  test('say that a deleted key is missing', () => {
    expect(factsAfter(CREATED, recordOf('DeleteKey', at(1))).key).toEqual(known('missing'));
  });

  test.each<[string, readonly JsonRecord[], object]>([
    [
      '365 days when the request names none',
      [recordOf('EnableKeyRotation', at(1))],
      { enabled: true, periodInDays: 365 },
    ],
    [
      'the period of the request',
      [recordOf('EnableKeyRotation', at(1), { requestParameters: { rotationPeriodInDays: 90 } })],
      { enabled: true, periodInDays: 90 },
    ],
    ['off', [recordOf('EnableKeyRotation', at(1)), recordOf('DisableKeyRotation', at(2))], { enabled: false }],
    [
      'one on demand that is not complete',
      [recordOf('RotateKeyOnDemand', at(1))],
      { enabled: false, onDemandStartedAt: at(1) },
    ],
    [
      'one on demand that is complete',
      [
        recordOf('RotateKeyOnDemand', at(1)),
        recordOf('RotateKey', at(2), {
          eventType: 'AwsServiceEvent',
          requestParameters: null,
          serviceEventDetails: { rotationType: 'ON_DEMAND', keyId: KEY_ID },
        }),
      ],
      { enabled: false },
    ],
  ])('tell of its rotation: %s', (_name, records, expected) => {
    expect(factsAfter(CREATED, ...records).rotation).toEqual(known(expected));
  });

  test('list its rotations, the newest first', () => {
    const rotate = (time: string) =>
      recordOf('RotateKey', time, { requestParameters: null, serviceEventDetails: { rotationType: 'AUTOMATIC' } });
    expect(factsAfter(CREATED, rotate(at(1)), rotate(at(2))).rotations).toEqual(
      known({
        done: [
          { at: at(2), type: 'AUTOMATIC' },
          { at: at(1), type: 'AUTOMATIC' },
        ],
      }),
    );
  });

  test('have the tags that were written and not removed', () => {
    const { tags } = factsAfter(
      CREATED,
      recordOf('TagResource', at(1), {
        requestParameters: {
          tags: [
            { tagKey: '__proto__', tagValue: 'a' },
            { tagKey: 'b', tagValue: '' },
          ],
        },
      }),
      recordOf('UntagResource', at(2), { requestParameters: { tagKeys: ['owner'] } }),
    );
    expect(tags).toEqual(
      known(
        Object.fromEntries([
          ['__proto__', 'a'],
          ['b', ''],
        ]),
      ),
    );
  });

  test('have the aliases that point to it', () => {
    const other = KEY_ARN.replace('1234abcd', '9999abcd');
    const alias = (api: string, time: string, aliasName: string, key = KEY_ARN) =>
      recordOf(api, time, {
        requestParameters: { aliasName, targetKeyId: key },
        responseElements: null,
        resources: [{ ARN: key }],
      });
    const records = [CREATED, alias('CreateAlias', at(1), 'alias/a'), alias('CreateAlias', at(2), 'alias/b')];
    expect(factsAfter(...records).aliases).toEqual(known(['alias/a', 'alias/b']));
    const moved = [...records, alias('UpdateAlias', at(3), 'alias/a', other), recordOf('EnableKey', at(4))];
    expect(factsAfter(...moved).aliases).toEqual(known(['alias/b']));
    expect(factsAfter(...moved, alias('DeleteAlias', at(5), 'alias/b')).aliases).toEqual(known([]));
  });

  test('do not change by a call that failed, or by a dry run', () => {
    const failed = recordOf('DisableKeyRotation', at(2), { errorCode: 'AccessDenied', errorMessage: 'no' });
    const dry = recordOf('DisableKey', at(3), { requestParameters: { dryRun: true } });
    expect(factsAfter(CREATED, recordOf('EnableKeyRotation', at(1)), failed, dry)).toMatchObject({
      rotation: known({ enabled: true, periodInDays: 365 }),
      key: known({ state: 'Enabled' }),
    });
  });

  test('follow the key store that it lives in', () => {
    const inStore = createKeyRecord(at(0), { origin: 'AWS_CLOUDHSM', customKeyStoreId: 'cks-1', keyState: 'Creating' });
    const store = (api: string, time: string) =>
      recordOf(api, time, {
        requestParameters: { customKeyStoreId: 'cks-1' },
        responseElements: null,
        resources: undefined,
      });
    const look = recordOf('UpdateKeyDescription', at(9), { requestParameters: { description: '' } });
    expect(factsAfter(inStore, look).key).toMatchObject(known({ state: 'Enabled' }));
    expect(factsAfter(inStore, store('DisconnectCustomKeyStore', at(1)), look).key).toMatchObject(
      known({ state: 'Unavailable' }),
    );
    const back = [store('DisconnectCustomKeyStore', at(1)), store('ConnectCustomKeyStore', at(2)), look];
    expect(factsAfter(inStore, ...back).key).toMatchObject(known({ state: 'Enabled' }));
  });
});

describe('a replica', () => {
  const arn = `arn:aws:kms:us-east-1:${ACCOUNT}:key/mrk-1234abcd12ab34cd56ef1234567890ab`;
  const primary = arn.replace('us-east-1', REGION);
  const created = createKeyRecord(
    at(1),
    {
      arn,
      keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab',
      multiRegion: true,
      keyState: 'Creating',
      multiRegionConfiguration: { multiRegionKeyType: 'REPLICA', primaryKey: { arn: primary, region: REGION } },
    },
    { awsRegion: 'us-east-1', resources: [{ ARN: arn }], requestParameters: {} },
  );
  const replicate = (time: string) =>
    recordOf('ReplicateKey', time, {
      resources: [{ ARN: primary }],
      requestParameters: { keyId: primary, replicaRegion: 'us-east-1' },
      responseElements: { replicaKeyMetadata: { arn }, replicaPolicy: '{"Statement":[]}' },
    });
  const look = recordOf('EnableKey', at(9), {
    awsRegion: 'us-east-1',
    resources: [{ ARN: arn }],
    responseElements: null,
  });

  test('has the policy of the record in the Region of its primary key, whichever record comes first', () => {
    expect(factsAfter(replicate(at(0)), created).keyPolicy).toEqual(known('{"Statement":[]}'));
    expect(factsAfter(created, replicate(at(2)), look).keyPolicy).toEqual(known('{"Statement":[]}'));
    expect(factsAfter(created).keyPolicy).toEqual(unread(/no record in these files tells the key policy/));
  });

  test('becomes the primary key', () => {
    const move = recordOf('UpdatePrimaryRegion', at(3), {
      awsRegion: 'us-east-1',
      resources: undefined,
      requestParameters: { keyId: arn, primaryRegion: 'us-east-1' },
      responseElements: null,
    });
    expect(factsAfter(created).key).toMatchObject(
      known({ multiRegion: 'replica', primaryRegion: REGION, state: 'Enabled' }),
    );
    expect(factsAfter(created, move).key).toMatchObject(known({ multiRegion: 'primary', primaryRegion: 'us-east-1' }));
  });
});

describe('the facts of a key whose creation is not in the files', () => {
  test('are unread, with what is missing', () => {
    expect(factsAfter(recordOf('EnableKey', at(1)))).toMatchObject({
      rotation: unread(/tells whether it rotates/),
      tags: unread(/tells all of its tags/),
      keyPolicy: unread(/tells the key policy/),
      rotations: unread(/tells when it was rotated/),
      usage: unread(/hold no use of any key/),
    });
  });

  test('are known as far as a record tells them', () => {
    expect(factsAfter(recordOf('EnableKeyRotation', at(1))).rotation).toEqual(
      known({ enabled: true, periodInDays: 365 }),
    );
    expect(factsAfter(recordOf('PutKeyPolicy', at(1), { requestParameters: { policy: '{}' } })).keyPolicy).toEqual(
      known('{}'),
    );
  });

  test('forget a policy when a newer one is not in its record', () => {
    const put = recordOf('PutKeyPolicy', at(1), { requestParameters: { policy: '{}' } });
    expect(factsAfter(put, recordOf('PutKeyPolicy', at(2), { requestParameters: {} })).keyPolicy).toEqual(
      unread(/tells the key policy/),
    );
  });
});

describe('the use of a key', () => {
  const place = (days: readonly string[], hasUses: boolean): PlaceTally => ({
    first: `${days[0]}T03:00:00Z`,
    last: `${days.at(-1)}T23:00:00Z`,
    days: new Set(days),
    hasUses,
  });
  const usageAt = (time: string, tally: PlaceTally, ...uses: readonly (readonly [string, number, string])[]) => {
    const state = createRecordedState(new Map([[`${ACCOUNT} ${REGION}`, tally]]), 90);
    for (const [minute, second, operation] of uses) {
      state.addUse({ kind: 'use', key: KEY_ARN, minute, seconds: new Map([[second, operation]]) });
    }
    return state.factsOf(actionOf(recordOf('DisableKey', time))).usage;
  };
  const day = place(['2026-08-03'], true);

  test('is the last one that is not later than the action', () => {
    const uses = [
      ['2026-08-03T09:00', 10, 'Encrypt'],
      ['2026-08-03T09:01', 5, 'Decrypt'],
      ['2026-08-03T09:01', 30, 'Sign'],
    ] as const;
    const lastAt = (time: string) => usageAt(time, day, ...uses);
    expect(lastAt('2026-08-03T09:01:04Z')).toMatchObject(
      known({ last: { at: '2026-08-03T09:00:10Z', operation: 'Encrypt' } }),
    );
    expect(lastAt('2026-08-03T09:01:05Z')).toMatchObject(
      known({ last: { at: '2026-08-03T09:01:05Z', operation: 'Decrypt' } }),
    );
    expect(lastAt('2026-08-03T10:00:00Z')).toMatchObject(
      known({ last: { at: '2026-08-03T09:01:30Z', operation: 'Sign' } }),
    );
  });

  test('is counted since the records of the place begin', () => {
    expect(usageAt('2026-08-03T09:00:00Z', day)).toEqual(known({ trackedSince: '2026-08-03T03:00:00Z' }));
  });

  test('is counted only since the last day without a record', () => {
    const gap = place(['2026-08-01', '2026-08-03', '2026-08-04'], true);
    expect(usageAt('2026-08-04T09:00:00Z', gap)).toEqual(known({ trackedSince: '2026-08-03T00:00:00Z' }));
  });

  test('of the time before a gap counts only while it is young', () => {
    const gap = place(['2026-01-01', '2026-08-04'], true);
    expect(usageAt('2026-08-04T09:00:00Z', gap, ['2026-01-01T09:00', 1, 'Sign'])).toEqual(
      known({ trackedSince: '2026-08-04T00:00:00Z' }),
    );
    expect(usageAt('2026-08-04T09:00:00Z', gap, ['2026-07-01T09:00', 1, 'Sign'])).toEqual(
      known({ trackedSince: '2026-08-04T00:00:00Z', last: { at: '2026-07-01T09:00:01Z', operation: 'Sign' } }),
    );
  });

  test('is unread when the files hold no use of any key', () => {
    expect(usageAt('2026-08-03T09:00:00Z', place(['2026-08-03'], false))).toEqual(
      unread(/the trail may leave uses out/),
    );
  });
});

describe('days of coverage', () => {
  test('make runs, over the ends of months too', () => {
    expect(listDayRuns(['2026-08-01', '2026-07-31', '2026-08-05'])).toEqual([
      { from: '2026-07-31', to: '2026-08-01' },
      { from: '2026-08-05', to: '2026-08-05' },
    ]);
  });

  test('tell nothing of a day that is not among them', () => {
    const tally: PlaceTally = {
      first: '2026-08-01T00:00:00Z',
      last: '2026-08-01T01:00:00Z',
      days: new Set(),
      hasUses: true,
    };
    expect(findCoverageStart(tally, listDayRuns(['2026-08-01']), '2026-08-02T00:00:00Z')).toBeUndefined();
  });
});

describe('an IAM policy', () => {
  const policyArn = `arn:aws:iam::${ACCOUNT}:policy/Keys`;
  const iam = (
    api: string,
    minute: number,
    requestParameters: JsonRecord,
    responseElements: JsonRecord | null = null,
  ) =>
    recordOf(api, at(minute), {
      eventSource: 'iam.amazonaws.com',
      requestParameters,
      responseElements,
      resources: undefined,
    });
  const create = iam(
    'CreatePolicy',
    0,
    { policyName: 'Keys', policyDocument: '{"v":1}' },
    { policy: { arn: policyArn, defaultVersionId: 'v1' } },
  );
  const attach = iam('AttachRolePolicy', 1, { roleName: 'app', policyArn });
  const newer = (setAsDefault: boolean) =>
    iam(
      'CreatePolicyVersion',
      2,
      { policyArn, policyDocument: '{"v":2}', setAsDefault },
      { policyVersion: { versionId: 'v2', isDefaultVersion: setAsDefault } },
    );
  const held = (document: string, ...attachedTo: string[]) => known({ kind: 'managed', attachedTo, document });
  const ROLE = `arn:aws:iam::${ACCOUNT}:role/app`;

  test('of the account has the document in force and whoever has it', () => {
    expect(factsAfter(create).iamPolicy).toEqual(held('{"v":1}'));
    expect(factsAfter(create, attach).iamPolicy).toEqual(held('{"v":1}', ROLE));
    expect(factsAfter(create, attach, newer(false)).iamPolicy).toEqual(held('{"v":1}', ROLE));
    expect(
      factsAfter(create, newer(false), iam('SetDefaultPolicyVersion', 3, { policyArn, versionId: 'v2' })).iamPolicy,
    ).toEqual(held('{"v":2}'));
    expect(
      factsAfter(create, attach, newer(true), iam('DetachRolePolicy', 3, { roleName: 'app', policyArn })).iamPolicy,
    ).toEqual(held('{"v":2}'));
    expect(factsAfter(create, iam('DeletePolicy', 3, { policyArn })).iamPolicy).toEqual(known('missing'));
  });

  test('of the account is unread when the files do not tell its document, or who has it', () => {
    expect(factsAfter(attach).iamPolicy).toEqual(unread(/tells the document that is in force/));
    expect(factsAfter(newer(true)).iamPolicy).toEqual(unread(/do not tell who has it/));
  });

  test('inline is what its record says', () => {
    const put = { roleName: 'app', policyName: 'keys', policyDocument: '%7B%22v%22%3A1%7D' };
    expect(factsAfter(iam('PutRolePolicy', 0, put)).iamPolicy).toEqual(
      known({ kind: 'inline', attachedTo: [ROLE], document: '{"v":1}' }),
    );
    expect(factsAfter(iam('DeleteRolePolicy', 0, { roleName: 'app', policyName: 'keys' })).iamPolicy).toEqual(
      known('missing'),
    );
    expect(factsAfter(iam('PutRolePolicy', 0, { roleName: 'app', policyName: 'keys' })).iamPolicy).toEqual(
      unread(/does not hold the document/),
    );
  });

  test('of AWS is unread, unless it was taken away', () => {
    const aws = { roleName: 'app', policyArn: 'arn:aws:iam::aws:policy/PowerUserAccess' };
    expect(factsAfter(iam('AttachRolePolicy', 0, aws)).iamPolicy).toEqual(unread(/AWS wrote its document/));
    expect(factsAfter(iam('DetachRolePolicy', 0, aws)).iamPolicy).toMatchObject(known({ attachedTo: [] }));
  });
});

describe('a grant', () => {
  const grantId = 'a'.repeat(64);
  const grant = { keyId: KEY_ARN, operations: ['Decrypt'], granteePrincipal: `arn:aws:iam::${ACCOUNT}:role/app` };

  test('is what its record says, and missing after it was ended', () => {
    expect(
      factsAfter(recordOf('CreateGrant', at(1), { requestParameters: grant, responseElements: { grantId } })).grant,
    ).toMatchObject(known({ grantId, operations: ['Decrypt'] }));
    expect(factsAfter(recordOf('RevokeGrant', at(1), { requestParameters: { grantId } })).grant).toEqual(
      known('missing'),
    );
  });

  test('is unread when its record does not tell it', () => {
    expect(
      factsAfter(recordOf('CreateGrant', at(1), { requestParameters: grant, responseElements: null })).grant,
    ).toEqual(unread(/its record does not tell the grant/));
  });
});

describe('a line', () => {
  test('gives back the action that was written', () => {
    const action = actionOf(recordOf('DisableKey', at(1), { userAgent: 'line\nbreak\ttab' }));
    expect(readLine(writeActionLine(action))).toMatchObject({ kind: 'action', action });
  });

  test('gives back the uses that were written', () => {
    const uses = {
      key: KEY_ARN,
      minute: '2026-08-03T09:01',
      seconds: new Map([
        [5, 'Decrypt'],
        [1, 'Sign'],
      ]),
    };
    expect(readLine(writeUseLine(uses))).toEqual({ kind: 'use', ...uses });
  });

  test('of another form is refused', () => {
    expect(() => readLine('no line')).toThrow(TypeError);
  });

  test('sorts a time with fractions after the whole second, and what makes a key before what is done to it', () => {
    const line = (api: string, time: string, eventID: string) =>
      writeActionLine(actionOf(recordOf(api, time, { eventID })));
    const lines = [
      line('CreateKey', '2026-08-03T09:01:00Z', 'ffff'),
      line('DisableKey', '2026-08-03T09:01:00Z', 'aaaa'),
      line('DisableKey', '2026-08-03T09:01:00Z', 'bbbb'),
      line('DisableKey', '2026-08-03T09:01:00.5Z', '0000'),
      line('DisableKey', '2026-08-03T09:01:01Z', '0000'),
    ];
    expect(lines.toSorted()).toEqual(lines);
  });
});
