import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Control, Evidence } from '../../lib/controls/control.ts';
import { controls } from '../../lib/controls/index.ts';
import type { KeyAction } from '../../lib/event/key-action.ts';
import {
  type Fact,
  factsUnread,
  type KeyDescription,
  type KeyFacts,
  known,
  type PastAction,
  unread,
} from '../../lib/facts/key-facts.ts';
import { KEY_TRAITS, type KeyTrait } from '../../lib/facts/key-view.ts';
import { judgeRotationEligibility } from '../../lib/facts/rotation-eligibility.ts';
import type { Grant } from '../../lib/iam/grant.ts';
import { KEY_SPECS_BY_USAGE } from '../../lib/policy/policy.ts';
import { keyWith } from '../facts/key.ts';
import { actionOf, OWN_RESOURCES, OWN_ROLES, POLICY } from './control-case.ts';
import { DANA, EVE, inRole, NAMED, NOBODY, OLIVIA, ROOT } from './people.ts';

/** What KMS says, and anything else. */
const either = (...values: readonly string[]) => fc.oneof(fc.constantFrom(...values), fc.string({ unit: 'binary' }));
const dates = fc.oneof(
  fc
    .date({ noInvalidDate: true, min: new Date('2020-01-01'), max: new Date('2040-01-01') })
    .map((date) => date.toISOString()),
  fc.string(),
);
const days = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(7, 29, 30, 365, 366));

const keys: fc.Arbitrary<KeyDescription> = fc
  .record(
    {
      keyId: fc.string({ unit: 'binary' }),
      manager: either('CUSTOMER', 'AWS'),
      spec: either(...Object.values(KEY_SPECS_BY_USAGE).flat(), '__proto__'),
      usage: either(...Object.keys(KEY_SPECS_BY_USAGE), 'constructor', '__proto__'),
      origin: either('AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'),
      state: either('Enabled', 'Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'Updating', 'toString'),
      multiRegion: fc.constantFrom('no' as const, 'primary' as const, 'replica' as const),
      deletionAt: dates,
      deletionWindowInDays: days,
    },
    { requiredKeys: [] },
  )
  .map((overrides) => keyWith(overrides));

const factOf = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<Fact<T>> =>
  fc.oneof(values.map(known), fc.string({ unit: 'binary' }).map(unread));

const documents = fc
  .array(
    fc.record({
      Sid: fc.string({ unit: 'binary' }),
      Effect: fc.constantFrom('Allow', 'Deny'),
      Action: either('*', 'kms:*', 'kms:Decrypt', 's3:*'),
      Resource: either('*', 'arn:aws:kms:eu-west-1:111122223333:key/*'),
    }),
  )
  .map((Statement) => JSON.stringify({ Version: '2012-10-17', Statement }));

const grants: fc.Arbitrary<Grant> = fc.record(
  {
    grantId: fc.string({ unit: 'binary' }),
    keyArn: fc.constant(actionOf('CreateGrant').subject),
    granteePrincipal: either(
      'arn:aws:iam::111122223333:role/app',
      'arn:aws:iam::444455556666:role/app',
      'dynamodb.amazonaws.com',
      'AWS Internal',
      '*',
    ),
    granteeServicePrincipal: either('dynamodb.amazonaws.com'),
    operations: fc.array(either('Decrypt', 'CreateGrant', 'DescribeKey')),
    constraints: fc.record({ sourceArn: either('arn:aws:s3:::bucket') }),
    createdAt: dates,
  },
  { requiredKeys: ['grantId', 'keyArn', 'operations'] },
);

const pastActions: fc.Arbitrary<PastAction> = fc.record({
  eventId: fc.string(),
  api: either('CreateKey', 'DisableKey', 'ScheduleKeyDeletion', 'TagResource'),
  time: dates,
  actor: fc.constant(actionOf('CreateKey').actor),
});

const facts: fc.Arbitrary<KeyFacts> = fc.record({
  key: factOf(fc.oneof({ weight: 5, arbitrary: keys }, { weight: 1, arbitrary: fc.constant('missing' as const) })),
  rotation: factOf(fc.record({ enabled: fc.boolean(), periodInDays: days }, { requiredKeys: ['enabled'] })),
  tags: factOf(fc.dictionary(fc.string(), fc.string())),
  aliases: factOf(fc.array(fc.string())),
  keyPolicy: factOf(fc.oneof(fc.string(), fc.json())),
  grant: factOf(fc.oneof(fc.constant('missing' as const), grants)),
  iamPolicy: factOf(
    fc.oneof(
      fc.constant('missing' as const),
      fc.record({
        kind: fc.constantFrom('managed' as const, 'inline' as const, 'boundary' as const),
        attachedTo: fc.array(either('arn:aws:iam::111122223333:role/App')),
        document: fc.oneof(fc.string({ unit: 'binary' }), fc.json(), documents),
      }),
    ),
  ),
  rotations: factOf(fc.record({ done: fc.array(fc.record({ at: dates, type: either('AUTOMATIC', 'ON_DEMAND') })) })),
  usage: factOf(
    fc.record(
      {
        trackedSince: dates,
        last: fc.record({ at: dates, operation: either('Decrypt') }),
        before: fc.record({ at: dates, operation: either('Decrypt'), from: fc.constant('log-files' as const) }),
        unasked: either('the table could not be read'),
      },
      { requiredKeys: ['trackedSince'] },
    ),
  ),
  history: factOf(
    fc.record(
      {
        created: pastActions,
        enabled: fc.boolean(),
        disabledBy: pastActions,
        deletion: pastActions,
        tags: fc.dictionary(
          either('keywarden:deletion-approval', 'owner'),
          fc.tuple(pastActions, fc.string()).map(([action, value]) => ({ ...action, value })),
        ),
        imported: pastActions,
      },
      { requiredKeys: ['tags'] },
    ),
  ),
  trails: factOf(
    fc.array(
      fc.record({
        arn: either('arn:aws:cloudtrail:eu-west-1:111122223333:trail/all'),
        homeRegion: either('eu-west-1', 'us-east-1'),
        multiRegion: fc.boolean(),
        organization: fc.boolean(),
        logging: factOf(fc.boolean()),
        kmsEvents: factOf(fc.record({ reads: fc.boolean(), writes: fc.boolean() })),
      }),
    ),
  ),
});

const tagLists = fc.array(
  fc.record({ tagKey: either('owner', 'keywarden:protected', 'keywarden:deletion-approval'), tagValue: fc.string() }),
);
const fields = fc.dictionary(
  fc.constantFrom(
    'pendingWindowInDays',
    'deletionDate',
    'keyId',
    'policyName',
    'policyDocument',
    'roleName',
    'grantId',
    'tags',
    'tagKeys',
    'aliasName',
    'replicaRegion',
    'customKeyStoreType',
    'xksProxyUriPath',
  ),
  fc.oneof(fc.jsonValue(), days, dates, documents, tagLists),
);
const actions: fc.Arbitrary<KeyAction> = fc
  .record({
    api: fc.constantFrom(...controls.flatMap(({ events }) => events)),
    time: dates,
    subject: fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(actionOf('CreateKey').subject, 'arn:aws:iam::111122223333:role/App'),
    ),
    actor: fc.oneof(
      fc.constantFrom(DANA, EVE, OLIVIA, ROOT, NOBODY),
      fc.string({ unit: 'binary' }).map((person) => inRole('KeyAdmin', person)),
    ),
    request: fields,
    response: fields,
  })
  .map(({ api, ...overrides }) => actionOf(api, overrides));

const evidence: fc.Arbitrary<Evidence> = fc.record(
  {
    action: actions,
    facts,
    policy: fc.constantFrom(POLICY, NAMED),
    now: fc.date({ noInvalidDate: true, min: new Date('2020-01-01'), max: new Date('2040-01-01') }),
    ownRoles: fc.constant(OWN_ROLES),
    ownResources: fc.constant(OWN_RESOURCES),
  },
  { requiredKeys: ['facts', 'policy', 'now', 'ownRoles', 'ownResources'] },
);

const withKey = (given: Evidence, key: KeyDescription): Evidence => ({
  ...given,
  facts: { ...given.facts, key: known(key) },
});

/** One key with some traits of another. */
function replaceTraits(key: KeyDescription, other: KeyDescription, traits: readonly KeyTrait[]): KeyDescription {
  const kept = Object.entries(key).filter(([trait]) => !traits.some((one) => one === trait));
  const taken = Object.entries(other).filter(([trait]) => traits.some((one) => one === trait));
  return Object.fromEntries([...kept, ...taken]) as unknown as KeyDescription;
}

/** KMS changes no tags of a key that is pending deletion: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
const canBe = ({ state }: KeyDescription, action: KeyAction | undefined): boolean =>
  !(/^(Tag|Untag)Resource$/.test(action?.api ?? '') && state.startsWith('Pending'));

/** Of a key that is told in part: what is untold, and what it may be. As in an audit, it is judged at the time of the action. */
const partlyTold = fc
  .record({
    given: evidence,
    key: keys,
    untold: fc.subarray([...KEY_TRAITS]),
    others: fc.array(
      keys.map((key) => ({ ...key, createdAt: '2001-01-01T00:00:00Z' })),
      { minLength: 4, maxLength: 8 },
    ),
  })
  .map((one) => {
    const at = Date.parse(one.given.action?.time ?? '');
    return Number.isNaN(at) ? one : { ...one, given: { ...one.given, now: new Date(at) } };
  });

/**
 * A control of states that names an item for an action judges that deed by its record: who did it, and what for. So does one
 * that is handed an action on a key store, which is no key.
 */
const judgesByRecord = ({ judgesState, item }: Control, action: KeyAction): boolean =>
  judgesState && (item?.(action) !== undefined || action.api.endsWith('CustomKeyStore'));

/** The same evidence, with an action of the service whose state the control judges. */
const ofService = ({ eventSource }: Control, { action, ...rest }: Evidence): Evidence =>
  action === undefined || eventSource === undefined
    ? { ...rest, ...(action && { action }) }
    : { ...rest, action: { ...action, eventSource } };

const FACT_NAMES = Object.keys(factsUnread('it was not read')) as (keyof KeyFacts)[];

/** Enough for every combination of the listed values to come up many times. */
const RUNS = { numRuns: 300 };

describe.each(controls.map((control) => [control.id, control] as const))(
  '%s, whatever the facts and the action,',
  (_id, control) => {
    test('gives one of the four verdicts and one line that ends with a period', () => {
      fc.assert(
        fc.property(evidence, (given) => {
          const { verdict, reason } = control.verify(given);
          expect(['compliant', 'violation', 'not-applicable', 'unknown']).toContain(verdict);
          expect(reason).toMatch(/\.$/);
          expect(reason).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        }),
        RUNS,
      );
    });

    /** Where a control judges by facts, and not by the record alone. */
    const needsFacts = evidence
      .filter(({ action }) => action === undefined || !judgesByRecord(control, action))
      .map((given) => ofService(control, given));

    // What is judged by the record alone reads nothing, and has nothing to be tried here.
    for (const first of control.reads.slice(0, 1)) {
      test(`is unknown when the ${first}, which it reads first, could not be read`, () => {
        fc.assert(
          fc.property(needsFacts, fc.string(), (given, why) => {
            const { verdict } = control.verify({ ...given, facts: { ...given.facts, [first]: unread(why) } });
            expect(verdict).toBe('unknown');
          }),
          RUNS,
        );
      });
    }

    for (const name of control.reads) {
      test(`never concludes anything about a key that it must know the ${name} of, without it`, () => {
        fc.assert(
          fc.property(needsFacts, (given) => {
            const { verdict } = control.verify({
              ...given,
              facts: { ...given.facts, [name]: unread('it was refused') },
            });
            expect(['unknown', 'not-applicable']).toContain(verdict);
          }),
          RUNS,
        );
      });
    }

    test('says the same when facts that it does not declare are different', () => {
      const { reads, readsOn = {} } = control;
      fc.assert(
        fc.property(evidence, (given) => {
          const declared = [...reads, ...(readsOn[given.action?.api ?? ''] ?? [])];
          const others = FACT_NAMES.filter((name) => !declared.includes(name));
          const hidden = Object.fromEntries(others.map((name) => [name, unread('it was not read')]));
          expect(control.verify({ ...given, facts: { ...given.facts, ...hidden } })).toEqual(control.verify(given));
        }),
        RUNS,
      );
    });

    test('never judges by what stands where nobody could tell a trait of the key', () => {
      fc.assert(
        fc.property(evidence, keys, keys, fc.subarray([...KEY_TRAITS]), (given, key, other, untold) => {
          const judgeWith = (placeholders: KeyDescription) =>
            control.verify(withKey(given, { ...replaceTraits(key, placeholders, untold), untold }));
          expect(judgeWith(key)).toEqual(judgeWith(other));
        }),
        RUNS,
      );
    });

    test('says of a key of which not all is told what is so whatever the rest may be, or that it is unknown', () => {
      fc.assert(
        fc.property(partlyTold, ({ given, key, untold, others }) => {
          const { verdict } = control.verify(withKey(given, { ...key, untold }));
          fc.pre(verdict !== 'unknown');
          for (const other of others) {
            const whole = replaceTraits(key, other, untold);
            if (!canBe(whole, given.action)) continue;
            expect({ whole, verdict: control.verify(withKey(given, whole)).verdict }).toEqual({ whole, verdict });
          }
        }),
        RUNS,
      );
    });

    test('changes nothing that it is given', () => {
      fc.assert(
        fc.property(evidence, (given) => {
          const before = structuredClone(given);
          control.verify(given);
          expect(given).toEqual(before);
        }),
      );
    });
  },
);

describe('a rotating key', () => {
  test('is judged by exactly one of the two rotation controls as a violation, never by both', () => {
    const ids = ['rotation-enabled', 'rotation-period-annual'];
    const both = controls.filter(({ id }) => ids.includes(id));
    fc.assert(
      fc.property(evidence, (given) => {
        const violations = both.filter((control) => control.verify(given).verdict === 'violation');
        expect(violations.length).toBeLessThanOrEqual(1);
      }),
      RUNS,
    );
  });

  const BY_KMS = ['rotation-enabled', 'rotation-period-annual', 'rotation-on-schedule'];
  test('is never called a violation by them when KMS cannot rotate it', () => {
    fc.assert(
      fc.property(evidence, keys, (given, key) => {
        fc.pre(!judgeRotationEligibility(key).eligible);
        for (const control of controls.filter(({ id }) => BY_KMS.includes(id))) {
          const { verdict } = control.verify({ ...given, facts: { ...given.facts, key: known(key) } });
          expect(['not-applicable', 'unknown']).toContain(verdict);
        }
      }),
      RUNS,
    );
  });
});
