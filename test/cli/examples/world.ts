import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  GetPublicKeyCommand,
  KMSClient,
} from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { parse, stringify } from 'yaml';
import { readLastCheckpoint } from '../../../lib/evidence/checkpoint-items.ts';
import { digestOfCheckpoint } from '../../../lib/ledger/checkpoint.ts';
import { SWEEPS } from '../../../lib/ledger/keys.ts';
import { createLookUp } from '../../../lib/ledger/look-up.ts';
import { type LocalAws, startLocalAws } from '../../../local/local-aws.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What came of one command line. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Access keys of a person. */
interface Person {
  readonly id: string;
  readonly secret: string;
}

/** A local AWS with Keywarden, four keys, two people, and a folder in which command lines are run. */
export interface World {
  readonly aws: LocalAws;
  readonly folder: string;
  /** @param typed what a person types on a terminal; absent: there is none */
  run(line: string, typed?: string): Promise<Ran>;
  /** Somebody switches the rotation of a key off; Keywarden asks whether to switch it on. */
  disableRotation(alias: string): Promise<void>;
  keyId(alias: string): string;
  /** Id of the first look at all keys: it found a key whose rotation is off, and of which no event has told. */
  readonly baseline: string;
  /** Signs what the ledger says, and puts the public key into files. */
  signCheckpoint(): Promise<void>;
  /** The newest checkpoint, as `NUMBER:SHA256`. */
  lastCheckpoint(): Promise<string>;
  remove(name: string): void;
  stop(): Promise<void>;
}

const STAGE = 'prod';
const ALIASES = ['payments', 'ledger', 'archive', 'legacy'];

/** Starts it all; takes about a minute. */
export async function startWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'keywarden-examples-'));
  const policy = join(folder, 'keywarden.policy.yml');
  writeFileSync(policy, writePolicy());
  // As long as the stack gives the slowest of them nearly: event history of a day takes 48 seconds, at two calls in a second.
  const aws = await startLocalAws({ stage: STAGE, policy, functionTimeout: 300 });
  const [dana, olivia] = [await addPerson(aws, 'dana'), await addPerson(aws, 'olivia')];
  const kms = new KMSClient(clientOf(aws, dana));
  const keys = new Map<string, string>();
  const baseline = await lookAtAllKeys(aws, dana);
  for (const alias of ALIASES) keys.set(alias, await addKey(kms, alias));
  await aws.idle();
  await writeFiles(folder, aws, policy);
  const environment = await prepareShell(folder, aws, olivia);
  const keyId = (alias: string) => keys.get(alias) ?? '';
  return {
    aws,
    folder,
    baseline,
    keyId,
    run: (line, typed) => runLine(line, folder, environment, typed),
    async disableRotation(alias) {
      await kms.send(new EnableKeyRotationCommand({ KeyId: keyId(alias) }));
      await aws.idle();
      await kms.send(new DisableKeyRotationCommand({ KeyId: keyId(alias) }));
      await aws.idle();
    },
    async signCheckpoint() {
      await invoke(aws, olivia, 'checkpoint');
      const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: aws.signingKey }));
      const der = Buffer.from(PublicKey ?? []);
      writeFileSync(join(folder, 'checkpoints.der'), der);
      const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
      writeFileSync(
        join(folder, 'checkpoints.pem'),
        `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`,
      );
    },
    async lastCheckpoint() {
      const client = DynamoDBDocumentClient.from(new DynamoDBClient(clientOf(aws, olivia)));
      const last = await readLastCheckpoint({ client, table: aws.table });
      if (last === undefined) throw new Error('No checkpoint was made.');
      return `${last.number}:${digestOfCheckpoint(last)}`;
    },
    remove: (name) => rmSync(join(folder, name), { recursive: true, force: true }),
    async stop() {
      await aws.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** As it ships, and Keywarden asks before it switches a rotation on. */
function writePolicy(): string {
  const policy = parse(readFileSync(join(ROOT, 'keywarden.policy.yml'), 'utf8')) as {
    controls: Record<string, object>;
  };
  return stringify({ ...policy, controls: { ...policy.controls, 'rotation-enabled': { mode: 'approve' } } });
}

const clientOf = ({ url, region }: LocalAws, { id, secret }: Person) => ({
  endpoint: url,
  region,
  credentials: { accessKeyId: id, secretAccessKey: secret },
});

async function addPerson(aws: LocalAws, UserName: string): Promise<Person> {
  const iam = new IAMClient(clientOf(aws, { id: 'anyone', secret: 'any' }));
  await iam.send(new CreateUserCommand({ UserName }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { id: AccessKey?.AccessKeyId ?? '', secret: AccessKey?.SecretAccessKey ?? '' };
}

/** Has a function do what the schedule has it do. */
async function invoke(aws: LocalAws, person: Person, part: string): Promise<void> {
  const lambda = new LambdaClient(clientOf(aws, person));
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: `keywarden-${STAGE}-${part}`, Payload: Buffer.from('{}') }),
  );
  if (FunctionError !== undefined) throw new Error(`${part} failed: ${Buffer.from(Payload ?? []).toString('utf8')}`);
}

/** Seconds that a look at one key may take here. */
const LONGEST_SWEEP = 120;

async function lookAtAllKeys(aws: LocalAws, person: Person): Promise<string> {
  aws.gateway.faults.add({ kind: 'drop', service: 'kms', operation: 'CreateKey', times: 1 });
  await new KMSClient(clientOf(aws, person)).send(new CreateKeyCommand({}));
  await invoke(aws, person, 'sweep');
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(clientOf(aws, person)));
  for (let second = 0; second < LONGEST_SWEEP; second += 1) {
    for await (const entry of createLookUp({ client, table: aws.table }).readBack(SWEEPS)) {
      if (entry.type === 'sweep') return entry.sweep.id;
    }
    await pause(1_000);
  }
  throw new Error(`A look at all keys was not over after ${LONGEST_SWEEP} seconds.`);
}

async function addKey(kms: KMSClient, alias: string): Promise<string> {
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ Tags: [{ TagKey: 'owner', TagValue: 'team-payments' }] }),
  );
  const KeyId = KeyMetadata?.KeyId ?? '';
  await kms.send(new EnableKeyRotationCommand({ KeyId }));
  await kms.send(new CreateAliasCommand({ AliasName: `alias/${alias}`, TargetKeyId: KeyId }));
  return KeyId;
}

const ACCOUNT = '111122223333';

/** What KMS gives a key for which nobody names a policy. */
const KEY_POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Account',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
};

const IAM_POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
    },
  ],
};

const GRANT = {
  KeyId: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
  GrantId: 'a'.repeat(64),
  GranteePrincipal: `arn:aws:iam::${ACCOUNT}:role/app`,
  RetiringPrincipal: `arn:aws:iam::${ACCOUNT}:role/app`,
  IssuingAccount: `arn:aws:iam::${ACCOUNT}:root`,
  CreationDate: new Date().toISOString(),
  Operations: ['Decrypt'],
  Constraints: { EncryptionContextSubset: { tenant: 'a' } },
};

/** The files that the examples read. */
async function writeFiles(folder: string, aws: LocalAws, policy: string): Promise<void> {
  const write = (name: string, value: unknown) => writeFileSync(join(folder, name), JSON.stringify(value));
  for (const name of ['policies', 'roles', 'archive', 'logs', '.local/share/bash-completion/completions'])
    mkdirSync(join(folder, name), { recursive: true });
  write('policies/payments.json', KEY_POLICY);
  write('roles/app.json', IAM_POLICY);
  write('create-grant-record.json', GRANT);
  write('key-policy-answer.json', { Policy: JSON.stringify(KEY_POLICY), PolicyName: 'default' });
  write('role-policy-answer.json', { RoleName: 'app', PolicyName: 'kms', PolicyDocument: IAM_POLICY });
  write('grants-answer.json', { Grants: [GRANT] });
  const files = await aws.writeLogs(folder);
  for (const file of files) cpSync(file, join(folder, 'archive', basename(file)));
  cpSync(files.find((file) => file.includes(aws.region)) ?? '', join(folder, 'file.json.gz'));
  cpSync(policy, join(folder, 'people.policy.yml'));
  const s3 = new S3Client({ ...clientOf(aws, { id: 'anyone', secret: 'any' }), forcePathStyle: true });
  await s3.send(
    new CreateBucketCommand({
      Bucket: 'company-trail',
      CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
    }),
  );
}

/** What the AWS CLI would print, which need not be installed. */
const AWS_ANSWERS: Readonly<Record<string, string>> = {
  'kms get-key-policy --key-id alias/payments': 'key-policy-answer.json',
  'iam get-role-policy --role-name app --policy-name kms': 'role-policy-answer.json',
  'kms list-grants --key-id alias/payments': 'grants-answer.json',
  's3 cp s3://trail/AWSLogs/.../file.json.gz -': 'file.json.gz',
  's3 cp s3://trail/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/08/03/file.json.gz -': 'file.json.gz',
};

/** The command as it is built, `npx`, which would find it, and the AWS CLI. */
async function prepareShell(folder: string, aws: LocalAws, { id, secret }: Person): Promise<NodeJS.ProcessEnv> {
  const bin = join(folder, 'bin');
  await promisify(execFile)(process.execPath, ['scripts/build-cli.ts', join(folder, 'built', 'cli')], { cwd: ROOT });
  cpSync(join(ROOT, 'keywarden.policy.yml'), join(folder, 'built', 'keywarden.policy.yml'));
  mkdirSync(bin);
  const put = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/bash\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const answers = Object.entries(AWS_ANSWERS).map(([words, file]) => `'${words}') exec cat '${join(folder, file)}' ;;`);
  put('keywarden', `exec '${process.execPath}' '${join(folder, 'built', 'cli', 'keywarden.js')}' "$@"`);
  put('aws', `case "$*" in\n${answers.join('\n')}\n*) echo "no answer to: $*" >&2; exit 9 ;;\nesac`);
  return {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: folder,
    AWS_REGION: aws.region,
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: secret,
    KEYWARDEN_STAGE: STAGE,
  };
}

/** Runs a program on a terminal of its own, and ends as it does. */
const ON_TERMINAL =
  'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(["bash", "-o", "pipefail", "-c", sys.argv[1]])))';

function runLine(line: string, cwd: string, env: NodeJS.ProcessEnv, typed: string | undefined): Promise<Ran> {
  const [file, args] =
    typed === undefined ? ['bash', ['-o', 'pipefail', '-c', line]] : ['python3', ['-c', ON_TERMINAL, line]];
  return new Promise((resolve) => {
    const child = execFile(file, args, { cwd, env, maxBuffer: 2 ** 26 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
    child.stdin?.end(typed ?? '');
  });
}
