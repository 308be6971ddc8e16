import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { createOfficer } from '../lib/alert/officer.ts';
import { createCall } from '../lib/aws/call.ts';
import {
  createCloudTrailClients,
  createDynamoClient,
  createIamClient,
  createKmsClient,
  createSnsClient,
  createSqsClient,
  createSsmClient,
} from '../lib/aws/clients.ts';
import { createCount } from '../lib/aws/count.ts';
import { createKillSwitch } from '../lib/aws/kill-switch.ts';
import { createLater } from '../lib/aws/later.ts';
import { controlIds } from '../lib/controls/index.ts';
import { chooseReader } from '../lib/facts/choose-reader.ts';
import { createLastUseReader } from '../lib/key-use/find-last-use.ts';
import { createHistoryReader } from '../lib/ledger/history.ts';
import { createLedger, type Writer } from '../lib/ledger/ledger.ts';
import type { Pipeline } from '../lib/pipeline.ts';
import { loadPolicy } from '../lib/policy/load-policy.ts';
import { readSettings } from '../lib/settings.ts';
import manifest from '../package.json' with { type: 'json' };

/**
 * Builds the pipeline from the function's environment. Called once per container, at module scope: a wrong setting or
 * policy stops the function with a sentence that says what is wrong.
 *
 * @throws {SettingsError} and {@link PolicyError}
 */
export function start() {
  const settings = readSettings(process.env);
  const { AWS_REGION: region, KEYWARDEN_ACCOUNT: account } = settings;
  const policy = loadPolicy(settings.KEYWARDEN_POLICY_FILE, controlIds);
  const kms = createKmsClient({ region });
  const cloudTrail = createCloudTrailClients();
  const client = createDynamoClient({ region });
  const table = settings.KEYWARDEN_TABLE;
  const clock = () => new Date();
  const log = new Logger({ serviceName: 'keywarden' });
  const pipeline: Pipeline = {
    policy,
    policyDigest: createHash('sha256').update(readFileSync(settings.KEYWARDEN_POLICY_FILE)).digest('hex'),
    account,
    region,
    stage: settings.KEYWARDEN_STAGE,
    selfRoleArns: settings.KEYWARDEN_SELF_ROLE_ARNS,
    ownResources: settings.KEYWARDEN_OWN_RESOURCES,
    ledger: createLedger({ client, table, clock, pause }),
    records: { client, table },
    factsOf: chooseReader({
      kms,
      iam: createIamClient({ region }),
      cloudTrail,
      account,
      region,
      readHistory: createHistoryReader({ client, table }),
      readLastUse: createLastUseReader({ client, table: settings.KEYWARDEN_KEY_USE_TABLE }),
    }),
    call: createCall({ kms: () => kms, cloudTrail }),
    stopped: createKillSwitch(createSsmClient({ region }), settings.KEYWARDEN_KILL_SWITCH, clock),
    later: createLater(createSqsClient({ region }), settings.KEYWARDEN_QUEUE_URL),
    tell: createOfficer(createSnsClient({ region }), settings.KEYWARDEN_TOPIC_ARN),
    count: createCount(settings.KEYWARDEN_STAGE),
    clock,
    pause,
    log,
  };
  return {
    pipeline,
    kms,
    cloudTrail,
    ledgerTable: { client, table },
    settings,
    log,
    maxReceives: settings.KEYWARDEN_MAX_RECEIVES,
  };
}

/** Nobody else takes over before this invocation must have ended. */
export const writerOf = (context: Context): Writer => ({
  owner: context.awsRequestId,
  recordedBy: `keywarden ${manifest.version} ${context.functionName} ${context.awsRequestId}`,
  leaseUntil: Date.now() + context.getRemainingTimeInMillis(),
});
