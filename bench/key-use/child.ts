/**
 * The measuring of key use, in a process of its own: reads the log files of a folder as the function does, and prints what it
 * took. It is bundled, as the function is.
 */
import { listSources } from '../../lib/audit/read/list-sources.ts';
import { makeUseItems, type UseItem } from '../../lib/key-use/items.ts';
import { readUses } from '../../lib/use-files/read-uses.ts';
import type { UseCost } from './cost.ts';

const [, , folder = ''] = process.argv;

/**
 * What DynamoDB counts for an item: names and values as UTF-8, and a number by its digits.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
const sizeOf = (item: UseItem): number =>
  Object.entries(item).reduce(
    (size, [name, value]) =>
      size +
      name.length +
      (typeof value === 'string' ? Buffer.byteLength(value) : Math.ceil(String(value).length / 2) + 1),
    0,
  );

const cost = { files: 0, records: 0, uses: 0, rows: 0, items: 0, itemBytes: 0, writeUnits: 0 };
const began = performance.now();
const before = process.cpuUsage();
for await (const source of listSources([folder])) {
  if (source.kind !== 'source') throw new Error(`${source.file}: ${source.reason}`);
  const { outcome, reason, records, rows } = await readUses(source.file);
  if (outcome !== 'read') throw new Error(`${source.file}: ${reason}`);
  const sizes = makeUseItems(source.file.slice(-74, -8), rows, 400).map(sizeOf);
  cost.files += 1;
  cost.records += records;
  cost.uses += rows.reduce((sum, row) => sum + row.succeeded + row.denied + row.failed + row.dryRuns, 0);
  cost.rows += rows.length;
  cost.items += sizes.length;
  cost.itemBytes += sizes.reduce((sum, size) => sum + size, 0);
  cost.writeUnits += sizes.reduce((sum, size) => sum + Math.ceil(size / 1024), 0);
}
const { user, system } = process.cpuUsage(before);
const result: UseCost = {
  ...cost,
  seconds: (performance.now() - began) / 1_000,
  cpuSeconds: (user + system) / 1_000_000,
  peakBytes: process.resourceUsage().maxRSS * 1_024,
};
process.stdout.write(JSON.stringify(result));
