import type { Severity } from '../../lib/iam/judgement.ts';
import type { Policy } from '../../lib/policy/policy.ts';

/** What documents are judged by. */
export interface CheckContext {
  /** 12 digits; absent when the caller did not say it. */
  readonly keyAccount?: string;
  /** Absent when there is no policy file: nobody is trusted, and no list is filled in. */
  readonly policy?: Policy;
  /** Spec of the key, e.g. `SYMMETRIC_DEFAULT`; absent when the caller did not say it. */
  readonly keySpec?: string;
  readonly now: Date;
}

export type CheckVerdict = 'compliant' | 'violation' | 'not-applicable' | 'unknown';

/** One thing that one control says about one document. */
export interface Remark {
  readonly control: string;
  readonly verdict: CheckVerdict;
  /** Of a policy: its place from 0, and its Sid. */
  readonly statement?: { readonly index: number; readonly sid?: string };
  readonly grantId?: string;
  /** As written in the document. */
  readonly principal?: string;
  /** One sentence; ends with a period. */
  readonly reason: string;
  /** Absent when nothing is wrong. */
  readonly severity?: Severity;
}

/** One document of a file. */
export interface Document {
  /** Where it stands in the file, e.g. `[2]` or `Grants[0]`; empty when it is the file. */
  readonly place: string;
  readonly value: unknown;
}

/** A kind of document that can be judged. */
export interface Kind<Read> {
  /** How messages call one. */
  readonly noun: string;
  /** What a file may hold, for messages. */
  readonly expected: string;
  /**
   * Finds the documents in what a file holds.
   *
   * @throws {BadInputError} when it holds none, or not all
   */
  list(content: unknown): readonly Document[];
  /** @throws {BadInputError}, {PolicyDocumentError}, {UnreadableGrantError} when it is no such document */
  read(value: unknown, context: CheckContext): Read;
  /** Judges all documents of a file, in their order: some judgements compare them. */
  judge(all: readonly Read[], context: CheckContext): readonly (readonly Remark[])[];
  /** What is said of a file that rightly holds no document, such as the list of a key without grants. */
  readonly whenNone: Remark;
}
