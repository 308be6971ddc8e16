import { crc32, deflateRawSync } from 'node:zlib';

/** Makes a zip archive of text files, as small as the format allows. */
export function zip(files: Readonly<Record<string, string>>): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = deflateRawSync(text);
    const fields = makeFields(name, text, data);
    const local = Buffer.concat([integer(0x04034b50, 4), fields, Buffer.from(name), data]);
    directory.push(
      Buffer.concat([
        integer(0x02014b50, 4),
        integer(20, 2),
        fields,
        Buffer.alloc(10),
        integer(offset, 4),
        Buffer.from(name),
      ]),
    );
    bodies.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const count = integer(directory.length, 2);
  const end = [
    integer(0x06054b50, 4),
    Buffer.alloc(4),
    count,
    count,
    integer(entries.length, 4),
    integer(offset, 4),
    Buffer.alloc(2),
  ];
  return Buffer.concat([...bodies, entries, ...end]);
}

/** What the local and the central header of an entry have in common. */
function makeFields(name: string, text: string, data: Buffer): Buffer {
  return Buffer.concat([
    integer(20, 2),
    integer(0, 2),
    integer(8, 2),
    Buffer.alloc(4),
    integer(crc32(text), 4),
    integer(data.length, 4),
    integer(Buffer.byteLength(text), 4),
    integer(Buffer.byteLength(name), 2),
    integer(0, 2),
  ]);
}

function integer(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}
