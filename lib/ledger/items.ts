import type { Head, SealedEntry } from './chain.ts';
import type { Entry } from './entry.ts';
import { type Finding, findingId } from './finding.ts';
import { eventKey, findingKey, HEAD, seqKey, subjectKey, WORK, waiverKey } from './keys.ts';
import type { GrantedWaiver } from './waiver.ts';

/**
 * How far an event has come: `recorded`, so that only what was recorded may still be done; `recheck`, when everything is
 * done and AWS must be looked at once more after some minutes; or `done`.
 */
export type Stage = 'recorded' | 'recheck' | 'done';

/** The work item of an event: how a retry knows where to resume. */
export interface Work {
  readonly eventId: string;
  readonly stage: Stage;
  /** Where the action's entry is. */
  readonly subject: string;
  readonly seq: number;
  /** Whose turn it is, and until when (milliseconds since 1970). Nobody else resumes before. */
  readonly leaseOwner: string;
  readonly leaseUntil: number;
  readonly attempts: number;
}

type Item = Record<string, unknown>;

/** The entry's text is the truth; everything beside it is there for the indexes and is checked against it. */
export const entryItem = ({ entry, text, hash }: SealedEntry): Item => ({
  pk: subjectKey(entry.subject),
  sk: seqKey(entry.seq),
  hash,
  entry: text,
  ...indexOf(entry),
});

/** Attributes by which the indexes find an entry: all actions of a day, actions by actor. */
export function indexOf(entry: Entry): Item {
  const time = entry.type === 'action' ? entry.action.time : entry.recordedAt;
  const actor = entry.type === 'action' ? (entry.action.actor.sessionIssuer ?? entry.action.actor.arn) : undefined;
  return {
    gsiDay: time.slice(0, 10),
    gsiTime: `${time}#${entry.eventId}`,
    ...(actor === undefined ? {} : { gsiActor: actor }),
  };
}

/** @param at when its newest entry was recorded; whoever makes checkpoints finds by it which chains grew */
export const headItem = (subject: string, { seq, hash }: Head, at: string): Item => ({
  pk: subjectKey(subject),
  sk: HEAD,
  seq,
  hash,
  gsiHead: HEAD,
  gsiTime: `${at}#${subject}`,
});

export const workItem = (work: Work): Item => ({ pk: eventKey(work.eventId), sk: WORK, ...work });

/** Only open findings are in the index of open findings. */
export const findingItem = (finding: Finding): Item => ({
  pk: subjectKey(finding.subject),
  sk: findingKey(findingId(finding)),
  ...finding,
  gsiControl: finding.control,
  gsiTime: `${finding.changedAt}#${finding.eventId}`,
  ...(finding.status === 'open' ? { gsiOpen: 'OPEN' } : {}),
});

/** The finding of an item: without the attributes that only keys and indexes need. */
export function toFinding(item: Item): Finding {
  const { pk: _pk, sk: _sk, gsiControl: _control, gsiTime: _time, gsiOpen: _open, ...finding } = item;
  return finding as unknown as Finding;
}

/** Waivers that were granted and not withdrawn are in the index of open findings too, by their last day. */
export const waiverItem = (waiver: GrantedWaiver): Item => ({
  pk: subjectKey(waiver.subject),
  sk: waiverKey(findingId(waiver)),
  ...waiver,
  ...(waiver.status === 'granted'
    ? { gsiOpen: WAIVED, gsiTime: `${waiver.until}#${waiver.subject}#${findingId(waiver)}` }
    : {}),
});

/** What `gsiOpen` says of a waiver. */
export const WAIVED = 'WAIVED';

/** The waiver of an item. */
export function toWaiver(item: Item): GrantedWaiver {
  const { pk: _pk, sk: _sk, gsiTime: _time, gsiOpen: _open, ...waiver } = item;
  return waiver as unknown as GrantedWaiver;
}
