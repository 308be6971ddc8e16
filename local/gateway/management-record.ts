import { readQueryResult } from './answer.ts';
import { type Answer, type AwsCall, isJson, type Json, readJson, textAt } from './call.ts';
import { type RecordedParts, type RecordResource, toRecordDate, toRecordNames } from './cloudtrail-record.ts';
import { nestFields } from './query-fields.ts';

/** What CloudTrail records of a service other than KMS. */
type RecordedService = {
  /** Whether it records this operation as a management write. */
  isWrite(operation: string): boolean;
  /** Its name of the operation, where that is not the API's. */
  toEventName?(operation: string): string;
  /** Takes out what it never records. Names are in its spelling. */
  hide?(parameters: Json): Json;
  /** Names below which the names are data of the caller and keep their spelling. */
  data?: ReadonlySet<string>;
  listResources?(input: Json, call: AwsCall, account: string): readonly RecordResource[];
};

/** IAM and CloudTrail operations whose names begin so are reads; every other is a write. */
const READS = /^(Describe|Generate|Get|List|Lookup|Simulate)/;

const isAnyWrite = (operation: string): boolean => !READS.test(operation);

const oneOf = (names: string) => {
  const operations = new Set(names.split(' '));
  return (operation: string): boolean => operations.has(operation);
};

/**
 * https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html and, without a version,
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
 */
const LAMBDA_EVENT_NAMES: Readonly<Record<string, string>> = {
  AddPermission: 'AddPermission20150331v2',
  CreateEventSourceMapping: 'CreateEventSourceMapping20150331',
  CreateFunction: 'CreateFunction20150331',
  CreateFunctionUrlConfig: 'CreateFunctionUrlConfig',
  DeleteEventSourceMapping: 'DeleteEventSourceMapping20150331',
  DeleteFunction: 'DeleteFunction20150331',
  DeleteFunctionConcurrency: 'DeleteFunctionConcurrency20171031',
  DeleteFunctionUrlConfig: 'DeleteFunctionUrlConfig',
  PutFunctionConcurrency: 'PutFunctionConcurrency20171031',
  RemovePermission: 'RemovePermission20150331v2',
  UpdateEventSourceMapping: 'UpdateEventSourceMapping20150331',
  UpdateFunctionCode: 'UpdateFunctionCode20150331v2',
  UpdateFunctionConfiguration: 'UpdateFunctionConfiguration20150331v2',
  UpdateFunctionUrlConfig: 'UpdateFunctionUrlConfig',
};

/** By signing name, which is also the first part of `eventSource`. */
const SERVICES: Readonly<Record<string, RecordedService>> = {
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
  iam: { isWrite: isAnyWrite },
  // https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Operations.html
  cloudtrail: { isWrite: isAnyWrite },
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-logging-monitoring.html
  events: {
    isWrite: oneOf('PutRule DeleteRule DisableRule EnableRule PutTargets RemoveTargets PutPermission RemovePermission'),
    data: new Set(['InputPathsMap']),
  },
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-logging-using-cloudtrail.html
  sqs: {
    isWrite: oneOf('CreateQueue SetQueueAttributes DeleteQueue PurgeQueue AddPermission RemovePermission'),
    data: new Set(['Attributes']),
    // The page spells this one name as the API does.
    hide: ({ aWSAccountIds, ...rest }) =>
      aWSAccountIds === undefined ? rest : { ...rest, AWSAccountIds: aWSAccountIds },
  },
  lambda: {
    isWrite: (operation) => Object.hasOwn(LAMBDA_EVENT_NAMES, operation),
    toEventName: (operation) => LAMBDA_EVENT_NAMES[operation] ?? operation,
    // Code and environment are left out; an answer has an empty environment in its place.
    hide: ({ zipFile: _zipFile, code: _code, environment, ...rest }) =>
      environment !== undefined && rest.functionArn !== undefined ? { ...rest, environment: {} } : rest,
  },
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/logging-using-cloudtrail.html
  dynamodb: {
    isWrite: oneOf(
      'CreateTable DeleteTable UpdateTable UpdateContinuousBackups UpdateTimeToLive PutResourcePolicy DeleteResourcePolicy',
    ),
    listResources: listTables,
  },
  // https://docs.aws.amazon.com/sns/latest/dg/logging-using-cloudtrail.html
  sns: {
    isWrite: oneOf(
      'CreateTopic DeleteTopic SetTopicAttributes Subscribe SetSubscriptionAttributes Unsubscribe AddPermission RemovePermission',
    ),
  },
  // https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-cloudtrail-logs.html
  ssm: {
    isWrite: oneOf('PutParameter DeleteParameter DeleteParameters'),
    hide: (parameters) =>
      parameters.value === undefined ? parameters : { ...parameters, value: 'HIDDEN_DUE_TO_SECURITY_REASONS' },
  },
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/logging_cw_api_calls.html
  monitoring: { isWrite: oneOf('PutMetricAlarm DeleteAlarms DisableAlarmActions EnableAlarmActions') },
};

const NO_DATA: ReadonlySet<string> = new Set();

function serviceOf(call: AwsCall): RecordedService | undefined {
  return Object.hasOwn(SERVICES, call.service) ? SERVICES[call.service] : undefined;
}

/** Whether CloudTrail records this call of a service other than KMS as a management write. */
export function isManagementWrite(call: AwsCall): boolean {
  return serviceOf(call)?.isWrite(call.operation) === true;
}

/** What is never recorded of any service. https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html */
const SECRETS: ReadonlySet<string> = new Set(['secretAccessKey', 'password', 'newPassword', 'oldPassword']);

/**
 * What CloudTrail records about a management write of a service other than KMS.
 *
 * @param answer the answer of a success; `undefined` for a refusal
 * @param account twelve digits
 */
export function recordManagementCall(call: AwsCall, answer: Answer | undefined, account: string): RecordedParts {
  const { hide = (shown: Json) => shown, data = NO_DATA, listResources, toEventName } = serviceOf(call) ?? {};
  // What came as form fields is answered in XML.
  const isQuery = typeof call.input.Action === 'string';
  const input = isQuery ? nestFields(call.input) : call.input;
  const output = answer === undefined ? {} : isQuery ? readQueryResult(answer, call.operation) : readJson(answer.body);
  const show = (values: Json): Json => {
    const shown = withoutSecrets(writeDates(toRecordNames(values, data)));
    return isJson(shown) ? hide(shown) : {};
  };
  const elements = show(output);
  const resources = listResources?.(input, call, account) ?? [];
  return {
    ...(toEventName === undefined ? {} : { eventName: toEventName(call.operation) }),
    requestParameters: show(input),
    responseElements: Object.keys(elements).length > 0 ? elements : null,
    ...(resources.length === 0 ? {} : { resources }),
  };
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isJson(value)) return value;
  const shown = Object.entries(value).filter(([name, inner]) => !SECRETS.has(name) && inner !== null);
  return Object.fromEntries(shown.map(([name, inner]) => [name, withoutSecrets(inner)]));
}

/** JSON services send dates as seconds since 1970, which CloudTrail writes out. */
function writeDates(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(writeDates);
  if (!isJson(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    name,
    typeof inner === 'number' && /Date(Time)?$/.test(name) ? toRecordDate(inner) : writeDates(inner),
  ]);
  return Object.fromEntries(entries);
}

function listTables(input: Json, call: AwsCall, account: string): readonly RecordResource[] {
  const named = textAt(input, 'TableName') ?? textAt(input, 'ResourceArn');
  if (named === undefined) return [];
  const ARN = named.startsWith('arn:') ? named : `arn:aws:dynamodb:${call.region}:${account}:table/${named}`;
  return [{ accountId: account, type: 'AWS::DynamoDB::Table', ARN }];
}
