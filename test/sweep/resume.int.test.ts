import { CreateKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { handleSweepMessage } from '../../lib/sweep/run-sweep.ts';
import { readCurrent, readPages, readResults } from '../../lib/sweep/store.ts';
import { ARMED } from '../policy/armed.ts';
import { openSweepBed, type SweepBed } from './sweep-bed.ts';

const HOUR = 3_600_000;
const KEYS = 45;

let bed: SweepBed;
const keys: string[] = [];
beforeAll(async () => {
  bed = await openSweepBed();
  for (let count = 0; count < KEYS; count += 1) {
    const { KeyMetadata } = await bed.kms.send(
      new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    );
    keys.push(KeyMetadata?.Arn ?? '');
  }
}, 120_000);
afterAll(() => bed?.stop());

const policy = ARMED;
const openWorker = (more: Parameters<SweepBed['openWorker']>[0] = {}) => bed.openWorker({ policy, ...more });
const checkOf = async () => ({ check: { sweep: (await readCurrent(bed.sweepTable))?.id ?? '' } });

async function describedIn(
  work: () => Promise<unknown>,
  worker: ReturnType<SweepBed['openWorker']>,
): Promise<string[]> {
  const before = worker.calls.length;
  await work();
  return worker.calls
    .slice(before)
    .filter(({ operation }) => operation === 'DescribeKey')
    .map(({ keyId }) => keyId);
}

test('A sweep whose workers die half way goes on where it was: no finished key is looked at again, and every key is', async () => {
  const first = openWorker();
  await bed.begin(first);
  const before = await describedIn(() => bed.work(first, { most: 2 }), first);
  expect(before).toHaveLength(20);

  // The third message: its worker dies with some of the keys done. What KMS answers after that reaches nobody.
  let left = 4;
  const dying = openWorker({
    beforeCall: () => {
      if (left <= 0) throw new Error('the process is gone');
    },
    outOfTime: () => {
      left -= 1;
      return false;
    },
  });
  await bed.work(dying, { most: 1 });
  const finished = new Set<string>();
  for await (const { keyId } of readResults(bed.sweepTable, (await readCurrent(bed.sweepTable))?.id ?? ''))
    finished.add(keyId);
  expect(finished.size).toBeGreaterThanOrEqual(20);
  expect(finished.size).toBeLessThan(KEYS);

  const second = openWorker();
  const after = await describedIn(() => bed.work(second), second);
  expect(after.filter((arn) => finished.has(arn.slice(arn.indexOf('/') + 1)))).toEqual([]);
  expect(new Set(after).size).toBe(KEYS - finished.size);
  expect(await bed.readSweeps()).toMatchObject([
    { complete: true, counts: { listed: KEYS, judged: KEYS, notReached: 0 } },
  ]);
});

test('A list whose maker dies is taken up by the check: no page is listed twice, and every key is looked at once', async () => {
  bed.wait(HOUR);
  const lister = openWorker();
  // Pages of ten keys, of which the maker of the list gets two.
  const pageBy = (worker: typeof lister, most: number) => {
    let pages = 0;
    worker.kms.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName !== 'ListKeysCommand') return next(args);
          pages += 1;
          if (pages > most) throw new Error('the process is gone');
          return next({ ...args, input: { ...args.input, Limit: 10 } as never });
        },
      { step: 'initialize' },
    );
    return worker;
  };
  await expect(bed.begin(pageBy(lister, 2))).rejects.toThrow('the process is gone');
  const second = pageBy(openWorker(), 99);
  // The lease of the dead one lasts for a minute.
  await handleSweepMessage(second.context(false), await checkOf());
  expect(second.calls.filter(({ operation }) => operation === 'ListKeys')).toEqual([]);
  bed.wait(2 * 60_000);
  await handleSweepMessage(second.context(false), await checkOf());
  expect(second.calls.filter(({ operation }) => operation === 'ListKeys')).toHaveLength(3);
  const described = await describedIn(() => bed.work(second), second);
  expect(described.toSorted()).toEqual(keys.toSorted());
  const pages = [];
  for await (const page of readPages(bed.sweepTable, (await readCurrent(bed.sweepTable))?.id ?? ''))
    pages.push(page.keys.length);
  expect(pages).toEqual([10, 10, 10, 10, 5]);
  expect((await bed.readSweeps()).at(-1)).toMatchObject({ complete: true, counts: { listed: KEYS, judged: KEYS } });
});

test('A second order while a sweep runs begins no other one', async () => {
  bed.wait(HOUR);
  const worker = openWorker();
  const { sweep } = await bed.begin(worker);
  expect(await bed.begin(worker)).toMatchObject({ status: 'running', sweep });
  const described = await describedIn(() => bed.work(worker), worker);
  expect(described).toHaveLength(KEYS);
});

test('A sweep that takes too long ends with what it has, says which keys nobody came to, and its messages mean nothing any more', async () => {
  bed.wait(HOUR);
  const worker = openWorker();
  await bed.begin(worker);
  const check = await checkOf();
  await bed.work(worker, { most: 1 });
  bed.wait(21 * HOUR);
  await handleSweepMessage(worker.context(false), check);
  const sweep = (await bed.readSweeps()).at(-1);
  expect(sweep).toMatchObject({ complete: false, counts: { listed: KEYS, judged: 10, notReached: KEYS - 10 } });
  expect(sweep?.notJudged).toHaveLength(KEYS - 10);
  expect(sweep?.notJudged[0]).toMatchObject({ reason: 'Its turn did not come before the sweep had to end.' });
  expect(await describedIn(() => bed.work(worker), worker)).toEqual([]);
  expect((await bed.readInbox()).map(({ attributes }) => attributes.state)).toContain('incomplete');
});

test('A sweep that another one finds unfinished after its time is ended first', async () => {
  bed.wait(HOUR);
  const worker = openWorker();
  const { sweep } = await bed.begin(worker);
  bed.wait(24 * HOUR);
  const next = await bed.begin(worker);
  expect(next.status).toBe('started');
  expect((await bed.readSweeps()).at(-1)).toMatchObject({ id: sweep, complete: false });
  await bed.work(worker);
  expect((await bed.readSweeps()).at(-1)).toMatchObject({ id: next.sweep, complete: true });
});

test('A crash between the record of the end and the message to the officer repeats the message, and never the record', async () => {
  bed.wait(HOUR);
  const worker = openWorker();
  const { sweep } = await bed.begin(worker);
  bed.gateway.denials.add({ action: 'kms:DescribeKey', resource: keys[0] ?? '' });
  const context = worker.context;
  const mute: typeof worker = {
    ...worker,
    context: (last) => {
      const whole = context(last);
      const tell: typeof whole.pipeline.tell = (message) =>
        message.attributes.control === 'sweep'
          ? Promise.reject(new Error('SNS is away'))
          : whole.pipeline.tell(message);
      return { ...whole, pipeline: { ...whole.pipeline, tell } };
    },
  };
  await bed.work(mute, { maxReceives: 1 });
  await bed.readInbox();
  bed.wait(15 * 60_000);
  await handleSweepMessage(worker.context(false), await checkOf());
  expect((await bed.readInbox()).map(({ attributes }) => attributes.state)).toEqual(['incomplete']);
  expect((await bed.readSweeps()).filter(({ id }) => id === sweep)).toHaveLength(1);
  bed.gateway.denials.clear();
});
