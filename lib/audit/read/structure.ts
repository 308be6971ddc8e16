import { STRUCTURE_WASM } from './structure.generated.ts';

/** Why `scan` came back; the numbers are those of structure.wat. */
export const FOUND = {
  more: 0,
  unitEnds: 1,
  gapEnds: 2,
  opens: 3,
  closes: 4,
  misplaced: 5,
  tooDeep: 6,
  rawControl: 7,
} as const;

/** What is known between two calls of `scan`: offsets in the memory. structure.wat says what each means. */
export const STATE = {
  next: 0,
  depth: 4,
  unitDepth: 8,
  unit: 12,
  at: 16,
  gap: 20,
  tight: 24,
  records: 28,
  flags: 32,
  wanted: 36,
  kinds: 612,
  kindText: 616,
} as const;
type Offset = (typeof STATE)[keyof typeof STATE];

const MARK = 40;
const LAST_MARK = 44;
const IN_STRING = 48;
const ESCAPED = 56;
const STRINGS = 600;
const PAIRS = 64;
const MAX_PAIRS = 32;

/** Where the text begins in the memory. */
export const TEXT = 4_456_448;

const NAME_BITS = 2560;
const VALUES = 2688;
const NAMES = 3072;
const KIND_TABLE = 131_072;
const KIND_TEXTS = 262_144;

/** How many members may vary, and how long their names may be. */
const MOST_NAMES = 16;
const LONGEST_NAME = 31;

/** The scanner of structure.wat, with its memory. */
export interface Structure {
  /** The whole memory; another one after `grow`. */
  readonly bytes: Buffer;
  get(offset: Offset): number;
  set(offset: Offset, value: number): void;
  isInString(): boolean;
  /** Forgets what it was in the middle of, and goes on at a position that is in no string. */
  restart(next: number): void;
  /** Looks for what comes next; `limit` as in structure.wat. */
  scan(limit: number): number;
  /**
   * The kind of the unit that ended, as a number from 0: that of an earlier unit, or the next one; -1 when it has none, and
   * -2 when there are too many.
   */
  kind(): number;
  forgetKinds(): void;
  /** The JSON text of a varying member of that unit, by the number of its name; undefined when it has none. */
  readValue(name: number): string | undefined;
  /** Forgets all but what is wanted, what may vary and the kinds, for another text. */
  reset(): void;
  /** Makes the memory at least so long, in bytes. */
  grow(length: number): void;
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  scan(limit: number): number;
  kind(): number;
}

/** The part of WebAssembly that is used here; Node has it, and its type package does not. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const PAGE = 65_536;
let compiled: object | undefined;

/**
 * Starts a scanner.
 *
 * @param wanted values of `eventSource` whose records must be parsed
 * @param varying names of members whose values do not matter to the kind of a unit
 * @see https://webassembly.github.io/spec/core/ (SIMD is part of it since version 2.0; Node has it since 16.4)
 */
export function startStructure(wanted: ReadonlySet<string>, varying: readonly string[]): Structure {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  compiled ??= new Module(Buffer.from(STRUCTURE_WASM, 'base64'));
  const { memory, scan, kind } = new Instance(compiled).exports as Exports;
  let bytes = Buffer.from(memory.buffer);
  let view = new DataView(memory.buffer);
  const structure: Structure = {
    get bytes() {
      return bytes;
    },
    get: (offset) => view.getInt32(offset, true),
    set: (offset, value) => view.setInt32(offset, value, true),
    isInString: () => view.getBigInt64(IN_STRING, true) !== 0n,
    restart(next) {
      for (const offset of [IN_STRING, ESCAPED, STRINGS]) view.setBigInt64(offset, 0n, true);
      for (const offset of [MARK, LAST_MARK]) view.setInt32(offset, 0, true);
      structure.set(STATE.next, next);
      structure.set(STATE.unit, -1);
      structure.set(STATE.tight, 0);
    },
    scan,
    kind,
    forgetKinds() {
      bytes.fill(0, KIND_TABLE, KIND_TEXTS);
      structure.set(STATE.kinds, 0);
      structure.set(STATE.kindText, KIND_TEXTS);
    },
    readValue(name) {
      const from = view.getInt32(VALUES + name * 8, true);
      return from === 0 ? undefined : bytes.toString('utf8', from, view.getInt32(VALUES + name * 8 + 4, true));
    },
    reset() {
      structure.restart(TEXT);
      structure.set(STATE.gap, TEXT);
      structure.set(STATE.depth, 0);
      structure.set(STATE.unitDepth, 0);
      structure.set(STATE.records, 0);
      structure.set(STATE.flags, 0);
    },
    grow(length) {
      if (length <= bytes.length) return;
      memory.grow(Math.ceil((length - bytes.length) / PAGE));
      bytes = Buffer.from(memory.buffer);
      view = new DataView(memory.buffer);
    },
  };
  structure.set(STATE.wanted, writePairs(view, wanted));
  writeNames(view, bytes, varying);
  structure.forgetKinds();
  structure.reset();
  return structure;
}

/**
 * Writes what `eventSource` may begin with, as it is spelled behind the quote: the first eight bytes, or all of a shorter
 * one with its closing quote. One mask of zeros, which lets everything through, when there are too many.
 *
 * @returns how many pairs there are
 */
function writePairs(view: DataView, wanted: ReadonlySet<string>): number {
  const all = [...wanted];
  const beginnings = all.length > MAX_PAIRS ? [''] : all.map((source) => `${JSON.stringify(source).slice(1)}`);
  beginnings.forEach((beginning, index) => {
    const bytes = Buffer.from(beginning).subarray(0, 8);
    const mask = Buffer.alloc(8).fill(0xff, 0, bytes.length);
    view.setBigUint64(PAIRS + index * 16, mask.readBigUInt64LE(), true);
    view.setBigUint64(PAIRS + index * 16 + 8, Buffer.concat([bytes, Buffer.alloc(8)]).readBigUInt64LE(), true);
  });
  return beginnings.length;
}

/**
 * Writes the names as they are spelled, with their closing quotes, and for each length which names have it.
 *
 * @throws {Error} when there are too many names, or one is too long or needs escapes
 */
function writeNames(view: DataView, bytes: Buffer, names: readonly string[]): void {
  if (names.length > MOST_NAMES) throw new Error(`${names.length} members may vary; name ${MOST_NAMES} at most.`);
  names.forEach((name, index) => {
    if (!/^[ -!#-[\]-~]+$/.test(name) || name.length > LONGEST_NAME) {
      throw new Error(
        `The member ${JSON.stringify(name)} cannot vary; its name may have ${LONGEST_NAME} plain characters.`,
      );
    }
    const spelled = Buffer.from(`${name}"`);
    bytes.set(spelled, NAMES + index * 64);
    bytes.fill(0xff, NAMES + index * 64 + 32, NAMES + index * 64 + 32 + spelled.length);
    const bits = NAME_BITS + name.length * 4;
    view.setInt32(bits, view.getInt32(bits, true) | (1 << index), true);
  });
}
