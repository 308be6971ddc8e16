import type { UseRow } from '../../lib/key-use/count.ts';
import type { OneUse } from '../../lib/key-use/use.ts';

export const ACCOUNT = '111122223333';
export const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
export const OTHER_KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/0987dcba-09fe-87dc-65ba-ab0987654321`;
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/orders`;

/** One use of the key of the tests; a test says only what is different about its own. */
export const useOf = (overrides: Partial<OneUse> = {}): OneUse => ({
  keys: [KEY],
  account: ACCOUNT,
  caller: { principal: ROLE },
  operation: 'Decrypt',
  time: '2026-08-03T09:01:02Z',
  eventId: '7c1f0b5e-0000-4000-8000-000000000001',
  outcome: 'succeeded',
  ...overrides,
});

/** The row of that one use. */
export const rowOf = (overrides: Partial<UseRow> = {}): UseRow => ({
  key: KEY,
  hour: '2026-08-03T09',
  account: ACCOUNT,
  principal: ROLE,
  operation: 'Decrypt',
  succeeded: 1,
  denied: 0,
  failed: 0,
  dryRuns: 0,
  first: '2026-08-03T09:01:02Z',
  last: '2026-08-03T09:01:02Z',
  lastEventId: '7c1f0b5e-0000-4000-8000-000000000001',
  lastUse: '2026-08-03T09:01:02Z',
  ...overrides,
});
