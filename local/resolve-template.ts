/** A value of a CloudFormation template, before or after its intrinsic functions are resolved. */
export type TemplateValue =
  | string
  | number
  | boolean
  | null
  | readonly TemplateValue[]
  | { readonly [key: string]: TemplateValue };

/** A resource of a packaged template. */
export type TemplateResource = {
  readonly Type: string;
  readonly Properties?: { readonly [key: string]: TemplateValue };
  /** Name of the condition on which it is deployed. */
  readonly Condition?: string;
  readonly [key: string]: unknown;
};

/** The parts of a packaged template that are read here. */
export type Template = {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Conditions?: Readonly<Record<string, TemplateValue>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: string }>>;
};

/** What the names in a template stand for in one deployment. */
export type Scope = {
  account: string;
  region: string;
  /** Physical id of each deployed resource, by logical id: what `Ref` gives. */
  physicalIds: ReadonlyMap<string, string>;
  /** Type of each resource, by logical id. */
  types: ReadonlyMap<string, string>;
};

/** A template says something that this resolver does not understand; the message quotes it. */
export class TemplateError extends Error {
  override name = 'TemplateError';
}

/**
 * Replaces Ref, Fn::GetAtt (of `Arn`), Fn::Sub and Fn::Join by what they stand for in a deployment.
 *
 * @throws TemplateError for any other function, attribute or name
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
 */
export function resolveValue(value: TemplateValue, scope: Scope): TemplateValue {
  if (Array.isArray(value)) return value.map((item) => resolveValue(item, scope));
  if (!isRecord(value)) return value;
  const [name, ...others] = Object.keys(value);
  const argument = name === undefined ? undefined : value[name];
  if (name !== undefined && others.length === 0 && argument !== undefined && /^(Ref|Fn::\w+)$/.test(name)) {
    return callFunction(name, argument, scope);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveValue(item, scope)]));
}

function callFunction(name: string, argument: TemplateValue, scope: Scope): TemplateValue {
  if (name === 'Ref' && typeof argument === 'string') return findReference(argument, scope);
  if (name === 'Fn::GetAtt' && Array.isArray(argument)) return findAttribute(argument.map(String), scope);
  if (name === 'Fn::Sub' && typeof argument === 'string') return substitute(argument, scope);
  if (name === 'Fn::Join' && Array.isArray(argument) && Array.isArray(argument[1])) {
    return argument[1].map((item: TemplateValue) => String(resolveValue(item, scope))).join(String(argument[0]));
  }
  throw new TemplateError(
    `The template has ${JSON.stringify({ [name]: argument })}, which cannot be resolved locally.`,
  );
}

function substitute(text: string, scope: Scope): string {
  return text.replace(/\$\{([^!}][^}]*)\}/g, (_, name: string) =>
    name.includes('.') ? findAttribute(name.split('.'), scope) : findReference(name, scope),
  );
}

function findReference(name: string, { account, region, physicalIds }: Scope): string {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': account,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
  };
  const found = pseudo[name] ?? physicalIds.get(name);
  if (found === undefined) throw new TemplateError(`The template refers to ${name}, which was not deployed.`);
  return found;
}

function findAttribute([logicalId = '', attribute]: readonly string[], scope: Scope): string {
  const type = scope.types.get(logicalId) ?? '';
  const toArn = attribute === 'Arn' ? ARNS[type] : undefined;
  if (toArn === undefined) throw new TemplateError(`${logicalId}.${attribute} (${type}) cannot be resolved locally.`);
  return toArn(findReference(logicalId, scope), scope);
}

type ToArn = (physicalId: string, scope: Scope) => string;

/** The ARN of a resource from what `Ref` gives for it, by type. */
const ARNS: Readonly<Record<string, ToArn>> = {
  'AWS::KMS::Key': (id, { account, region }) => `arn:aws:kms:${region}:${account}:key/${id}`,
  'AWS::DynamoDB::Table': (id, { account, region }) => `arn:aws:dynamodb:${region}:${account}:table/${id}`,
  'AWS::Lambda::Function': (id, { account, region }) => `arn:aws:lambda:${region}:${account}:function:${id}`,
  'AWS::Events::Rule': (id, { account, region }) => `arn:aws:events:${region}:${account}:rule/${id}`,
  'AWS::IAM::Role': (id, { account }) => `arn:aws:iam::${account}:role/${id}`,
  'AWS::S3::Bucket': (id) => `arn:aws:s3:::${id}`,
  // `Ref` of a queue is its URL.
  'AWS::SQS::Queue': (url, { account, region }) => `arn:aws:sqs:${region}:${account}:${url.split('/').at(-1)}`,
};

function isRecord(value: TemplateValue): value is { readonly [key: string]: TemplateValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
