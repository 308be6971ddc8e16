import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { createEvidenceStore } from '../../lib/aws/evidence-store.ts';
import { createLookUp } from '../../lib/aws/lookup-events.ts';
import { createSigner } from '../../lib/aws/signer.ts';
import { controlIds } from '../../lib/controls/index.ts';
import type { HourlyResult } from '../../lib/evidence/run-hourly.ts';
import type { LedgerTable } from '../../lib/ledger/read.ts';
import { createTableSource } from '../../lib/ledger/table-source.ts';
import { judgeVerification } from '../../lib/ledger/verification.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { parsePolicy } from '../../lib/policy/load-policy.ts';
import { compareWindow } from '../../lib/reconcile/compare-window.ts';
import { createLookupSource } from '../../lib/reconcile/lookup-source.ts';
import { createKeyLists } from '../../lib/report/key-lists.ts';
import { renderPage } from '../../lib/report/page/page.ts';
import { writePack } from '../../lib/report/write-pack.ts';
import manifest from '../../package.json' with { type: 'json' };
import type { LocalAws } from '../local-aws.ts';
import { localClientConfig } from '../local-client.ts';
import { PROJECT } from '../package-stack.ts';
import type { Screen } from './screen.ts';

/** What the proof is about. */
export interface Proof {
  readonly local: LocalAws;
  readonly table: LedgerTable;
  /** When the story began. */
  readonly since: Date;
  readonly policyText: string;
  readonly screen: Screen;
}

/**
 * What the auditor gets: the comparison with CloudTrail, a signed checkpoint, the verification by its public key, and an
 * evidence pack to look at.
 *
 * @returns whether nothing is missing and the ledger is whole
 */
export async function prove(proof: Proof): Promise<boolean> {
  proof.screen.act('The proof: is everything on record, and is the record untouched?');
  const complete = await compare(proof);
  await checkpoint(proof);
  const publicKey = await readPublicKey(proof);
  const whole = await verify(proof, publicKey);
  await report(proof, publicKey);
  return complete && whole;
}

/** The local AWS delivers at once, so that nothing has to settle: for the comparison it is half an hour later. */
const SETTLED = 30 * 60_000;

async function compare({ local, table, since, screen }: Proof): Promise<boolean> {
  const { account, region, url } = local;
  const cloudTrail = new CloudTrailClient(localClientConfig({ endpoint: url, region }));
  const history = new CloudTrailClient(localClientConfig({ endpoint: url, region: 'us-east-1' }));
  const lookUp = createLookUp((place) => (place === region ? cloudTrail : history));
  const clock = () => new Date(Date.now() + SETTLED);
  const source = createLookupSource({ account, region, lookUp, clock, pause, outOfTime: () => false });
  const ownResources = [`arn:aws:*:*:${account}:*keywarden-dev-*`];
  const context = { table, account, ownResources, clock, pause, by: 'the demo', version: manifest.version };
  const window = { from: toSecond(since), to: toSecond(new Date(Date.now() + 1000)) };
  const { counts, complete, gaps } = await compareWindow(context, source, window);
  screen.say(
    'compared',
    `CloudTrail has ${counts.expected} events that must be on record; ${counts.recorded} are. ${counts.extra} entries are unknown to CloudTrail.`,
    complete && counts.extra === 0 ? 'good' : 'bad',
  );
  for (const { what, reason } of gaps) screen.say('not seen', `${what}: ${reason}`, 'bad');
  cloudTrail.destroy();
  history.destroy();
  return complete && counts.extra === 0;
}

const toSecond = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;

async function checkpoint({ local, screen }: Proof): Promise<void> {
  const answer = await local.runner.invoke(local.checkpointFunction, Buffer.from('{}'), 'RequestResponse');
  if (answer.functionError !== undefined) throw new Error(`No checkpoint was made: ${answer.payload}`);
  const { made, lock } = JSON.parse(answer.payload) as HourlyResult;
  const kept = lock.locked ? `kept under Object Lock in ${lock.mode.toLowerCase()} mode` : `NOT locked: ${lock.reason}`;
  for (const { number, entries } of made)
    screen.say('signed', `Checkpoint ${number} over ${entries} entries, ${kept}.`, 'good');
}

/** From KMS and not from the ledger, which names it too: whoever could write the ledger could name another. */
async function readPublicKey({ local }: Proof): Promise<string> {
  const kms = new KMSClient(localClientConfig({ endpoint: local.url, region: local.region }));
  const { pem } = await createSigner(kms, local.signingKey).publicKey();
  kms.destroy();
  return pem;
}

async function verify({ table, screen }: Proof, publicKey: string): Promise<boolean> {
  const verification = await verifyLedger(table, { publicKeys: [publicKey] });
  const { chains, entries, problems, coverage } = verification;
  for (const { subject, seq, what } of problems) screen.say('BROKEN', `${subject} entry ${seq}: ${what}`, 'bad');
  const whole = judgeVerification(verification) === 'whole';
  const verdict = whole ? 'Nothing was altered, removed, inserted, moved or cut off.' : 'It is not whole.';
  screen.say('verified', `${entries} entries in ${chains} chains. ${verdict}`, whole ? 'good' : 'bad');
  screen.say('', `The public key of the checkpoints proves ${coverage.covered} of them.`);
  return whole;
}

/** Where the pack of the last demo is. */
const FOLDER = join(PROJECT, '.keywarden', 'demo-pack');

async function report({ local, table, since, policyText, screen }: Proof, publicKey: string): Promise<void> {
  const { url, region, account, evidenceBucket, signingKey } = local;
  const config = localClientConfig({ endpoint: url, region });
  const [kms, s3] = [new KMSClient(config), new S3Client(config)];
  const now = new Date();
  const window = { from: since.toISOString(), to: now.toISOString() };
  await rm(FOLDER, { recursive: true, force: true });
  const { data } = await writePack(
    {
      source: createTableSource(table),
      window,
      generator: {
        name: 'keywarden',
        version: manifest.version,
        at: now.toISOString(),
        by: 'npm run demo',
        source: `table ${table.table} of the local account ${account}`,
        query: `npm run demo: every entry of the ledger, from ${window.from} to ${window.to}`,
      },
      policy: parsePolicy(policyText, 'the policy of the demo', controlIds),
      policyText,
      publicKeys: [publicKey],
      keyLists: createKeyLists(createEvidenceStore(s3, evidenceBucket)),
      keyUse: { problem: 'the demo counts no uses of keys.' },
    },
    FOLDER,
    { signer: createSigner(kms, signingKey), renderPage },
  );
  kms.destroy();
  s3.destroy();
  screen.say('reported', `An evidence pack of ${data.populations.length} populations, signed. Open it in a browser:`);
  screen.line(`           .keywarden/demo-pack/index.html`);
}
