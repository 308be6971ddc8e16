import type { ActionEntry, RecordedRemediation } from './entry.ts';

/** Which records of CloudTrail tell of the changes that Keywarden made, within one chain. */
export interface ChangeRecords {
  /** Takes every action of the chain, in any order. */
  note(entry: ActionEntry): void;
  /**
   * @param of `seq` of the action entry that decided the remediation
   * @returns `eventID` of each record that is known by now: by the request id, or by the intent when a crash lost that
   */
  listOf(of: number, remediation: Pick<RecordedRemediation, 'remedy' | 'requestIds'>): readonly string[];
}

/** Reads no more than what it is given: a chain that was not read to its end may have more. */
export function createChangeRecords(): ChangeRecords {
  const byRequest = new Map<string, string>();
  const byIntent = new Map<string, readonly string[]>();
  return {
    note({ action: { actor, outcome, requestId }, confirms, eventId }) {
      if (!actor.bySelf || outcome !== 'succeeded') return;
      if (requestId !== undefined) byRequest.set(requestId, eventId);
      if (confirms?.how !== 'intent' || confirms.subject !== undefined) return;
      const change = nameChange(confirms.seq, confirms.remedy);
      byIntent.set(change, [...(byIntent.get(change) ?? []), eventId]);
    },
    listOf(of, { remedy, requestIds }) {
      const known = requestIds.flatMap((id) => byRequest.get(id) ?? []);
      return [...new Set([...known, ...(byIntent.get(nameChange(of, remedy)) ?? [])])];
    },
  };
}

const nameChange = (seq: number, remedy: string): string => `${seq} ${remedy}`;
