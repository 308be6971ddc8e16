import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createDynamoClient, createS3Client } from '../lib/aws/clients.ts';
import { createEvidenceStore } from '../lib/aws/evidence-store.ts';
import { createSigner } from '../lib/aws/signer.ts';
import { createTableSource } from '../lib/ledger/table-source.ts';
import { createKeyLists } from '../lib/report/key-lists.ts';
import { createKeyUseSource } from '../lib/report/key-use-source.ts';
import { makeReport, type Reporter, type ReportResult } from '../lib/report/make-report.ts';
import { renderPage } from '../lib/report/page/page.ts';
import { readSettings } from '../lib/settings.ts';
import manifest from '../package.json' with { type: 'json' };
import { start, writerOf } from './start.ts';

const { pipeline, kms, log } = start();
const settings = readSettings(process.env);
const { AWS_REGION: region, KEYWARDEN_EVIDENCE_BUCKET: bucket } = settings;
const client = createDynamoClient({ region });
const store = createEvidenceStore(createS3Client({ region }), bucket);

/** Made anew for each pack: what it has read of the heads of chains is of one moment. */
const openSource = () => createTableSource({ client, table: settings.KEYWARDEN_TABLE });

const reporter: Omit<Reporter, 'source' | 'by'> = {
  ...pipeline,
  store,
  bucket,
  signer: createSigner(kms, settings.KEYWARDEN_SIGNING_KEY),
  policyText: readFileSync(settings.KEYWARDEN_POLICY_FILE, 'utf8'),
  keyLists: createKeyLists(store),
  keyUse: createKeyUseSource({ client, table: settings.KEYWARDEN_KEY_USE_TABLE }),
  renderPage,
  version: manifest.version,
  folder: tmpdir(),
};

/** `{ from, to, requestedBy? }`, or `{ monthly: {} }` from the schedule: makes an evidence pack. */
async function report(input: unknown, context: Context): Promise<ReportResult> {
  const made = { ...reporter, source: openSource(), by: context.functionName };
  const result = await makeReport(made, input, context.awsRequestId, writerOf(context));
  log.info('report', { ...result });
  return result;
}

export const handler = middy<unknown, ReportResult>().use(injectLambdaContext(log)).handler(report);
