import { isOwnResource } from '../event/own-resource.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { KeyFacts, Trail, TrailSelectors } from '../facts/key-facts.ts';
import { showText } from '../facts/plain-text.ts';
import { readKmsEvents } from '../facts/trail-selectors.ts';
import { makeRequests } from './make-requests.ts';
import {
  type AwsRequest,
  type Call,
  type Confirmation,
  type Parameter,
  type Plan,
  type Planned,
  PlanOutdatedError,
  type Read,
  type Receipt,
  type Remedy,
} from './remedy.ts';
import { recordKms } from './restore-trail-logging/record-kms.ts';

/**
 * Starts the logging of a trail again; or, once a person has approved, has it record the events of KMS again. Everything
 * else that may be wrong with the trail or with Keywarden itself needs what no record has, and is refused with what to do.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartLogging.html
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
 */
const restoreTrailLogging: Remedy = {
  id: 'restore-trail-logging',
  title: 'Start the logging of the trail again, or have it record the events of KMS again',
  reads: ['trails'],
  confirms: ['trails'],
  iam: [
    ...['cloudtrail:DescribeTrails', 'cloudtrail:GetTrailStatus', 'cloudtrail:GetEventSelectors'],
    ...['cloudtrail:StartLogging', 'cloudtrail:PutEventSelectors'],
  ],
  undoIam: ['cloudtrail:StopLogging', 'cloudtrail:PutEventSelectors'],
  undoRefused:
    'Keywarden never stops a trail and never has it record less: without its records nobody can tell what is done with keys. Whom auditTrail.maintainers of the policy file names may do it.',
  plan: planRestoration,
  apply: restore,
  confirm: confirmRestoration,
};

export default restoreTrailLogging;

const refuse = (reason: string): Planned => ({ possible: false, reason: `${reason}.` });

function planRestoration({ action, facts: { trails }, ownResources, policy }: Evidence): Planned {
  if (action === undefined) return refuse('Which trail is meant is known from an action only');
  const { api, subject, account } = action;
  if (action.eventSource !== 'cloudtrail.amazonaws.com' || isOwnResource(subject, ownResources)) {
    return refuse(
      'A part of Keywarden is put back by its deployment, which knows what it must be: deploy the stack again (npm run deploy) and compare what that changes',
    );
  }
  if (!trails.known) return refuse(`The trails could not be read: ${trails.reason}`);
  const trail = trails.value.find(({ arn }) => arn === subject);
  const name = showText(subject.slice(subject.lastIndexOf('/') + 1));
  if (trail === undefined) {
    return refuse(
      `Trail ${name} is gone, and its settings with it: create it again with its bucket (aws cloudtrail create-trail --name ${name} --is-multi-region-trail --s3-bucket-name ...), then start it`,
    );
  }
  const [, , , , owner] = trail.arn.split(':');
  if (owner !== account) {
    return refuse(
      `Trail ${name} belongs to account ${owner}; start it there, which for an organisation is the management account`,
    );
  }
  if (api === 'UpdateTrail') {
    return refuse(
      `What the settings of trail ${name} were before is in no record: compare them with what they must be (aws cloudtrail get-trail --name ${name}) and set them back with aws cloudtrail update-trail`,
    );
  }
  if (api === 'PutEventSelectors') return planSelectors(trail, name);
  const planned = planStart(trail, name);
  const isSpare = policy.auditTrail.maintainers.length === 0 && isAnotherComplete(trail, trails.value);
  return planned.possible && isSpare ? { possible: true, plan: { ...planned.plan, asksFirst: SPARE } } : planned;
}

/** Then nothing is lost while a person is asked, who pays for a trail that is not wanted. */
const isAnotherComplete = ({ arn }: Trail, trails: readonly Trail[]): boolean =>
  trails.some((other) => other.arn !== arn && recordsAllOfKms(other) && other.logging.known && other.logging.value);

const SPARE =
  'Another trail records all use of keys, and auditTrail.maintainers of the policy file does not say yet who may stop this one.';

/** In the home Region: CloudTrail takes it nowhere else. */
const request = (trail: Trail, operation: string, parameters: AwsRequest['parameters']): AwsRequest => ({
  service: 'cloudtrail',
  operation,
  region: trail.homeRegion,
  parameters,
});

function planStart(trail: Trail, name: string): Planned {
  if (!trail.logging.known)
    return refuse(`Whether trail ${name} is logging could not be read: ${trail.logging.reason}`);
  if (trail.logging.value) return refuse(`This is already so: trail ${name} is logging`);
  const plan: Plan = {
    remedy: restoreTrailLogging.id,
    subject: trail.arn,
    summary: `Start the logging of trail ${name} again.`,
    requests: [request(trail, 'StartLogging', { Name: trail.arn })],
    undo: [request(trail, 'StopLogging', { Name: trail.arn })],
    before: { logging: false },
    ...(recordsAllOfKms(trail) ? { settles: ['key-use-logged'] } : {}),
    notes: ['What happened while the trail was off is not in its log files; the event history of CloudTrail has it.'],
  };
  return { possible: true, plan };
}

/** Once such a trail is on, the use of keys is logged, whatever the other trails do. */
const recordsAllOfKms = ({ multiRegion, kmsEvents }: Trail): boolean =>
  multiRegion && kmsEvents.known && kmsEvents.value.reads && kmsEvents.value.writes;

function planSelectors(trail: Trail, name: string): Planned {
  const { selectors, kmsEvents, arn } = trail;
  if (selectors === undefined || !kmsEvents.known) {
    const why = kmsEvents.known ? 'CloudTrail did not give them' : kmsEvents.reason;
    return refuse(`The event selectors of trail ${name} could not be read: ${why}`);
  }
  if (kmsEvents.value.reads && kmsEvents.value.writes) {
    return refuse(`This is already so: trail ${name} records the reads and writes of KMS`);
  }
  const wanted = recordKms(selectors);
  if (wanted === undefined) {
    return refuse(`Trail ${name} has five event selectors already, which is the most: decide which of them may go`);
  }
  const plan: Plan = {
    remedy: restoreTrailLogging.id,
    subject: arn,
    summary: `Have trail ${name} record the reads and writes of KMS, and all other management events that it records.`,
    requests: [request(trail, 'PutEventSelectors', toParameters(arn, wanted))],
    undo: [request(trail, 'PutEventSelectors', toParameters(arn, selectors))],
    asksFirst:
      'What the trail recorded before is in no record, and event selectors are put as a whole: a person must look at them.',
    before: { selectors },
    notes: [
      'Selectors of data events are kept as they are; those of management events become one that takes them all.',
    ],
  };
  return { possible: true, plan };
}

const toParameters = (TrailName: string, { basic, advanced }: TrailSelectors): AwsRequest['parameters'] => ({
  TrailName,
  // The selectors are JSON: they were read from CloudTrail's answer, or made from it.
  ...(basic === undefined ? {} : { EventSelectors: basic as Parameter }),
  ...(advanced === undefined ? {} : { AdvancedEventSelectors: advanced as Parameter }),
});

/**
 * Makes the request unless the trail is as wanted by now.
 *
 * @throws {PlanOutdatedError} when the trail is gone, or its selectors are no longer those that the plan was made for
 * @throws what AWS throws
 */
async function restore(plan: Plan, call: Call, read: Read): Promise<readonly Receipt[]> {
  const facts = await read(['trails']);
  if (confirmRestoration(plan, facts).confirmed) return [];
  const trail = findTrail(plan, facts);
  if (trail === 'gone') throw new PlanOutdatedError(`Trail ${plan.subject} is gone; create it again.`);
  const { selectors } = plan.before;
  if (selectors !== undefined && trail !== undefined && !isSame(trail.selectors, selectors)) {
    throw new PlanOutdatedError(
      `The event selectors of trail ${plan.subject} are others now than those that the plan was made for; look at them again.`,
    );
  }
  return makeRequests(plan, call);
}

/** Both are plain JSON; CloudTrail gives the names in the same order each time. */
const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** @returns undefined when the trails could not be read */
function findTrail({ subject }: Plan, { trails }: KeyFacts): Trail | 'gone' | undefined {
  if (!trails.known) return undefined;
  return trails.value.find(({ arn }) => arn === subject) ?? 'gone';
}

function confirmRestoration(plan: Plan, facts: KeyFacts): Confirmation {
  const trail = findTrail(plan, facts);
  if (trail === undefined) {
    const why = facts.trails.known ? '' : facts.trails.reason;
    return { confirmed: false, reason: `The trails could not be read back: ${why}.` };
  }
  if (trail === 'gone') return { confirmed: false, reason: 'The trail is gone.' };
  if (plan.requests[0]?.operation === 'StartLogging') {
    if (!trail.logging.known)
      return { confirmed: false, reason: `The trail could not be read back: ${trail.logging.reason}.` };
    return trail.logging.value
      ? { confirmed: true, after: { logging: true } }
      : { confirmed: false, reason: 'The trail is still not logging.' };
  }
  const events = trail.selectors === undefined ? trail.kmsEvents : readKmsEvents(trail.selectors);
  if (!events.known)
    return { confirmed: false, reason: `The event selectors could not be read back: ${events.reason}.` };
  return events.value.reads && events.value.writes
    ? { confirmed: true, after: { kmsEvents: events.value } }
    : { confirmed: false, reason: 'The trail still does not record the reads and writes of KMS.' };
}
