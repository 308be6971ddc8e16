import { copyFile, cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { controlIds } from '../lib/controls/index.ts';
import { loadPolicy } from '../lib/policy/load-policy.ts';
import { completeStack } from './complete-stack.ts';
import { LOCAL_CREDENTIALS, localClientConfig } from './local-client.ts';
import { LOCAL_OFFICER, PROJECT, packageStack, runServerless } from './package-stack.ts';
import { replaceInZip } from './replace-in-zip.ts';

/** What the policy is called in the package of a function. */
const POLICY_FILE = 'keywarden.policy.yml';

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
  /** Path of a policy file that is deployed instead of keywarden.policy.yml. */
  policy?: string;
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
 * @throws ServerlessError with the words of the command if it fails; what `loadPolicy` throws for a policy file that is wrong
 */
export async function deployStack(options: DeployOptions): Promise<Deployment> {
  const { stage, log, policy } = options;
  // Before anything is deployed: with a policy that cannot be read, no function would start.
  if (policy !== undefined) loadPolicy(policy, controlIds);
  const packaged = await packageStack(options);
  log?.('Deploying the stack ...');
  const service = await mkdtemp(join(tmpdir(), 'keywarden-deploy-'));
  try {
    const copy = await makeServiceFolder(service, packaged);
    if (policy !== undefined) await replacePolicy(copy, policy);
    await deployPackage(service, copy, options);
  } finally {
    await rm(service, { recursive: true, force: true });
  }
  const state = JSON.parse(await readFile(join(packaged, 'serverless-state.json'), 'utf8'));
  const stackName = `${state.service.service}-${stage}`;
  await completeStack({ ...options, endpoint: options.motoUrl ?? options.endpoint, stackName, packaged });
  return { stackName, outputs: await readOutputs(stackName, options) };
}

/** What the Serverless CLI looks for beside serverless.yml when it deploys what is packaged already. */
const SERVICE_FILES = ['serverless.yml', 'keywarden.policy.yml', 'package.json'];

/**
 * The CLI moves whatever it deploys through .serverless/ beside serverless.yml. Each deployment gets a service folder of its
 * own, so that two at the same time do not deploy each other's code.
 *
 * @returns the copy of the package in it, which the CLI may change
 */
async function makeServiceFolder(folder: string, packaged: string): Promise<string> {
  for (const file of SERVICE_FILES) await copyFile(join(PROJECT, file), join(folder, file));
  await symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  const copy = join(folder, 'package');
  await cp(packaged, copy, { recursive: true });
  return copy;
}

/** The functions read the policy from their own package. */
async function replacePolicy(directory: string, policy: string): Promise<void> {
  const content = await readFile(policy);
  for (const file of await readdir(directory)) {
    if (!file.endsWith('.zip')) continue;
    const path = join(directory, file);
    await writeFile(path, replaceInZip(await readFile(path), POLICY_FILE, content));
  }
}

function deployPackage(
  service: string,
  directory: string,
  { endpoint, stage, region, signal }: DeployOptions,
): Promise<void> {
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
  return runServerless(['deploy', '--package', directory, ...place], environment, signal, service);
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
