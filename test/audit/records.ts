import { createCollector } from '../../lib/audit/collect.ts';
import type { AuditCourt, JudgedAction } from '../../lib/audit/judge-entries.ts';
import { writeNdjson } from '../../lib/audit/report/ndjson.ts';
import { type Coverage, judgeArchive, startCoverage } from '../../lib/audit/run-audit.ts';
import { createRunStore, type RunLimits } from '../../lib/audit/runs/run-store.ts';
import { addTally } from '../../lib/audit/tally.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { OWN_RESOURCES, OWN_ROLES, POLICY } from '../controls/control-case.ts';
import { ACCOUNT, KEY_ARN, KEY_ID, REGION } from '../facts/key.ts';

/** A CloudTrail record, as JSON has it. */
export type JsonRecord = Readonly<Record<string, unknown>>;

let made = 0;

/** An id that no other record of the tests has. */
export const nextEventId = (): string => {
  made += 1;
  return `7c1f0b5e-0000-4000-8000-${String(made).padStart(12, '0')}`;
};

/** A succeeded call of KMS on the key of the tests; a test says only what is different about its own. */
export const recordOf = (eventName: string, eventTime: string, overrides: JsonRecord = {}): JsonRecord => ({
  eventVersion: '1.11',
  userIdentity: {
    type: 'AssumedRole',
    principalId: 'AROAEXAMPLEEXAMPLE001:anna',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/ops/anna`,
    accountId: ACCOUNT,
    sessionContext: {
      sessionIssuer: { type: 'Role', arn: `arn:aws:iam::${ACCOUNT}:role/ops`, accountId: ACCOUNT, userName: 'ops' },
      attributes: { mfaAuthenticated: 'true' },
    },
  },
  eventTime,
  eventSource: 'kms.amazonaws.com',
  eventName,
  awsRegion: REGION,
  sourceIPAddress: '192.0.2.10',
  userAgent: 'aws-cli/2.31.0',
  requestParameters: { keyId: KEY_ID },
  responseElements: { keyId: KEY_ARN },
  requestID: nextEventId(),
  eventID: nextEventId(),
  readOnly: false,
  resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: KEY_ARN }],
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: ACCOUNT,
  eventCategory: 'Management',
  ...overrides,
});

/** The record that a key begins with. */
export const createKeyRecord = (eventTime: string, metadata: JsonRecord = {}, overrides: JsonRecord = {}): JsonRecord =>
  recordOf('CreateKey', eventTime, {
    requestParameters: { tags: [{ tagKey: 'owner', tagValue: 'payments' }] },
    responseElements: {
      keyMetadata: {
        aWSAccountId: ACCOUNT,
        keyId: KEY_ID,
        arn: KEY_ARN,
        creationDate: 'Aug 3, 2026, 9:00:00 AM',
        enabled: true,
        description: '',
        keyUsage: 'ENCRYPT_DECRYPT',
        keyState: 'Enabled',
        origin: 'AWS_KMS',
        keyManager: 'CUSTOMER',
        customerMasterKeySpec: 'SYMMETRIC_DEFAULT',
        keySpec: 'SYMMETRIC_DEFAULT',
        multiRegion: false,
        ...metadata,
      },
    },
    ...overrides,
  });

/** A successful use of the key of the tests. */
export const useRecord = (eventTime: string, eventName = 'Decrypt', overrides: JsonRecord = {}): JsonRecord =>
  recordOf(eventName, eventTime, {
    requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
    responseElements: null,
    readOnly: true,
    ...overrides,
  });

/** How the tests judge. */
export interface AuditCase {
  readonly policy?: Policy;
  readonly limits?: RunLimits;
}

/** What an audit of records says. */
export interface Audited {
  readonly judged: readonly JudgedAction[];
  readonly ndjson: string;
  readonly coverage: Coverage;
}

/** Audits records as if each list of them were a file; without threads, and with files only when the limits say so. */
export async function auditRecords(
  files: readonly (readonly JsonRecord[])[],
  { policy = POLICY, limits = { characters: 1_000_000, files: 8 } }: AuditCase = {},
): Promise<Audited> {
  const store = createRunStore(limits);
  try {
    const coverage = startCoverage();
    for (const records of files) {
      const collector = createCollector(
        { selfRoleArns: OWN_ROLES, ownResources: OWN_RESOURCES },
        limits.characters,
        (sorted) => store.add([...sorted]),
      );
      for (const [index, record] of records.entries()) collector.add(record, { file: 'test.json', index, byte: index });
      const { lines, tally } = collector.end();
      store.add(lines);
      addTally(coverage.tally, tally);
    }
    const court: AuditCourt = { policy, ownRoles: OWN_ROLES, ownResources: OWN_RESOURCES };
    const judged: JudgedAction[] = [];
    for await (const one of judgeArchive(store, coverage, court)) judged.push(one);
    return { judged, ndjson: judged.map(writeNdjson).join(''), coverage };
  } finally {
    store.remove();
  }
}

/** What one control said of the last action of records that triggers it. */
export async function verdictOf(control: string, records: readonly JsonRecord[], policy: Policy = POLICY) {
  const { judged } = await auditRecords([records], { policy });
  return judged.flatMap(({ verdicts }) => verdicts).findLast((verdict) => verdict.control === control);
}

/** Judges lines that were read elsewhere; each list of them is sorted. */
export async function auditLines(lists: readonly (readonly string[])[], tally: Coverage['tally']): Promise<string> {
  const store = createRunStore({ characters: 1_000_000, files: 8 });
  try {
    for (const lines of lists) store.add(lines);
    const court: AuditCourt = { policy: POLICY, ownRoles: OWN_ROLES, ownResources: OWN_RESOURCES };
    let ndjson = '';
    for await (const one of judgeArchive(store, { ...startCoverage(), tally }, court)) ndjson += writeNdjson(one);
    return ndjson;
  } finally {
    store.remove();
  }
}
