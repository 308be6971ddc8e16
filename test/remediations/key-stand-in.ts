import { type KeyDescription, type KeyFacts, type KeyHistory, known } from '../../lib/facts/key-facts.ts';
import { EMPTY_HISTORY } from '../../lib/facts/key-history.ts';
import type { AwsRequest } from '../../lib/remediations/remedy.ts';
import { NOW } from '../controls/control-case.ts';
import { addDays } from '../facts/deletion.ts';
import { factsOf } from '../facts/key.ts';

type Change = (key: Partial<KeyDescription>, request: AwsRequest) => Partial<KeyDescription>;

/** https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
const CHANGES: Readonly<Record<string, Change>> = {
  CancelKeyDeletion: () => ({ state: 'Disabled' }),
  EnableKey: (key) => ({ ...key, state: 'Enabled' }),
  DisableKey: (key) => ({ ...key, state: 'Disabled' }),
  ScheduleKeyDeletion: (key, { parameters }) => ({
    ...key,
    state: 'PendingDeletion',
    deletionAt: addDays(Number(parameters.PendingWindowInDays), NOW.toISOString()),
  }),
};

/** A key whose state follows the calls, as KMS's table of states says; `failing` is refused as often as it is called. */
export function startKey(key: Partial<KeyDescription>, history: KeyHistory = EMPTY_HISTORY, failing?: string) {
  const made: AwsRequest[] = [];
  let now = key;
  return {
    made,
    state: () => now.state ?? 'Enabled',
    deletionAt: () => now.deletionAt,
    read: async (): Promise<KeyFacts> => ({ ...factsOf(now), history: known(history) }),
    call: async (request: AwsRequest) => {
      if (request.operation === failing) throw new Error(`${failing} failed.`);
      made.push(request);
      now = CHANGES[request.operation]?.(now, request) ?? now;
      return { operation: request.operation, requestId: `request-${made.length}` };
    },
  };
}
