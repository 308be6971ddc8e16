import { findDuplicateNames } from '../../lib/iam/duplicate-names.ts';
import { UnreadableGrantError } from '../../lib/iam/grant.ts';
import { PolicyDocumentError } from '../../lib/iam/policy-document-error.ts';
import { quote } from '../../lib/iam/quote.ts';
import { BadInputError } from './bad-input-error.ts';
import type { CheckContext, Document, Kind, Remark } from './kind.ts';
import { placeIn } from './list-documents.ts';

/** Something that could not be judged, and so counts as nothing that is in order. */
export interface Problem {
  /** Place in the file; empty when it is the file as a whole. */
  readonly place: string;
  /** What is wrong and what is expected, as sentences. */
  readonly message: string;
}

/** What was found in one file. */
export interface FileReport {
  readonly file: string;
  readonly documents: readonly { readonly place: string; readonly remarks: readonly Remark[] }[];
  readonly problems: readonly Problem[];
}

/** What all kinds of documents share for the caller, whatever is read from them. */
export type CheckFile = (file: string, text: string, context: CheckContext) => FileReport;

/**
 * Makes the check of files of one kind. A document that cannot be read is a problem of its own and never keeps the others
 * from being judged.
 *
 * @returns a function that never throws for bad input
 */
export const createCheckFile =
  <Read>(kind: Kind<Read>): CheckFile =>
  (file, text, context) => {
    try {
      const content = parseText(text, kind.expected);
      const listed = kind.list(content);
      if (listed.length === 0) {
        return { file, documents: [{ place: '', remarks: [kind.whenNone] }], problems: findTwins(text) };
      }
      const read = listed.map((document) => readOne(kind, document, context));
      const good = read.filter((one) => 'value' in one);
      const remarks = kind.judge(
        good.map(({ value }) => value),
        context,
      );
      return {
        file,
        documents: good.map(({ place }, index) => ({ place, remarks: remarks[index] ?? [] })),
        problems: [...read.filter((one) => 'message' in one), ...findTwins(text)],
      };
    } catch (error) {
      return { file, documents: [], problems: [{ place: '', message: explain(error, kind) }] };
    }
  };

function parseText(text: string, expected: string): unknown {
  if (text.trim() === '') throw new BadInputError(`The file is empty; expected ${expected}.`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BadInputError(`The file is not JSON (${why}); expected ${expected}.`, { cause });
  }
}

/** A JSON reader keeps the last of two equal names without a word, so that a harmless one could hide the other. */
const findTwins = (text: string): readonly Problem[] =>
  findDuplicateNames(text).map((name) => ({
    place: '',
    message: `The name ${quote(name)} stands twice in one object, so that one of the two was not judged. Remove one.`,
  }));

function readOne<Read>(
  kind: Kind<Read>,
  { place, value }: Document,
  context: CheckContext,
): { readonly place: string; readonly value: Read } | Problem {
  try {
    return { place, value: kind.read(value, context) };
  } catch (error) {
    if (error instanceof PolicyDocumentError) {
      const message = error.message.slice(error.place.length + 2);
      const at = error.place === 'the document' ? place : placeIn(place, error.place);
      return { place: at, message: `It ${message} Expected ${kind.expected}.` };
    }
    return { place, message: explain(error, kind) };
  }
}

/** What nobody foresaw is said too, and stops neither the other documents nor the command. */
function explain(error: unknown, { noun, expected }: Kind<unknown>): string {
  if (error instanceof BadInputError) return error.message;
  if (error instanceof UnreadableGrantError) return `${error.message} Expected ${expected}.`;
  const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `The ${noun} could not be judged (${why}); report this as a defect of Keywarden.`;
}
