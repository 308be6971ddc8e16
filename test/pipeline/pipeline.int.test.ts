import { CreateAliasCommand, GetKeyRotationStatusCommand, TagResourceCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionEntry, OutcomeEntry } from '../../lib/ledger/entry.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { handleAction } from '../../lib/pipeline.ts';
import { ACCOUNT, type Bed, openBed } from './bed.ts';
import { personOf, readAction, writeEvent } from './events.ts';
import { rotationOf } from './verdicts.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

const isRotating = async (key: string) =>
  (await bed.kms.send(new GetKeyRotationStatusCommand({ KeyId: key }))).KeyRotationEnabled;

/** One delivery in an invocation of its own. */
async function handle(body: string, options: { last?: boolean; policy?: Parameters<Bed['start']>[1] } = {}) {
  const { pipeline, calls } = bed.start(undefined, options.policy);
  const handled = await handleAction(pipeline, readAction(body), bed.deliver(options.last));
  return { ...handled, calls };
}

describe('a key whose rotation was switched off', () => {
  test('is put right, recorded before and after, and told, in 10 calls and one look at the kill switch', async () => {
    const key = await bed.createKey();
    await bed.kms.send(new CreateAliasCommand({ AliasName: 'alias/payments', TargetKeyId: key }));
    await bed.readInbox();
    const { calls } = await handle(writeEvent('DisableKeyRotation', key));

    expect(await isRotating(key)).toBe(true);
    expect(calls).toEqual([
      'BatchGetItem',
      'DescribeKey',
      'GetKeyRotationStatus',
      'ListResourceTags',
      'GetParameter',
      'TransactWriteItems',
      'EnableKeyRotation',
      'GetKeyRotationStatus',
      'ListAliases',
      'Publish',
      'TransactWriteItems',
    ]);
    const [action, outcome] = (await bed.readChain(key)) as [ActionEntry, OutcomeEntry];
    expect(action).toMatchObject({
      type: 'action',
      seq: 1,
      action: { api: 'DisableKeyRotation', actor: { person: 'dana@example.com' } },
    });
    expect(action.decisions).toMatchObject([
      { control: 'rotation-enabled', decision: 'act', remedy: 'enable-key-rotation' },
    ]);
    expect(outcome).toMatchObject({
      type: 'outcome',
      of: 1,
      remediations: [{ status: 'confirmed', requestIds: [expect.any(String)], after: { rotation: { enabled: true } } }],
      told: [{ control: 'rotation-enabled', state: 'remediated' }],
    });
    const [message, ...others] = await bed.readInbox();
    expect(others).toEqual([]);
    expect(message?.attributes).toEqual({
      severity: 'high',
      control: 'rotation-enabled',
      account: '111122223333',
      region: 'eu-west-1',
      state: 'remediated',
    });
    expect(message?.json).toMatchObject({ aliases: ['alias/payments'], remediation: { status: 'confirmed' } });
  });

  test('on a protected key is left alone and told', async () => {
    const key = await bed.createKey();
    await bed.kms.send(new TagResourceCommand({ KeyId: key, Tags: [{ TagKey: 'keywarden:protected', TagValue: '' }] }));
    const { entry, remediations } = await handle(writeEvent('DisableKeyRotation', key));
    expect(entry?.decisions).toMatchObject([
      { decision: 'tell', reason: expect.stringContaining('keywarden:protected') },
    ]);
    expect(remediations).toEqual([]);
    expect(await isRotating(key)).toBe(false);
  });

  test.each([
    ['observe', 'tell', 'opened'],
    ['approve', 'ask', 'needs-approval'],
  ] as const)('in mode %s is not changed: the decision is to %s', async (mode, decision, state) => {
    const key = await bed.createKey();
    const { entry, told } = await handle(writeEvent('DisableKeyRotation', key), {
      policy: { controls: { 'rotation-enabled': { mode } } },
    });
    expect(entry?.decisions).toMatchObject([{ decision, plan: { requests: [{ operation: 'EnableKeyRotation' }] } }]);
    expect(told).toMatchObject([{ state }]);
    expect(await isRotating(key)).toBe(false);
  });

  test('with the role of Keywarden is recorded and never remediated, and nobody decided it', async () => {
    const key = await bed.createKey();
    const body = writeEvent('DisableKeyRotation', key, {
      userIdentity: personOf('keywarden-dev-lifecycle', 'keywarden-dev-lifecycle'),
    });
    const { entry } = await handle(body);
    expect(entry?.action.actor.bySelf).toBe(true);
    expect(entry?.decisions).toMatchObject([
      { control: 'rotation-enabled', decision: 'tell' },
      { control: 'own-change-accounted', decision: 'tell' },
    ]);
    expect(await isRotating(key)).toBe(false);
  });

  test('is told once, also when the record of our own change arrives before its outcome is recorded', async () => {
    const key = await bed.createKey();
    await bed.readInbox();
    const { pipeline, calls } = bed.start();
    const overtaken = {
      ...pipeline,
      tell: async (message: Parameters<typeof pipeline.tell>[0]) => {
        const own = writeEvent('EnableKeyRotation', key, {
          userIdentity: personOf('keywarden-dev-lifecycle', 'keywarden-dev-lifecycle'),
          eventTime: pipeline.clock().toISOString(),
        });
        await handle(own, { last: true });
        return pipeline.tell(message);
      },
    };
    await handleAction(overtaken, readAction(writeEvent('DisableKeyRotation', key)), bed.deliver());
    expect(calls).toContain('EnableKeyRotation');
    expect(await bed.readInbox()).toMatchObject([{ attributes: { state: 'remediated' } }]);
    const { findings } = await pipeline.ledger.look('none', key, ['rotation-enabled']);
    expect(findings.get('rotation-enabled')?.status).toBe('resolved');
  });

  test('by somebody whom AWS denied it is recorded, and judges nothing', async () => {
    const key = await bed.createKey();
    const { entry, calls } = await handle(
      writeEvent('DisableKeyRotation', key, {
        errorCode: 'AccessDenied',
        errorMessage: `User: arn:aws:iam::111122223333:user/eve is not authorized to perform: kms:DisableKeyRotation on resource: ${key}`,
        requestParameters: null,
        responseElements: null,
        resources: undefined,
      }),
    );
    expect(entry).toMatchObject({ subject: key, action: { outcome: 'denied' }, verdicts: [] });
    expect(calls).toEqual(['BatchGetItem', 'TransactWriteItems']);
  });
});

describe('a compliant action', () => {
  test('costs no look into the past of the key either, when the policy names who did it', async () => {
    const key = await bed.createKey({}, true);
    const trust = { accounts: [], organizations: [], administrators: [`arn:aws:iam::${ACCOUNT}:role/KeyAdmin`] };
    const { calls } = await handle(writeEvent('EnableKeyRotation', key), { policy: { trust } });
    expect(calls).not.toContain('Query');
    const other = personOf('eve@example.com', 'Contractor');
    const eves = await handle(writeEvent('EnableKeyRotation', key, { userIdentity: other }), { policy: { trust } });
    expect(eves.calls).toContain('Query');
  });

  test('costs one read and one transaction beside the facts, and tells nobody', async () => {
    const key = await bed.createKey({}, true);
    await bed.readInbox();
    const { calls, entry, told } = await handle(writeEvent('EnableKeyRotation', key));
    expect(calls.toSorted()).toEqual([
      'BatchGetItem',
      'DescribeKey',
      'GetKeyRotationStatus',
      'ListKeyRotations',
      'TransactWriteItems',
    ]);
    expect(entry?.verdicts.map(({ verdict }) => verdict)).not.toContain('violation');
    expect(rotationOf(entry ?? { verdicts: [] }).map(({ verdict }) => verdict)).toEqual(Array(3).fill('compliant'));
    expect(told).toEqual([]);
    expect(await bed.readInbox()).toEqual([]);
  });

  test('resolves the finding that was open, and says so once', async () => {
    const key = await bed.createKey();
    const observe = { controls: { 'rotation-enabled': { mode: 'observe' } } } as const;
    await handle(writeEvent('DisableKeyRotation', key), { policy: observe });
    await bed.createKey();
    const again = await handle(writeEvent('DisableKeyRotation', key), { policy: observe });
    expect(again.told).toEqual([]);
    await bed.start().pipeline.call({
      service: 'kms',
      operation: 'EnableKeyRotation',
      region: 'eu-west-1',
      parameters: { KeyId: key, RotationPeriodInDays: 365 },
    });
    expect((await handle(writeEvent('EnableKeyRotation', key))).told).toMatchObject([{ state: 'resolved' }]);
    expect((await handle(writeEvent('EnableKeyRotation', key))).told).toEqual([]);
  });
});

describe('whatever goes wrong', () => {
  test('the same event delivered five times in a row leaves one action and one change', async () => {
    const key = await bed.createKey();
    const body = writeEvent('DisableKeyRotation', key);
    const runs = [];
    for (let delivery = 1; delivery <= 5; delivery += 1) runs.push(await handle(body));
    expect(runs.map(({ alreadyDone }) => alreadyDone)).toEqual([false, true, true, true, true]);
    expect(runs.slice(1).map(({ calls }) => calls)).toEqual(Array(4).fill(['BatchGetItem']));
    expect((await bed.readChain(key)).map(({ type }) => type)).toEqual(['action', 'outcome']);
  });

  test('the same event delivered five times at once leaves one action and one change', async () => {
    const key = await bed.createKey();
    const body = writeEvent('DisableKeyRotation', key);
    const runs = Array.from({ length: 5 }, () => bed.start());
    const results = await Promise.allSettled(
      runs.map(({ pipeline }) => handleAction(pipeline, readAction(body), bed.deliver())),
    );
    const refused = results.flatMap((result) =>
      result.status === 'rejected' ? [String((result.reason as Error).name)] : [],
    );
    expect(new Set(refused)).not.toContain('TypeError');
    await handle(body);
    expect((await bed.readChain(key)).map(({ type }) => type)).toEqual(['action', 'outcome']);
    expect(runs.flatMap(({ calls }) => calls).filter((call) => call === 'EnableKeyRotation')).toHaveLength(1);
  });

  const CALLS = 11;
  test.each(
    (['crash', 'lose-response'] as const).flatMap((fault) =>
      Array.from({ length: CALLS }, (_unused, index) => [fault, index + 1] as const),
    ),
  )('a %s after call %i loses nothing and repeats no change', async (fault, number) => {
    const key = await bed.createKey();
    await bed.readInbox();
    const body = writeEvent('DisableKeyRotation', key);
    const first = bed.start((call) => (call.number === number ? fault : undefined));
    const attempt = handleAction(first.pipeline, readAction(body), bed.deliver());
    const ended = await Promise.race([
      attempt.then(
        () => 'done' as const,
        () => 'threw' as const,
      ),
      first.died,
    ]);
    // Nobody needs the alias to go on; every other call that fails ends the attempt.
    const goesOn = fault === 'lose-response' && first.calls[number - 1] === 'ListAliases';
    expect(ended).toBe(goesOn ? 'done' : fault === 'crash' ? 'died' : 'threw');
    const second = await handle(body);

    const chain = await bed.readChain(key);
    expect(chain.map(({ type }) => type)).toEqual(['action', 'outcome']);
    const changes = [...first.calls, ...second.calls].filter((call) => call === 'EnableKeyRotation');
    expect(changes.length).toBeLessThanOrEqual(1);
    expect(await isRotating(key)).toBe(true);
    expect((await bed.readInbox()).length).toBeGreaterThanOrEqual(1);
  });

  test('twenty actions on one key at the same time are all recorded, in one whole chain', async () => {
    const key = await bed.createKey({}, true);
    const bodies = Array.from({ length: 20 }, () => writeEvent('UpdateKeyDescription', key));
    let open = bodies;
    for (let round = 0; open.length > 0 && round < 10; round += 1) {
      const results = await Promise.allSettled(open.map((body) => handle(body)));
      open = open.filter((_body, place) => results[place]?.status === 'rejected');
    }
    const chain = await bed.readChain(key);
    expect(new Set(chain.map(({ eventId }) => eventId)).size).toBe(20);
    expect(chain).toHaveLength(20);
  });

  test('after all of this the ledger is whole', async () => {
    const { problems, entries } = await verifyLedger({ client: bed.dynamo, table: bed.table });
    expect(problems).toEqual([]);
    expect(entries).toBeGreaterThan(60);
  });
});
