import {
  CreateGrantCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  ListGrantsCommand,
  RevokeGrantCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findingId } from '../../lib/ledger/finding.ts';
import { readFindings } from '../../lib/ledger/read.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { handleAction } from '../../lib/pipeline.ts';
import { readResults } from '../../lib/sweep/store.ts';
import { readAction, writeEvent } from '../pipeline/events.ts';
import { ARMED } from '../policy/armed.ts';
import { openSweepBed, type SweepBed } from './sweep-bed.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STRANGER = 'arn:aws:iam::444455556666:role/app';

let bed: SweepBed;
beforeAll(async () => {
  bed = await openSweepBed();
}, 60_000);
afterEach(() => bed.gateway.denials.clear());
afterAll(() => bed?.stop());

const Tags = [{ TagKey: 'owner', TagValue: 'platform' }];
const policy = ARMED;

/** By id of the finding: status and decision. */
async function findingsOf(subject: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const finding of readFindings({ client: bed.dynamo, table: bed.table }, subject)) {
    found[findingId(finding)] = `${finding.status} ${finding.decision}`;
  }
  return found;
}

/** A whole sweep, an hour or more after the one before. */
async function sweepAll(worker = bed.openWorker({ policy }), wait = DAY) {
  bed.wait(wait);
  await bed.begin(worker);
  const failures = await bed.work(worker);
  const sweep = (await bed.readSweeps()).at(-1);
  return { worker, failures, sweep };
}

const makeGrant = async (key: string): Promise<string> => {
  const { GrantId = '' } = await bed.kms.send(
    new CreateGrantCommand({ KeyId: key, GranteePrincipal: STRANGER, Operations: ['Decrypt'] }),
  );
  return GrantId;
};

const tell = (api: string, key: string, overrides = {}) =>
  handleAction(bed.startAt(bed.clock, policy).pipeline, readAction(writeEvent(api, key, overrides)), bed.deliver());

describe('The first look at all keys', () => {
  test('takes what it finds for a baseline: nothing is changed, one message tells of all of it, and an approval is asked for the lot', async () => {
    const bad = await bed.createKey();
    const good = await bed.createKey({ Tags }, true);
    const grant = await makeGrant(bad);
    const { sweep, worker } = await sweepAll();
    expect(sweep).toMatchObject({
      baseline: true,
      complete: true,
      counts: { listed: 2, judged: 2, vanished: 0, unread: 0, notReached: 0, grants: 1, news: 2 },
      notJudged: [],
    });
    expect(await findingsOf(good)).toEqual({});
    expect(await findingsOf(bad)).toEqual({
      'rotation-enabled': 'open ask',
      'key-owner-tagged': 'open tell',
      [`grant-least-privilege#${grant}`]: 'open ask',
    });
    const changes = worker.calls.filter(({ operation }) => !/^(Describe|Get|List)/.test(operation));
    expect(changes).toEqual([]);
    expect((await bed.readInbox()).map(({ json, attributes }) => [attributes.state, json.total, json.askable])).toEqual(
      [['baseline', 3, 2]],
    );
    const told = (await bed.readChain(bad)).flatMap((entry) => (entry.type === 'outcome' ? entry.told : []));
    expect(
      told
        .map(({ state, messageId }) => [state, messageId])
        .toSorted(([one = ''], [other = '']) => (one > other ? -1 : 1)),
    ).toEqual([
      ['opened', 'in the message about the first look at all keys'],
      ['needs-approval', 'in the message about the first look at all keys'],
      ['needs-approval', 'in the message about the first look at all keys'],
    ]);
  });

  test('costs six calls a key, and the trails of the Region are read once', async () => {
    const calls: Record<string, number> = {};
    for await (const { tally } of readResults(bed.sweepTable, (await bed.readSweeps())[0]?.id ?? '')) {
      for (const [operation, count] of Object.entries(tally.calls)) calls[operation] = (calls[operation] ?? 0) + count;
    }
    expect(calls).toEqual({
      DescribeKey: 2,
      GetKeyPolicy: 2,
      GetKeyRotationStatus: 2,
      ListGrants: 2,
      ListKeyRotations: 2,
      ListResourceTags: 2,
    });
  });
});

describe('A later look', () => {
  test('says nothing of what is as it was, and changes what was so before as little as the first did', async () => {
    const before = (await bed.readSweeps()).length;
    const { sweep } = await sweepAll();
    expect(await bed.readSweeps()).toHaveLength(before + 1);
    expect(sweep).toMatchObject({ baseline: false, complete: true, counts: { news: 0 } });
    expect(await bed.readInbox()).toEqual([]);
  });

  test('puts right by itself what somebody did since then and nobody told of', async () => {
    const key = await bed.createKey({ Tags }, true);
    await tell('CreateKey', key);
    await sweepAll();
    await bed.readInbox();
    await bed.kms.send(new DisableKeyRotationCommand({ KeyId: key }));
    const { worker } = await sweepAll();
    expect(worker.calls.filter(({ keyId }) => keyId === key).map(({ operation }) => operation)).toContain(
      'EnableKeyRotation',
    );
    expect(await findingsOf(key)).toMatchObject({ 'rotation-enabled': 'resolved act' });
    expect((await bed.readInbox()).map(({ attributes }) => [attributes.control, attributes.state])).toEqual([
      ['rotation-enabled', 'remediated'],
    ]);
  });

  test('closes what somebody put right', async () => {
    const key = await bed.createKey({ Tags });
    await tell('CreateKey', key);
    await tell('DisableKeyRotation', key);
    await bed.kms.send(new EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays: 365 }));
    const open = Object.entries(await findingsOf(key)).filter(([, state]) => state.startsWith('open'));
    await sweepAll();
    const after = await findingsOf(key);
    for (const [id] of open) expect([id, after[id]]).toEqual([id, expect.stringMatching(/^resolved/)]);
    await bed.readInbox();
  });
});

describe('Grants', () => {
  test('of which no event came are found, by one list of the key, and closed when they are gone', async () => {
    const key = await bed.createKey({ Tags }, true);
    await tell('CreateKey', key);
    const grants = [];
    for (let count = 0; count < 3; count += 1) grants.push(await makeGrant(key));
    await bed.readInbox();
    const { worker } = await sweepAll(
      bed.openWorker({ policy: { ...policy, controls: { 'grant-least-privilege': { mode: 'observe' } } } }),
    );
    const found = await findingsOf(key);
    for (const grant of grants) expect(found[`grant-least-privilege#${grant}`]).toBe('open tell');
    expect(worker.calls.filter(({ operation, keyId }) => operation === 'ListGrants' && keyId === key)).toHaveLength(1);

    for (const GrantId of grants) await bed.kms.send(new RevokeGrantCommand({ KeyId: key, GrantId }));
    await sweepAll();
    const after = await findingsOf(key);
    for (const grant of grants) expect(after[`grant-least-privilege#${grant}`]).toMatch(/^resolved/);
    await bed.readInbox();
  });

  test('by the hundred are walked over page by page, and the walk goes on where the time was used up', async () => {
    const key = await bed.createKey({ Tags }, true);
    await tell('CreateKey', key);
    for (let count = 0; count < 250; count += 1) {
      await bed.kms.send(
        new CreateGrantCommand({
          KeyId: key,
          GranteePrincipal: `arn:aws:iam::${key.split(':')[4]}:role/app-${count}`,
          Operations: ['Decrypt'],
          Constraints: { EncryptionContextSubset: { department: 'billing' } },
        }),
      );
    }
    const { Grants = [] } = await bed.kms.send(new ListGrantsCommand({ KeyId: key, Limit: 100 }));
    expect(Grants).toHaveLength(100);
    // Every walk over the grants of this key has time for one page.
    let pages = 0;
    const worker = bed.openWorker({
      policy,
      beforeCall: (operation, keyId) => {
        if (operation === 'ListGrants' && keyId === key) pages += 1;
      },
      outOfTime: () => {
        const isOut = pages > 0;
        pages = 0;
        return isOut;
      },
    });
    const { sweep, failures } = await sweepAll(worker);
    expect(failures).toEqual([]);
    expect(sweep).toMatchObject({ complete: true });
    let grants = 0;
    for await (const { keyId, tally } of readResults(bed.sweepTable, sweep?.id ?? '')) {
      if (key.endsWith(keyId)) grants = tally.grants;
    }
    expect(grants).toBe(250);
    expect(worker.calls.filter(({ operation, keyId }) => operation === 'GetKeyPolicy' && keyId === key)).toHaveLength(
      1,
    );
    await bed.readInbox();
  }, 60_000);
});

describe('A key that cannot be looked at', () => {
  test('is one finding and never stops the others; the sweep says that it is not complete, and the officer is told', async () => {
    const [denied, other] = [await bed.createKey({ Tags }, true), await bed.createKey({ Tags })];
    await tell('CreateKey', denied);
    await tell('CreateKey', other);
    await bed.readInbox();
    bed.gateway.denials.add({ action: 'kms:DescribeKey', resource: denied });
    const { sweep } = await sweepAll();
    expect(sweep).toMatchObject({
      complete: false,
      counts: { unread: 1, notReached: 0 },
      notJudged: [{ key: denied, reason: expect.stringMatching(/kms:DescribeKey .* was denied/) }],
    });
    expect(bed.counted.slice(-2)).toEqual(['SweepEnded', 'SweepIncomplete']);
    expect(await findingsOf(denied)).toMatchObject({ 'key-readable': 'open tell' });
    const inbox = (await bed.readInbox()).map(({ attributes }) => [attributes.control, attributes.state]);
    expect(inbox).toEqual(
      expect.arrayContaining([
        ['key-readable', 'opened'],
        ['sweep', 'incomplete'],
      ]),
    );

    bed.gateway.denials.clear();
    await sweepAll();
    expect(await findingsOf(denied)).toMatchObject({ 'key-readable': 'resolved none' });
    await bed.readInbox();
  });

  test('because KMS is busy is tried again, and the keys beside it are not', async () => {
    const key = await bed.createKey({ Tags }, true);
    await tell('CreateKey', key);
    let busy = 2;
    const worker = bed.openWorker({
      policy,
      beforeCall: (operation, keyId) => {
        if (operation === 'DescribeKey' && keyId === key && busy > 0) {
          busy -= 1;
          throw throttle();
        }
      },
    });
    const { sweep, failures } = await sweepAll(worker);
    expect(failures).toHaveLength(2);
    expect(sweep).toMatchObject({ complete: true });
    const described = worker.calls.filter(({ operation }) => operation === 'DescribeKey').map(({ keyId }) => keyId);
    expect(new Set(described).size).toBe(described.length);
  });

  test('is not reached when Keywarden itself fails every time, and the sweep ends with the reason', async () => {
    const key = await bed.createKey({ Tags }, true);
    await tell('CreateKey', key);
    const worker = bed.openWorker({ policy });
    const broken: typeof worker = {
      ...worker,
      context: (last) => {
        const context = worker.context(last);
        const { factsOf } = context.pipeline;
        return {
          ...context,
          pipeline: {
            ...context.pipeline,
            factsOf: (arn, ...rest) => {
              if (arn === key) throw new TypeError('a defect');
              return factsOf(arn, ...rest);
            },
          },
        };
      },
    };
    const { sweep } = await sweepAll(broken);
    expect(sweep).toMatchObject({
      complete: false,
      counts: { notReached: 1 },
      notJudged: [{ key, reason: expect.stringContaining('a defect') }],
    });
    await bed.readInbox();
  });
});

const throttle = () =>
  Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } });

describe('Keys', () => {
  test('that KMS does not list any more are looked at once more, and what was open about them is closed', async () => {
    const key = await bed.createKey();
    await tell('CreateKey', key);
    const grant = await makeGrant(key);
    await sweepAll(
      bed.openWorker({ policy: { ...policy, controls: { 'grant-least-privilege': { mode: 'observe' } } } }),
    );
    expect(await findingsOf(key)).toMatchObject({ [`grant-least-privilege#${grant}`]: 'open tell' });
    const gone = Object.assign(new Error('gone'), {
      name: 'NotFoundException',
      $metadata: { httpStatusCode: 400 },
      $fault: 'client',
    });
    const worker = bed.openWorker({
      policy,
      beforeCall: (_operation, keyId) => {
        if (keyId === key) throw gone;
      },
    });
    worker.kms.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const answer = await next(args);
          if (commandName !== 'ListKeysCommand') return answer;
          const output = answer.output as { Keys?: { KeyArn?: string }[] };
          return {
            ...answer,
            output: { ...output, Keys: output.Keys?.filter(({ KeyArn }) => KeyArn !== key) } as never,
          };
        },
      { step: 'initialize' },
    );
    const { sweep } = await sweepAll(worker);
    expect(sweep).toMatchObject({ complete: true, counts: { vanished: 1 } });
    const after = await findingsOf(key);
    expect(after[`grant-least-privilege#${grant}`]).toMatch(/^resolved/);
    await bed.readInbox();
  });

  test('that were made after the first look and that nobody told of are a finding, until their record comes', async () => {
    const key = await bed.createKey({ Tags }, true);
    // moto dates the key by the clock on the wall, which is before the first look: the record says when it was made.
    const worker = bed.openWorker({ policy });
    const createdAt = bed.clock();
    worker.kms.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const answer = await next(args);
          const output = answer.output as { KeyMetadata?: { Arn?: string; CreationDate?: Date } };
          if (commandName === 'DescribeKeyCommand' && output.KeyMetadata?.Arn === key) {
            output.KeyMetadata.CreationDate = createdAt;
          }
          return answer;
        },
      { step: 'initialize' },
    );
    await sweepAll(worker, HOUR);
    expect(await findingsOf(key)).toEqual({});
    await bed.readInbox();
    await sweepAll(worker, DAY);
    expect(await findingsOf(key)).toEqual({ 'key-creation-recorded': 'open tell' });
    const inbox = (await bed.readInbox()).filter(({ json }) => (json.finding as { subject?: string })?.subject === key);
    expect(inbox.map(({ attributes }) => [attributes.control, attributes.state])).toEqual([
      ['key-creation-recorded', 'opened'],
    ]);
    await tell('CreateKey', key);
    expect(await findingsOf(key)).toEqual({ 'key-creation-recorded': 'resolved none' });
    await bed.readInbox();
  });

  test('that wait to be deleted are asked for their use, and no others', async () => {
    const key = await bed.createKey({ Tags }, true);
    await tell('CreateKey', key);
    await bed.kms.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 30 }));
    const { worker } = await sweepAll(
      bed.openWorker({ policy: { ...policy, controls: { 'deletion-authorized': { mode: 'observe' } } } }),
    );
    expect(worker.calls.filter(({ operation }) => operation === 'GetKeyLastUsage').map(({ keyId }) => keyId)).toEqual([
      key,
    ]);
    await bed.readInbox();
  });

  test('whose key policy cannot be read are judged by the rest', async () => {
    const key = await bed.createKey({ Tags });
    await tell('CreateKey', key);
    bed.gateway.denials.add({ action: 'kms:GetKeyPolicy', resource: key });
    await sweepAll();
    expect(await findingsOf(key)).toMatchObject({ 'key-policy-not-public': 'open tell' });
    expect(await findingsOf(key)).toHaveProperty('rotation-enabled');
    expect(await findingsOf(key)).not.toHaveProperty('key-readable');
    await bed.readInbox();
  });
});

test('The ledger verifies after all of it', async () => {
  expect((await verifyLedger({ client: bed.dynamo, table: bed.table })).problems).toEqual([]);
});
