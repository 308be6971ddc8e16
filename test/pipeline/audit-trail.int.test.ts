import { randomUUID } from 'node:crypto';
import {
  DeleteTrailCommand,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
  PutEventSelectorsCommand,
  StopLoggingCommand,
  UpdateTrailCommand,
} from '@aws-sdk/client-cloudtrail';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionEntry, OutcomeEntry } from '../../lib/ledger/entry.ts';
import { handleAction } from '../../lib/pipeline.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { ACCOUNT, type Bed, type Fault, openBed, REGION } from './bed.ts';
import { personOf, readAction } from './events.ts';

let bed: Bed;
let trails = 0;
const made: string[] = [];
beforeAll(async () => {
  bed = await openBed();
});
afterEach(async () => {
  bed.gateway.denials.clear();
  bed.gateway.faults.clear();
  await bed.readInbox();
  // Every look at the trails looks at each of them.
  for (const Name of made.splice(0)) {
    await bed.cloudTrail.send(new DeleteTrailCommand({ Name })).catch(() => undefined);
  }
});
afterAll(() => bed.stop());

const CONTROL = 'audit-trail-intact';
const EVE = personOf('eve@example.com', 'Contractor');
const OLIVIA = personOf('olivia@example.com', 'Deployer');
const NAMED: Partial<Policy> = { auditTrail: { maintainers: [`arn:aws:iam::${ACCOUNT}:role/Deployer`] } };

async function nextTrail(): Promise<string> {
  const trail = await bed.createTrail(`audit-${++trails}`);
  made.push(trail);
  return trail;
}
const isLogging = async (Name: string) => (await bed.cloudTrail.send(new GetTrailStatusCommand({ Name }))).IsLogging;
const selectorsOf = async (TrailName: string) =>
  (await bed.cloudTrail.send(new GetEventSelectorsCommand({ TrailName }))).EventSelectors;

/** What EventBridge puts into the queue: the newest record of an operation as the gateway wrote it, by somebody else. */
function newest(api: string, userIdentity: object = EVE): string {
  const detail = bed.gateway.records().findLast(({ eventName }) => eventName === api);
  return envelope('aws.cloudtrail', { ...detail, userIdentity });
}
const envelope = (source: string, detail: object): string =>
  JSON.stringify({ 'detail-type': 'AWS API Call via CloudTrail', source, account: ACCOUNT, region: REGION, detail });

async function handle(body: string, policy: Partial<Policy> = NAMED, fault?: Fault) {
  const { pipeline, calls } = bed.start(fault, policy);
  return { ...(await handleAction(pipeline, readAction(body), bed.deliver())), calls };
}

const verdictOf = (entry: ActionEntry | undefined, control = CONTROL) =>
  entry?.verdicts.find((verdict) => verdict.control === control);
const decisionOf = (entry: ActionEntry | undefined) => entry?.decisions.find(({ control }) => control === CONTROL);

describe('a trail that somebody stopped', () => {
  test('is logging again, recorded before and after, and told; and the record of our own call closes nothing new', async () => {
    const trail = await nextTrail();
    await bed.cloudTrail.send(new StopLoggingCommand({ Name: trail }));
    const { entry, remediations } = await handle(newest('StopLogging'));
    expect(await isLogging(trail)).toBe(true);
    expect(entry).toMatchObject({ subject: trail, action: { step: '4.2.3', actor: { person: 'eve@example.com' } } });
    expect(verdictOf(entry)).toMatchObject({ verdict: 'violation', item: 'logging', severity: 'critical' });
    expect(decisionOf(entry)).toMatchObject({ decision: 'act', plan: { undo: [{ operation: 'StopLogging' }] } });
    expect(remediations).toMatchObject([
      { status: 'confirmed', after: { logging: true }, controls: [`${CONTROL}#logging`] },
    ]);
    const [, outcome] = (await bed.readChain(trail)) as [ActionEntry, OutcomeEntry];
    expect(outcome.told).toMatchObject([{ control: `${CONTROL}#logging`, state: 'remediated' }]);
    const [message, ...others] = await bed.readInbox();
    expect(others).toEqual([]);
    expect(message?.attributes).toMatchObject({ severity: 'critical', control: CONTROL, state: 'remediated' });

    const own = personOf('keywarden-dev-lifecycle', 'keywarden-dev-lifecycle');
    const back = await handle(newest('StartLogging', own));
    expect(back.entry?.action.actor.bySelf).toBe(true);
    expect(verdictOf(back.entry)).toMatchObject({ verdict: 'compliant' });
    expect(back.told).toEqual([]);
  });

  test('is judged as it is now: started again before the event arrived, it is in order', async () => {
    const trail = await nextTrail();
    const body = async () => {
      await bed.cloudTrail.send(new StopLoggingCommand({ Name: trail }));
      return newest('StopLogging');
    };
    const first = await body();
    await handle(first);
    const late = await handle(envelope('aws.cloudtrail', { ...JSON.parse(first).detail, eventID: randomUUID() }));
    expect(verdictOf(late.entry)).toMatchObject({ verdict: 'compliant' });
    expect(late.calls).not.toContain('StartLogging');
  });

  test('waits for an approval while another one records everything and nobody is named', async () => {
    const trail = await nextTrail();
    await bed.cloudTrail.send(new StopLoggingCommand({ Name: trail }));
    const { entry, told } = await handle(newest('StopLogging'), {});
    expect(decisionOf(entry)).toMatchObject({ decision: 'ask', plan: { requests: [{ operation: 'StartLogging' }] } });
    expect(told).toMatchObject([{ state: 'needs-approval' }]);
    expect(await isLogging(trail)).toBe(false);
  });

  test('by a maintainer stays off while another trail records everything, and nobody is told', async () => {
    const trail = await nextTrail();
    await bed.cloudTrail.send(new StopLoggingCommand({ Name: trail }));
    const { entry, told } = await handle(newest('StopLogging', OLIVIA), NAMED);
    expect(verdictOf(entry)).toMatchObject({ verdict: 'compliant', reason: expect.stringContaining('trail ') });
    expect(verdictOf(entry, 'key-use-logged')).toMatchObject({ verdict: 'compliant' });
    expect(told).toEqual([]);
    expect(await isLogging(trail)).toBe(false);
  });

  test('is not started while the kill switch is on, and that is told', async () => {
    const trail = await nextTrail();
    await bed.setKillSwitch('on');
    await bed.cloudTrail.send(new StopLoggingCommand({ Name: trail }));
    const { entry } = await handle(newest('StopLogging'));
    await bed.setKillSwitch('off');
    expect(decisionOf(entry)).toMatchObject({ decision: 'ask', reason: expect.stringContaining('kill switch') });
    expect(await isLogging(trail)).toBe(false);
  });

  test('is unknown when Keywarden may not look, and that is told', async () => {
    const trail = await nextTrail();
    await bed.cloudTrail.send(new StopLoggingCommand({ Name: trail }));
    bed.gateway.denials.add({ action: 'cloudtrail:GetTrailStatus' });
    const { entry, told } = await handle(newest('StopLogging'));
    expect(verdictOf(entry)).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('was denied') });
    expect(told.map(({ state }) => state)).toContain('opened');
  });

  test('by somebody whom AWS denied it is recorded, and judged by nothing', async () => {
    const trail = await nextTrail();
    bed.gateway.denials.add({ action: 'cloudtrail:StopLogging' });
    await expect(bed.cloudTrail.send(new StopLoggingCommand({ Name: trail }))).rejects.toThrow();
    const { entry, told } = await handle(newest('StopLogging'));
    expect(entry).toMatchObject({ action: { outcome: 'denied', actor: { person: 'eve@example.com' } }, verdicts: [] });
    expect(told).toEqual([]);
  });

  test('costs, with one more trail, 21 calls: three looks at the trails with five each, and the change', async () => {
    const trail = await nextTrail();
    await bed.cloudTrail.send(new StopLoggingCommand({ Name: trail }));
    const { calls } = await handle(newest('StopLogging'));
    const look = ['DescribeTrails', ...Array(2).fill('GetEventSelectors'), ...Array(2).fill('GetTrailStatus')];
    expect(calls.toSorted()).toEqual(
      [
        ...['BatchGetItem', 'GetParameter', 'TransactWriteItems', 'StartLogging', 'Publish', 'TransactWriteItems'],
        ...[...look, ...look, ...look],
      ].toSorted(),
    );
    expect(calls).toHaveLength(CALLS);
  });

  const CALLS = 21;
  test.each(
    (['crash', 'lose-response'] as const).flatMap((fault) =>
      Array.from({ length: CALLS }, (_unused, index) => [fault, index + 1] as const),
    ),
  )('is logging after a %s after call %i, recorded once and told', async (fault, number) => {
    const trail = await nextTrail();
    await bed.cloudTrail.send(new StopLoggingCommand({ Name: trail }));
    const body = newest('StopLogging');
    const first = bed.start((call) => (call.number === number ? fault : undefined), NAMED);
    const attempt = handleAction(first.pipeline, readAction(body), bed.deliver());
    await Promise.race([attempt.catch(() => undefined), first.died]);
    const second = await handle(body);
    expect((await bed.readChain(trail)).map(({ type }) => type)).toEqual(['action', 'outcome']);
    expect(await isLogging(trail)).toBe(true);
    const starts = [...first.calls, ...second.calls].filter((call) => call === 'StartLogging');
    expect(starts).toHaveLength(1);
    expect((await bed.readInbox()).length).toBeGreaterThanOrEqual(1);
  });
});

describe('a trail that somebody had leave KMS out', () => {
  const leaveOut = (TrailName: string) =>
    bed.cloudTrail.send(
      new PutEventSelectorsCommand({
        TrailName,
        EventSelectors: [
          { ReadWriteType: 'All', IncludeManagementEvents: true, ExcludeManagementEventSources: ['kms.amazonaws.com'] },
        ],
      }),
    );

  test('waits for an approval, with the selectors to put and those to go back to', async () => {
    const trail = await nextTrail();
    await leaveOut(trail);
    const before = await selectorsOf(trail);
    const { entry, told, calls } = await handle(newest('PutEventSelectors'));
    expect(verdictOf(entry)).toMatchObject({ verdict: 'violation', item: 'selectors' });
    expect(decisionOf(entry)).toMatchObject({
      decision: 'ask',
      reason: expect.stringContaining('is in no record'),
      plan: {
        requests: [{ operation: 'PutEventSelectors', parameters: { TrailName: trail } }],
        undo: [{ operation: 'PutEventSelectors', parameters: { EventSelectors: before } }],
      },
    });
    expect(told).toMatchObject([{ control: `${CONTROL}#selectors`, state: 'needs-approval' }]);
    expect(calls).not.toContain('PutEventSelectors');
    expect(await selectorsOf(trail)).toEqual(before);

    // A start says nothing about the selectors.
    made.push(await bed.createTrail(`other-${trails}`));
    const started = newest('StartLogging');
    await handle(started.replaceAll(`other-${trails}`, trail));
    const plan = decisionOf(entry)?.plan;
    for (const request of plan?.requests ?? []) await bed.start().pipeline.call(request);
    const right = await handle(newest('PutEventSelectors', OLIVIA));
    expect(verdictOf(right.entry)).toMatchObject({ verdict: 'compliant' });
    expect(right.told).toMatchObject([{ control: `${CONTROL}#selectors`, state: 'resolved' }]);
  });
});

describe('a trail that somebody', () => {
  test('deleted is told with what to do, and is in order once it is there again', async () => {
    const trail = await nextTrail();
    await bed.cloudTrail.send(new DeleteTrailCommand({ Name: trail }));
    const { entry, told } = await handle(newest('DeleteTrail'));
    expect(decisionOf(entry)).toMatchObject({ decision: 'tell', reason: expect.stringContaining('create-trail') });
    expect(told).toMatchObject([{ control: CONTROL, state: 'opened' }]);
    await bed.createTrail(`audit-${trails}`);
    expect((await handle(newest('CreateTrail', OLIVIA))).told).toMatchObject([{ control: CONTROL, state: 'resolved' }]);
  });

  test('gave other settings is told, and a maintainer who sets them settles it', async () => {
    const trail = await nextTrail();
    await bed.cloudTrail.send(new UpdateTrailCommand({ Name: trail, S3KeyPrefix: 'elsewhere' }));
    const { entry, told } = await handle(newest('UpdateTrail'), NAMED);
    expect(verdictOf(entry)).toMatchObject({ reason: expect.stringContaining('s3KeyPrefix') });
    expect(told).toMatchObject([{ control: `${CONTROL}#settings`, state: 'opened' }]);
    await bed.cloudTrail.send(new UpdateTrailCommand({ Name: trail, S3KeyPrefix: '' }));
    expect((await handle(newest('UpdateTrail', OLIVIA), NAMED)).told).toMatchObject([{ state: 'resolved' }]);
  });
});

describe('a rule of Keywarden', () => {
  const RULE = `arn:aws:events:${REGION}:${ACCOUNT}:rule/keywarden-dev-kms-calls`;
  const change = (eventName: string, userIdentity: object, name = 'keywarden-dev-kms-calls'): string =>
    envelope('aws.events', {
      eventVersion: '1.11',
      userIdentity,
      eventTime: '2026-08-03T09:01:02Z',
      eventSource: 'events.amazonaws.com',
      eventName,
      awsRegion: REGION,
      sourceIPAddress: '192.0.2.10',
      requestParameters: { name },
      responseElements: null,
      requestID: randomUUID(),
      eventID: randomUUID(),
      readOnly: false,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: ACCOUNT,
    });

  test('that a stranger disabled is told, with what to do; nothing is read and nothing changed', async () => {
    const { entry, told, calls } = await handle(change('DisableRule', EVE), NAMED);
    expect(entry).toMatchObject({ subject: RULE, action: { step: '4.1.3' } });
    expect(decisionOf(entry)).toMatchObject({ decision: 'tell', reason: expect.stringContaining('npm run deploy') });
    expect(told).toMatchObject([{ control: CONTROL, state: 'opened' }]);
    expect(calls.filter((call) => /Trail|Key|EventSelectors/.test(call))).toEqual([]);
    const [message] = await bed.readInbox();
    expect(message?.json).toMatchObject({
      finding: { reason: expect.stringContaining('Rule keywarden-dev-kms-calls') },
    });
  });

  test('that the deployment enables again settles it; what a stranger does to another rule does not', async () => {
    expect((await handle(change('EnableRule', EVE), NAMED)).told).toMatchObject([{ state: 'opened' }]);
    const other = await handle(change('DisableRule', EVE, 'orders'), NAMED);
    expect(verdictOf(other.entry)).toMatchObject({ verdict: 'not-applicable' });
    const deployed = { ...OLIVIA, invokedBy: 'cloudformation.amazonaws.com' };
    expect((await handle(change('EnableRule', deployed), NAMED)).told).toMatchObject([{ state: 'resolved' }]);
  });

  test('that the deployment changes is recorded and not told', async () => {
    const { entry, told } = await handle(change('PutRule', OLIVIA), NAMED);
    expect(verdictOf(entry)).toMatchObject({ verdict: 'compliant' });
    expect(told).toEqual([]);
  });

  test('is told about, whoever changes it, while nobody is named, and CloudFormation neither opens nor closes that', async () => {
    const name = 'keywarden-dev-iam-calls';
    const byTemplate = change('PutRule', { ...OLIVIA, invokedBy: 'cloudformation.amazonaws.com' }, name);
    expect((await handle(byTemplate, {})).told).toEqual([]);
    const { told } = await handle(change('DisableRule', OLIVIA, name), {});
    expect(told).toMatchObject([{ control: CONTROL, state: 'opened' }]);
    const again = change('PutRule', { ...OLIVIA, invokedBy: 'cloudformation.amazonaws.com' }, name);
    expect((await handle(again, {})).told).toEqual([]);
  });
});
