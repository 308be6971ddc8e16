import { safeText } from './safe-text.ts';

/** One message to the officer's topic. */
export interface Message {
  /** At most 100 printable ASCII characters: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
  readonly subject: string;
  /** For people: plain text. */
  readonly text: string;
  /** For machines. */
  readonly json: Readonly<Record<string, unknown>>;
  /** For subscription filters: https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Where it is so. */
export interface Place {
  /** 12 digits. */
  readonly account: string;
  readonly region: string;
}

/** A title, and its lines; nothing is written of a section without lines. */
export type Section = readonly [title: string, lines: readonly string[]];

/** What every message to the officer has, whatever it is about. */
export interface Framed {
  /** `low`, `medium`, `high` or `critical`. */
  readonly severity: string;
  readonly headline: string;
  /** In the order in which a person reads them. What comes from outside must be made safe before (safe-text.ts). */
  readonly sections: readonly Section[];
  /** Id of the control, or the word that stands for one. */
  readonly control: string;
  /** For subscription filters. */
  readonly state: string;
  readonly place: Place;
  /** For machines, with a `state` of its own. The version, the account and the Region are added. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** The titles that an officer looks for; a message has those that it needs, in this order. */
export const TITLES = {
  happened: 'What happened',
  wrong: 'What is wrong',
  done: 'What Keywarden did',
  next: 'What to do now',
  undo: 'How to undo it',
  look: 'Where to look',
} as const;

/**
 * Writes a message the way all of them look: severity and headline first, then sections with indented lines.
 *
 * @returns a message with the subject `[Keywarden] <SEVERITY> <headline>`
 */
export function writeFramed({ severity, headline, sections, control, state, place, json }: Framed): Message {
  const { account, region } = place;
  const grave = severity.toUpperCase();
  const filled = sections.filter(([, lines]) => lines.length > 0);
  return {
    subject: toSubject(`[Keywarden] ${grave} ${headline}`),
    text: [
      `${grave}  ${headline}`,
      '',
      ...filled.flatMap(([title, lines]) => [title, ...lines.map((line) => `  ${line}`), '']),
    ].join('\n'),
    json: { version: 1, account, region, ...json },
    attributes: { severity, control, account, region, state },
  };
}

/** `1. First`, `2. Second`. */
export const numberSteps = (steps: readonly string[]): readonly string[] =>
  steps.map((step, at) => `${at + 1}. ${step}`);

/** SNS takes a subject of printable ASCII up to 100 characters, that starts with a letter, number or punctuation. */
export const toSubject = (text: string): string =>
  safeText(text)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 100);
