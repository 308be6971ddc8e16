import { hostname, userInfo } from 'node:os';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { safeText } from '../lib/alert/safe-text.ts';
import { type ExportOrigin, writeExport } from '../lib/ledger/export/write-export.ts';
import type { LedgerTable } from '../lib/ledger/read.ts';
import { createTableSource } from '../lib/ledger/table-source.ts';
import { connectLedger } from './connect.ts';
import { showEntries } from './ledger-progress.ts';
import type { GlobalOptions, Output } from './options.ts';

/** What `keywarden ledger export` takes beside the options of every command. */
export interface ExportOptions {
  /** Who exports, for the manifest; the user of this machine when it is not said. */
  readonly by?: string;
  /** Version of the command. */
  readonly version: string;
}

/**
 * Exports the whole ledger into a folder, for somebody who has no access to AWS.
 *
 * @returns exit code 0
 * @throws {ExportError} when the folder is not empty
 */
export async function exportTable(
  folder: string,
  { by, version }: ExportOptions,
  options: GlobalOptions,
  out: Output,
  progress: Output,
): Promise<number> {
  const table = connectLedger(options);
  const origin: ExportOrigin = {
    table: options.table,
    ...(await locateTable(table)),
    at: new Date().toISOString(),
    by: by ?? `${userInfo().username}@${hostname()}`,
    tool: `keywarden ${version}`,
  };
  const shown = showEntries(progress);
  const { manifest, manifestSha256 } = await writeExport(createTableSource(table), folder, origin, shown.update);
  shown.end();
  const linesOf = (name: string) => manifest.files.find((file) => file.name === name)?.lines ?? 0;
  const counts = {
    entries: linesOf('entries.jsonl'),
    chains: linesOf('heads.jsonl'),
    checkpoints: linesOf('checkpoints.jsonl'),
  };
  if (options.format === 'json') out.write(`${JSON.stringify({ folder, ...counts, manifestSha256, manifest })}\n`);
  else {
    out.write(
      `Exported ${counts.entries} entries in ${counts.chains} chains and ${counts.checkpoints} checkpoints of ${options.table} into ${safeText(folder)}.\n` +
        `sha256 of its manifest: ${manifestSha256}\n` +
        `Keep that number apart from the export; whoever has it verifies with:\n` +
        `  keywarden ledger verify ${safeText(folder)} --manifest ${manifestSha256}\n`,
    );
  }
  return 0;
}

/** Account and Region as DynamoDB says: the table's name alone does not tell two ledgers apart. */
async function locateTable({ client, table }: LedgerTable): Promise<Pick<ExportOrigin, 'account' | 'region'>> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
  const [, , , region = '', account = ''] = Table?.TableArn?.split(':') ?? [];
  return { account, region };
}
