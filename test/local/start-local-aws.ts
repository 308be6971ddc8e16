import { CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { type Gateway, type GatewayOptions, startGateway } from '../../local/gateway/gateway.ts';
import { LOCAL_ACCOUNT, startMoto } from '../../local/moto.ts';

/** The Region of every test. */
export const REGION = 'eu-west-1';

/** What an SDK client needs to talk to the local AWS as somebody. */
export type Access = {
  endpoint: string;
  region: string;
  maxAttempts: number;
  credentials: { accessKeyId: string; secretAccessKey: string };
};

/** A local AWS of a test file's own. */
export type LocalAws = {
  gateway: Gateway;
  motoUrl: string;
  /** Client options for an access key; a key nobody gave out is the operator's. */
  access(accessKeyId?: string): Access;
  /** A KMS client as a new session of a new role. */
  asSession(role: string, session: string): Promise<KMSClient>;
  /** A KMS client as a new IAM user. */
  asUser(name: string): Promise<KMSClient>;
  stop(): Promise<void>;
};

/** Starts moto and a gateway on free ports. */
export async function startLocalAws(options: Partial<GatewayOptions> = {}): Promise<LocalAws> {
  const moto = await startMoto();
  const gateway = await startGateway({ motoUrl: moto.url, account: LOCAL_ACCOUNT, ...options });
  const access = (accessKeyId = 'anyone'): Access => ({
    endpoint: gateway.url,
    region: REGION,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey: 'any' },
  });
  const iam = new IAMClient(access());
  const sts = new STSClient(access());
  return {
    gateway,
    motoUrl: moto.url,
    access,
    async asSession(RoleName, RoleSessionName) {
      const role = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: '{}' }));
      const RoleArn = role.Role?.Arn;
      const session = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName }));
      return new KMSClient(access(session.Credentials?.AccessKeyId));
    },
    async asUser(UserName) {
      await iam.send(new CreateUserCommand({ UserName }));
      const key = await iam.send(new CreateAccessKeyCommand({ UserName }));
      return new KMSClient(access(key.AccessKey?.AccessKeyId));
    },
    async stop() {
      await gateway.stop();
      await moto.stop();
    },
  };
}
