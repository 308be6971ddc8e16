import { createReadStream } from 'node:fs';
import { listSources } from '../audit/read/list-sources.ts';
import type { Archive } from './archive.ts';
import { readLogName } from './file-name.ts';

/** A file or folder below the given one could not be looked at. */
export class FolderError extends Error {
  override name = 'FolderError';
}

/**
 * Makes the archive that a folder of downloaded files is, however they are arranged: what a file is, its name says.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html#cloudtrail-log-filename-format
 */
export function createFolderArchive(folder: string): Archive {
  let listed: Promise<readonly string[]> | undefined;
  return {
    name: folder,
    async *list(kind, account, region, day) {
      if (kind !== 'CloudTrail') return;
      listed ??= listFiles(folder);
      const date = day.replaceAll('/', '-');
      for (const file of await listed) {
        const name = readLogName(file);
        if (name?.account === account && name.region === region && name.at.startsWith(date)) yield file;
      }
    },
    open: async (file) => ({ metadata: {}, body: createReadStream(file) }),
    nameFile: (file) => file,
  };
}

async function listFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const found of listSources([folder])) {
    if (found.kind === 'source') files.push(found.file);
    else if (found.unreadable) throw new FolderError(`${found.file} cannot be looked at: ${found.reason}`);
  }
  return files;
}
