import { digestOf } from '../event/digest.ts';
import type { KeyAction } from '../event/key-action.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Sweep } from './store.ts';

/** The last part of a key's ARN: unique in its account and Region. */
export const keyIdOf = (arn: string): string => arn.slice(arn.indexOf('/') + 1);

/**
 * Id of what a sweep says of a key: the same however often it is said.
 *
 * @param part of the key that it is said of, e.g. a grant id; absent: the key itself
 */
export const sweepEventId = ({ id }: Pick<Sweep, 'id'>, arn: string, part?: string): string =>
  ['sweep', id, keyIdOf(arn), ...(part === undefined ? [] : [part])].join('-');

/**
 * Makes the action of a look at a key, as it is recorded when it finds something new. Nobody did anything: the schedule looks.
 *
 * @param grantId of the grant that is looked at; absent: the key itself
 */
export function toSweepAction(
  { account, region, clock }: Pick<Pipeline, 'account' | 'region' | 'clock'>,
  sweep: Pick<Sweep, 'id'>,
  arn: string,
  grantId?: string,
): KeyAction {
  const request = { sweep: sweep.id, keyId: arn, ...(grantId === undefined ? {} : { grantId }) };
  return {
    eventId: sweepEventId(sweep, arn, grantId),
    time: clock().toISOString(),
    api: grantId === undefined ? 'SweepKey' : 'SweepGrant',
    eventSource: 'keywarden',
    kind: 'lifecycle',
    // Section 8 of OP-PROC-001: the security officer oversees the programme.
    step: '8',
    subject: arn,
    keys: [arn],
    account,
    region,
    actor: { type: 'Schedule', person: 'keywarden (sweep)', bySelf: false },
    request,
    response: {},
    outcome: 'succeeded',
    origin: 'sweep',
    digest: digestOf(request),
  };
}
