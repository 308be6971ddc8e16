import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';

/** Somebody who works with keys: a session of a role, with clients of their own. */
export interface Person {
  readonly name: string;
  readonly kms: KMSClient;
  readonly cloudTrail: CloudTrailClient;
  /** The client of an AWS service that calls KMS on behalf of this person, e.g. `ec2-frontend-api.amazonaws.com`. */
  through(service: string): KMSClient;
}

/**
 * Lets a person log in, as with `aws sts assume-role`: their name is the name of the session.
 *
 * @param place where the local AWS answers, its Region and account
 */
export async function logIn(
  name: string,
  role: string,
  place: { readonly url: string; readonly region: string; readonly account: string },
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
  return { name, kms: connect(), cloudTrail, through: (service) => signFor(service, connect()) };
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
