import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeExport } from '../../../lib/ledger/export/write-export.ts';
import { createTableSource } from '../../../lib/ledger/table-source.ts';
import { describeTampering } from './describe-tampering.ts';
import { collect, createSigner, hashesOf, loadModel, ORIGIN, signCheckpoints } from './model.ts';
import { fillTable, openTable, putCheckpoints } from './table.ts';

const CHAINS = 90;
const LENGTH = 24;
const CUTS = [8, 16, 20];

/** The ledger is written by the ledger's own code into a table, signed, exported, and then tampered with. */
describeTampering(async () => {
  const table = await openTable();
  const parent = await mkdtemp(join(tmpdir(), 'keywarden-table-'));
  try {
    await fillTable(table, CHAINS, LENGTH);
    const signer = createSigner();
    const hashes = hashesOf(await collect(createTableSource(table).entries()));
    await putCheckpoints(table.client, signCheckpoints(hashes, CUTS, signer), signer);
    const folder = join(parent, 'export');
    await writeExport(createTableSource(table), folder, ORIGIN);
    return { model: await loadModel(folder), signer, cuts: CUTS, length: LENGTH };
  } finally {
    await table.stop();
    await rm(parent, { recursive: true });
  }
});
