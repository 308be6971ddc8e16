import { arnOf, type Place, partitionOf } from './key-arn.ts';
import { isOwnResource } from './own-resource.ts';
import { fieldOf, type JsonObject, objectOf, textOf } from './plain-json.ts';
import { listResources, type Subject } from './subject.ts';

/** What of a record can name the trail, rule, queue, ... that it is about. */
export interface ResourceNaming {
  readonly eventSource: string;
  readonly place: Place;
  readonly request: JsonObject;
  readonly response: JsonObject;
}

/** How the records of a service name its resources. */
interface Naming {
  /** As in the ARNs, which is not always the name of the event source. */
  readonly service: string;
  /** Gives the ARN of what a text names, be it an ARN or a name; undefined for text of another form. */
  readonly read: (text: string, place: Place) => string | undefined;
  /** Every text that may name one, the most reliable first: what AWS answered, then what the caller typed. */
  readonly list: (naming: ResourceNaming) => readonly (string | undefined)[];
}

const PREFIX = (service: string): string => `arn:aws(?:-[a-z]+)*:${service}:[a-z0-9-]{1,32}:\\d{12}:`;

/** Reads an ARN or a bare name of one type of resource. Nothing that could forge an ARN passes. */
function reading(service: string, type: string, name: string): Naming['read'] {
  const whole = new RegExp(`^(${PREFIX(service)}${type}${name})$`);
  const bare = new RegExp(`^(${name})$`);
  return (text, place) =>
    whole.exec(text)?.[1] ?? (bare.test(text) ? arnOf(service, place, `${type}${text}`) : undefined);
}

/** The rule of a bus of one's own has the bus in its ARN, and the bus may be named by its ARN. */
function listRules({ request, response, place }: ResourceNaming): readonly (string | undefined)[] {
  const name = textOf(request, 'name') ?? textOf(request, 'rule');
  const bus = textOf(request, 'eventBusName')?.replace(/^arn:[^/]*:event-bus\//, '') ?? 'default';
  const known = bus === 'default' ? name : arnOf('events', place, `rule/${bus}/${name ?? ''}`);
  return [textOf(response, 'ruleArn'), known];
}

/** The host is only where the call was sent; account and name are what SQS goes by. */
const readQueue: Naming['read'] = (text, place) => {
  const [, account, name] = /^https?:\/\/[^/?#\s]+\/(\d{12})\/([A-Za-z0-9_-]{1,80}(?:\.fifo)?)$/.exec(text) ?? [];
  return account === undefined ? undefined : arnOf('sqs', { ...place, account }, name ?? '');
};

const FUNCTION = '[A-Za-z0-9_-]{1,140}';
const readFunctionArn = reading('lambda', 'function:', FUNCTION);
const readMapping = reading('lambda', 'event-source-mapping:', '[0-9a-f-]{36}');

/** A function may be named by its name, by account and name, or by its ARN; each with a version or an alias behind it. */
const readFunction: Naming['read'] = (text, place) => {
  const plain = text.replace(/(?<=function:[\w-]+|^[\w-]+):[\w$-]{1,128}$/, '');
  const [, account, name] = /^(\d{12}):function:([\w-]+)$/.exec(plain) ?? [];
  return account === undefined
    ? (readFunctionArn(plain, place) ?? readMapping(plain, place))
    : readFunctionArn(name ?? '', { ...place, account });
};

/** A subscription is a part of its topic. */
const readTopicArn = reading('sns', '', '[A-Za-z0-9_-]{1,256}(?:\\.fifo)?');
const readTopic: Naming['read'] = (text, place) =>
  text.startsWith('arn:') ? readTopicArn(text.replace(/:[0-9a-f-]{36}$/, ''), place) : undefined;

/** A name that is a path begins with a slash, and the ARN has that slash only once. */
const readParameterArn = reading('ssm', 'parameter/', '[A-Za-z0-9_./-]{1,1011}');
const readParameter: Naming['read'] = (text, place) => readParameterArn(text.replace(/^\//, ''), place);

/** What of a table's ARN comes behind its name is a part of the table. */
const readTableArn = reading('dynamodb', 'table/', '[A-Za-z0-9_.-]{1,255}');
const readTable: Naming['read'] = (text, place) =>
  readTableArn(text.replace(/(?<=:table\/[\w.-]+)\/(index|stream)\/.*$/, ''), place);

/** The ARN of a bucket has neither Region nor account: https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-arn-format.html */
const readBucket: Naming['read'] = (text, { region }) => {
  const [, name] = /^(?:arn:aws(?:-[a-z]+)*:s3:::)?([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])$/.exec(text) ?? [];
  return name === undefined ? undefined : `arn:${partitionOf(region)}:s3:::${name}`;
};

const fieldsOf = (object: JsonObject, names: readonly string[]): readonly (string | undefined)[] =>
  names.map((name) => textOf(object, name));

function listOf(object: JsonObject, name: string): readonly string[] {
  const value = fieldOf(object, name);
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/**
 * By event source. The forms of names are those of the API references.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
const NAMINGS: ReadonlyMap<string, Naming> = new Map([
  [
    'cloudtrail.amazonaws.com',
    {
      service: 'cloudtrail',
      // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html
      read: reading('cloudtrail', 'trail/', '[A-Za-z0-9._-]{3,128}'),
      list: ({ request, response }) => [textOf(response, 'trailARN'), ...fieldsOf(request, ['name', 'trailName'])],
    },
  ],
  [
    'events.amazonaws.com',
    {
      service: 'events',
      read: reading('events', 'rule/', '(?:[A-Za-z0-9/._-]{1,256}/)?[A-Za-z0-9._-]{1,64}'),
      list: listRules,
    },
  ],
  ['sqs.amazonaws.com', { service: 'sqs', read: readQueue, list: ({ request }) => fieldsOf(request, ['queueUrl']) }],
  [
    'lambda.amazonaws.com',
    {
      service: 'lambda',
      read: readFunction,
      // A mapping is about its function; when only the id of the mapping is known, it stands for itself.
      list: ({ request, response, place }) => {
        const mapping = textOf(request, 'uUID') ?? textOf(request, 'uuid');
        return [
          textOf(response, 'functionArn'),
          textOf(request, 'functionName'),
          mapping === undefined ? undefined : arnOf('lambda', place, `event-source-mapping:${mapping}`),
        ];
      },
    },
  ],
  [
    'dynamodb.amazonaws.com',
    {
      service: 'dynamodb',
      read: readTable,
      list: ({ request, response }) => [
        textOf(objectOf(response, 'tableDescription'), 'tableArn'),
        ...fieldsOf(request, ['tableName', 'resourceArn']),
      ],
    },
  ],
  [
    'sns.amazonaws.com',
    { service: 'sns', read: readTopic, list: ({ request }) => fieldsOf(request, ['topicArn', 'subscriptionArn']) },
  ],
  [
    'ssm.amazonaws.com',
    {
      service: 'ssm',
      read: readParameter,
      list: ({ request }) => [textOf(request, 'name'), ...listOf(request, 'names')],
    },
  ],
  [
    'monitoring.amazonaws.com',
    {
      service: 'cloudwatch',
      read: reading('cloudwatch', 'alarm:', '[A-Za-z0-9+=,.@_/:-]{1,255}'),
      list: ({ request }) => [textOf(request, 'alarmName'), ...listOf(request, 'alarmNames')],
    },
  ],
  ['s3.amazonaws.com', { service: 's3', read: readBucket, list: ({ request }) => fieldsOf(request, ['bucketName']) }],
]);

/**
 * Lists what a record of one of these services names, as ARNs: trails, rules, queues, functions, tables, topics,
 * parameters, alarms, buckets; and the role of an IAM record, by its name. One call may name several alarms or parameters. Text of
 * an unknown form is passed over, so that no caller can forge an ARN.
 */
export function listNamedResources(naming: ResourceNaming): readonly string[] {
  const { eventSource, place, request } = naming;
  const form = NAMINGS.get(eventSource);
  if (form === undefined) return eventSource === 'iam.amazonaws.com' ? listRoles(request, place) : [];
  const arns = form.list(naming).map((text) => (text === undefined ? undefined : form.read(text, place)));
  return [...new Set(arns.filter((arn) => arn !== undefined))];
}

/** IAM is global: its ARNs have no Region, and names of roles are unique whatever their path. */
function listRoles(request: JsonObject, { region, account }: Place): readonly string[] {
  const name = textOf(request, 'roleName') ?? '';
  return /^[\w+=,.@-]{1,64}$/.test(name) ? [`arn:${partitionOf(region)}:iam::${account}:role/${name}`] : [];
}

/**
 * Says what an action on a trail, or on what Keywarden may be made of, is about: the first of what the record names
 * (`resources`, then the response, then the request), but one of Keywarden's own before the others, so that nobody can
 * hide it behind them. Without any: `arn:<partition>:<service>:<region>:<account>:unidentified`.
 *
 * @param ownResources patterns of the ARNs of Keywarden's own resources
 */
export function findResourceSubject(
  naming: ResourceNaming & { readonly resources: unknown },
  ownResources: readonly string[],
): Subject {
  const { eventSource, place, resources } = naming;
  const form = NAMINGS.get(eventSource);
  const listed = listResources(resources).map((arn) =>
    arn?.startsWith('arn:') === true ? form?.read(arn, place) : undefined,
  );
  const arns = [...listed.filter((arn) => arn !== undefined), ...listNamedResources(naming)];
  const own = arns.find((arn) => isOwnResource(arn, ownResources));
  return { subject: own ?? arns[0] ?? arnOf(form?.service ?? 'unidentified', place, 'unidentified'), keys: [] };
}
