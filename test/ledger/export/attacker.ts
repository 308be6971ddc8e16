import { canonicalText, GENESIS, type Head, hashText } from '../../../lib/ledger/chain.ts';
import type { Entry } from '../../../lib/ledger/entry.ts';
import { indexOf } from '../../../lib/ledger/items.ts';
import { seqKey, subjectKey } from '../../../lib/ledger/keys.ts';
import type { StoredEntry } from '../../../lib/ledger/read.ts';
import type { ChainEnd } from '../../../lib/ledger/source.ts';

/** One change of a JSON text. */
export interface Alteration {
  /** Which value, and what was done to it. */
  readonly name: string;
  readonly text: string;
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Every value of a JSON text changed, every one taken out, and something put into every object and list. */
export function alterEverything(text: string): Alteration[] {
  const whole = JSON.parse(text) as Json;
  const alterations: Alteration[] = [];
  const visit = (value: Json, path: string, replace: (value: Json | undefined) => Json): void => {
    const note = (name: string, other: Json | undefined) =>
      alterations.push({ name: `${path} ${name}`, text: canonicalText(replace(other)) });
    if (path !== '$') note('taken out', undefined);
    if (Array.isArray(value)) {
      note('longer', [...value, 'more']);
      for (const [place, one] of value.entries()) {
        visit(one, `${path}[${place}]`, (other) =>
          replace(other === undefined ? value.toSpliced(place, 1) : value.with(place, other)),
        );
      }
    } else if (typeof value === 'object' && value !== null) {
      note('with a new name', { ...value, zzz: 'new' });
      for (const [name, one] of Object.entries(value)) {
        visit(one, `${path}.${name}`, (other) => replace(setName(value, name, other)));
      }
    } else note('changed', change(value));
  };
  visit(whole, '$', (value) => value ?? null);
  return alterations;
}

function setName(value: { [name: string]: Json }, name: string, other: Json | undefined): Json {
  const { [name]: _gone, ...rest } = value;
  return other === undefined ? rest : { ...rest, [name]: other };
}

function change(value: null | boolean | number | string): Json {
  switch (typeof value) {
    case 'string':
      return `${value}x`;
    case 'number':
      return value + 1;
    case 'boolean':
      return !value;
    default:
      return 'something';
  }
}

/** Makes everything beside a text agree with it again: its digest, its keys and what the indexes have. */
export function rehash(item: StoredEntry, text: string): StoredEntry {
  const entry = JSON.parse(text) as Entry;
  const attempt = <Value>(make: () => Value): Value | undefined => {
    try {
      return make();
    } catch {
      return undefined;
    }
  };
  const index = attempt(() => indexOf(entry)) ?? {};
  const { gsiActor: _actor, ...rest } = item;
  return {
    ...rest,
    pk: typeof entry.subject === 'string' ? subjectKey(entry.subject) : item.pk,
    sk: attempt(() => seqKey(entry.seq)) ?? item.sk,
    hash: hashText(text),
    entry: text,
    ...index,
  };
}

/**
 * Writes a chain anew, as somebody would who can write the whole table: numbers, links and digests from a place on.
 *
 * @param from first item that is written anew, from 0; what is before it stays as it is
 */
export function rechain(items: readonly StoredEntry[], from: number): StoredEntry[] {
  let head = headOf(items.slice(0, from));
  return items.map((item, place) => {
    if (place < from) return item;
    const entry = JSON.parse(String(item.entry)) as Record<string, Json>;
    const written = rehash(item, canonicalText({ ...entry, seq: head.seq + 1, prevHash: head.hash }));
    head = { seq: head.seq + 1, hash: String(written.hash) };
    return written;
  });
}

export function headOf(items: readonly StoredEntry[]): Head {
  const last = items.at(-1);
  return last === undefined ? GENESIS : { seq: items.length, hash: String(last.hash) };
}

/** The head and the work items that would name the last of these as the last. */
export const endOf = (subject: string, items: readonly StoredEntry[]): ChainEnd => ({
  subject,
  head: headOf(items),
  named: items.length,
});
