/**
 * `npm run local [-- --port N --region R]`: a local AWS with Keywarden at work in it, until Ctrl-C.
 *
 * On a terminal it shows what it is doing; in a pipe it prints only what can be used.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { CreateAliasCommand, CreateKeyCommand, EnableKeyRotationCommand, KMSClient } from '@aws-sdk/client-kms';
import { type LocalAws, startLocalAws } from './local-aws.ts';
import { localClientConfig } from './local-client.ts';
import type { OfficerMessage } from './officer-inbox.ts';

const USAGE = `Usage: npm run local [-- --port <1-65535>] [--region <AWS Region>] [--verbose]

  --port      where the local AWS answers on 127.0.0.1 (default: 4566)
  --region    the AWS Region it plays (default: eu-west-1)
  --verbose   print what the functions write`;

/** The alias of the key that the printed commands work on. */
const SAMPLE_ALIAS = 'alias/sample';

type Settings = { port: number; region: string; verbose: boolean };

/** The command line is wrong; the message says what is allowed. */
class UsageError extends Error {
  override name = 'UsageError';
}

function readSettings(args: readonly string[]): Settings {
  const options = { port: { type: 'string' }, region: { type: 'string' }, verbose: { type: 'boolean' } } as const;
  const { values } = parse(() => parseArgs({ args: [...args], options }));
  const { port = '4566', region = 'eu-west-1', verbose = false } = values;
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw new UsageError(`--port ${port} is not a port; use a number from 1 to 65535.`);
  }
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) {
    throw new UsageError(`--region ${region} is not an AWS Region; use one such as eu-west-1.`);
  }
  return { port: Number(port), region, verbose };
}

function parse<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Makes a key that is in order, so that the printed command has something to spoil. */
async function createSampleKey({ url, region }: LocalAws): Promise<string> {
  const kms = new KMSClient(localClientConfig({ endpoint: url, region }));
  try {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'A key to try Keywarden on.' }));
    const keyId = KeyMetadata?.KeyId ?? '';
    await kms.send(new EnableKeyRotationCommand({ KeyId: keyId, RotationPeriodInDays: 365 }));
    await kms.send(new CreateAliasCommand({ AliasName: SAMPLE_ALIAS, TargetKeyId: keyId }));
    return keyId;
  } finally {
    kms.destroy();
  }
}

/** What can be copied into another terminal as it stands. */
function explain(aws: LocalAws, keyId: string): string {
  const { url, region, remediateFunction, table } = aws;
  const payload = JSON.stringify({ key: SAMPLE_ALIAS, action: 'verify', reason: 'trying it', requestedBy: 'me' });
  return `
A local AWS is ready at ${url} (account ${aws.account}, ${region}).
In another terminal, in this directory:

  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=${region}

Break a rule, and see it put right:

  aws --endpoint-url ${url} kms disable-key-rotation --key-id ${keyId}
  aws --endpoint-url ${url} kms get-key-rotation-status --key-id ${keyId}

Read what was recorded:

  npx keywarden --endpoint-url ${url} --table ${table} ledger show ${keyId}

Ask for a check yourself:

  echo '${payload}' |
    aws --endpoint-url ${url} lambda invoke --function-name ${remediateFunction} \\
      --payload fileb:///dev/stdin /dev/stdout

What the security officer is told appears below. Ctrl-C ends it and leaves nothing behind.
`;
}

function showMessage({ subject, text }: OfficerMessage): void {
  process.stdout.write(`\n── To the security officer: ${subject}\n\n${text.trimEnd()}\n`);
}

/** A line that stays on a terminal only until the next one, so that progress is seen and does not pile up. */
function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${line.slice(0, process.stderr.columns - 1)}`);
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
}

async function main(): Promise<void> {
  const { port, region, verbose } = readSettings(process.argv.slice(2));
  const leaving = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => leaving.abort());
  let quiet = true;
  const log = (line: string) => {
    if (verbose) process.stderr.write(`${line}\n`);
    else if (quiet) showProgress(line);
    // Functions log every event; what the runner and the gateway have to say is rare, and worth knowing.
    else if (!line.startsWith('[')) process.stderr.write(`${line}\n`);
  };
  const aws = await startLocalAws({ port, region, log, onMessage: showMessage, signal: leaving.signal });
  try {
    const keyId = await createSampleKey(aws);
    await aws.idle();
    clearProgress();
    quiet = false;
    process.stdout.write(explain(aws, keyId));
    if (!leaving.signal.aborted) await once(leaving.signal, 'abort');
  } finally {
    quiet = true;
    showProgress('Stopping ...');
    await aws.stop();
    clearProgress();
  }
}

try {
  await main();
} catch (error) {
  clearProgress();
  if (error instanceof Error && error.name === 'AbortError') process.exit(0);
  const usage = error instanceof UsageError;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage ? `\n${USAGE}\n` : ''}`);
  process.exitCode = usage ? 2 : 1;
}
