import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { cleanEnvironment, PROJECT } from '../package-stack.ts';
import type { Screen } from './screen.ts';

/** Somebody who works with keys: a session of a role, with clients of their own. */
export interface Person {
  readonly name: string;
  readonly kms: KMSClient;
  readonly cloudTrail: CloudTrailClient;
  /** The client of an AWS service that calls KMS on behalf of this person, e.g. `ec2-frontend-api.amazonaws.com`. */
  through(service: string): KMSClient;
  /**
   * Runs the `keywarden` command with this person's credentials, and shows what was typed, and a refusal: of what was done, the
   * ledger tells.
   *
   * @returns its exit code
   */
  run(args: readonly string[]): Promise<number>;
}

/**
 * Lets a person log in, as with `aws sts assume-role`: their name is the name of the session.
 *
 * @param place where the local AWS answers, its Region and account
 * @param screen shows the commands that the person runs; left out, nothing does
 */
export async function logIn(
  name: string,
  role: string,
  place: { readonly url: string; readonly region: string; readonly account: string },
  screen?: Screen,
): Promise<Person> {
  const options = {
    endpoint: place.url,
    region: place.region,
    credentials: { accessKeyId: 'operator', secretAccessKey: 'local' },
  };
  const iam = new IAMClient(options);
  try {
    await iam.send(
      new CreateRoleCommand({
        RoleName: role,
        AssumeRolePolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { AWS: place.account }, Action: 'sts:AssumeRole' }],
        }),
      }),
    );
  } catch (error) {
    if (!(error instanceof Error) || !error.name.startsWith('EntityAlreadyExists')) throw error;
  }
  const RoleArn = `arn:aws:iam::${place.account}:role/${role}`;
  const { Credentials } = await new STSClient(options).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: name }));
  if (Credentials?.AccessKeyId === undefined || Credentials.SecretAccessKey === undefined) {
    throw new Error(`The local AWS gave ${name} no credentials for ${RoleArn}.`);
  }
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken = '' } = Credentials;
  const config = { ...options, credentials: { accessKeyId, secretAccessKey, sessionToken } };
  const connect = () => new KMSClient(config);
  const cloudTrail = new CloudTrailClient(config);
  const environment = {
    AWS_ENDPOINT_URL: place.url,
    AWS_REGION: place.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
  return {
    name,
    kms: connect(),
    cloudTrail,
    through: (service) => signFor(service, connect()),
    run: async (args) => {
      screen?.say('typed', `${name.split('@')[0]}$ keywarden ${args.map(quote).join(' ')}`);
      const { code, answered } = await runCommand(args, environment);
      if (code !== 0) screen?.say('answered', answered.replaceAll(/\s+/g, ' ').trim(), 'bad');
      return code;
    },
  };
}

const quote = (word: string): string => (/^[\w@:/.#-]+$/.test(word) ? word : `'${word}'`);

function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly answered: string }> {
  const env = { ...cleanEnvironment(process.env), ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(PROJECT, 'cli', 'keywarden.ts'), ...args], { env }, (error, out, problem) =>
      resolve({ code: error === null ? 0 : Number(error.code), answered: `${out}${problem}` }),
    );
  });
}

/** The local AWS records a call with this header as made by the service (docs/local-aws.md). */
function signFor(service: string, kms: KMSClient): KMSClient {
  kms.middlewareStack.add(
    (next) => (step) => {
      (step.request as { headers: Record<string, string> }).headers['x-keywarden-invoked-by'] = service;
      return next(step);
    },
    { step: 'build' },
  );
  return kms;
}
