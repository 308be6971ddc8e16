import { DisableKeyCommand } from '@aws-sdk/client-kms';
import type { Act } from './acts.ts';

/** Days for which Olivia answers for the weak key; `approval.longestWaiverDays` of the policy file allows more. */
const WAIVED_DAYS = 30;
const DAY = 24 * 3_600_000;

/** What only people decide: an approval by somebody else than who caused it, and an exception that ends. */
export const ORDER_ACTS: readonly Act[] = [
  {
    title: '8  Frank disables the payments key, and Keywarden asks before it enables it',
    key: 'payments',
    api: 'DisableKey',
    told: ['needs-approval', 'opened'],
    async play({ frank }, keys) {
      await frank.kms.send(new DisableKeyCommand({ KeyId: keys.get('payments') }));
    },
  },
  {
    title: '9  Frank may not decide about what he did himself; Olivia approves it',
    key: 'payments',
    api: 'ApproveRemediation',
    told: ['remediated'],
    async play({ frank, olivia }) {
      const approve = ['approve', 'key-available@alias/payments', '--reason', 'Payments must go on', '--yes'];
      if ((await frank.run(approve)) !== 1) throw new Error('Frank was not refused to approve what he caused.');
      if ((await olivia.run(approve)) !== 0) throw new Error('What Olivia approved was not carried out.');
    },
  },
  {
    title: `10 Olivia answers for the weak key, for ${WAIVED_DAYS} days and not for ever`,
    key: 'signing',
    api: 'WaiveFinding',
    told: ['waived'],
    async play({ olivia }, keys) {
      const until = new Date(Date.now() + WAIVED_DAYS * DAY).toISOString().slice(0, 10);
      const finding = `key-spec-approved@${keys.get('signing')?.split('/').at(-1)}`;
      const code = await olivia.run(['waive', finding, '--until', until, '--reason', 'Replaced by then', '--yes']);
      if (code !== 0) throw new Error('The waiver of Olivia was not taken.');
    },
  },
];
