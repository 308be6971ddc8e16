import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { JudgedAction } from '../../lib/audit/judge-entries.ts';
import { NAMED } from '../controls/people.ts';
import { ACCOUNT, KEY_ARN, KEY_ID } from '../facts/key.ts';
import { auditRecords, createKeyRecord, type JsonRecord, recordOf } from './records.ts';

const statement = (principal: unknown) => ({ Effect: 'Allow', Principal: principal, Action: 'kms:*', Resource: '*' });
const ADMINISTRATOR: JsonRecord = {
  userIdentity: {
    type: 'AssumedRole',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/KeyAdmin/dana`,
    accountId: ACCOUNT,
    sessionContext: { sessionIssuer: { type: 'Role', arn: `arn:aws:iam::${ACCOUNT}:role/KeyAdmin` } },
  },
};
const put = (principal: unknown): JsonRecord => ({
  requestParameters: { policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement(principal)] }) },
});

/** What can be done to a key, in which of its states KMS permits it, and the state after it. */
interface Step {
  readonly api: string;
  readonly overrides?: JsonRecord;
  readonly from: readonly string[];
  readonly to?: string;
  /** Only for keys whose material KMS made, or only for those whose material was imported. */
  readonly origin?: 'AWS_KMS' | 'EXTERNAL';
}

const USABLE = ['Enabled', 'Disabled'];
const ANY = [...USABLE, 'PendingDeletion', 'PendingImport'];

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
const STEPS: readonly Step[] = [
  { api: 'EnableKey', from: USABLE, to: 'Enabled' },
  { api: 'DisableKey', from: USABLE, to: 'Disabled' },
  { api: 'EnableKeyRotation', from: ['Enabled'], origin: 'AWS_KMS' },
  {
    api: 'EnableKeyRotation',
    overrides: { requestParameters: { rotationPeriodInDays: 700 } },
    from: ['Enabled'],
    origin: 'AWS_KMS',
  },
  { api: 'DisableKeyRotation', from: ['Enabled'], origin: 'AWS_KMS' },
  { api: 'RotateKeyOnDemand', from: ['Enabled'] },
  {
    api: 'RotateKey',
    overrides: { requestParameters: null, serviceEventDetails: { rotationType: 'ON_DEMAND' } },
    from: ['Enabled'],
  },
  { api: 'PutKeyPolicy', overrides: put('*'), from: ANY },
  { api: 'PutKeyPolicy', overrides: put({ AWS: `arn:aws:iam::${ACCOUNT}:root` }), from: ANY },
  {
    api: 'TagResource',
    overrides: { requestParameters: { tags: [{ tagKey: 'owner', tagValue: 'pay' }] } },
    from: [...USABLE, 'PendingImport'],
  },
  {
    api: 'UntagResource',
    overrides: { requestParameters: { tagKeys: ['owner'] } },
    from: [...USABLE, 'PendingImport'],
  },
  {
    api: 'ScheduleKeyDeletion',
    overrides: { requestParameters: { pendingWindowInDays: 7 } },
    from: [...USABLE, 'PendingImport'],
    to: 'PendingDeletion',
  },
  {
    api: 'ScheduleKeyDeletion',
    overrides: { requestParameters: { pendingWindowInDays: 30 } },
    from: [...USABLE, 'PendingImport'],
    to: 'PendingDeletion',
  },
  { api: 'CancelKeyDeletion', from: ['PendingDeletion'], to: 'Disabled' },
  { api: 'DeleteImportedKeyMaterial', from: USABLE, to: 'PendingImport', origin: 'EXTERNAL' },
  { api: 'ImportKeyMaterial', from: ['PendingImport'], to: 'Enabled', origin: 'EXTERNAL' },
  {
    api: 'CreateGrant',
    overrides: {
      requestParameters: { keyId: KEY_ARN, operations: ['Decrypt'], granteePrincipal: `arn:aws:iam::${ACCOUNT}:root` },
      responseElements: { grantId: 'a'.repeat(64), keyId: KEY_ARN },
    },
    from: ['Enabled'],
  },
  {
    api: 'Decrypt',
    overrides: {
      requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
      responseElements: null,
      readOnly: true,
    },
    from: ['Enabled'],
  },
  { api: 'UpdateKeyDescription', overrides: { requestParameters: { description: 'pay' } }, from: USABLE },
];

/** Some days lie between one action and the next, so that no order within a second has to be guessed. */
const timeOf = (index: number): string =>
  new Date(Date.parse('2025-01-01T09:00:00Z') + index * 20 * 86_400_000).toISOString().replace('.000', '');

/** The records of a whole life of a key: each choice takes one of the steps that KMS permits then. */
function writeLife(origin: 'AWS_KMS' | 'EXTERNAL', choices: readonly number[]): readonly JsonRecord[] {
  let state = 'Enabled';
  const records = [createKeyRecord(timeOf(0), { origin, creationDate: 'Jan 1, 2025, 9:00:00 AM' })];
  for (const choice of choices) {
    const permitted = STEPS.filter((step) => step.from.includes(state) && (step.origin ?? origin) === origin);
    const step = permitted[(choice >> 1) % permitted.length];
    if (step === undefined) continue;
    records.push(
      recordOf(step.api, timeOf(records.length), { ...step.overrides, ...(choice % 2 === 1 && ADMINISTRATOR) }),
    );
    state = step.to ?? state;
  }
  return records;
}

/** By event, control and operation. */
const listVerdicts = (judged: readonly JudgedAction[]): ReadonlyMap<string, string> =>
  new Map(
    judged.flatMap(({ action: { api, eventId }, verdicts }) =>
      verdicts.map(({ control, verdict }) => [`${eventId} ${api} ${control}`, verdict] as const),
    ),
  );

describe('a key whose first records are not in the files', () => {
  test('has the verdicts that it has with all of them, or unknown', async () => {
    let told = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('AWS_KMS' as const, 'EXTERNAL' as const),
        fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        async (origin, choices, cut) => {
          const life = writeLife(origin, choices);
          const missing = 1 + (cut % (life.length - 1));
          const whole = listVerdicts((await auditRecords([life], { policy: NAMED })).judged);
          const late = listVerdicts((await auditRecords([life.slice(missing)], { policy: NAMED })).judged);
          const known = [...late].filter(([, verdict]) => verdict !== 'unknown');
          told += known.length;
          expect(known).toEqual(known.map(([what]) => [what, whole.get(what)]));
        },
      ),
      { numRuns: 200 },
    );
    expect(told).toBeGreaterThan(500);
  });

  test('is the one that the lives are of', () => {
    expect(writeLife('AWS_KMS', [])[0]).toMatchObject({ responseElements: { keyMetadata: { keyId: KEY_ID } } });
  });
});
