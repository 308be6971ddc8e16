import { answerRefusal, type Refusal } from './answer.ts';
import { type Answer, type AwsCall, isJson, type Json, readJson, textAt } from './call.ts';
import { askMotoJson, forward } from './moto-client.ts';
import { completeSelectors, refuseSelectors } from './trail-selectors.ts';

/** What answering a call of CloudTrail needs. */
export type TrailOptions = { motoUrl: string; account: string };

/**
 * Answers a call of CloudTrail with what moto makes of it, put right where AWS does something else: a trail can be named
 * by its ARN everywhere, from any Region for reading and from its home Region for writing; what is not there is not found;
 * and a trail records all management events unless told otherwise.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Operations.html
 */
export async function answerTrailCall(call: AwsCall, options: TrailOptions): Promise<Answer> {
  const refusal = refuseName(call) ?? refuseSelectors(call) ?? (await refuseMissing(call, options));
  if (refusal !== undefined) return answerRefusal(call, refusal);
  const answer = await forward(options.motoUrl, toMotoCall(call));
  if (answer.status >= 300) return answer;
  const body = await complete(readJson(answer.body), call, options);
  return { ...answer, body: Buffer.from(JSON.stringify(body)) };
}

/** Operations that name one trail, and the parameter that names it. */
const NAMES: Readonly<Record<string, 'Name' | 'TrailName'>> = {
  CreateTrail: 'Name',
  DeleteTrail: 'Name',
  GetEventSelectors: 'TrailName',
  GetInsightSelectors: 'TrailName',
  GetTrail: 'Name',
  GetTrailStatus: 'Name',
  PutEventSelectors: 'TrailName',
  PutInsightSelectors: 'TrailName',
  StartLogging: 'Name',
  StopLogging: 'Name',
  UpdateTrail: 'Name',
};

const ARN = /^arn:aws[^:]*:cloudtrail:([a-z0-9-]+):\d{12}:trail\/(.+)$/;

/** The trail a call names; without a Region if it is named by its bare name. */
function readName(call: AwsCall): { name: string; region?: string } | undefined {
  const parameter = Object.hasOwn(NAMES, call.operation) ? NAMES[call.operation] : undefined;
  const text = parameter === undefined ? undefined : textAt(call.input, parameter);
  if (text === undefined) return undefined;
  const [, region, name] = ARN.exec(text) ?? [];
  return region === undefined || name === undefined ? { name: text } : { name, region };
}

function refuseName(call: AwsCall): Refusal | undefined {
  if (!Object.hasOwn(NAMES, call.operation)) return undefined;
  const named = readName(call);
  if (named === undefined || named.name === '') {
    return { code: 'InvalidTrailNameException', message: 'Trail name or ARN cannot be blank.' };
  }
  if (named.name.startsWith('arn:')) {
    return { code: 'CloudTrailARNInvalidException', message: `The ARN ${named.name} is not that of a trail.` };
  }
  if (named.region === undefined || named.region === call.region || call.operation.startsWith('Get')) return undefined;
  return {
    code: 'InvalidHomeRegionException',
    message: `The trail ${named.name} must be changed in its home region, ${named.region}.`,
  };
}

/** moto deletes what is not there, and creates again what is. */
async function refuseMissing(call: AwsCall, { motoUrl, account }: TrailOptions): Promise<Refusal | undefined> {
  const named = readName(call);
  if (named === undefined) return undefined;
  const { name, region = call.region } = named;
  const found = await askMotoJson(motoUrl, { ...targetOf('GetTrail', region), input: { Name: name } });
  if (call.operation === 'CreateTrail') {
    return found === undefined
      ? undefined
      : { code: 'TrailAlreadyExistsException', message: `Trail ${name} already exists for customer: ${account}` };
  }
  if (found !== undefined) return undefined;
  const arn = `arn:aws:cloudtrail:${region}:${account}:trail/${name}`;
  return { code: 'TrailNotFoundException', message: `Unknown trail: ${arn} for the user: ${account}` };
}

function targetOf(operation: string, region: string) {
  return { service: 'cloudtrail', region, target: `CloudTrail_20131101.${operation}` };
}

/** The call with the bare name of the trail, in the Region that the trail is at home in. */
function toMotoCall(call: AwsCall): AwsCall {
  const named = readName(call);
  const parameter = NAMES[call.operation];
  if (named === undefined || parameter === undefined) return call;
  const { region = call.region, name } = named;
  const authorization = call.headers.authorization?.replace(`/${call.region}/cloudtrail/`, `/${region}/cloudtrail/`);
  return {
    ...call,
    headers: { ...call.headers, ...(authorization === undefined ? {} : { authorization }) },
    body: Buffer.from(JSON.stringify({ ...call.input, [parameter]: name })),
  };
}

async function complete(body: Json, call: AwsCall, { motoUrl }: TrailOptions): Promise<Json> {
  const describe = (trail: unknown) => describeTrail(trail, call, motoUrl);
  switch (call.operation) {
    case 'CreateTrail':
    case 'UpdateTrail':
      return omit(body, ['HasCustomEventSelectors', 'HasInsightSelectors']);
    case 'GetTrail':
      return { Trail: await describe(body.Trail) };
    case 'DescribeTrails':
      return { trailList: await Promise.all(listOf(body.trailList).filter(isWanted(call)).map(describe)) };
    case 'GetEventSelectors':
    case 'PutEventSelectors':
      return completeSelectors(body);
    default:
      return omit(body, []);
  }
}

/** DescribeTrails may name some; moto answers all of them. */
function isWanted(call: AwsCall): (trail: unknown) => boolean {
  const names = listOf(call.input.trailNameList);
  return (trail) => {
    if (names.length === 0 || !isJson(trail)) return true;
    return names.includes(trail.TrailARN) || (names.includes(trail.Name) && trail.HomeRegion === call.region);
  };
}

async function describeTrail(trail: unknown, call: AwsCall, motoUrl: string): Promise<Json> {
  if (!isJson(trail)) return {};
  const [, region = call.region] = ARN.exec(textAt(trail, 'TrailARN') ?? '') ?? [];
  const input = { TrailName: trail.Name };
  const selectors = (await askMotoJson(motoUrl, { ...targetOf('GetEventSelectors', region), input })) ?? {};
  const isCustom = [selectors.EventSelectors, selectors.AdvancedEventSelectors].some((list) => listOf(list).length > 0);
  return { ...omit(trail, []), HomeRegion: region, HasCustomEventSelectors: isCustom };
}

/** Without these names, without nulls, and without dates that are empty texts. */
function omit(body: Json, names: readonly string[]): Json {
  const kept = Object.entries(body).filter(
    ([name, value]) => !names.includes(name) && value !== null && !(value === '' && /Time$/.test(name)),
  );
  return Object.fromEntries(kept);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
