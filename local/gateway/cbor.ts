/** What a byte string of a CBOR body is shown as; nothing here needs its content. */
const BYTES = '(bytes)';

/** How many bytes follow a head whose lower five bits are 24 to 27. */
const WIDTHS = [1, 2, 4, 8] as const;

/** Ends a list or a map whose length is not said at its beginning. */
const BREAK = Symbol('break');

/**
 * Reads a CBOR body, the form in which the AWS CLI sends calls of CloudWatch. Tags are dropped and keep what they mark.
 *
 * @returns the value; `undefined` if the bytes are no CBOR or end too early
 * @see https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 * @see https://www.rfc-editor.org/rfc/rfc8949.html#section-3
 */
export function readCbor(body: Buffer): unknown {
  try {
    const value = readItem({ body, at: 0 });
    return value === BREAK ? undefined : value;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

type Cursor = { body: Buffer; at: number };

function readItem(cursor: Cursor): unknown {
  const head = takeBytes(cursor, 1).readUInt8();
  const [major, minor] = [head >> 5, head & 31];
  if (major === 7) return readSimple(cursor, minor);
  const isOpen = minor === 31;
  const length = isOpen ? Number.POSITIVE_INFINITY : readLength(cursor, minor);
  switch (major) {
    case 0:
      return length;
    case 1:
      return -1 - length;
    case 2:
      return readChunks(cursor, length, () => BYTES);
    case 3:
      return readChunks(cursor, length, (bytes) => bytes.toString());
    case 4:
      return readList(cursor, length);
    case 5:
      return Object.fromEntries(readPairs(cursor, length));
    default:
      return readItem(cursor);
  }
}

function takeBytes(cursor: Cursor, count: number): Buffer {
  const bytes = cursor.body.subarray(cursor.at, cursor.at + count);
  if (bytes.length < count) throw new RangeError('The CBOR body ends too early.');
  cursor.at += count;
  return bytes;
}

function readLength(cursor: Cursor, minor: number): number {
  if (minor < 24) return minor;
  const width = WIDTHS[minor - 24];
  if (width === undefined) throw new RangeError(`CBOR does not know the length ${minor}.`);
  const bytes = takeBytes(cursor, width);
  return width === 8 ? Number(bytes.readBigUInt64BE()) : bytes.readUIntBE(0, width);
}

function readSimple(cursor: Cursor, minor: number): unknown {
  if (minor === 31) return BREAK;
  if (minor === 26) return takeBytes(cursor, 4).readFloatBE();
  if (minor === 27) return takeBytes(cursor, 8).readDoubleBE();
  return new Map<number, unknown>([
    [20, false],
    [21, true],
    [22, null],
  ]).get(minor);
}

function readChunks(cursor: Cursor, length: number, toText: (bytes: Buffer) => string): string {
  if (Number.isFinite(length)) return toText(takeBytes(cursor, length));
  return readList(cursor, length).map(String).join('');
}

function readList(cursor: Cursor, length: number): unknown[] {
  const items: unknown[] = [];
  while (items.length < length) {
    const item = readItem(cursor);
    if (item === BREAK) break;
    items.push(item);
  }
  return items;
}

function readPairs(cursor: Cursor, length: number): [string, unknown][] {
  const pairs: [string, unknown][] = [];
  while (pairs.length < length) {
    const name = readItem(cursor);
    if (name === BREAK) break;
    pairs.push([String(name), readItem(cursor)]);
  }
  return pairs;
}
