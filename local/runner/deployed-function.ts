import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetFunctionCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { LOCAL_CREDENTIALS } from '../local-client.ts';
import { unzip } from './unzip.ts';

/** A deployed function with its code on this machine. */
export type DeployedFunction = {
  name: string;
  arn: string;
  /** ARN of the role it runs as. */
  role: string;
  /** `file.export` below the task root, without the file's extension. */
  handler: string;
  /** Seconds. */
  timeout: number;
  /** MB. */
  memory: number;
  environment: Readonly<Record<string, string>>;
  /** Directory with the unpacked code; its name is new with every version of the code. */
  taskRoot: string;
};

/** Where the code of functions comes from and goes to. */
export type CodeSource = {
  lambda: LambdaClient;
  endpoint: string;
  bucket: string;
  /** The most seconds a function may take, whatever is deployed. */
  functionTimeout: number;
};

/** moto refuses whoever does not sign, and checks no signature, so that an S3 client is not needed for one request. */
const SIGNER = `${LOCAL_CREDENTIALS.accessKeyId}/20200101/us-east-1/s3/aws4_request`;

/** A function cannot be run; the message says which and why. */
export class FunctionError extends Error {
  override name = 'FunctionError';
}

/**
 * Reads what is deployed under a function's name and unpacks its code, fetched from the bucket it was deployed from.
 *
 * @throws FunctionError if there is no such function or its code is not in the bucket
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
 */
export async function fetchFunction(name: string, source: CodeSource): Promise<DeployedFunction> {
  const { Configuration: found, Code: code } = await source.lambda
    .send(new GetFunctionCommand({ FunctionName: name }))
    .catch((cause: unknown) => {
      throw new FunctionError(`Function ${name} could not be read from the local AWS.`, { cause });
    });
  if (!found?.FunctionArn || !found.Role || !found.Handler || !code?.Location) {
    throw new FunctionError(`Function ${name} is deployed without code, role or handler; it cannot run locally.`);
  }
  return {
    name: found.FunctionName ?? name,
    arn: found.FunctionArn,
    role: found.Role,
    handler: found.Handler,
    // Lambda's own defaults. https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    timeout: Math.min(found.Timeout ?? 3, source.functionTimeout),
    memory: found.MemorySize ?? 128,
    environment: found.Environment?.Variables ?? {},
    taskRoot: await fetchCode(name, code.Location, source),
  };
}

/**
 * @param location as GetFunction gives it. moto names a host and a bucket that do not exist, but the right object.
 * @returns a new directory with the unpacked code
 */
async function fetchCode(name: string, location: string, { endpoint, bucket }: CodeSource): Promise<string> {
  const headers = { authorization: `AWS4-HMAC-SHA256 Credential=${SIGNER}, SignedHeaders=host, Signature=none` };
  const response = await fetch(`${endpoint}/${bucket}${new URL(location).pathname}`, { headers });
  if (!response.ok) {
    throw new FunctionError(`The code of ${name} is not in bucket ${bucket}: HTTP ${response.status}. Deploy again.`);
  }
  const directory = await mkdtemp(join(tmpdir(), 'keywarden-task-'));
  try {
    await unzip(Buffer.from(await response.arrayBuffer()), directory);
    return directory;
  } catch (cause) {
    await rm(directory, { recursive: true, force: true });
    throw new FunctionError(`The code of ${name} cannot be unpacked.`, { cause });
  }
}
