import type { Json } from './call.ts';

/** A REST call of Lambda: the operation's name and its parameters, from path, query and body together. */
export type LambdaRoute = { operation: string; input: Json };

/** Method, path and operation; `{Name}` stands for a parameter. */
const ROUTES: readonly (readonly [method: string, path: string, operation: string])[] = [
  ['POST', '/2015-03-31/functions', 'CreateFunction'],
  ['DELETE', '/2015-03-31/functions/{FunctionName}', 'DeleteFunction'],
  ['GET', '/2015-03-31/functions/{FunctionName}', 'GetFunction'],
  ['PUT', '/2015-03-31/functions/{FunctionName}/code', 'UpdateFunctionCode'],
  ['GET', '/2015-03-31/functions/{FunctionName}/configuration', 'GetFunctionConfiguration'],
  ['PUT', '/2015-03-31/functions/{FunctionName}/configuration', 'UpdateFunctionConfiguration'],
  ['POST', '/2015-03-31/functions/{FunctionName}/invocations', 'Invoke'],
  ['GET', '/2015-03-31/functions/{FunctionName}/policy', 'GetPolicy'],
  ['POST', '/2015-03-31/functions/{FunctionName}/policy', 'AddPermission'],
  ['DELETE', '/2015-03-31/functions/{FunctionName}/policy/{StatementId}', 'RemovePermission'],
  ['PUT', '/2017-10-31/functions/{FunctionName}/concurrency', 'PutFunctionConcurrency'],
  ['DELETE', '/2017-10-31/functions/{FunctionName}/concurrency', 'DeleteFunctionConcurrency'],
  ['GET', '/2019-09-30/functions/{FunctionName}/concurrency', 'GetFunctionConcurrency'],
  ['GET', '/2021-10-31/functions/{FunctionName}/url', 'GetFunctionUrlConfig'],
  ['POST', '/2021-10-31/functions/{FunctionName}/url', 'CreateFunctionUrlConfig'],
  ['PUT', '/2021-10-31/functions/{FunctionName}/url', 'UpdateFunctionUrlConfig'],
  ['DELETE', '/2021-10-31/functions/{FunctionName}/url', 'DeleteFunctionUrlConfig'],
  ['GET', '/2015-03-31/event-source-mappings', 'ListEventSourceMappings'],
  ['POST', '/2015-03-31/event-source-mappings', 'CreateEventSourceMapping'],
  ['GET', '/2015-03-31/event-source-mappings/{UUID}', 'GetEventSourceMapping'],
  ['PUT', '/2015-03-31/event-source-mappings/{UUID}', 'UpdateEventSourceMapping'],
  ['DELETE', '/2015-03-31/event-source-mappings/{UUID}', 'DeleteEventSourceMapping'],
];

/**
 * Reads the operation of a REST call of Lambda; `undefined` for one that is not known here.
 *
 * @param path with the query string
 * @param body the object in the body; that of Invoke is data of the function, and none of the call's parameters
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
 */
export function readLambdaRoute(method: string, path: string, body: Json): LambdaRoute | undefined {
  const [bare = '', query = ''] = path.split('?');
  for (const [routeMethod, template, operation] of ROUTES) {
    const parameters = routeMethod === method ? matchTemplate(template, bare) : undefined;
    if (parameters === undefined) continue;
    const sent = operation === 'Invoke' ? {} : body;
    return { operation, input: { ...Object.fromEntries(new URLSearchParams(query)), ...sent, ...parameters } };
  }
  return undefined;
}

function matchTemplate(template: string, path: string): Json | undefined {
  const [names, values] = [template.split('/'), path.replace(/\/$/, '').split('/')];
  if (names.length !== values.length) return undefined;
  const parameters: Json = {};
  for (const [index, name] of names.entries()) {
    const value = values[index] ?? '';
    const parameter = /^\{(\w+)\}$/.exec(name)?.[1];
    if (parameter === undefined && name !== value) return undefined;
    if (parameter !== undefined) parameters[parameter] = decode(value);
  }
  return parameters;
}

/** A path that is not encoded as it should be is shown as it came; moto refuses it. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
