import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { completeStack } from './complete-stack.ts';
import { LOCAL_CREDENTIALS, localClientConfig } from './local-client.ts';
import { LOCAL_OFFICER, packageStack, runServerless } from './package-stack.ts';

/** Where and as what the stack is deployed. */
export type DeployOptions = {
  /** The local AWS: the gateway, or moto itself. */
  endpoint: string;
  /** moto, which is told what its CloudFormation left out; past the gateway, because that is nobody's action. Default: `endpoint`. */
  motoUrl?: string;
  stage: string;
  region: string;
  /** Twelve digits. */
  account: string;
  /** Ends the deployment half way. */
  signal?: AbortSignal;
  /** Gets a line for each step. */
  log?: (line: string) => void;
};

/** A deployed stack. */
export type Deployment = {
  stackName: string;
  /** The outputs of the stack by name, such as `LedgerTableName`. */
  outputs: Readonly<Record<string, string>>;
};

/**
 * Deploys the packaged stack with the Serverless CLI, as `npm run deploy` does, and completes what moto left out.
 *
 * @returns the name and the outputs of the stack
 * @throws ServerlessError with the words of the command if it fails
 */
export async function deployStack(options: DeployOptions): Promise<Deployment> {
  const { stage, log } = options;
  const packaged = await packageStack(options);
  log?.('Deploying the stack ...');
  // Deploying writes into the directory of the package; a copy keeps two local AWSes out of each other's way.
  const copy = await mkdtemp(join(tmpdir(), 'keywarden-deploy-'));
  try {
    for (const file of await readdir(packaged)) await copyFile(join(packaged, file), join(copy, file));
    await deployPackage(copy, options);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  const { service } = JSON.parse(await readFile(join(packaged, 'serverless-state.json'), 'utf8'));
  const stackName = `${service.service}-${stage}`;
  await completeStack({ ...options, endpoint: options.motoUrl ?? options.endpoint, stackName, packaged });
  return { stackName, outputs: await readOutputs(stackName, options) };
}

function deployPackage(directory: string, { endpoint, stage, region, signal }: DeployOptions): Promise<void> {
  const place = ['--stage', stage, '--region', region, '--param', `officerEmail=${LOCAL_OFFICER}`];
  const environment = {
    // An IP address as host also makes the SDK put the bucket into the path instead of the host name.
    // https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_REGION: region,
    // Nothing of the user's own profiles.
    AWS_CONFIG_FILE: join(directory, 'no-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'no-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    // How long it waits before it looks again whether the stack is there, in milliseconds. It never takes long here.
    SLS_AWS_MONITORING_FREQUENCY: '50',
  };
  return runServerless(['deploy', '--package', directory, ...place], environment, signal);
}

async function readOutputs(stackName: string, options: DeployOptions): Promise<Record<string, string>> {
  const cloudFormation = new CloudFormationClient(localClientConfig(options));
  try {
    const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stackName }));
    const outputs = Stacks.flatMap((stack) => stack.Outputs ?? []);
    return Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']));
  } finally {
    cloudFormation.destroy();
  }
}
