/** A record as it may be in a log file; fields that are given replace those of the usual one. */
export const recordOf = (fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  eventVersion: '1.11',
  userIdentity: { type: 'IAMUser', principalId: 'AIDAEXAMPLEEXAMPLE001', accountId: '111122223333', userName: 'dana' },
  eventTime: '2026-08-03T09:01:02Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'DisableKey',
  awsRegion: 'eu-west-1',
  sourceIPAddress: '192.0.2.10',
  requestParameters: { keyId: '9d1f7a64-0a5b-4c0e-8f51-2b7f3c9d0e11' },
  eventID: '0f0f0f0f-aaaa-4bbb-8ccc-000000000001',
  readOnly: false,
  eventType: 'AwsApiCall',
  recipientAccountId: '111122223333',
  ...fields,
});

/** The names of calls, so that a test can tell records apart. */
export const named = (...names: string[]): Record<string, unknown>[] =>
  names.map((eventName) => recordOf({ eventName }));

/** The text of a log file. */
export const fileOf = (...records: unknown[]): string => JSON.stringify({ Records: records });
