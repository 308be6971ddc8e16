import { CSV_BYTE_ORDER_MARK, writeCsvHead, writeCsvRow } from './csv.ts';
import type { Column, Population, Row } from './pack-data.ts';
import type { PackFile, PackFiles } from './pack-files.ts';
import { POPULATIONS, type PopulationId } from './populations.ts';

/** Rows that the page shows of each population; the rest is in its files. */
const SHOWN = 100;

/** Writes populations as their rows come, and keeps the first rows of each for the page. */
export interface Tables {
  add(id: PopulationId, row: Row): void;
  /** A population so far: empty when nothing was added. */
  show(id: PopulationId): Population;
  /** Every population, in their order. */
  showAll(): readonly Population[];
}

/** @param files where `populations/<id>.csv` and `.jsonl` are written; also of a population without a row */
export function createTables(files: PackFiles): Tables {
  const all = new Map(
    Object.entries(POPULATIONS).map(([id, { columns }]) => [id, openTable(files, id, columns)] as const),
  );
  const find = (id: PopulationId): OpenTable => {
    const table = all.get(id);
    if (table === undefined) throw new TypeError(`There is no population ${id}.`);
    return table;
  };
  const show = (id: PopulationId): Population => {
    const { title, what, columns } = POPULATIONS[id];
    const { rows, total } = find(id).state();
    return { id, title, what, columns, rows, total, left: total - rows.length, ...pathsOf(id) };
  };
  return {
    add: (id, row) => find(id).add(row),
    show,
    showAll: () => (Object.keys(POPULATIONS) as PopulationId[]).map(show),
  };
}

const pathsOf = (id: string) => ({ file: `populations/${id}.csv`, jsonFile: `populations/${id}.jsonl` });

interface OpenTable {
  add(row: Row): void;
  state(): { readonly rows: readonly Row[]; readonly total: number };
}

function openTable(files: PackFiles, id: string, columns: readonly Column[]): OpenTable {
  const { file, jsonFile } = pathsOf(id);
  const csv: PackFile = files.open(file, true);
  const json: PackFile = files.open(jsonFile, true);
  csv.write(`${CSV_BYTE_ORDER_MARK}${writeCsvHead(columns)}`);
  const rows: Row[] = [];
  let total = 0;
  return {
    add(row) {
      const whole = arrange(columns, row);
      csv.write(writeCsvRow(columns, whole), 1);
      json.write(`${JSON.stringify(whole)}\n`, 1);
      if (rows.length < SHOWN) rows.push(whole);
      total += 1;
    },
    state: () => ({ rows, total }),
  };
}

/** Exactly the columns, in their order. */
const arrange = (columns: readonly Column[], row: Row): Row => ({
  ...Object.fromEntries(columns.map(({ id }) => [id, row[id] ?? null])),
  id: row.id,
});
