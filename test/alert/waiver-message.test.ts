import { describe, expect, test } from '@jest/globals';
import { type DueWaiver, writeWaiverMessage } from '../../lib/alert/waiver-message.ts';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const PLACE = { account: '111122223333', region: 'eu-west-1' };
const HERE = { ...PLACE, stage: 'prod' };
const BASE = { control: 'rotation-enabled', owner: 'olivia@example.com', ticket: 'SEC-42', expires: '2026-08-31' };
const SOON: DueWaiver = { waiver: { ...BASE, tag: { key: 'Class', value: 'legacy' } }, state: 'expires-soon', days: 3 };
const OVER: DueWaiver = { waiver: { ...BASE, subject: KEY }, state: 'expired', days: -1 };

describe('the message about waivers', () => {
  test('says of each which control, what, until when, who answers for it and by which ticket, and what to do', () => {
    const { subject, text, attributes } = writeWaiverMessage([SOON, OVER], HERE);
    expect(subject).toBe('[Keywarden] MEDIUM 1 waiver expired, 1 waiver expires soon');
    expect(text).toContain(
      `EXPIRED: rotation-enabled on ${KEY}\n    last day 2026-08-31 (UTC); owner olivia@example.com, ticket SEC-42`,
    );
    expect(text).toContain(
      'Expires soon: rotation-enabled on keys with the tag Class=legacy\n    last day 2026-08-31 (UTC), 3 days left',
    );
    expect(text).toContain('keywarden waivers --region eu-west-1 --stage prod');
    expect(text).toContain('a finding again');
    expect(attributes).toEqual({ severity: 'medium', control: 'waivers', ...PLACE, state: 'expired' });
  });

  test('is less urgent while none has expired, and claims no finding', () => {
    const { text, attributes } = writeWaiverMessage([{ ...SOON, days: 0 }], HERE);
    expect(attributes).toMatchObject({ severity: 'low', state: 'expires-soon' });
    expect(text).toContain('today is its last day');
    expect(text).not.toContain('finding again');
  });

  test('stays small however many there are, names the most urgent, and says how many are left out', () => {
    const many = Array.from({ length: 500 }, () => ({ ...SOON, waiver: { ...BASE, subject: 'x'.repeat(2048) } }));
    const { text, json } = writeWaiverMessage([...many, OVER], HERE);
    expect(Buffer.byteLength(JSON.stringify({ default: JSON.stringify(json), email: text }))).toBeLessThan(250_000);
    expect(text.indexOf('EXPIRED')).toBeLessThan(text.indexOf('Expires soon'));
    expect(text).toContain('and 481 more: keywarden ledger show waivers');
    expect(json.count).toBe(501);
    expect((json.waivers as unknown[]).length).toBe(20);
  });

  test('shows hidden characters of the policy file instead of obeying them', () => {
    const waiver = { ...BASE, subject: KEY, owner: 'olivia\n  EXPIRED: all' };
    expect(writeWaiverMessage([{ ...OVER, waiver }], HERE).text).toContain('owner olivia\\u000a  EXPIRED: all');
  });
});
