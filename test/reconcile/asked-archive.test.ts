import { describe, expect, test } from '@jest/globals';
import { readReconcileInput } from '../../lib/reconcile/run-reconcile.ts';

const NOW = new Date('2026-11-24T09:00:00Z');
const WINDOW = { from: '2026-03-02T10:00:00Z', to: '2026-03-02T12:00:00Z' };
const read = (archive: object) => readReconcileInput({ ...WINDOW, archive }, NOW, 30);

describe('an archive that somebody asks for', () => {
  test('is read a day ahead and with its digests, unless something else is said', () => {
    const place = 's3://company-trail/logs';
    expect(read({ place })).toEqual({ ...WINDOW, archive: { place, lookAheadHours: 24, digests: true } });
    const asked = { place, organization: 'o-a1b2c3d4e5', lookAheadHours: 720, digests: false };
    expect(read(asked)).toEqual({ ...WINDOW, archive: asked });
  });

  test.each([
    {},
    { place: '' },
    { place: 's3://company-trail', lookAheadHours: 721 },
    { place: 's3://company-trail', lookAheadHours: -1 },
    { place: 's3://company-trail', organization: 'company' },
    { place: 's3://company-trail', digests: 'no' },
    { place: 's3://company-trail', prefix: 'logs' },
  ])('is refused with a sentence that says what to send: %j', (archive) => {
    expect(read(archive)).toEqual({ status: 'refused', message: expect.stringContaining('"archive": { "place"') });
  });

  test('does not come without a window', () => {
    const input = { archive: { place: 's3://company-trail' } };
    expect(readReconcileInput(input, NOW, 30)).toMatchObject({ status: 'refused' });
  });
});
