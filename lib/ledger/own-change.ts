import { CHANGE, requestKey } from './keys.ts';

/**
 * A request that Keywarden made, by AWS's id of it. A projection of the outcomes and of the records that prove them: it is
 * there so that the record of CloudTrail finds its remediation with one read.
 */
export interface OwnChange {
  readonly requestId: string;
  /** Chain of the action entry that decided it, and that entry. */
  readonly subject: string;
  readonly seq: number;
  readonly eventId: string;
  readonly remedy: string;
  /** As in the API reference, e.g. `EnableKeyRotation`. */
  readonly operation: string;
  /** When it was recorded, ISO 8601 UTC. */
  readonly at: string;
  /**
   * - `awaited`: AWS took it, and CloudTrail's record of it has to come;
   * - `unrecorded`: the record did not come in time, and the officer knows;
   * - `confirmed`: the record is in the ledger;
   * - `untold`: no record of it has to come: AWS refused it or only rehearsed it, or records it in another Region.
   */
  readonly status: 'awaited' | 'unrecorded' | 'confirmed' | 'untold';
  /** Of a confirmed one: `eventID` of the record. */
  readonly confirmedBy?: string;
}

/** What is stored of a change, with what it replaces. */
export interface OwnChangeWrite {
  readonly change: OwnChange;
  readonly replaces: OwnChange | undefined;
}

/** What `gsiOpen` says of the changes whose record has to come, and of those whose record did not come in time. */
export const AWAITED = 'AWAITED';
export const UNRECORDED = 'UNRECORDED';

const OPEN: Readonly<Record<OwnChange['status'], string | undefined>> = {
  awaited: AWAITED,
  unrecorded: UNRECORDED,
  confirmed: undefined,
  untold: undefined,
};

/** Only changes whose record is missing are in the index of what is open, by when they were made. */
export function ownChangeItem(change: OwnChange): Readonly<Record<string, unknown>> {
  const gsiOpen = OPEN[change.status];
  return {
    pk: requestKey(change.requestId),
    sk: CHANGE,
    ...change,
    ...(gsiOpen === undefined ? {} : { gsiOpen, gsiTime: `${change.at}#${change.requestId}` }),
  };
}

/** The change of an item: without the attributes that only keys and indexes need. */
export function toOwnChange(item: Readonly<Record<string, unknown>>): OwnChange {
  const { pk: _pk, sk: _sk, gsiOpen: _open, gsiTime: _time, ...change } = item;
  return change as unknown as OwnChange;
}
