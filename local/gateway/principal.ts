import { readQueryResult } from './answer.ts';
import { type Answer, type AwsCall, isJson, type Json, textAt } from './call.ts';
import { askMoto } from './moto-client.ts';

/** Who signed a call. */
export type Principal = {
  /** `arn:aws:iam::<account>:user/<name>`, `arn:aws:sts::<account>:assumed-role/<role>/<session>` or the account root. */
  arn: string;
  /**
   * `userIdentity` of the records of this principal's calls.
   * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
   */
  userIdentity: Json;
};

/**
 * The answer of STS GetCallerIdentity; moto knows callers of its own.
 *
 * @param account twelve digits
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export function answerCallerIdentity(principal: Principal, account: string): Answer {
  const userId = textAt(principal.userIdentity, 'principalId') ?? '';
  const result = `<Arn>${principal.arn}</Arn><UserId>${userId}</UserId><Account>${account}</Account>`;
  const xml =
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">' +
    `<GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`;
  return { status: 200, headers: { 'content-type': 'text/xml' }, body: Buffer.from(xml) };
}

/** What an access key signs with. */
export type Credentials = { readonly secretAccessKey: string; readonly sessionToken?: string };

/** The principals of one gateway, by access key id. */
export type Principals = {
  /** The principal of an access key. A key never seen is the user `operator`'s, so any credentials work; `root` is root's. */
  find(accessKeyId: string): Principal;
  /** The secret of an access key that was given out here; `undefined` for any other key. */
  credentialsOf(accessKeyId: string): Credentials | undefined;
  /** Learns a new access key from the answer of IAM CreateAccessKey and STS AssumeRole*; ignores every other answer. */
  learn(call: AwsCall, answer: Answer): Promise<void>;
};

/**
 * Makes the register of who is who.
 *
 * @param account twelve digits
 * @param clock the time, at which sessions begin
 */
export function createPrincipals(motoUrl: string, account: string, clock: () => Date): Principals {
  const known = new Map<string, Principal>([['root', nameRoot(account)]]);
  const secrets = new Map<string, Credentials>();
  return {
    find: (accessKeyId) => known.get(accessKeyId) ?? nameUser({ account, accessKeyId, ...operatorOf(account) }),
    credentialsOf: (accessKeyId) => secrets.get(accessKeyId),
    async learn(call, answer) {
      if (answer.status >= 300) return;
      const principal =
        call.service === 'iam' && call.operation === 'CreateAccessKey'
          ? await readUser(motoUrl, account, answer)
          : call.service === 'sts' && call.operation.startsWith('AssumeRole')
            ? readSession(call, answer, account, clock())
            : undefined;
      const accessKeyId = textAt(principal?.userIdentity, 'accessKeyId');
      if (principal === undefined || accessKeyId === undefined) return;
      known.set(accessKeyId, principal);
      const secret = readSecret(call, answer);
      if (secret !== undefined) secrets.set(accessKeyId, secret);
    },
  };
}

function readSecret(call: AwsCall, answer: Answer): Credentials | undefined {
  const result = readQueryResult(answer, call.operation);
  const given = result.AccessKey ?? result.Credentials;
  const secretAccessKey = isJson(given) ? textAt(given, 'SecretAccessKey') : undefined;
  const sessionToken = isJson(given) ? textAt(given, 'SessionToken') : undefined;
  if (secretAccessKey === undefined) return undefined;
  return { secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

function operatorOf(account: string): { userName: string; userId: string; arn: string } {
  return { userName: 'operator', userId: 'AIDAOPERATOROPERATOR', arn: `arn:aws:iam::${account}:user/operator` };
}

function nameRoot(account: string): Principal {
  const arn = `arn:aws:iam::${account}:root`;
  return { arn, userIdentity: { type: 'Root', principalId: account, arn, accountId: account, accessKeyId: 'root' } };
}

type User = { account: string; accessKeyId: string; userName: string; userId: string; arn: string };

function nameUser({ account, accessKeyId, userName, userId, arn }: User): Principal {
  const userIdentity = { type: 'IAMUser', principalId: userId, arn, accountId: account, accessKeyId, userName };
  return { arn, userIdentity };
}

async function readUser(motoUrl: string, account: string, answer: Answer): Promise<Principal | undefined> {
  const created = readQueryResult(answer, 'CreateAccessKey').AccessKey;
  if (!isJson(created)) return undefined;
  const accessKeyId = textAt(created, 'AccessKeyId');
  const userName = textAt(created, 'UserName');
  if (accessKeyId === undefined || userName === undefined) return undefined;
  const input = { Action: 'GetUser', Version: '2010-05-08', UserName: userName };
  const user = readQueryResult(await askMoto(motoUrl, { service: 'iam', region: 'us-east-1', input }), 'GetUser').User;
  const arn = (isJson(user) ? textAt(user, 'Arn') : undefined) ?? `arn:aws:iam::${account}:user/${userName}`;
  const userId = (isJson(user) ? textAt(user, 'UserId') : undefined) ?? 'AIDAUNKNOWNUNKNOWN00';
  return nameUser({ account, accessKeyId, userName, userId, arn });
}

function readSession(call: AwsCall, answer: Answer, account: string, now: Date): Principal | undefined {
  const result = readQueryResult(answer, call.operation);
  const credentials = isJson(result.Credentials) ? result.Credentials : {};
  const assumed = isJson(result.AssumedRoleUser) ? result.AssumedRoleUser : {};
  const accessKeyId = textAt(credentials, 'AccessKeyId');
  const roleArn = textAt(call.input, 'RoleArn');
  const principalId = textAt(assumed, 'AssumedRoleId');
  const arn = textAt(assumed, 'Arn');
  if (accessKeyId === undefined || roleArn === undefined || principalId === undefined || arn === undefined)
    return undefined;
  const sourceIdentity = textAt(call.input, 'SourceIdentity');
  const sessionIssuer = {
    type: 'Role',
    principalId: principalId.split(':')[0],
    arn: roleArn,
    accountId: account,
    userName: roleArn.split('/').at(-1),
  };
  const attributes = { creationDate: now.toISOString().replace(/\.\d+Z$/, 'Z'), mfaAuthenticated: 'false' };
  const sessionContext = { sessionIssuer, attributes, ...(sourceIdentity === undefined ? {} : { sourceIdentity }) };
  const userIdentity = { type: 'AssumedRole', principalId, arn, accountId: account, accessKeyId, sessionContext };
  return { arn, userIdentity };
}
