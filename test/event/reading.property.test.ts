import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KeyAction } from '../../lib/event/key-action.ts';
import { MalformedEventError } from '../../lib/event/malformed-event-error.ts';
import { malformedId } from '../../lib/event/malformed-id.ts';
import { readEvent } from '../../lib/event/read-event.ts';
import { readLogFile } from '../../lib/event/read-log-file.ts';
import { readRecord } from '../../lib/event/read-record.ts';
import {
  aliasArn,
  CONTEXT,
  directEventOf,
  envelopeOf,
  KEY,
  KEY_ID,
  recordOf,
  resourcesOf,
  SELF_ROLE,
} from './fixtures.ts';

/** Said here a second time and differently, so that a loosened form in the code is found. */
const KMS_PREFIX = 'arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:';
const KEY_FORM = new RegExp(`^${KMS_PREFIX}key/[A-Za-z0-9-]+$`);
const SUBJECT_FORM = new RegExp(
  `^${KMS_PREFIX}(key/[A-Za-z0-9-]+|alias/[A-Za-z0-9/_-]+|custom-key-store/[A-Za-z0-9-]+|unidentified)$`,
);
const FOREIGN_FORM = /^arn:aws(-[a-z]+)*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|aws)?:[A-Za-z0-9+=,.@_/:-]+$/;

const GOOD = [KEY, KEY_ID, 'alias/payments', aliasArn('payments'), SELF_ROLE, 'arn:aws:s3:::bucket', 'AWS Internal'];
/** Text that nearly is a name, and text that tries to be two. */
const hostileText = fc.oneof(
  fc.constantFrom(...GOOD),
  fc
    .tuple(fc.constantFrom(...GOOD), fc.constantFrom('', '\n', '#HEAD', '/', ' on resource: ', '\u0000'), fc.string())
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
);
const hostileValue = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, true, 0, [], {}) },
);

const fields = (names: readonly string[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, hostileValue])), { requiredKeys: [] });

const resources = fc.oneof(
  hostileValue,
  fc.array(fc.oneof(hostileValue, fields(['ARN', 'arn', 'accountId', 'type'])), { maxLength: 4 }),
);

/** A record in which anything may be wrong, but most of it is right, so that the readers get past their first check. */
const anyRecord = fc
  .record(
    {
      eventName: fc.oneof(
        fc.constantFrom('CreateKey', 'RetireGrant', 'DeleteCustomKeyStore', 'RotateKey', 'New'),
        hostileValue,
      ),
      eventSource: fc.constantFrom('kms.amazonaws.com', 'iam.amazonaws.com', '-._', '__proto__'),
      userIdentity: fc.oneof(
        hostileValue,
        fields(['type', 'arn', 'principalId', 'accountId', 'sessionContext', 'invokedBy']),
      ),
      requestParameters: fc.oneof(
        hostileValue,
        fields(['keyId', 'targetKeyId', 'destinationKeyId', 'aliasName', 'customKeyStoreId', 'dryRun']),
      ),
      responseElements: fc.oneof(
        hostileValue,
        fields(['keyId', 'customKeyStoreId']),
        fc.record({ keyMetadata: fields(['arn', 'keyId', 'aWSAccountId']), replicaKeyMetadata: fields(['arn']) }),
      ),
      serviceEventDetails: hostileValue,
      additionalEventData: fc.oneof(hostileValue, fields(['grantId'])),
      resources,
      errorCode: fc.constantFrom('AccessDenied', undefined, 'x'),
      errorMessage: fc.oneof(hostileText, fc.constant(undefined)),
      awsRegion: fc.oneof(hostileValue, fc.constantFrom('us-west-2', 'cn-north-1')),
      recipientAccountId: fc.oneof(hostileValue, fc.constant('111122223333')),
    },
    { requiredKeys: [] },
  )
  .map(recordOf);

const anyEnvelope = fc
  .tuple(
    anyRecord,
    fc.record({ account: hostileValue, region: hostileValue, 'detail-type': hostileText }, { requiredKeys: [] }),
  )
  .map(([record, overrides]) => envelopeOf(record, overrides));

const anyDirectEvent = fc
  .tuple(
    fc.constantFrom('KMS CMK Rotation', 'KMS Imported Key Material Expiration', 'KMS CMK Deletion'),
    fields(['key-id', 'key-material-id', 'current-key-material-id', 'keyId', '__proto__']),
    fc.record({ resources: fc.oneof(hostileValue, fc.array(hostileValue)), time: hostileValue }, { requiredKeys: [] }),
  )
  .map(([type, detail, overrides]) => directEventOf(type, detail, overrides));

const anything = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
  fc.json(),
  fc.string(),
  fc.jsonValue().map((value) => JSON.stringify(envelopeOf(value))),
);

/** The action, or undefined for a malformed event; whatever else a reader throws fails the test. */
function attempt(read: () => KeyAction): KeyAction | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MalformedEventError)) throw error;
    expect(error.message).toMatch(/^[\x20-\x7e]+$/);
    return undefined;
  }
}

function expectSound(action: KeyAction | undefined): void {
  if (action === undefined) return;
  expect(action.subject).toMatch(action.eventSource === 'kms.amazonaws.com' ? SUBJECT_FORM : FOREIGN_FORM);
  for (const key of action.keys) expect(key).toMatch(KEY_FORM);
  expect(new Set(action.keys).size).toBe(action.keys.length);
  expect(action.account).toMatch(/^[0-9]{12}$/);
  expect(action.region).toMatch(/^[a-z0-9-]+$/);
  expect(action.eventId).toMatch(/^[A-Za-z0-9-]+$/);
  // What goes into the ledger must come out of it the same.
  expect(JSON.parse(JSON.stringify(action))).toEqual(action);
}

describe('whatever arrives', () => {
  test('is read or malformed, and never anything else', () => {
    fc.assert(
      fc.property(anything, (body) => {
        expectSound(attempt(() => readEvent(body, CONTEXT)));
        expectSound(attempt(() => readRecord(body, CONTEXT)));
        expect(malformedId(body)).toMatch(/^malformed-[0-9a-f]{64}$/);
      }),
    );
  });

  test('as a record of a log file comes out of it, read or handed back', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyRecord, fc.jsonValue()), { maxLength: 5 }), (Records) => {
        const entries = readLogFile(JSON.stringify({ Records }), CONTEXT);
        expect(entries).toHaveLength(Records.length);
        for (const entry of entries) {
          if ('action' in entry) expectSound(entry.action);
          else expect(entry.malformed).toBeInstanceOf(MalformedEventError);
        }
      }),
    );
  });
});

describe('whatever a record says', () => {
  let readable = 0;
  test('its subject and its keys are ARNs of a known form', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyRecord.map((record) => envelopeOf(record)),
          anyEnvelope,
          anyDirectEvent,
        ),
        (envelope) => {
          const action = attempt(() => readEvent(envelope, CONTEXT));
          if (action !== undefined) readable += 1;
          expectSound(action);
        },
      ),
      { numRuns: 1000 },
    );
    // Without this, a reader that refuses everything would pass.
    expect(readable).toBeGreaterThan(100);
  });

  test('only the role behind the session makes it our own', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const action = attempt(() =>
          readRecord(record, { ...CONTEXT, selfRoleArns: ['arn:aws:iam::111122223333:role/never'] }),
        );
        expect(action?.actor.bySelf ?? false).toBe(false);
      }),
    );
  });
});

/** The same value with the keys of every object in another order. */
function reorder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reorder);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, field]) => [name, reorder(field)]),
  );
}

describe('the same event in another spelling', () => {
  test.each([
    ['a record', anyRecord.map((record) => envelopeOf(record))],
    ['an event of KMS itself', anyDirectEvent],
  ])('is the same action, with the same id and digest: %s', (_what, events) => {
    fc.assert(
      fc.property(events, (event) => {
        const action = attempt(() => readEvent(JSON.stringify(event), CONTEXT));
        const reordered = JSON.stringify(reorder(event), null, '\t');
        expect(attempt(() => readEvent(reordered, CONTEXT))).toEqual(action);
        expect(attempt(() => readEvent(event, CONTEXT))).toEqual(action);
      }),
      { numRuns: 300 },
    );
  });

  test('has another digest when anything in the record differs', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        fc.pre(!isSameContent(one, other));
        const digests = [one, other].map((extra) => readRecord(recordOf({ extra }), CONTEXT).digest);
        expect(digests[0]).not.toBe(digests[1]);
      }),
    );
  });

  test('keeps the key that resources name, whatever the rest says', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const action = attempt(() => readRecord({ ...record, resources: resourcesOf(KEY) }, CONTEXT));
        if (action !== undefined) expect(action.subject).toBe(KEY);
      }),
    );
  });
});

/** -0 is 0 in JSON text, and the order of keys is no content. */
const isSameContent = (one: unknown, other: unknown): boolean =>
  isDeepStrictEqual(...([one, other].map((value) => JSON.parse(JSON.stringify(value))) as [unknown, unknown]));
