import { randomUUID } from 'node:crypto';
import { answerJson } from './answer.ts';
import { type Answer, type AwsCall, isJson, type Json, textAt } from './call.ts';
import type { Delivery } from './delivery.ts';

/** What answering needs. */
export type PutEventsOptions = {
  delivery: Delivery;
  /** ARN of the caller, for faults. */
  principal: string;
  now: Date;
};

/** Whether the call puts events on the default bus only; other buses are left to moto. */
export const putsOnDefaultBus = ({ service, operation, input }: AwsCall): boolean =>
  service === 'events' &&
  operation === 'PutEvents' &&
  listEntries(input).every((entry) =>
    /^(default|arn:.*:event-bus\/default)$/.test(textAt(entry, 'EventBusName') ?? 'default'),
  );

/**
 * Puts events of programs on the default bus, so that they reach the targets of rules as all other events do. moto hands them
 * also to rules that have a schedule and no pattern, and fails when the target of such a rule is a function.
 *
 * An event that cannot be taken is named in the answer, and keeps no other back.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function answerPutEvents({ region, input }: AwsCall, { delivery, principal, now }: PutEventsOptions): Answer {
  const answers = listEntries(input).map((entry): Json => {
    const problem = findProblem(entry);
    if (problem !== undefined) return problem;
    delivery.put({
      source: textAt(entry, 'Source') ?? '',
      detailType: textAt(entry, 'DetailType') ?? '',
      region,
      time: typeof entry.Time === 'number' ? new Date(entry.Time * 1000) : now,
      resources: Array.isArray(entry.Resources) ? entry.Resources.map(String) : [],
      detail: readDetail(entry) ?? {},
      cause: { service: 'events', operation: 'PutEvents', principal },
    });
    return { EventId: randomUUID() };
  });
  const FailedEntryCount = answers.filter(({ ErrorCode }) => ErrorCode !== undefined).length;
  return answerJson({ FailedEntryCount, Entries: answers });
}

const listEntries = ({ Entries }: Json): readonly Json[] => (Array.isArray(Entries) ? Entries.filter(isJson) : []);

function findProblem(entry: Json): Json | undefined {
  const missing = ['Source', 'DetailType', 'Detail'].find((name) => (textAt(entry, name) ?? '') === '');
  if (missing !== undefined) {
    const ErrorMessage = `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`;
    return { ErrorCode: 'InvalidArgument', ErrorMessage };
  }
  // Only AWS's own services are sources that begin so.
  if (textAt(entry, 'Source')?.startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  }
  if (readDetail(entry) === undefined) {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  }
  return undefined;
}

function readDetail(entry: Json): Json | undefined {
  try {
    const detail: unknown = JSON.parse(textAt(entry, 'Detail') ?? '');
    return isJson(detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}
