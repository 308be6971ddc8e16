import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ORDER_ACTIONS } from '../../lib/orders/order.ts';
import { parseOrder } from '../../lib/orders/parse-order.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });
/** What resembles an order: each field is there or not, and right or not. */
const orderLike = fc.record(
  {
    action: fc.oneof(fc.constantFrom(...ORDER_ACTIONS), text),
    finding: fc.oneof(fc.constant('rotation-enabled@1234abcd'), fc.anything()),
    key: fc.oneof(fc.constant('alias/payments'), fc.anything()),
    control: fc.oneof(fc.constant('rotation-enabled'), text),
    item: text,
    baseline: text,
    plan: fc.oneof(fc.stringMatching(/^[0-9a-f]{12,64}$/), text),
    until: fc.oneof(fc.constant('2026-12-31'), text),
    dryRun: fc.oneof(fc.boolean(), text),
    reason: fc.oneof(fc.constant('Review'), text),
    ticket: text,
    requestedBy: text,
    orderId: fc.oneof(fc.uuid(), text),
  },
  { requiredKeys: [] },
);

describe('whatever is sent', () => {
  test('is an order, or is refused on one line that says what to send', () => {
    fc.assert(
      fc.property(fc.oneof(orderLike, fc.anything()), (input) => {
        const parsed = parseOrder(input);
        if ('order' in parsed) return;
        expect(parsed).toMatchObject({ status: 'refused', why: 'input', message: expect.stringContaining('Send {') });
        expect(parsed.message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  test('as an order says one thing that it is about, and why', () => {
    fc.assert(
      fc.property(orderLike, (input) => {
        const parsed = parseOrder(input);
        if (!('order' in parsed)) return;
        const { finding, key, baseline, reason, action, until, control } = parsed.order;
        expect([finding, key, baseline].filter((one) => one !== undefined)).toHaveLength(1);
        expect(reason.trim()).not.toBe('');
        expect(action === 'waive').toBe(until !== undefined);
        if (!['verify', 'remediate'].includes(action)) expect(finding ?? control ?? baseline).toBeDefined();
      }),
    );
  });
});
