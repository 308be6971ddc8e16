/**
 * How the ids begin that Keywarden itself gives: to events without one, and to entries that are no events. The ledger has one
 * entry under an id, so that a record under such an id would take the place of what Keywarden is going to say.
 */
export const OWN_ID_PREFIXES: readonly string[] = [
  'bucket-not-locked-',
  'checkpoint-',
  'daily-',
  'digest-',
  'direct-',
  'integrity-',
  'inventory-',
  'known-to-cloudtrail-',
  'malformed-',
  'no-checkpoint-',
  'on-demand-',
  'own-change-',
  'policy-',
  'reconcile-',
  'reminder-',
  'report-',
  'selftest-',
  'sweep-',
  'unknown-to-cloudtrail-',
  'waiver-expired-',
];

/** Whether an id is one that only Keywarden gives. CloudTrail's ids are GUIDs, none of which begins so. */
export const isOwnEventId = (eventId: string): boolean => OWN_ID_PREFIXES.some((prefix) => eventId.startsWith(prefix));
