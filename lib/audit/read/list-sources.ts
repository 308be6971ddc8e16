import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Skipped, type Source, STDIN } from './source.ts';

/**
 * Lists what there is to read: files as they are given, and folders with all that is below them, in the order of their
 * names. Links are followed; a folder is listed once, however many ways lead to it.
 *
 * @param paths files, folders, or `-` for the standard input
 * @returns each file as soon as it is found. A file that was named is read whatever its name is; below a folder only
 *   `.json`, `.ndjson` and `.jsonl` are, with or without `.gz`, and the others are told as skipped
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html (folders)
 */
export async function* listSources(paths: Iterable<string>): AsyncGenerator<Source | Skipped> {
  const listed = new Set<string>();
  for (const path of paths) {
    if (path === STDIN) yield { kind: 'source', file: path };
    else yield* listPath(path, true, listed);
  }
}

async function* listPath(path: string, named: boolean, listed: Set<string>): AsyncGenerator<Source | Skipped> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) yield* listFolder(path, listed);
    else yield judgeFile(path, named, found.isFile());
  } catch (error) {
    yield { kind: 'skipped', file: path, reason: explainAccess(error), unreadable: true };
  }
}

async function* listFolder(folder: string, listed: Set<string>): AsyncGenerator<Source | Skipped> {
  const reason = FOLDERS_WITHOUT_RECORDS.get(basename(folder));
  if (reason !== undefined) {
    yield { kind: 'skipped', file: folder, reason, unreadable: false };
    return;
  }
  const real = await realpath(folder);
  if (listed.has(real)) {
    yield {
      kind: 'skipped',
      file: folder,
      reason: `It is the folder ${real}, which is read already.`,
      unreadable: false,
    };
    return;
  }
  listed.add(real);
  for (const name of (await readdir(folder)).sort()) yield* listPath(join(folder, name), false, listed);
}

/**
 * What CloudTrail keeps beside its log files, without records of calls in it.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-insights-events-with-cloudtrail.html
 */
const FOLDERS_WITHOUT_RECORDS: ReadonlyMap<string, string> = new Map([
  ['CloudTrail-Digest', 'It holds the digests of log files, no records.'],
  ['CloudTrail-Insight', 'It holds statistics about calls, no records of them.'],
]);

const LOG_FILE = /\.(json|ndjson|jsonl)(\.gz)?$/i;

function judgeFile(file: string, named: boolean, plain: boolean): Source | Skipped {
  if (named || (plain && LOG_FILE.test(file))) return { kind: 'source', file };
  const reason = plain
    ? 'Its name does not end in .json, .ndjson or .jsonl, with or without .gz; name it to have it read.'
    : 'It is neither a file nor a folder.';
  return { kind: 'skipped', file, reason, unreadable: false };
}

function explainAccess(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'There is no such file or folder.';
    case 'EACCES':
    case 'EPERM':
      return 'It may not be read by this user.';
    default:
      return `It cannot be read: ${message}`;
  }
}
