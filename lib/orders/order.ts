import { z } from 'zod';
import type { KeyFacts } from '../facts/key-facts.ts';
import type { RecordedDecision, RecordedRemediation, RecordedVerdict } from '../ledger/entry.ts';

/** What a person may order. */
export const ORDER_ACTIONS = ['verify', 'remediate', 'approve', 'reject', 'undo', 'waive', 'unwaive'] as const;

export type OrderAction = (typeof ORDER_ACTIONS)[number];

const filled = (longest: number) => z.string().trim().min(1).max(longest);

/**
 * The fields of an order. Which of them belong together is checked in `parse-order.ts`.
 */
export const orderSchema = z.strictObject({
  action: z.enum(ORDER_ACTIONS),
  /** A finding as people name it: `<control>[#<item>]@<key id, alias or ARN>` (lib/ledger/finding-ref.ts). */
  finding: filled(4096).optional(),
  /** Key id, key ARN, alias name (`alias/...`) or alias ARN: at most 2048 characters, as KMS takes. */
  key: filled(2048).optional(),
  /** Id of one control; absent: all that judge the state of a key. */
  control: filled(128).optional(),
  /** What of the subject is meant, e.g. a grant id. */
  item: filled(2048).optional(),
  /** Of `approve`: id of the first look at all keys, whose findings are approved together. */
  baseline: filled(256).optional(),
  /** Of `approve` and `reject`: sha256 (hex) of the plan that the person saw, or at least its first 12 digits. */
  plan: z
    .string()
    .regex(/^[0-9a-f]{12,64}$/, 'the digest of a plan, or at least its first 12 digits, in lower case')
    .optional(),
  /** Of `waive`: its last day, in UTC. */
  until: z.iso.date('a day such as 2026-12-31').optional(),
  /** Shows what would be done: changes nothing, records nothing, tells nobody. */
  dryRun: z.boolean().default(false),
  /** Why: goes into the ledger. */
  reason: filled(1000),
  ticket: filled(256).optional(),
  /** Who asks. Only a direct invocation says so: of the function URL, AWS knows the caller. */
  requestedBy: filled(256).optional(),
  /** The same id is the same order, however often it is sent: letters, digits and `-`. Absent: every request is an order. */
  orderId: z
    .string()
    .regex(/^[A-Za-z0-9-]{8,64}$/, '8 to 64 letters, digits or -')
    .optional(),
});

/** An order as it came, checked. */
export type OrderInput = z.infer<typeof orderSchema>;

/** Whom AWS names as the caller of the function URL. */
export interface Caller {
  /** e.g. `arn:aws:sts::111122223333:assumed-role/SecurityOfficer/olivia`; the path of a role is not in it. */
  readonly arn: string;
  readonly accountId: string;
  /** e.g. `AROAEXAMPLEID:olivia` */
  readonly principalId?: string;
  readonly sourceIp?: string;
  readonly userAgent?: string;
}

/** The answer to an order. */
export type OrderResult = OrderRefused | OrderDone;

/** Nothing was done, and nothing recorded. */
export interface OrderRefused {
  readonly status: 'refused';
  /** `input`: it cannot be read; `caller`: this person may not; `conflict`: it does not fit what is so now. */
  readonly why: 'input' | 'caller' | 'conflict';
  /** What is wrong, and what to do instead. */
  readonly message: string;
  /** Of an approval: how the plan of now differs from the one that was approved, as sentences. */
  readonly difference?: string;
  /** Of an approval: digest of the plan of now. */
  readonly plan?: string;
}

/**
 * - `verified`: judged, and nothing was to be changed; `remediated`: every change was made, and read back or accepted;
 *   `not-remediated`: one was tried and is not there; `proposed`: somebody else must approve it;
 * - `rejected`, `waived`, `unwaived`: it is on record; `undone`, `not-undone`: taken back, or not;
 * - `accepted`: each finding of the lot is carried out in the background.
 */
export type OrderStatus =
  | 'verified'
  | 'remediated'
  | 'not-remediated'
  | 'proposed'
  | 'rejected'
  | 'undone'
  | 'not-undone'
  | 'waived'
  | 'unwaived'
  | 'accepted';

export interface OrderDone {
  readonly status: OrderStatus;
  readonly message: string;
  /** ARN of the subject; of a lot, its id. */
  readonly key: string;
  readonly dryRun: boolean;
  readonly verdicts: readonly RecordedVerdict[];
  /** What Keywarden decided, with the plan where there is one. */
  readonly decisions: readonly RecordedDecision[];
  readonly remediations: readonly RecordedRemediation[];
  /** Of `verify`: what was read of the key. */
  readonly facts?: Partial<KeyFacts>;
  /** Where it stands in the ledger; absent for a dry run. */
  readonly ledger?: { readonly subject: string; readonly seq: number; readonly eventId: string };
}
