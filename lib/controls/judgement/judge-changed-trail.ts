import type { KeyAction } from '../../event/key-action.ts';
import { isService, nameActor } from '../../facts/actor.ts';
import type { Trail } from '../../facts/key-facts.ts';
import { showText } from '../../facts/plain-text.ts';
import type { Evidence, Judgement } from '../control.ts';
import { judge } from './judge-key.ts';
import { describeStranger, isMaintained } from './judge-recorders.ts';
import { type Coverage, judgeCoverage, nameTrail } from './judge-trails.ts';

/**
 * Judges a change of a trail by what is so now, so that what was put right is in order. Maintainers may stop, narrow and
 * delete a trail as long as the others record everything; nobody may leave the account without a record.
 *
 * UpdateTrail is judged by who made it: it may send the log files to another bucket, or end their validation, and what was
 * there before is in no record.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html
 */
export function judgeChangedTrail(evidence: Evidence, action: KeyAction): Judgement {
  const { trails } = evidence.facts;
  const { api, eventId, subject } = action;
  if (subject.endsWith(':unidentified')) {
    return judge(
      'unknown',
      `The record of ${showText(api)} does not say which trail it was about; look event ${showText(eventId)} up in CloudTrail`,
    );
  }
  const name = nameTrail(subject).replace('t', 'T');
  if (!trails.known) return judge('unknown', `${name} cannot be judged because ${trails.reason}`);
  const trail = trails.value.find(({ arn }) => arn === subject);
  const flaw = findFlaw(trail, action);
  if ('unclear' in flaw) return judge('unknown', `${name} cannot be judged because ${flaw.unclear}`);
  if ('gone' in flaw)
    return judge('not-applicable', `${name} does not exist any more; its deletion is judged by itself`);
  if ('good' in flaw) return judge('compliant', `${name} ${flaw.good}`);
  return weigh(evidence, action, `${name} ${flaw.bad}`, judgeCoverage(trails.value));
}

/** What is so of the aspect of a trail that an action changed. */
type Flaw =
  | { readonly good: string }
  | { readonly bad: string }
  | { readonly unclear: string }
  | { readonly gone: true };

function findFlaw(trail: Trail | undefined, action: KeyAction): Flaw {
  const { api } = action;
  if (api === 'DeleteTrail' || api === 'CreateTrail')
    return trail === undefined ? { bad: 'is gone' } : { good: 'exists' };
  if (trail === undefined) return { gone: true };
  if (api === 'UpdateTrail') return { bad: describeUpdate(trail, action) };
  return api === 'PutEventSelectors' ? findSelectorFlaw(trail) : findLoggingFlaw(trail);
}

function findLoggingFlaw({ logging }: Trail): Flaw {
  if (!logging.known) return { unclear: logging.reason };
  return logging.value ? { good: 'is logging' } : { bad: 'is not logging' };
}

function findSelectorFlaw({ kmsEvents }: Trail): Flaw {
  if (!kmsEvents.known) return { unclear: kmsEvents.reason };
  const { reads, writes } = kmsEvents.value;
  if (reads && writes) return { good: 'records the reads and writes of KMS' };
  if (!reads && !writes) return { bad: 'leaves the events of KMS out' };
  return { bad: `records only the ${reads ? 'reads' : 'writes'} of KMS` };
}

/** What the caller set, so that the officer knows where to look. */
function describeUpdate({ multiRegion }: Trail, { request }: KeyAction): string {
  const set = Object.keys(request).filter((field) => field !== 'name');
  const fields = set.length === 0 ? '' : ` (${showText(set.join(', '))})`;
  return `was given other settings${fields}${multiRegion ? '' : ' and records only its own Region'}`;
}

/** What is wrong of a trail may be right: somebody maintains the trails, and another one records everything. */
function weigh(evidence: Evidence, action: KeyAction, what: string, coverage: Coverage): Judgement {
  const who = nameActor(action.actor);
  const says = `${what}; ${showText(action.api)} was called by ${who}`;
  if (action.api === 'UpdateTrail' && isService(action.actor)) return judge('not-applicable', says);
  if (!isMaintained(evidence, action)) return judge('violation', `${says}, ${describeStranger(evidence, action)}`);
  const named = `${says}, whom auditTrail.maintainers names`;
  const { api, request } = action;
  if (api === 'UpdateTrail' && request.isMultiRegionTrail !== false) return judge('compliant', named);
  if (coverage.covers) return judge('compliant', `${named}, and ${coverage.by} records all use of keys`);
  return coverage.unclear === undefined
    ? judge('violation', `${named}, but nothing records all use of keys now: ${coverage.missing}`)
    : judge(
        'unknown',
        `${named}; whether another trail records the use of keys is unknown because ${coverage.unclear}`,
      );
}
