import {
  type AdvancedEventSelector,
  CloudTrailClient,
  CreateTrailCommand,
  DeleteTrailCommand,
  DescribeTrailsCommand,
  type EventSelector,
  GetEventSelectorsCommand,
  GetTrailCommand,
  GetTrailStatusCommand,
  PutEventSelectorsCommand,
  StartLoggingCommand,
  StopLoggingCommand,
  UpdateTrailCommand,
} from '@aws-sdk/client-cloudtrail';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalAws, REGION, startLocalAws } from './start-local-aws.ts';

const ACCOUNT = '111122223333';
const arnOf = (name: string) => `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/${name}`;
const ALL = {
  ReadWriteType: 'All' as const,
  IncludeManagementEvents: true,
  DataResources: [],
  ExcludeManagementEventSources: [],
};

let aws: LocalAws;
let trails: CloudTrailClient;
let count = 0;

beforeAll(async () => {
  aws = await startLocalAws();
  trails = new CloudTrailClient(aws.access());
  const scope = `Credential=anyone/20261124/${REGION}/s3/aws4_request, SignedHeaders=host, Signature=0`;
  const location = `<CreateBucketConfiguration><LocationConstraint>${REGION}</LocationConstraint></CreateBucketConfiguration>`;
  const headers = { authorization: `AWS4-HMAC-SHA256 ${scope}` };
  await fetch(`${aws.gateway.url}/logs`, { method: 'PUT', headers, body: location });
});
afterAll(() => aws?.stop());

async function createTrail(): Promise<string> {
  count += 1;
  const Name = `trail-${count}`;
  await trails.send(new CreateTrailCommand({ Name, S3BucketName: 'logs', IsMultiRegionTrail: true }));
  return Name;
}

async function isLogging(Name: string): Promise<boolean | undefined> {
  return (await trails.send(new GetTrailStatusCommand({ Name }))).IsLogging;
}

async function putSelectors(TrailName: string, input: { EventSelectors?: EventSelector[] } | object): Promise<void> {
  await trails.send(new PutEventSelectorsCommand({ TrailName, ...input }));
}

async function getSelectors(TrailName: string) {
  const { EventSelectors, AdvancedEventSelectors } = await trails.send(new GetEventSelectorsCommand({ TrailName }));
  return { EventSelectors, AdvancedEventSelectors };
}

const ADVANCED: AdvancedEventSelector[] = [
  {
    Name: 'without KMS',
    FieldSelectors: [
      { Field: 'eventCategory', Equals: ['Management'] },
      { Field: 'eventSource', NotEquals: ['kms.amazonaws.com'] },
    ],
  },
];

describe('a trail', () => {
  test('does not log before StartLogging and after StopLogging, by name or by ARN', async () => {
    const name = await createTrail();
    expect(await isLogging(name)).toBe(false);
    await trails.send(new StartLoggingCommand({ Name: arnOf(name) }));
    expect(await isLogging(arnOf(name))).toBe(true);
    await trails.send(new StopLoggingCommand({ Name: name }));
    expect(await isLogging(name)).toBe(false);
    expect(aws.gateway.records().at(-1)).toMatchObject({
      eventSource: 'cloudtrail.amazonaws.com',
      eventName: 'StopLogging',
      requestParameters: { name },
      responseElements: null,
    });
  });

  test('records all management events until it is told otherwise', async () => {
    const name = await createTrail();
    expect(await getSelectors(arnOf(name))).toEqual({ EventSelectors: [ALL], AdvancedEventSelectors: undefined });
    const without = { ReadWriteType: 'WriteOnly', ExcludeManagementEventSources: ['kms.amazonaws.com'] };
    await putSelectors(name, { EventSelectors: [without] });
    expect((await getSelectors(name)).EventSelectors).toEqual([{ ...ALL, ...without }]);
    const excluded = expect.objectContaining({ excludeManagementEventSources: ['kms.amazonaws.com'] });
    expect(aws.gateway.records().at(-1)).toMatchObject({
      eventName: 'PutEventSelectors',
      requestParameters: { trailName: name, eventSelectors: [excluded] },
      responseElements: { trailARN: arnOf(name), eventSelectors: [excluded] },
    });
  });

  test('has selectors of one kind only, those that were put last', async () => {
    const name = await createTrail();
    await putSelectors(name, { EventSelectors: [ALL] });
    await putSelectors(name, { AdvancedEventSelectors: ADVANCED });
    expect(await getSelectors(name)).toEqual({ EventSelectors: undefined, AdvancedEventSelectors: ADVANCED });
    await putSelectors(name, { EventSelectors: [ALL] });
    expect(await getSelectors(name)).toEqual({ EventSelectors: [ALL], AdvancedEventSelectors: undefined });
  });

  test('is described with its home Region and whether its selectors are its own', async () => {
    const name = await createTrail();
    const described = { Name: name, TrailARN: arnOf(name), HomeRegion: REGION, S3BucketName: 'logs' };
    const describe = async () => (await trails.send(new DescribeTrailsCommand({ trailNameList: [name] }))).trailList;
    expect(await describe()).toEqual([
      expect.objectContaining({ ...described, IsMultiRegionTrail: true, HasCustomEventSelectors: false }),
    ]);
    await putSelectors(name, { AdvancedEventSelectors: ADVANCED });
    await trails.send(new UpdateTrailCommand({ Name: arnOf(name), IsMultiRegionTrail: false }));
    expect(await describe()).toEqual([
      expect.objectContaining({ ...described, IsMultiRegionTrail: false, HasCustomEventSelectors: true }),
    ]);
    const { Trail } = await trails.send(new GetTrailCommand({ Name: name }));
    expect(Trail).toMatchObject({ ...described, HasCustomEventSelectors: true });
    expect(Object.values(Trail ?? {})).not.toContain(null);
  });

  test('of all Regions is seen from another one, where it cannot be changed', async () => {
    const name = await createTrail();
    await putSelectors(name, { AdvancedEventSelectors: ADVANCED });
    await trails.send(new StartLoggingCommand({ Name: name }));
    const elsewhere = new CloudTrailClient({ ...aws.access(), region: 'us-west-2' });
    const { trailList } = await elsewhere.send(new DescribeTrailsCommand({ trailNameList: [arnOf(name)] }));
    expect(trailList).toEqual([expect.objectContaining({ HomeRegion: REGION, HasCustomEventSelectors: true })]);
    expect(await elsewhere.send(new GetTrailStatusCommand({ Name: arnOf(name) }))).toMatchObject({ IsLogging: true });
    expect(await elsewhere.send(new GetEventSelectorsCommand({ TrailName: arnOf(name) }))).toMatchObject({
      AdvancedEventSelectors: ADVANCED,
    });
    await expect(elsewhere.send(new StopLoggingCommand({ Name: arnOf(name) }))).rejects.toMatchObject({
      name: 'InvalidHomeRegionException',
    });
    expect(await isLogging(name)).toBe(true);
  });

  test('is gone once it is deleted, by ARN too', async () => {
    const name = await createTrail();
    await trails.send(new DeleteTrailCommand({ Name: arnOf(name) }));
    await expect(isLogging(name)).rejects.toMatchObject({ name: 'TrailNotFoundException' });
    await expect(trails.send(new DeleteTrailCommand({ Name: name }))).rejects.toMatchObject({
      name: 'TrailNotFoundException',
    });
  });
});

describe('CloudTrail refuses', () => {
  test.each([
    ['status', (Name: string) => new GetTrailStatusCommand({ Name })],
    ['start', (Name: string) => new StartLoggingCommand({ Name })],
    ['stop', (Name: string) => new StopLoggingCommand({ Name })],
    ['selectors', (TrailName: string) => new GetEventSelectorsCommand({ TrailName })],
    ['putting selectors', (TrailName: string) => new PutEventSelectorsCommand({ TrailName, EventSelectors: [ALL] })],
    ['update', (Name: string) => new UpdateTrailCommand({ Name })],
    ['deletion', (Name: string) => new DeleteTrailCommand({ Name })],
  ])('the %s of a trail that does not exist', async (_, command) => {
    const send = (name: string) => trails.send(command(name) as GetTrailStatusCommand);
    await expect(send('none-such')).rejects.toMatchObject({ name: 'TrailNotFoundException' });
    await expect(send(arnOf('none-such'))).rejects.toMatchObject({ name: 'TrailNotFoundException' });
    await expect(send('arn:aws:s3:::logs')).rejects.toMatchObject({ name: 'CloudTrailARNInvalidException' });
  });

  test('a second trail of the same name, and none at all', async () => {
    const Name = await createTrail();
    await expect(trails.send(new CreateTrailCommand({ Name, S3BucketName: 'logs' }))).rejects.toMatchObject({
      name: 'TrailAlreadyExistsException',
    });
    await expect(trails.send(new StopLoggingCommand({ Name: '' }))).rejects.toMatchObject({
      name: 'InvalidTrailNameException',
    });
  });

  test.each([
    ['of no kind', {}],
    ['of both kinds', { EventSelectors: [ALL], AdvancedEventSelectors: ADVANCED }],
    ['of another source', { EventSelectors: [{ ...ALL, ExcludeManagementEventSources: ['iam.amazonaws.com'] }] }],
    ['of another type', { EventSelectors: [{ ...ALL, ReadWriteType: 'None' }] }],
    ['without category', { AdvancedEventSelectors: [{ FieldSelectors: [{ Field: 'readOnly', Equals: ['true'] }] }] }],
  ])('selectors %s', async (_, input) => {
    const name = await createTrail();
    await expect(putSelectors(name, input)).rejects.toMatchObject({ name: 'InvalidEventSelectorsException' });
    expect((await getSelectors(name)).EventSelectors).toEqual([ALL]);
  });
});
