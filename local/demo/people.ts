import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';

/** Somebody who works with keys: a session of a role, with a KMS client of their own. */
export interface Person {
  readonly name: string;
  readonly kms: KMSClient;
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
  return { name, kms: new KMSClient({ ...options, credentials: { accessKeyId, secretAccessKey, sessionToken } }) };
}
