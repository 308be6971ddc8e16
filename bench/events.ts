/**
 * What an event costs, measured on the packaged bundle against the local AWS as soon as this module is loaded. Prints the
 * first tables of bench/README.md. The handler of the comparison imports the same clients and makes the same calls.
 */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateGrantCommand, CreateKeyCommand, EnableKeyRotationCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { build } from 'esbuild';
import { type CallSummary, startGateway } from '../local/gateway/gateway.ts';
import { LOCAL_ACCOUNT, startMoto } from '../local/moto.ts';
import { PROJECT, packageStack } from '../local/package-stack.ts';
import { unzip } from '../local/runner/unzip.ts';
import { writeEvent } from '../test/pipeline/events.ts';
import { measureRates } from './judge-rates.ts';
import { type ChildRun, runChild } from './run-child.ts';

const REGION = 'eu-west-1';
const COLD_RUNS = 15;
const WARM_EVENTS = 30;

const work = await mkdtemp(join(tmpdir(), 'keywarden-bench-'));
const moto = await startMoto();
const gateway = await startGateway({ motoUrl: moto.url, account: LOCAL_ACCOUNT });

async function measure(): Promise<string> {
  const packaged = await packageStack({ stage: 'dev', region: REGION });
  const sizes = await Promise.all(
    ['lifecycle', 'remediate'].map(async (name) => {
      const zip = join(packaged, `${name}.zip`);
      await unzip(await readFile(zip), join(work, name));
      return {
        name,
        zip: (await stat(zip)).size,
        bundle: (await stat(join(work, name, 'handlers', `${name}.mjs`))).size,
      };
    }),
  );
  const bare = join(work, 'bare.mjs');
  await buildBare(bare);
  const lifecycle = join(work, 'lifecycle', 'handlers', 'lifecycle.mjs');
  const environment = await prepare();

  const ours: ChildRun[] = [];
  const theirs: ChildRun[] = [];
  for (let run = 0; run < COLD_RUNS; run += 1) {
    progress(`start ${run + 1} of ${COLD_RUNS}`);
    // Side by side in time, so that what else the machine does strikes both.
    ours.push(await runChild(lifecycle, await violations(1), environment, join(work, 'lifecycle')));
    theirs.push(await runChild(bare, await violations(1), environment, work));
  }
  progress('warm events');
  const warmOurs = await runChild(lifecycle, await violations(WARM_EVENTS + 1), environment, join(work, 'lifecycle'));
  const warmTheirs = await runChild(bare, await violations(WARM_EVENTS + 1), environment, work);

  const remediated = await countCalls(lifecycle, await violations(1), environment, 'EnableKeyRotation');
  const both = await countCalls(lifecycle, await violations(2), environment, 'EnableKeyRotation');
  const second = both.slice(remediated.length);
  const compliant = await countCalls(lifecycle, await compliants(1), environment);
  const grant = await violatingGrant();
  // Minutes lie between the two in real life, so that the lease of the first is over; one request id stands for that.
  const oneRequest = { ...environment, BENCH_REQUEST_ID: 'grant' };
  const revoked = await countCalls(lifecycle, [grant.event], oneRequest, 'RevokeGrant');
  const again = await countCalls(lifecycle, [grant.recheck], oneRequest);
  progress('judgements');
  const rates = measureRates();
  progress('');

  const start = (runs: readonly ChildRun[]) => median(runs.map(({ startToHandledMs }) => startToHandledMs));
  const ms = ({ warm }: ChildRun) => median(warm.map((one) => one.ms));
  const cpu = ({ warm }: ChildRun) => median(warm.map((one) => one.cpuMs));
  return [
    `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}; medians of ${COLD_RUNS} starts and ${WARM_EVENTS} warm events.`,
    '',
    '| | Keywarden | bare handler, same calls | ratio |',
    '|---|---|---|---|',
    row('process start to first event handled, ms', start(ours), start(theirs)),
    row('warm event, ms', ms(warmOurs), ms(warmTheirs)),
    row('warm event, CPU ms', cpu(warmOurs), cpu(warmTheirs)),
    '',
    '| event | AWS calls | of which |',
    '|---|---|---|',
    `| remediated DisableKeyRotation | ${remediated.length} | ${byService(remediated)} |`,
    `| the next one in the same process | ${second.length} | ${byService(second)} |`,
    `| compliant EnableKeyRotation | ${compliant.length} | ${byService(compliant)} |`,
    `| CreateGrant by a person, revoked | ${revoked.length} | ${byService(revoked)} |`,
    `| the look at a revoked grant five minutes later | ${again.length} | ${byService(again)} |`,
    '',
    '| judged, without AWS | per second |',
    '|---|---|',
    ...rates.map(({ what, perSecond }) => `| ${what} | ${Math.round(perSecond)} |`),
    '',
    '| function | bundle, kB | zip, kB |',
    '|---|---|---|',
    ...sizes.map(({ name, bundle, zip }) => `| ${name} | ${Math.round(bundle / 1000)} | ${Math.round(zip / 1000)} |`),
  ].join('\n');
}

const row = (name: string, ours: number, theirs: number): string =>
  `| ${name} | ${ours.toFixed(1)} | ${theirs.toFixed(1)} | ${(ours / theirs).toFixed(2)} |`;

/** The same options as serverless.yml, so that only the code differs. */
async function buildBare(outfile: string): Promise<void> {
  await build({
    entryPoints: [join(PROJECT, 'bench', 'bare-handler.ts')],
    outfile,
    bundle: true,
    minify: true,
    keepNames: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    conditions: ['module', 'import', 'node'],
    banner: {
      js: "import { createRequire as bareRequire } from 'node:module'; const require = bareRequire(import.meta.url);",
    },
  });
}

function clientConfig() {
  return { region: REGION, endpoint: gateway.url, credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } };
}

/** A table and a topic, and the environment that names them. */
async function prepare(): Promise<Record<string, string>> {
  const table = 'bench-ledger';
  await new DynamoDBClient(clientConfig()).send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  await new SSMClient(clientConfig()).send(
    new PutParameterCommand({ Name: '/keywarden/bench/kill-switch', Value: 'off', Type: 'String' }),
  );
  const { QueueUrl = '' } = await new SQSClient(clientConfig()).send(new CreateQueueCommand({ QueueName: 'bench' }));
  // More changes than an hour of real life may have: what is measured is the change, not the limit.
  const policyFile = join(work, 'keywarden.policy.yml');
  const shipped = await readFile(join(PROJECT, 'keywarden.policy.yml'), 'utf8');
  await writeFile(policyFile, shipped.replace(/changesPerHour: \d+/, 'changesPerHour: 1000'));
  const { TopicArn = '' } = await new SNSClient(clientConfig()).send(new CreateTopicCommand({ Name: 'officer' }));
  const { TopicArn: chat = '' } = await new SNSClient(clientConfig()).send(new CreateTopicCommand({ Name: 'chat' }));
  return {
    PATH: process.env.PATH ?? '',
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: gateway.url,
    AWS_ACCESS_KEY_ID: 'function',
    AWS_SECRET_ACCESS_KEY: 'function',
    KEYWARDEN_STAGE: 'bench',
    KEYWARDEN_TABLE: table,
    KEYWARDEN_TOPIC_ARN: TopicArn,
    KEYWARDEN_CHAT_TOPIC_ARN: chat,
    KEYWARDEN_SECURITY_HUB: 'false',
    KEYWARDEN_ACCOUNT: LOCAL_ACCOUNT,
    KEYWARDEN_POLICY_FILE: policyFile,
    KEYWARDEN_OWN_RESOURCES: `arn:aws:*:*:${LOCAL_ACCOUNT}:*keywarden-*`,
    KEYWARDEN_SELF_ROLE_ARNS: `arn:aws:iam::${LOCAL_ACCOUNT}:role/keywarden`,
    KEYWARDEN_MAX_RECEIVES: '5',
    KEYWARDEN_QUEUE_URL: QueueUrl,
    KEYWARDEN_EVIDENCE_BUCKET: 'bench-evidence',
    KEYWARDEN_SIGNING_KEY: `arn:aws:kms:eu-west-1:${LOCAL_ACCOUNT}:key/0a1b2c3d-12ab-34cd-56ef-1234567890ab`,
    KEYWARDEN_KILL_SWITCH: '/keywarden/bench/kill-switch',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  };
}

async function createKeys(count: number, rotate: boolean): Promise<string[]> {
  const kms = new KMSClient(clientConfig());
  const arns: string[] = [];
  for (let key = 0; key < count; key += 1) {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    if (rotate) await kms.send(new EnableKeyRotationCommand({ KeyId: KeyMetadata?.KeyId, RotationPeriodInDays: 365 }));
    arns.push(KeyMetadata?.Arn ?? '');
  }
  return arns;
}

const violations = async (count: number): Promise<string[]> =>
  (await createKeys(count, false)).map((arn) => writeEvent('DisableKeyRotation', arn));

const compliants = async (count: number): Promise<string[]> =>
  (await createKeys(count, true)).map((arn) => writeEvent('EnableKeyRotation', arn));

/** A grant that a person made and that passes the key on, and the two messages about it that the function gets. */
async function violatingGrant(): Promise<{ event: string; recheck: string }> {
  const [key = ''] = await createKeys(1, true);
  const granteePrincipal = `arn:aws:iam::${LOCAL_ACCOUNT}:role/app`;
  const { GrantId: grantId } = await new KMSClient(clientConfig()).send(
    new CreateGrantCommand({ KeyId: key, GranteePrincipal: granteePrincipal, Operations: ['Decrypt', 'CreateGrant'] }),
  );
  const event = writeEvent('CreateGrant', key, {
    requestParameters: { keyId: key, granteePrincipal, operations: ['Decrypt', 'CreateGrant'] },
    responseElements: { grantId, keyId: key },
  });
  const { eventID: eventId } = (JSON.parse(event) as { detail: { eventID: string } }).detail;
  return { event, recheck: JSON.stringify({ recheck: { eventId, subject: key } }) };
}

/**
 * @param change the call that must be among them
 * @throws {Error} when it is not: then something else was measured than the table says
 */
async function countCalls(
  bundle: string,
  bodies: readonly string[],
  environment: Record<string, string>,
  change?: string,
): Promise<readonly CallSummary[]> {
  const before = gateway.calls().length;
  await runChild(bundle, bodies, environment, join(work, 'lifecycle'));
  const calls = gateway.calls().slice(before);
  if (change !== undefined && !calls.some(({ operation }) => operation === change)) {
    throw new Error(
      `The benchmark expected ${change}; the function called ${calls.map((one) => one.operation).join(', ')}.`,
    );
  }
  return calls;
}

const byService = (calls: readonly CallSummary[]): string =>
  [...Map.groupBy(calls, ({ service }) => service)].map(([service, made]) => `${service} ${made.length}`).join(', ');

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Only on a terminal; a pipe gets the table and nothing else. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

try {
  console.log(await measure());
} finally {
  await gateway.stop();
  await moto.stop();
  await rm(work, { recursive: true });
}
