import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readRecord } from '../../lib/event/read-record.ts';
import { CONTEXT, KEY, keyArn, MULTI_REGION_ID, OTHER_KEY } from './fixtures.ts';

/** Records in the layouts of the AWS guides and of real logs, with invented names. */
const samples = JSON.parse(readFileSync(new URL('cloudtrail-samples.json', import.meta.url), 'utf8')) as {
  layout: string;
  record: { eventID: string };
}[];

const [RUN, DANA, JOB, SSO] = ['AssumedRole', 'dana@example.com', '444455556666', 'IdentityCenterUser'];
const LIFECYCLE = 'lifecycle';
const TRAIL = 'arn:aws:cloudtrail:us-west-2:111122223333:trail/org-trail';

/** Event number, api, kind, step, outcome, subject, and what tells the actor apart: the person, account or type. */
const expected: [
  number: string,
  api: string,
  kind: string,
  step: string,
  outcome: string,
  subject: string,
  actor: string,
][] = [
  ['01', 'CreateKey', LIFECYCLE, '4.1.1', 'succeeded', OTHER_KEY, RUN],
  ['02', 'CreateKey', LIFECYCLE, '4.1.1', 'succeeded', OTHER_KEY, RUN],
  ['03', 'CreateKey', LIFECYCLE, '4.1.1', 'succeeded', keyArn(MULTI_REGION_ID), DANA],
  ['05', 'CreateGrant', LIFECYCLE, '4.2.1', 'denied', KEY, RUN],
  ['06', 'ScheduleKeyDeletion', LIFECYCLE, '4.5.1', 'denied', KEY, DANA],
  ['07', 'PutKeyPolicy', LIFECYCLE, '4.3.2', 'denied', KEY, RUN],
  ['09', 'ScheduleKeyDeletion', LIFECYCLE, '4.5.1', 'failed', KEY, DANA],
  ['10', 'EnableKey', LIFECYCLE, '4.3.2', 'failed', KEY, DANA],
  ['11', 'CancelKeyDeletion', LIFECYCLE, '4.5.1', 'failed', KEY, DANA],
  ['13', 'PutKeyPolicy', LIFECYCLE, '4.3.2', 'failed', KEY, RUN],
  ['14', 'PutKeyPolicy', LIFECYCLE, '4.3.2', 'succeeded', KEY, RUN],
  ['15', 'DisableKey', LIFECYCLE, '4.3.2', 'succeeded', OTHER_KEY, 'Root'],
  ['17', 'CancelKeyDeletion', LIFECYCLE, '4.5.1', 'succeeded', OTHER_KEY, RUN],
  ['18', 'DeleteKey', LIFECYCLE, '4.5.3', 'succeeded', OTHER_KEY, 'AWSInternal'],
  ['19', 'DescribeKey', 'read', '4.3.2', 'succeeded', KEY, SSO],
  ['21', 'Decrypt', 'use', '4.2.3', 'succeeded', KEY, JOB],
  ['22', 'Decrypt', 'use', '4.2.3', 'succeeded', KEY, JOB],
  ['23', 'CreateGrant', LIFECYCLE, '4.2.1', 'succeeded', KEY, JOB],
  ['25', 'CreateGrant', LIFECYCLE, '4.2.1', 'succeeded', KEY, 'autoscaling.amazonaws.com'],
  ['26', 'CreateGrant', LIFECYCLE, '4.2.1', 'succeeded', OTHER_KEY, DANA],
  ['27', 'RevokeGrant', LIFECYCLE, '4.2.1', 'succeeded', OTHER_KEY, DANA],
  ['29', 'DeriveSharedSecret', 'use', '4.2.3', 'succeeded', OTHER_KEY, RUN],
  ['30', 'GetPublicKey', 'read', '4.3.2', 'succeeded', OTHER_KEY, RUN],
  ['31', 'Sign', 'use', '4.2.3', 'succeeded', OTHER_KEY, RUN],
  ['33', 'GetKeyPolicy', 'read', '4.3.2', 'succeeded', KEY, RUN],
  ['34', 'CreateAlias', LIFECYCLE, '4.3.2', 'failed', OTHER_KEY, RUN],
  ['35', 'PutEventSelectors', LIFECYCLE, '4.2.3', 'succeeded', TRAIL, RUN],
];

describe('the sample records', () => {
  test('are all in the table', () => {
    expect(samples.map(({ record }) => record.eventID.slice(-2))).toEqual(expected.map(([number]) => number));
  });

  test.each(expected)('number %s, %s, is %s of step %s and %s', (number, api, kind, step, outcome, subject, actor) => {
    const sample = samples.find(({ record }) => record.eventID.endsWith(number));
    const action = readRecord(sample?.record, CONTEXT);
    expect(action).toMatchObject({ api, kind, step, outcome, subject, actor: { bySelf: false } });
    expect(action.keys).toEqual(subject === TRAIL ? [] : [subject]);
    expect(Object.values(action.actor)).toContain(actor);
  });
});
