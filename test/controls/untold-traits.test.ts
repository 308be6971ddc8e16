import { describe, expect, test } from '@jest/globals';
import type { Control, Evidence } from '../../lib/controls/control.ts';
import deletionAuthorized from '../../lib/controls/deletion-authorized.ts';
import deletionKeyUnused from '../../lib/controls/deletion-key-unused.ts';
import deletionWaitingPeriod from '../../lib/controls/deletion-waiting-period.ts';
import keyMaterialNotExportable from '../../lib/controls/key-material-not-exportable.ts';
import type { KeyDescription, KeyFacts } from '../../lib/facts/key-facts.ts';
import { addDays, approving, NAMING, ordering, waitingFacts } from '../facts/deletion.ts';
import { NOW, OWN_RESOURCES, OWN_ROLES } from './control-case.ts';
import { FILLED, withText } from './key-policy-case.ts';

/** What a control says of the state of a key, or of it and an action. */
const verify = ({ verify: say }: Control, facts: KeyFacts, rest: Partial<Evidence> = {}) =>
  say({ facts, policy: NAMING, now: NOW, ownRoles: OWN_ROLES, ownResources: OWN_RESOURCES, ...rest });

const UNTOLD_ROLE: Partial<KeyDescription> = { untold: ['multiRegion', 'primaryRegion'] };

describe('a key of which nobody could tell whether it is a primary one', () => {
  test('is judged by the order in force when that sets the day on which KMS deletes it', () => {
    const facts = waitingFacts([approving(), ordering(7)], { days: 7, key: UNTOLD_ROLE });
    expect(verify(deletionWaitingPeriod, facts)).toMatchObject({ verdict: 'violation' });
    expect(verify(deletionAuthorized, facts)).toMatchObject({ verdict: 'compliant' });
  });

  test('may have been ordered to wait for less than KMS takes, because replicas held it up', () => {
    const ordered = [ordering(7)];
    const late = (key: Partial<KeyDescription>) => waitingFacts(ordered, { days: 60, key });
    expect(verify(deletionWaitingPeriod, late({ multiRegion: 'primary' })).verdict).toBe('violation');
    expect(verify(deletionWaitingPeriod, late({ multiRegion: 'no' })).verdict).toBe('compliant');
    expect(verify(deletionWaitingPeriod, late(UNTOLD_ROLE))).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringContaining('tells whether it is a multi-Region primary or replica key'),
    });
  });

  test('may have been ordered to be deleted long ago, so that nobody knows when it had to be quiet', () => {
    const usage = { trackedSince: '2020-01-01T00:00:00Z', last: { at: addDays(-200), operation: 'Decrypt' } };
    const late = (key: Partial<KeyDescription>) => waitingFacts([], { days: 5, key, usage });
    expect(verify(deletionKeyUnused, late({ multiRegion: 'no' })).verdict).toBe('compliant');
    expect(verify(deletionKeyUnused, late(UNTOLD_ROLE)).verdict).toBe('unknown');
  });

  test('is not taken to wait for the record of an order that may be there already', () => {
    const action = approving('olivia@example.com SEC-42', { time: new Date(NOW.getTime() - 60_000).toISOString() });
    const facts = (key: Partial<KeyDescription>) => waitingFacts([ordering(7)], { days: 60, key });
    expect(verify(deletionAuthorized, facts({ multiRegion: 'no' }), { action }).verdict).toBe('not-applicable');
    expect(verify(deletionAuthorized, facts(UNTOLD_ROLE), { action }).verdict).toBe('unknown');
  });
});

describe('a key of which nobody could tell where its material comes from', () => {
  const letting = (action: string, origin: Partial<KeyDescription>) =>
    withText(
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:role/App' }, Action: action, Resource: '*' },
        ],
      }),
      origin,
    );
  const say = (action: string, origin: Partial<KeyDescription>) =>
    verify(keyMaterialNotExportable, letting(action, origin), { policy: FILLED });

  test('is judged by what its policy says whatever that is', () => {
    expect(say('kms:GenerateDataKeyPair', { untold: ['origin'] }).verdict).toBe('violation');
    expect(say('kms:Decrypt', { untold: ['origin'] }).verdict).toBe('compliant');
  });

  test('is unknown when its policy lets somebody import material, which only some keys take', () => {
    expect(say('kms:ImportKeyMaterial', { origin: 'EXTERNAL' }).verdict).toBe('violation');
    expect(say('kms:ImportKeyMaterial', { origin: 'AWS_KMS' }).verdict).toBe('compliant');
    expect(say('kms:ImportKeyMaterial', { untold: ['origin'] })).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringContaining('no record in these files tells where its key material comes from'),
    });
  });
});
