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

/** Offsets of the state in the memory, as in structure.wat. */
const OFFSETS = {
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
};
const MARK = 40;
const LAST_MARK = 44;
const IN_STRING = 48;
const ESCAPED = 56;
const STRINGS = 600;
const PAIRS = 64;
const MAX_PAIRS = 32;

/** Where the text begins in the memory. */
export const TEXT = 131_072;

/** What is known between two calls of `scan`; structure.wat says what each means. Positions are addresses. */
export type State = Record<keyof typeof OFFSETS, number>;

/** The scanner of structure.wat, with its memory. */
export interface Structure {
  /** The whole memory; another one after `grow`. */
  readonly bytes: Buffer;
  get(name: keyof State): number;
  set(changes: Partial<State>): void;
  isInString(): boolean;
  /** Forgets what it was in the middle of, and goes on at a position that is in no string. */
  restart(next: number): void;
  /** Looks for what comes next; `limit` as in structure.wat. */
  scan(limit: number): number;
  /** Makes the memory at least so long, in bytes. */
  grow(length: number): void;
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  scan(limit: number): number;
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
 * @see https://webassembly.github.io/spec/core/ (SIMD is part of it since version 2.0; Node has it since 16.4)
 */
export function startStructure(wanted: ReadonlySet<string>): Structure {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  compiled ??= new Module(Buffer.from(STRUCTURE_WASM, 'base64'));
  const { memory, scan } = new Instance(compiled).exports as Exports;
  let bytes = Buffer.from(memory.buffer);
  let view = new DataView(memory.buffer);
  const structure: Structure = {
    get bytes() {
      return bytes;
    },
    get: (name) => view.getInt32(OFFSETS[name], true),
    set(changes) {
      for (const [name, value] of Object.entries(changes)) view.setInt32(OFFSETS[name as keyof State], value, true);
    },
    isInString: () => view.getBigInt64(IN_STRING, true) !== 0n,
    restart(next) {
      for (const offset of [IN_STRING, ESCAPED, STRINGS]) view.setBigInt64(offset, 0n, true);
      for (const offset of [MARK, LAST_MARK]) view.setInt32(offset, 0, true);
      structure.set({ next, unit: -1, tight: 0 });
    },
    scan,
    grow(length) {
      if (length <= bytes.length) return;
      memory.grow(Math.ceil((length - bytes.length) / PAGE));
      bytes = Buffer.from(memory.buffer);
      view = new DataView(memory.buffer);
    },
  };
  structure.set({ wanted: writePairs(view, wanted) });
  structure.restart(TEXT);
  structure.set({ gap: TEXT });
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
