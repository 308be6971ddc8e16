import { z } from 'zod';
import type { FindingState } from '../../ledger/finding.ts';
import { writeFindingRef } from '../../ledger/finding-ref.ts';
import type { Notice } from '../message.ts';
import { fitText } from './fit-text.ts';

/** `source` of every event that Keywarden puts on the bus: rules match by it. */
export const EVENT_SOURCE = 'keywarden';

/** `detail-type` of the event about each state; rules match by it, so that a word is never changed. */
export const DETAIL_TYPES: Readonly<Record<FindingState, string>> = {
  opened: 'Keywarden Finding Opened',
  reopened: 'Keywarden Finding Reopened',
  'needs-approval': 'Keywarden Finding Needs Approval',
  rejected: 'Keywarden Finding Rejected',
  remediated: 'Keywarden Finding Remediated',
  'not-remediated': 'Keywarden Finding Not Remediated',
  undone: 'Keywarden Finding Undone',
  'not-undone': 'Keywarden Finding Not Undone',
  waived: 'Keywarden Finding Waived',
  resolved: 'Keywarden Finding Resolved',
};

/** Longest text in an event, in bytes, so that an event stays far below what SNS takes as a target: 256 KB. */
const MOST = 4_000;

const text = z.string().max(MOST);
const time = z.string().describe('ISO 8601, UTC');

/**
 * `detail` of an event. Within a version fields are added only: whoever reads an event must not stumble over what is new.
 */
export const findingEventSchema = z.object({
  version: z.literal(1),
  state: z.enum(Object.keys(DETAIL_TYPES) as [FindingState, ...FindingState[]]),
  account: z.string().regex(/^\d{12}$/),
  region: z.string(),
  finding: z.object({
    name: text.describe('What `keywarden finding` and orders take: <control>[#<item>]@<key id or ARN>'),
    subject: text.describe('ARN of the key, IAM policy, trail or part of Keywarden'),
    control: text,
    item: text.optional().describe('What of the subject is meant when it has many of them, e.g. a grant id'),
    status: z.enum(['open', 'waived', 'resolved']).describe('As it was before Keywarden put anything right'),
    verdict: z.enum(['violation', 'unknown']).describe('unknown: it could not be judged'),
    severity: z.enum(['low', 'medium', 'high', 'critical']),
    reason: text,
    openedAt: time,
    openings: z.int().min(1).describe('How often it was opened'),
  }),
  control: z.object({ title: text, step: text.describe('Of OP-PROC-001') }),
  action: z
    .object({
      eventId: text.describe('Of CloudTrail, or given by Keywarden'),
      api: text,
      time,
      outcome: z.enum(['succeeded', 'denied', 'failed', 'dry-run']),
      actor: z.object({ type: text, arn: text.optional(), person: text.optional(), sourceIp: text.optional() }),
    })
    .describe('What brought it about'),
  decision: z.object({
    decision: text,
    reason: text,
    remedy: text.optional(),
    summary: text.optional().describe('What the plan does'),
    plan: z.string().optional().describe('sha256 (hex) of the plan, which an approval may name'),
  }),
  remediation: z
    .object({
      remedy: text,
      status: z.enum(['confirmed', 'already-so', 'pending', 'unconfirmed', 'failed']),
      requestIds: z.array(text).describe('Of AWS, as in CloudTrail'),
      reason: text.optional(),
    })
    .nullable(),
});

export type FindingEvent = z.infer<typeof findingEventSchema>;

/** What was done about a finding makes few requests; more than these are in the ledger. */
const MOST_REQUESTS = 50;

/** Writes the detail of the event about a finding. */
export function toFindingEvent(notice: Notice): FindingEvent {
  const { state, finding, control, action, decision, remediation, planDigest } = notice;
  const { actor } = action;
  return {
    version: 1,
    state,
    account: action.account,
    region: action.region,
    finding: {
      name: shorten(writeFindingRef(finding)),
      subject: shorten(finding.subject),
      control: shorten(finding.control),
      ...optional('item', finding.item),
      status: finding.status,
      verdict: finding.verdict as FindingEvent['finding']['verdict'],
      severity: finding.severity as FindingEvent['finding']['severity'],
      reason: shorten(finding.reason),
      openedAt: finding.openedAt,
      openings: finding.openings ?? 1,
    },
    control: { title: shorten(control.title), step: shorten(control.step) },
    action: {
      eventId: shorten(action.eventId),
      api: shorten(action.api),
      time: action.time,
      outcome: action.outcome,
      actor: {
        type: shorten(actor.type),
        ...optional('arn', actor.arn),
        ...optional('person', actor.person),
        ...optional('sourceIp', actor.sourceIp),
      },
    },
    decision: {
      decision: shorten(decision.decision),
      reason: shorten(decision.reason),
      ...optional('remedy', decision.remedy),
      ...optional('summary', decision.plan?.summary),
      ...optional('plan', planDigest),
    },
    remediation:
      remediation === undefined
        ? null
        : {
            remedy: shorten(remediation.remedy),
            status: remediation.status,
            requestIds: remediation.requestIds.slice(0, MOST_REQUESTS).map(shorten),
            ...optional('reason', remediation.reason),
          },
  };
}

const shorten = (value: string): string => fitText(value, MOST);

const optional = <Name extends string>(name: Name, value: string | undefined) =>
  (value === undefined ? {} : { [name]: shorten(value) }) as { readonly [key in Name]?: string };
