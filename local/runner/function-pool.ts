import { rm } from 'node:fs/promises';
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { type CodeSource, type DeployedFunction, FunctionError, fetchFunction } from './deployed-function.ts';
import {
  type FunctionCredentials,
  type FunctionProcess,
  startFunctionProcess,
  type TimedInvocation,
} from './function-process.ts';

/** The processes of one deployed function. */
export type FunctionPool = {
  /** Runs one invocation, in a process that is warm and free or in a new one. */
  invoke(payload: string): Promise<TimedInvocation>;
  /** ARN that the function's calls come from. */
  principal(): string | undefined;
  /** Kills every process; what they were working on is answered as a crash. */
  crash(): Promise<void>;
  /** Kills every process and removes the code. */
  stop(): Promise<void>;
};

/** What the processes of a function need. */
export type PoolOptions = {
  source: CodeSource;
  sts: STSClient;
  endpoint: string;
  region: string;
  log: (line: string) => void;
};

type Member = { process: FunctionProcess; busy: boolean };

/**
 * Keeps the processes of one function. The code is fetched at the first invocation, as it is deployed then.
 *
 * @throws FunctionError from `invoke` if the function is not deployed or its role cannot be assumed
 */
export function startFunctionPool(name: string, options: PoolOptions): FunctionPool {
  const members = new Set<Member>();
  let deployed: Promise<DeployedFunction> | undefined;
  let principal: string | undefined;
  let stopped = false;

  const fetchOnce = () => {
    deployed ??= fetchFunction(name, options.source).catch((error: unknown) => {
      // The next invocation looks again: it may be deployed by then.
      deployed = undefined;
      throw error;
    });
    return deployed;
  };
  const startMember = async (): Promise<Member> => {
    const found = await fetchOnce();
    const session = await assumeRole(found, options.sts);
    principal = session.principal;
    if (stopped) throw new FunctionError(`The local AWS is stopping; ${name} is not run any more.`);
    const process = startFunctionProcess(found, { ...options, credentials: session.credentials });
    const member = { process, busy: true };
    members.add(member);
    return member;
  };
  const takeMember = async (): Promise<Member> => {
    for (const member of members) {
      if (!member.process.alive()) members.delete(member);
      else if (!member.busy) return Object.assign(member, { busy: true });
    }
    return startMember();
  };
  const crash = async () => {
    // Forgotten before they are waited for: one that starts meanwhile is not among them, and must stay known.
    const struck = [...members];
    members.clear();
    await Promise.all(struck.map((member) => member.process.kill()));
  };
  return {
    invoke: async (payload) => {
      const member = await takeMember();
      try {
        return await member.process.invoke(payload);
      } finally {
        member.busy = false;
      }
    },
    principal: () => principal,
    crash,
    stop: async () => {
      stopped = true;
      await crash();
      const found = await deployed?.catch(() => undefined);
      if (found !== undefined) await rm(found.taskRoot, { recursive: true, force: true });
    },
  };
}

/**
 * Takes on the function's role as Lambda does: the session is named after the function.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
 */
async function assumeRole(
  { name, role }: DeployedFunction,
  sts: STSClient,
): Promise<{ credentials: FunctionCredentials; principal: string | undefined }> {
  const request = new AssumeRoleCommand({ RoleArn: role, RoleSessionName: name });
  const { Credentials: found, AssumedRoleUser: user } = await sts.send(request).catch((cause: unknown) => {
    throw new FunctionError(`Role ${role} of function ${name} could not be assumed.`, { cause });
  });
  if (!found?.AccessKeyId || !found.SecretAccessKey || !found.SessionToken) {
    throw new FunctionError(`Role ${role} of function ${name} was assumed, but without credentials.`);
  }
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = found;
  return { credentials: { accessKeyId, secretAccessKey, sessionToken }, principal: user?.Arn };
}
