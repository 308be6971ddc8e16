import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  writeIntegrityMessage,
  writeNoCheckpointMessage,
  writeUnlockedMessage,
} from '../../lib/alert/evidence-message.ts';

const PLACE = { account: '111122223333', region: 'eu-west-1' };
const problemOf = (place: number) => ({
  subject: `key/${place}`,
  seq: place,
  what: `missing: entry ${place} is not there`,
});

describe('the message about a ledger that does not verify', () => {
  test('names each place, says what is still proven and what to do', () => {
    const { subject, text, json, attributes } = writeIntegrityMessage([problemOf(4)], 7, PLACE);
    expect(subject).toBe('[Keywarden] CRITICAL The ledger does not verify in 1 place');
    expect(text).toContain('  key/4, 4: missing: entry 4 is not there\n');
    expect(text).toContain('The newest checkpoint is number 7');
    expect(text).toContain('keywarden ledger verify');
    expect(json).toEqual({
      version: 1,
      state: 'does-not-verify',
      ...PLACE,
      checkpoint: 7,
      count: 1,
      problems: [problemOf(4)],
    });
    expect(attributes).toEqual({
      severity: 'critical',
      control: 'ledger-integrity',
      ...PLACE,
      state: 'does-not-verify',
    });
  });

  test('lists twenty of many, and says how many more there are', () => {
    const problems = Array.from({ length: 1_000 }, (_, place) => problemOf(place));
    const { text, json } = writeIntegrityMessage(problems, 7, PLACE);
    expect(text.match(/is not there/g)).toHaveLength(20);
    expect(text).toContain('and 980 more: keywarden ledger show integrity');
    expect(json).toMatchObject({ count: 1_000, problems: problems.slice(0, 20) });
  });

  test('has no line that a subject or a reason could forge', () => {
    const lines = (text: string) => text.split('\n').length;
    const plain = lines(writeIntegrityMessage([problemOf(1)], 7, PLACE).text);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (subject, what) => {
        const { text, subject: title } = writeIntegrityMessage([{ subject, seq: 1, what }], 7, PLACE);
        expect(lines(text)).toBe(plain);
        expect(title).toMatch(/^[\x20-\x7e]{1,100}$/);
      }),
    );
  });
});

describe('the message that there is no checkpoint', () => {
  test('says since when, why, that nothing is lost, and how to make one', () => {
    const { text, json, subject } = writeNoCheckpointMessage('2026-08-03T09:10:00.000Z', 'DisabledException: x', PLACE);
    expect(subject).toBe('[Keywarden] CRITICAL The ledger has no new checkpoint (not since 2026-08-03T09:10:00.000Z)');
    expect(text).toMatch(/DisabledException: x\n.*Nothing is lost.*aws lambda invoke/s);
    expect(json).toMatchObject({ state: 'no-checkpoint', since: '2026-08-03T09:10:00.000Z' });
  });

  test('says that there never was one', () => {
    const { text, json } = writeNoCheckpointMessage(undefined, 'NotFoundException: x', PLACE);
    expect(text).toContain('none was ever made');
    expect(json).toMatchObject({ since: null });
  });
});

test('The message about a bucket without its lock names the bucket and the reason', () => {
  const { text, attributes } = writeUnlockedMessage('keywarden-dev-evidence', 'it has no Object Lock', PLACE);
  expect(text).toContain('  keywarden-dev-evidence: it has no Object Lock.\n');
  expect(attributes).toMatchObject({ severity: 'high', state: 'bucket-not-locked' });
});
