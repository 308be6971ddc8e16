import { randomUUID } from 'node:crypto';
import {
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  type Rule,
  type Target,
} from '@aws-sdk/client-eventbridge';
import { localClientConfig } from '../local-client.ts';
import { findNextRun } from './schedule-expression.ts';

/** What runs on a schedule, and how. */
export type ScheduleOptions = {
  endpoint: string;
  region: string;
  /** Twelve digits. */
  account: string;
  /** Runs a function; what goes wrong is its business. */
  run: (functionName: string, payload: string) => Promise<void>;
  log: (line: string) => void;
  /** The time. Default: the wall clock. */
  clock?: () => Date;
};

/** The longest time a timer of Node can wait, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Runs the functions that enabled rules with a schedule have as targets, as those rules are deployed now; moto keeps such
 * rules and never runs them. Targets that are not functions are named in the log and not run.
 *
 * @throws what AWS throws if the rules cannot be read
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
 */
export async function startSchedules(options: ScheduleOptions): Promise<{ stop(): void }> {
  const { clock = () => new Date() } = options;
  const timers = new Map<string, NodeJS.Timeout>();
  const plan = (rule: Rule, targets: readonly Target[]) => {
    const name = rule.Name ?? '';
    try {
      const now = clock();
      const due = findNextRun(rule.ScheduleExpression ?? '', now);
      const pause = due.getTime() - now.getTime();
      const next = () => {
        if (pause <= LONGEST_TIMER) runTargets(rule, targets, due, options);
        plan(rule, targets);
      };
      timers.set(name, setTimeout(next, Math.min(pause, LONGEST_TIMER)));
    } catch (error) {
      options.log(`Rule ${name} is not run: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  for (const { rule, targets } of await listSchedules(options)) plan(rule, targets);
  return {
    stop: () => {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}

function runTargets(rule: Rule, targets: readonly Target[], due: Date, options: ScheduleOptions): void {
  for (const { Arn = '', Input } of targets) {
    if (!Arn.startsWith('arn:aws:lambda:'))
      options.log(`Rule ${rule.Name}: target ${Arn} is not run; only functions are.`);
    else void options.run(Arn.split(':')[6] ?? '', Input ?? JSON.stringify(makeScheduledEvent(rule, due, options)));
  }
}

/** https://docs.aws.amazon.com/eventbridge/latest/ref/event-delivery-level.html */
function makeScheduledEvent(rule: Rule, due: Date, { account, region }: ScheduleOptions): object {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account,
    time: `${due.toISOString().slice(0, 19)}Z`,
    region,
    resources: [rule.Arn ?? ''],
    detail: {},
  };
}

async function listSchedules(options: ScheduleOptions): Promise<{ rule: Rule; targets: readonly Target[] }[]> {
  const client = new EventBridgeClient(localClientConfig(options));
  const schedules: { rule: Rule; targets: readonly Target[] }[] = [];
  try {
    for (const rule of await listRules(client)) {
      if (rule.State !== 'ENABLED' || !rule.ScheduleExpression) continue;
      const { Targets = [] } = await client.send(new ListTargetsByRuleCommand({ Rule: rule.Name }));
      schedules.push({ rule, targets: Targets });
    }
  } finally {
    client.destroy();
  }
  return schedules;
}

async function listRules(client: EventBridgeClient): Promise<Rule[]> {
  const rules: Rule[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(new ListRulesCommand({ NextToken: token }));
    rules.push(...(page.Rules ?? []));
    token = page.NextToken;
  } while (token !== undefined);
  return rules;
}
