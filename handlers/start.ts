import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { createChat } from '../lib/alert/channels/chat.ts';
import { createEvents } from '../lib/alert/channels/events.ts';
import { createSecurityHub } from '../lib/alert/channels/security-hub.ts';
import { type ChannelFailure, createTelling } from '../lib/alert/channels/telling.ts';
import { createOfficer } from '../lib/alert/officer.ts';
import { createStorm } from '../lib/alert/storm.ts';
import { createCall } from '../lib/aws/call.ts';
import {
  createCloudTrailClients,
  createDynamoClient,
  createEventBridgeClient,
  createIamClient,
  createKmsClient,
  createSecurityHubClient,
  createSnsClient,
  createSqsClient,
  createSsmClient,
} from '../lib/aws/clients.ts';
import { type Count, createCount } from '../lib/aws/count.ts';
import { createKillSwitch } from '../lib/aws/kill-switch.ts';
import { createLater } from '../lib/aws/later.ts';
import { controlIds } from '../lib/controls/index.ts';
import { chooseReader } from '../lib/facts/choose-reader.ts';
import { createLastUseReader } from '../lib/key-use/find-last-use.ts';
import { createHistoryReader } from '../lib/ledger/history.ts';
import { createLedger, type Writer } from '../lib/ledger/ledger.ts';
import type { Pipeline } from '../lib/pipeline.ts';
import { loadPolicy } from '../lib/policy/load-policy.ts';
import { readSettings, type Settings } from '../lib/settings.ts';
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
  const later = createLater(createSqsClient({ region }), settings.KEYWARDEN_QUEUE_URL);
  const count = createCount(settings.KEYWARDEN_STAGE);
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
    later,
    ...openTelling(settings, log, clock, count),
    storm: createStorm({ table: { client, table }, limit: policy.alerts.storm, later, pause }),
    count,
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

/** The officer's topic, and the other ways of telling that the stack has. */
function openTelling(settings: Settings, log: Logger, clock: () => Date, count: Count) {
  const { AWS_REGION: region } = settings;
  const sns = createSnsClient({ region });
  const channels = [
    createChat(sns, settings.KEYWARDEN_CHAT_TOPIC_ARN),
    createEvents(createEventBridgeClient({ region })),
    ...(settings.KEYWARDEN_SECURITY_HUB ? [createSecurityHub(createSecurityHubClient({ region }), clock)] : []),
  ];
  /** The alarm of the stack watches this metric. */
  const failed = (failure: ChannelFailure) => {
    log.warn('not told', { ...failure });
    count('NotTold');
  };
  return createTelling({ officer: createOfficer(sns, settings.KEYWARDEN_TOPIC_ARN), channels, failed, clock });
}

/** Nobody else takes over before this invocation must have ended. */
export const writerOf = (context: Context): Writer => ({
  owner: context.awsRequestId,
  recordedBy: `keywarden ${manifest.version} ${context.functionName} ${context.awsRequestId}`,
  leaseUntil: Date.now() + context.getRemainingTimeInMillis(),
});
