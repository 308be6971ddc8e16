import { createKinds, type Kinds } from './kinds.ts';
import type { ShortCut } from './short-cut.ts';
import { type Structure, startStructure, TEXT } from './structure.ts';

/** What reads one text at a time, and then the next one. */
export interface Engine {
  readonly structure: Structure;
  /** What is known of kinds of records, from all texts before. */
  readonly kinds: Kinds | undefined;
}

/** A memory that grew beyond this is not kept for the next text. */
const KEPT_LENGTH = TEXT + 4 * 1024 * 1024;

/** Starts an engine for records of these values of `eventSource`. */
export function createEngine<T>(wanted: ReadonlySet<string>, shortCut?: ShortCut<T>): Engine {
  const structure = startStructure(wanted, shortCut?.varying ?? []);
  return { structure, kinds: shortCut === undefined ? undefined : createKinds(structure, shortCut) };
}

/** Engines that wait for a text, by what they were started with. */
const idle = new WeakMap<object, Engine[]>();

/** Gives an engine that is free, or a new one. Whoever reads for the same records with the same short cut shares them. */
export function takeEngine<T>(wanted: ReadonlySet<string>, shortCut?: ShortCut<T>): Engine {
  const engine = idle.get(shortCut ?? wanted)?.pop();
  if (engine === undefined) return createEngine(wanted, shortCut);
  engine.structure.reset();
  return engine;
}

/** Takes an engine back, whatever it was in the middle of. */
export function returnEngine<T>(engine: Engine, wanted: ReadonlySet<string>, shortCut?: ShortCut<T>): void {
  if (engine.structure.bytes.length > KEPT_LENGTH) return;
  const waiting = idle.get(shortCut ?? wanted) ?? [];
  waiting.push(engine);
  idle.set(shortCut ?? wanted, waiting);
}
