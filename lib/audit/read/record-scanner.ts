import { createEngine, type Engine } from './engine.ts';
import type { Problem } from './file-report.ts';
import { FOUND, STATE, TEXT } from './structure.ts';
import { isRecord, isWanted } from './wanted.ts';

/** Takes what a scanner finds, in the order of the text. */
export interface ScanEvents {
  /** @param index how many records come before it; `byte` where it begins in the text */
  readonly onRecord: (record: unknown, index: number, byte: number) => void;
  /** Whether a short cut takes the record of this kind instead. */
  readonly onKind?: (kind: number, index: number, byte: number) => boolean;
  readonly onProblem: (problem: Problem) => void;
}

/** Reads one text, piece by piece. */
export interface RecordScanner {
  /** Takes the next piece, of any length; it is copied. */
  write(piece: Uint8Array): void;
  /** The text is over, or `broken` off, which is then told by whoever read it. */
  end(broken?: boolean): void;
  /** Records so far, wanted or not. */
  countRecords(): number;
}

/**
 * The longest record that is read, in bytes. CloudTrail's are 256 KB at most.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
 */
export const LONGEST_RECORD = 16 * 1024 * 1024;

const PIECE = 256 * 1024;
const BLOCK = 64;
/** What structure.wat reads behind its limit. */
const BEHIND = 32;

/** Flags of structure.wat: the one `eventSource` of the unit is plainly spelled and wanted; something is oddly spelled. */
const PLAIN = 3;
const ODD = 4;

/** Between two records: nothing yet, a record without the comma behind it, or the comma. */
type Gap = 'first' | 'record' | 'comma';

/** Where a record of this kind may begin; in a string every quote is escaped, so that none of them matches there. */
const LIKELY_RECORD = /\{\s*"(?:eventVersion|version|Records)"/;
const LIKELY_LINE = /(?<=\n)\{|\{\s*"(?:eventVersion|version|Records)"/;
/** The longest beginning that is found across two pieces. */
const LIKELY_LENGTH = 256;

/**
 * Finds the records of a text: of one or more log files `{"Records": [...]}`, of a list, or one after the other with or
 * without line ends. Only records that may be wanted are parsed; of the others, strings and brackets are looked at, and
 * nothing else.
 *
 * What is no JSON is told, and reading goes on where the next record is likely to begin.
 *
 * @param wanted values of `eventSource`
 * @param engine one that was started for these, and reads no other text
 */
export function createRecordScanner(
  wanted: ReadonlySet<string>,
  { onRecord, onKind, onProblem }: ScanEvents,
  { structure, kinds }: Engine = createEngine(wanted),
): RecordScanner {
  /** Address behind the text that is in memory. */
  let fill = TEXT;
  /** Offset in the text of what is at the address 0. */
  let base = -TEXT;
  let parsed = 0;
  let gap: Gap = 'first';
  /** The object around the list of records, without the list. */
  let around: string | undefined;
  let seeking = false;

  const tell = (at: number, message: string) => onProblem({ byte: base + at, message });

  function write(piece: Uint8Array): void {
    for (let from = 0; from < piece.length; from += PIECE) {
      append(piece.subarray(from, from + PIECE));
      scan(fill - BEHIND);
      keepUnread();
    }
  }

  function append(piece: Uint8Array): void {
    structure.grow(fill + piece.length + 4 * BLOCK);
    structure.bytes.set(piece, fill);
    fill += piece.length;
  }

  /** Moves what is still needed to the beginning of the memory. */
  function keepUnread(): void {
    if (structure.get(STATE.unit) < 0 && !seeking) readGap(structure.get(STATE.next));
    const unit = structure.get(STATE.unit);
    const keep = unit < 0 ? Math.min(structure.get(STATE.gap), structure.get(STATE.next)) : unit;
    if (keep === TEXT) return;
    structure.bytes.copyWithin(TEXT, keep, fill);
    const moved = keep - TEXT;
    base += moved;
    fill -= moved;
    structure.set(STATE.next, structure.get(STATE.next) - moved);
    structure.set(STATE.gap, structure.get(STATE.gap) - moved);
    structure.set(STATE.unit, unit < 0 ? unit : TEXT);
  }

  function scan(limit: number): void {
    do {
      if (seeking) seek(structure.get(STATE.next));
      while (!seeking) {
        const found = structure.scan(limit);
        if (found === FOUND.more) break;
        react(found, structure.get(STATE.at));
      }
    } while (giveUpLongUnit());
  }

  /** @returns whether there is text to be looked at again */
  function giveUpLongUnit(): boolean {
    const unit = structure.get(STATE.unit);
    if (seeking || unit < 0 || fill - unit <= LONGEST_RECORD) return false;
    giveUpUnit(unit, TOO_LONG);
    return !seeking;
  }

  function react(found: number, at: number): void {
    if (found === FOUND.unitEnds) endUnit(structure.get(STATE.unit), at + 1);
    else if (found === FOUND.gapEnds) beginUnit(at);
    else if (found === FOUND.opens && structure.get(STATE.depth) === 1) openList(at, 1);
    else if (found === FOUND.opens) openRecords(at);
    else if (found === FOUND.closes) closeList(at);
    else giveUpUnit(at, EXPLANATIONS[found] ?? 'This is no JSON.');
  }

  function beginUnit(at: number): void {
    readGap(at);
    if (structure.get(STATE.unitDepth) > 0 && gap === 'record') tell(at, 'There is no comma before this record.');
  }

  function endUnit(from: number, to: number): void {
    if (around !== undefined && structure.get(STATE.unitDepth) === 0) endAround(from, to);
    else readUnit(from, to);
    structure.set(STATE.unit, -1);
    structure.set(STATE.gap, to);
    structure.set(STATE.tight, 1);
    gap = 'record';
  }

  function readUnit(from: number, to: number): void {
    if (to - from > LONGEST_RECORD) {
      tell(from, TOO_LONG);
      return;
    }
    const kind = structure.get(STATE.flags) === PLAIN ? kinds?.find() : undefined;
    const byte = base + from;
    if (kind !== undefined && onKind?.(kind, countRecords(), byte)) {
      parsed += 1;
      return;
    }
    const value = parse(from, to);
    if (value === undefined) return;
    if (!isRecord(value)) {
      tell(from, 'What begins here is no CloudTrail record: it has no eventSource.');
      return;
    }
    const index = countRecords();
    parsed += 1;
    if (!isWanted(value, wanted)) return;
    onRecord(value, index, byte);
    if (kind !== undefined) kinds?.learn(kind, value);
  }

  /** @returns undefined, which JSON does not know, when it is no JSON */
  function parse(from: number, to: number): unknown {
    try {
      return JSON.parse(structure.bytes.toString('utf8', from, to));
    } catch (error) {
      tell(from, `What begins here is no JSON: ${(error as Error).message}`);
      return undefined;
    }
  }

  const countRecords = () => structure.get(STATE.records) + parsed;

  function openList(at: number, unitDepth: number): void {
    readGap(at);
    structure.set(STATE.unitDepth, unitDepth);
    structure.set(STATE.unit, -1);
    structure.set(STATE.gap, at + 1);
    structure.set(STATE.tight, 0);
    gap = 'first';
  }

  /** A list that is a member of an object at the top: of a record, or the list of records itself. */
  function openRecords(at: number): void {
    const unit = structure.get(STATE.unit);
    if (readKeyBefore(structure.bytes, unit, at) !== 'Records') return;
    if (around !== undefined) tell(at, 'Records is there for the second time; both are read.');
    around = (around ?? '') + structure.bytes.toString('utf8', unit, at);
    structure.set(STATE.gap, at);
    openList(at, 2);
  }

  function closeList(at: number): void {
    readGap(at);
    if (gap === 'comma') tell(at, 'There is no record behind the last comma.');
    gap = 'record';
    structure.set(STATE.unitDepth, 0);
    if (around === undefined) {
      structure.set(STATE.gap, at + 1);
      structure.set(STATE.tight, 1);
    } else {
      around += '[';
      structure.set(STATE.unit, at);
      structure.set(STATE.flags, ODD);
    }
  }

  function endAround(from: number, to: number): void {
    const text = `${around}${structure.bytes.toString('utf8', from, to)}`;
    around = undefined;
    try {
      JSON.parse(text);
    } catch (error) {
      tell(to - 1, `The object that ends here, around the list of records, is no JSON: ${(error as Error).message}`);
    }
  }

  /** Reads what is between two records: white space, and one comma in a list. */
  function readGap(to: number): void {
    const inList = structure.get(STATE.unitDepth) > 0;
    let from = structure.get(STATE.gap);
    if (structure.get(STATE.tight) === 1) gap = 'record';
    for (let told = false; from < to; from += 1) {
      const byte = structure.bytes[from] ?? 0;
      if (isWhite(byte) || byte === BOM[base + from]) continue;
      if (inList && byte === 0x2c && gap === 'record') gap = 'comma';
      else if (!told) {
        told = true;
        tell(from, 'There is something here that is no record.');
      }
    }
    structure.set(STATE.gap, to);
    structure.set(STATE.tight, 0);
  }

  /** Leaves what cannot be read, and looks for the next record behind it. */
  function giveUpUnit(at: number, message: string): void {
    tell(at, message);
    const unit = structure.get(STATE.unit);
    const atTop = structure.get(STATE.unitDepth) === 0 && around === undefined;
    seek(atTop && unit >= 0 ? unit + 1 : at + 1);
  }

  function seek(from: number): void {
    const atTop = structure.get(STATE.unitDepth) === 0;
    const text = structure.bytes.toString('latin1', from, fill);
    const found = (atTop ? LIKELY_LINE : LIKELY_RECORD).exec(text);
    seeking = found === null;
    const next = found === null ? Math.max(from, fill - LIKELY_LENGTH) : from + found.index;
    if (found?.[0].endsWith('"Records"')) structure.set(STATE.unitDepth, 0);
    if (structure.get(STATE.unitDepth) === 0) around = undefined;
    structure.restart(next);
    structure.set(STATE.gap, next);
    structure.set(STATE.depth, structure.get(STATE.unitDepth));
    gap = 'comma';
  }

  function end(broken = false): void {
    structure.grow(fill + 4 * BLOCK);
    structure.bytes.fill(0x20, fill, fill + 4 * BLOCK);
    scan(fill + BLOCK);
    const unit = structure.get(STATE.unit);
    if (seeking || (broken && unit >= 0)) return;
    if (unit >= 0) {
      tell(fill, `The text ends in the middle of what begins at byte ${base + unit}.`);
      return;
    }
    readGap(fill);
    if (structure.get(STATE.depth) > 0 && !broken) tell(fill, 'The text ends before the list of records is closed.');
  }

  return { write, end, countRecords };
}

const EXPLANATIONS: Readonly<Record<number, string>> = {
  [FOUND.misplaced]: 'This bracket may not be here; reading goes on at the next record.',
  [FOUND.tooDeep]: 'Objects are nested more than 1024 deep here; reading goes on at the next record.',
  [FOUND.rawControl]: 'A line ends in the middle of a string here; reading goes on at the next record.',
};
const TOO_LONG = `What begins here is longer than ${LONGEST_RECORD / 1024 / 1024} MB, and no record is; reading goes on at the next one.`;

const BOM: Readonly<Record<number, number>> = { 0: 0xef, 1: 0xbb, 2: 0xbf };

const isWhite = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** The key of the member whose value begins at `at`; undefined when there is none. */
function readKeyBefore(bytes: Buffer, start: number, at: number): unknown {
  const colon = skipWhiteBack(bytes, start, at);
  const end = skipWhiteBack(bytes, start, colon - 1);
  let from = end - 1;
  do from = bytes.lastIndexOf('"', from - 1);
  while (from > start && isEscaped(bytes, from));
  try {
    return JSON.parse(bytes.toString('utf8', Math.max(start, from), end));
  } catch {
    return undefined;
  }
}

function skipWhiteBack(bytes: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && isWhite(bytes[at - 1] ?? 0)) at -= 1;
  return at;
}

function isEscaped(bytes: Buffer, at: number): boolean {
  let from = at;
  while (bytes[from - 1] === 0x5c) from -= 1;
  return (at - from) % 2 === 1;
}
