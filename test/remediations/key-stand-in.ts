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

/** What KMS says when the state of a key does not permit a call. */
export const INVALID_STATE = Object.assign(new Error('The key is pending deletion.'), {
  name: 'KMSInvalidStateException',
});

/** A key whose state follows the calls, as KMS's table of states says; what is in `refused` fails as often as it is called. */
export function startKey(
  key: Partial<KeyDescription>,
  history: KeyHistory = EMPTY_HISTORY,
  refused: Readonly<Record<string, Error>> = {},
) {
  const made: AwsRequest[] = [];
  let now = key;
  return {
    made,
    state: () => now.state ?? 'Enabled',
    deletionAt: () => now.deletionAt,
    read: async (): Promise<KeyFacts> => ({ ...factsOf(now), history: known(history) }),
    call: async (request: AwsRequest) => {
      const refusal = refused[request.operation];
      if (refusal !== undefined) throw refusal;
      made.push(request);
      now = CHANGES[request.operation]?.(now, request) ?? now;
      return { operation: request.operation, requestId: `request-${made.length}` };
    },
  };
}
