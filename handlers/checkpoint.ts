import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createS3Client } from '../lib/aws/clients.ts';
import { createEvidenceStore } from '../lib/aws/evidence-store.ts';
import { createSigner } from '../lib/aws/signer.ts';
import type { Evidence } from '../lib/evidence/evidence.ts';
import { type HourlyResult, runHourly } from '../lib/evidence/run-hourly.ts';
import { start, writerOf } from './start.ts';

const { pipeline, kms, ledgerTable, settings, log } = start();
const { account, region, ledger, tell, clock, pause, policy } = pipeline;
const bucket = settings.KEYWARDEN_EVIDENCE_BUCKET;
const store = createEvidenceStore(createS3Client({ region }), bucket);
const signer = createSigner(kms, settings.KEYWARDEN_SIGNING_KEY);
const { retentionYears } = policy.evidence;

/** What a run needs to end in order, in milliseconds: to sign, to keep and to tell; less when it has little. */
const RESERVE = 60_000;

/** Makes the checkpoints of the hour and the inventory of the day; by the schedule, or on demand with any input. */
async function makeCheckpoint(_input: unknown, context: Context): Promise<HourlyResult> {
  const reserve = Math.min(RESERVE, context.getRemainingTimeInMillis() / 2);
  const hasTime = () => context.getRemainingTimeInMillis() > reserve;
  const tools = { table: ledgerTable, ledger, store, bucket, retentionYears, signer, kms, tell, clock, pause, hasTime };
  const evidence: Evidence = { ...tools, account, region };
  const result = await runHourly(evidence, writerOf(context));
  log.info('Checkpoints are made.', { result });
  return result;
}

export const handler = middy<unknown, HourlyResult>().use(injectLambdaContext(log)).handler(makeCheckpoint);
