import type { KeyAction } from '../../event/key-action.ts';
import { isOwnResource } from '../../event/own-resource.ts';
import { listNamedResources } from '../../event/resource-subject.ts';
import { isNamed, isService, nameActor } from '../../facts/actor.ts';
import { showText } from '../../facts/plain-text.ts';
import type { Evidence, Judgement } from '../control.ts';
import { judge } from './judge-key.ts';

/** What each service's resources are called in a sentence. */
const NOUNS: Readonly<Record<string, string>> = {
  events: 'Rule',
  sqs: 'Queue',
  lambda: 'Function',
  dynamodb: 'Table',
  sns: 'Topic',
  ssm: 'Parameter',
  cloudwatch: 'Alarm',
  s3: 'Bucket',
  iam: 'Role',
};

/** `arn:aws:events:eu-west-1:111122223333:rule/watch` as `Rule watch`. */
function nameResource(arn: string): string {
  const [, , service = '', , , ...rest] = arn.split(':');
  const name = rest.join(':').replace(/^(rule|table|role|policy|parameter)\/|^(function|alarm):/, '');
  const noun = service === 'iam' && rest[0]?.startsWith('policy/') === true ? 'Policy' : NOUNS[service];
  return `${noun ?? 'Resource'} ${showText(name)}`;
}

/** Which part of Keywarden an action changed; undefined when none. */
export function findOwnPart({ action, ownResources }: Pick<Evidence, 'action' | 'ownResources'>): string | undefined {
  if (action === undefined) return undefined;
  const { eventSource, account, region, request, response, subject } = action;
  const named = listNamedResources({ eventSource, place: { account, region }, request, response });
  return [subject, ...named].find((arn) => isOwnResource(arn, ownResources));
}

/**
 * Judges a change of what Keywarden is made of by who made it: nothing is read, because what such a rule or function must
 * be is known to the deployment only.
 */
export function judgeOwnPart(evidence: Evidence, action: KeyAction): Judgement {
  const own = findOwnPart(evidence);
  const { actor, api, eventId, subject } = action;
  if (own === undefined) {
    return subject.endsWith(':unidentified')
      ? judge(
          'unknown',
          `The record of ${showText(api)} does not say what it changed; look event ${showText(eventId)} up in CloudTrail`,
        )
      : judge('not-applicable', `${nameResource(subject)} is no part of Keywarden`);
  }
  const what = `${nameResource(own)} is a part of Keywarden and was changed (${showText(api)})`;
  if (actor.bySelf) return judge('not-applicable', `${what} by Keywarden itself`);
  if (isService(actor)) return judge('not-applicable', `${what} by AWS itself (${nameActor(actor)})`);
  if (isFirstDeployment(evidence, action)) {
    return {
      ...judge(
        'not-applicable',
        `${what} by ${nameActor(actor)} through CloudFormation, and auditTrail.maintainers of the policy file does not say yet who deploys it`,
      ),
      keeps: true,
    };
  }
  return isMaintained(evidence, action)
    ? judge('compliant', `${what} by ${nameActor(actor)}, whom auditTrail.maintainers names`)
    : judge('violation', `${what} by ${nameActor(actor)}, ${describeStranger(evidence, action)}`);
}

/**
 * Whether CloudFormation builds or updates a part while nobody is named who may: a deployment is some thirty calls, and thirty
 * critical alerts about it would be what the officer learns to skip. What takes a part away or switches it off is told all the
 * same, as is every call that somebody makes past CloudFormation. AWS writes `invokedBy`, and no caller can.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
const isFirstDeployment = ({ policy }: Evidence, { actor, api, request }: KeyAction): boolean =>
  policy.auditTrail.maintainers.length === 0 &&
  actor.type !== 'Root' &&
  actor.invokedBy === 'cloudformation.amazonaws.com' &&
  !TAKES_AWAY.test(api) &&
  request.state !== 'DISABLED' &&
  request.enabled !== false;

const TAKES_AWAY = /^(Delete|Disable|Remove|Purge|Unsubscribe|Detach|PutFunctionConcurrency)/;

/**
 * Whether somebody did it whom the policy file names for it. The root user never is, whatever pattern it matches.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html
 */
export const isMaintained = ({ policy }: Evidence, { actor }: KeyAction): boolean =>
  actor.type !== 'Root' && isNamed(actor, policy.auditTrail.maintainers);

/** Why somebody may not, as a clause. */
export function describeStranger({ policy }: Evidence, { actor }: KeyAction): string {
  if (actor.type === 'Root') return 'the root user, which nothing is to be changed with';
  return policy.auditTrail.maintainers.length === 0
    ? 'and auditTrail.maintainers of the policy file names nobody who may'
    : 'whom auditTrail.maintainers of the policy file does not name';
}
