import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createLookUp } from '../lib/aws/lookup-events.ts';
import { createLookupSource } from '../lib/reconcile/lookup-source.ts';
import { type ReconcileResult, readReconcileInput, runAsked, runSchedule } from '../lib/reconcile/run-reconcile.ts';
import manifest from '../package.json' with { type: 'json' };
import { start, writerOf } from './start.ts';

const { pipeline, ledgerTable, cloudTrail, log } = start();

/** This share of the time is kept for what is under way when the rest is used up. */
const KEPT = 0.25;

/** `{}` goes on where the schedule is; `{ from, to }` compares that time. */
async function compareWithCloudTrail(input: unknown, context: Context): Promise<ReconcileResult> {
  const asked = readReconcileInput(input, pipeline.clock(), pipeline.policy.reconcile.settleMinutes);
  if (asked !== 'schedule' && 'status' in asked) return asked;
  const kept = context.getRemainingTimeInMillis() * KEPT;
  const outOfTime = () => context.getRemainingTimeInMillis() < kept;
  const { account, region, clock, pause } = pipeline;
  const lookUp = createLookUp(cloudTrail);
  const source = createLookupSource({ account, region, lookUp, clock, pause, outOfTime });
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

export const handler = middy<unknown, ReconcileResult>().use(injectLambdaContext(log)).handler(compareWithCloudTrail);
