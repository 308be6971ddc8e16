import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createAskedSource } from '../lib/archive/asked-source.ts';
import { ArchivePlaceError } from '../lib/archive/place.ts';
import { createS3Client } from '../lib/aws/clients.ts';
import { createLookUp } from '../lib/aws/lookup-events.ts';
import { createLookupSource } from '../lib/reconcile/lookup-source.ts';
import type { RecordSource } from '../lib/reconcile/record-source.ts';
import {
  type Asked,
  type ReconcileResult,
  readReconcileInput,
  refuse,
  runAsked,
  runSchedule,
} from '../lib/reconcile/run-reconcile.ts';
import manifest from '../package.json' with { type: 'json' };
import { start, writerOf } from './start.ts';

const { pipeline, ledgerTable, cloudTrail, log } = start();

/** This share of the time is kept for what is under way when the rest is used up. */
const KEPT = 0.25;

/** `{}` goes on where the schedule is; `{ from, to }` compares that time, with `archive` by the log files of a trail. */
async function compareWithCloudTrail(input: unknown, context: Context): Promise<ReconcileResult> {
  const asked = readReconcileInput(input, pipeline.clock(), pipeline.policy.reconcile.settleMinutes);
  if (asked !== 'schedule' && 'status' in asked) return asked;
  const kept = context.getRemainingTimeInMillis() * KEPT;
  const outOfTime = () => context.getRemainingTimeInMillis() < kept;
  const source = openSource(asked, outOfTime);
  if (source instanceof ArchivePlaceError) return refuse(source.message);
  const run = {
    pipeline,
    table: ledgerTable,
    delivery: { writer: writerOf(context), last: false },
    by: context.invokedFunctionArn,
    version: manifest.version,
    outOfTime,
  };
  return asked === 'schedule' ? runSchedule(run, source) : runAsked(run, source, asked);
}

/** @returns what is wrong with the place of the archive, because the caller can put it right */
function openSource(asked: 'schedule' | Asked, outOfTime: () => boolean): RecordSource | ArchivePlaceError {
  const { account, region, clock, pause } = pipeline;
  if (asked === 'schedule' || asked.archive === undefined) {
    return createLookupSource({ account, region, lookUp: createLookUp(cloudTrail), clock, pause, outOfTime });
  }
  try {
    const s3 = createS3Client({ region });
    return createAskedSource(asked.archive, { s3, cloudTrail, account, region, clock, outOfTime });
  } catch (error) {
    if (error instanceof ArchivePlaceError) return error;
    throw error;
  }
}

export const handler = middy<unknown, ReconcileResult>().use(injectLambdaContext(log)).handler(compareWithCloudTrail);
