import { writeLimitMessage } from './alert/limit-message.ts';
import type { Notice, Teller } from './alert/notice.ts';
import { approvableOf, digestOfPlan } from './compare-plans.ts';
import type { Pipeline } from './context.ts';
import { type KeyFacts, unread } from './facts/key-facts.ts';
import { textOfControl } from './judge.ts';
import type { ActionEntry, RecordedDecision, RecordedRemediation, Told } from './ledger/entry.ts';
import { type Finding, findingId, stateOf } from './ledger/finding.ts';
import { findRemedy } from './remediations/index.ts';
import { tellNews } from './tell-news.ts';

/**
 * Tells the officer what an entry changed: one message for each finding, or one for all of them while the limit of changes
 * of the hour is reached.
 *
 * @param news findings that the entry changed
 */
export async function tellAll(
  pipeline: Pipeline,
  entry: ActionEntry,
  news: readonly Finding[],
  remediations: readonly RecordedRemediation[],
): Promise<Told[]> {
  const told: Told[] = [];
  const add = (one: Told) => {
    told.push(one);
    pipeline.log.info('told', { eventId: entry.eventId, ...one });
  };
  const note = (control: string, state: string, messageId: string) => add({ control, state, messageId });
  const isHeld = (finding: Finding) => decisionOn(entry, finding)?.held === true;
  if (entry.limit === 'reports') {
    const { account, region, stage, policy } = pipeline;
    const message = writeLimitMessage(entry, policy.safeguards.changesPerHour, { account, region, stage });
    note('changes-per-hour', 'needs-approval', await pipeline.tell(message));
  }
  for (const finding of news.filter(isHeld)) note(findingId(finding), 'needs-approval', IN_DIGEST);
  const isOfBaseline = (finding: Finding) => entry.baseline !== undefined && finding.baseline === entry.baseline;
  for (const finding of news.filter((one) => !isHeld(one) && isOfBaseline(one))) {
    note(findingId(finding), stateOf(finding, undefined), IN_FIRST_LOOK);
  }
  const single = news.filter((finding) => !isHeld(finding) && !isOfBaseline(finding));
  if (single.length === 0) return told;
  const aliases = await readAliases(pipeline, entry);
  for (const finding of single) {
    add(await tellNews(pipeline, describeNews(pipeline, entry, finding, remediations, aliases)));
  }
  return told;
}

/** Instead of a message id, where a storm is told in one message. */
const IN_DIGEST = 'in the message about the limit of changes of this hour';

/** The same, for what was so before Keywarden was there: it is told when all keys were looked at. */
const IN_FIRST_LOOK = 'in the message about the first look at all keys';

const decisionOn = ({ decisions }: ActionEntry, finding: Finding): RecordedDecision | undefined =>
  decisions.find((decision) => findingId(decision) === findingId(finding));

/** Everything that is told of one finding that an entry changed. */
export function describeNews(
  pipeline: Pick<Pipeline, 'region' | 'stage' | 'policy'>,
  entry: ActionEntry,
  finding: Finding,
  remediations: readonly RecordedRemediation[],
  aliases: KeyFacts['aliases'],
): Notice {
  const remediation = remediations.find(({ controls: ids }) => ids.includes(findingId(finding)));
  const decision = decisionOn(entry, finding) ?? {
    control: finding.control,
    decision: 'none',
    reason: 'Nothing is wrong.',
  };
  return {
    state: stateOf(finding, remediation),
    finding,
    control: textOfControl(finding.control),
    action: entry.action,
    decision,
    remediation,
    aliases,
    ...noticeOf(pipeline, entry, decision),
  };
}

/** What a message says of the order, of the plan, and of the Keywarden that sends it. */
export function noticeOf(
  { region, stage, policy: { approval, alerts } }: Pick<Pipeline, 'region' | 'stage' | 'policy'>,
  { order }: Pick<ActionEntry, 'order'>,
  decision: RecordedDecision,
): { readonly home: Teller } & Pick<Notice, 'order' | 'planDigest' | 'undoRefused'> {
  const plan = approvableOf(decision);
  return {
    home: { region, stage, approval, alerts },
    order,
    planDigest: plan === undefined ? undefined : digestOfPlan(plan),
    undoRefused: plan === undefined ? undefined : findRemedy(plan.remedy)?.undoRefused,
  };
}

/** For people only: an alias that cannot be read must not keep the alert back. */
export async function readAliases({ factsOf }: Pipeline, { subject }: ActionEntry): Promise<KeyFacts['aliases']> {
  if (!subject.includes(':key/')) return unread('the action names no key');
  return (await factsOf(subject, 'unread').read(['aliases'])).aliases;
}
