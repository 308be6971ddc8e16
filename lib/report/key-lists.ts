import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { isObject } from '../event/plain-json.ts';
import type { InventoryLine, UnreadLine } from '../evidence/inventory-line.ts';
import type { KeyLists } from './build-pack.ts';
import type { Cell, Row } from './pack-data.ts';
import { joinWords, toText } from './rows/cells.ts';

/** Gives an object of the evidence bucket; undefined when there is none. */
export interface ObjectReader {
  get(name: string): Promise<Uint8Array | undefined>;
}

/** Reads lists of keys from the evidence bucket, and believes them only when they are what the ledger names. */
export const createKeyLists = (store: ObjectReader): KeyLists => ({
  async *read({ object, sha256 }) {
    const body = await getList(store, object);
    const lines = unpack(object, body);
    const found = createHash('sha256').update(lines).digest('hex');
    if (found !== sha256) {
      throw new Error(
        `${object} is not the list that the ledger names: its lines have the sha256 ${found}, and not ${sha256}`,
      );
    }
    for (const line of lines.toString('utf8').split('\n')) if (line !== '') yield toRow(object, line);
  },
});

async function getList(store: ObjectReader, object: string): Promise<Uint8Array> {
  let body: Uint8Array | undefined;
  try {
    body = await store.get(object);
  } catch (cause) {
    const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
    throw new Error(`${object} could not be read from the evidence bucket (${name}: ${message})`, { cause });
  }
  if (body === undefined) throw new Error(`${object} is not in the evidence bucket`);
  return body;
}

function unpack(object: string, body: Uint8Array): Buffer {
  try {
    return gunzipSync(body);
  } catch (cause) {
    throw new Error(`${object} is no gzip file`, { cause });
  }
}

function toRow(object: string, line: string): Row {
  const key: unknown = JSON.parse(line);
  const { arn, ...traits }: Readonly<Partial<Record<keyof InventoryLine | keyof UnreadLine, unknown>>> = isObject(key)
    ? key
    : {};
  if (typeof arn !== 'string') throw new Error(`${object} has a line that names no key`);
  const cells = Object.entries(traits).map(([name, value]) => [name, toCell(value)] as const);
  return { ...Object.fromEntries(cells), id: arn };
}

const toCell = (value: unknown): Cell =>
  typeof value === 'boolean' || typeof value === 'number'
    ? value
    : Array.isArray(value)
      ? joinWords(value.map(String))
      : toText(value);
