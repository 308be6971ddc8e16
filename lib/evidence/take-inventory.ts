import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createGzip } from 'node:zlib';
import type { InventoryEntry } from '../ledger/entry.ts';
import { INVENTORY } from '../ledger/keys.ts';
import type { Writer } from '../ledger/ledger.ts';
import { recordNote } from '../ledger/note.ts';
import type { Evidence } from './evidence.ts';
import type { InventoryLine, UnreadLine } from './inventory-line.ts';
import { listKeys } from './list-keys.ts';
import { inventoryName } from './names.ts';

type Inventory = InventoryEntry['inventory'];

const MOST_EXAMPLES = 20;

/**
 * Takes the inventory of the day: which keys there are, in the evidence bucket, and an entry of the ledger that says so. Done
 * once a day, however often it is asked for.
 *
 * @returns undefined when the inventory of this day is on record already
 * @throws what AWS throws when the keys cannot be listed or the list cannot be kept; the next run tries again
 */
export async function takeDailyInventory(evidence: Evidence, writer: Writer): Promise<Inventory | undefined> {
  const { ledger, clock } = evidence;
  const eventId = `inventory-${evidence.region}-${clock().toISOString().slice(0, 10)}`;
  if ((await ledger.look(eventId, INVENTORY, [])).work !== undefined) return undefined;
  const inventory = await takeInventory(evidence);
  const draft = { type: 'inventory', inventory } as const;
  return (await recordNote(ledger, { subject: INVENTORY, eventId, draft }, writer)) ? inventory : undefined;
}

async function takeInventory(evidence: Evidence): Promise<Inventory> {
  const { store, account, region, clock } = evidence;
  const at = clock().toISOString();
  const { body, ...counted } = await compressLines(listKeys(evidence));
  const object = inventoryName(at);
  if ((await store.put(object, body, 'application/gzip')) === 'different') {
    throw new Error(`The evidence bucket has another inventory with the name ${object}; the next run takes a new one.`);
  }
  return { at, account, region, ...counted, object };
}

/** Only what is compressed stays in memory: some ten megabytes for 100,000 keys. */
async function compressLines(
  lines: AsyncIterable<InventoryLine | UnreadLine>,
): Promise<{ readonly body: Uint8Array } & Pick<Inventory, 'keys' | 'unread' | 'examples' | 'sha256'>> {
  const gzip = createGzip();
  const chunks: Buffer[] = [];
  gzip.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = once(gzip, 'end');
  const hash = createHash('sha256');
  const examples: { key: string; reason: string }[] = [];
  let [keys, unread] = [0, 0];
  for await (const line of lines) {
    keys += 1;
    if ('unread' in line) {
      unread += 1;
      if (examples.length < MOST_EXAMPLES) examples.push({ key: line.arn, reason: line.unread });
    }
    const text = `${JSON.stringify(line)}\n`;
    hash.update(text);
    if (!gzip.write(text)) await once(gzip, 'drain');
  }
  gzip.end();
  await ended;
  return { body: Buffer.concat(chunks), keys, unread, examples, sha256: hash.digest('hex') };
}
