import { ListResourceTagsCommand, ScheduleKeyDeletionCommand, TagResourceCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionEntry, OutcomeEntry } from '../../lib/ledger/entry.ts';
import { handleAction } from '../../lib/pipeline.ts';
import { type Bed, openBed } from './bed.ts';
import { personOf, readAction, writeEvent } from './events.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

/** A key that is in order but for its tags. */
const makeKey = (...Tags: { TagKey: string; TagValue: string }[]) => bed.createKey({ Tags }, true);

const writeCreation = (key: string, overrides: Readonly<Record<string, unknown>> = {}) =>
  writeEvent('CreateKey', key, { requestParameters: {}, ...overrides });

async function handle(body: string, last = false) {
  const { pipeline, calls } = bed.start();
  return { ...(await handleAction(pipeline, readAction(body), bed.deliver(last))), calls };
}

async function readTags(key: string): Promise<Record<string, string>> {
  const { Tags = [] } = await bed.kms.send(new ListResourceTagsCommand({ KeyId: key }));
  return Object.fromEntries(Tags.map(({ TagKey = '', TagValue = '' }) => [TagKey, TagValue]));
}

const decisionsOf = (entry: ActionEntry | undefined) =>
  entry?.decisions.filter(({ control }) => control === 'key-owner-tagged');

describe('a new key without an owner', () => {
  test('is tagged with who made it, recorded before and after, and told', async () => {
    const key = await makeKey({ TagKey: 'service', TagValue: 'payments' });
    await bed.readInbox();
    const { calls } = await handle(writeCreation(key));

    expect(await readTags(key)).toEqual({ service: 'payments', owner: 'dana@example.com' });
    expect(calls.filter((call) => call === 'TagResource')).toHaveLength(1);
    const [action, outcome] = (await bed.readChain(key)) as [ActionEntry, OutcomeEntry];
    expect(decisionsOf(action)).toMatchObject([{ decision: 'act', remedy: 'tag-key' }]);
    expect(outcome.remediations).toMatchObject([
      {
        remedy: 'tag-key',
        status: 'confirmed',
        requestIds: [expect.any(String)],
        before: { tags: { owner: 'not set' } },
        after: { tags: { owner: 'dana@example.com' } },
        undo: [{ operation: 'UntagResource', parameters: { KeyId: key, TagKeys: ['owner'] } }],
      },
    ]);
    expect(await bed.readInbox()).toMatchObject([
      { attributes: { control: 'key-owner-tagged', state: 'remediated', severity: 'low' } },
    ]);
  });

  test('gets it once: the record of our own change comes back, is compliant, and is told to nobody', async () => {
    const key = await makeKey();
    const made = (await handle(writeCreation(key))).remediations;
    await bed.readInbox();
    const { entry, remediations } = await handle(
      writeEvent('TagResource', key, {
        userIdentity: personOf('keywarden-dev-lifecycle', 'keywarden-dev-lifecycle'),
        requestID: made[0]?.requestIds[0],
        requestParameters: { keyId: key, tags: [{ tagKey: 'owner', tagValue: 'dana@example.com' }] },
      }),
    );
    expect(entry?.action.actor.bySelf).toBe(true);
    expect(entry?.verdicts).toContainEqual(
      expect.objectContaining({ control: 'key-owner-tagged', verdict: 'compliant' }),
    );
    expect(remediations).toEqual([]);
    expect(await bed.readInbox()).toEqual([]);
  });

  test('that a service made is left alone and told', async () => {
    const key = await makeKey();
    const { entry } = await handle(
      writeCreation(key, { userIdentity: { type: 'AWSService', invokedBy: 'example.amazonaws.com' } }),
    );
    expect(decisionsOf(entry)).toMatchObject([{ decision: 'tell', reason: expect.stringContaining('AWS made') }]);
    expect(await readTags(key)).toEqual({});
  });

  test('that is protected is left alone and told', async () => {
    const key = await makeKey({ TagKey: 'keywarden:protected', TagValue: '' });
    const { entry } = await handle(writeCreation(key));
    expect(decisionsOf(entry)).toMatchObject([
      { decision: 'tell', reason: expect.stringContaining('keywarden:protected') },
    ]);
    expect(await readTags(key)).toEqual({ 'keywarden:protected': '' });
  });

  test('that is pending deletion is left alone, because KMS takes no tags then', async () => {
    const key = await makeKey();
    await bed.kms.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 30 }));
    const { entry } = await handle(writeCreation(key));
    expect(decisionsOf(entry)).toMatchObject([
      { decision: 'tell', reason: expect.stringContaining('pending deletion') },
    ]);
  });

  test('that got one meanwhile keeps what somebody wrote', async () => {
    const key = await makeKey();
    const { pipeline } = bed.start();
    const overtaken = {
      ...pipeline,
      // The person is faster than the change, and slower than the judgement.
      stopped: async (...given: Parameters<typeof pipeline.stopped>) => {
        const Tags = [{ TagKey: 'owner', TagValue: 'payments-team' }];
        await bed.kms.send(new TagResourceCommand({ KeyId: key, Tags }));
        return pipeline.stopped(...given);
      },
    };
    await handleAction(overtaken, readAction(writeCreation(key)), bed.deliver());
    expect(await readTags(key)).toEqual({ owner: 'payments-team' });
  });
});

describe('a key with an owner', () => {
  test('costs no change, whatever its owner is called', async () => {
    const key = await makeKey({ TagKey: 'owner', TagValue: 'payments-team' });
    const { calls, entry } = await handle(writeCreation(key));
    expect(entry?.verdicts).toContainEqual(
      expect.objectContaining({ control: 'key-owner-tagged', verdict: 'compliant' }),
    );
    expect(calls).not.toContain('TagResource');
    expect(await readTags(key)).toEqual({ owner: 'payments-team' });
  });
});

describe('whatever goes wrong', () => {
  test('a crash, and an answer that is lost, after each call lose nothing and tag once', async () => {
    const whole = await handle(writeCreation(await makeKey()));
    expect(whole.calls).toContain('TagResource');
    for (const fault of ['crash', 'lose-response'] as const) {
      for (const number of whole.calls.keys()) {
        const key = await makeKey();
        const body = writeCreation(key);
        const first = bed.start((call) => (call.number === number + 1 ? fault : undefined));
        const attempt = handleAction(first.pipeline, readAction(body), bed.deliver());
        await Promise.race([attempt.catch(() => undefined), first.died]);
        const second = await handle(body);
        const after = { fault, number, made: first.calls };
        expect({ ...after, chain: (await bed.readChain(key)).map(({ type }) => type) }).toEqual({
          ...after,
          chain: ['action', 'outcome'],
        });
        const changes = [...first.calls, ...second.calls].filter((call) => call === 'TagResource');
        expect({ ...after, changes: changes.length }).toEqual({ ...after, changes: 1 });
        expect(await readTags(key)).toEqual({ owner: 'dana@example.com' });
      }
    }
  }, 120_000);
});
