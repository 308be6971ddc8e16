import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { CloudTrailRecord } from './gateway/cloudtrail-record.ts';

/**
 * Writes records as CloudTrail would deliver them to a bucket: below `folder`, one gzipped file for each account, Region
 * and day, named `AWSLogs/<account>/CloudTrail/<region>/yyyy/mm/dd/<account>_CloudTrail_<region>_<time>_<id>.json.gz`.
 * On AWS there is a file about every five minutes. The same records make the same files.
 *
 * @param folder is made if it is not there; what it has stays, so it should have nothing of earlier calls
 * @returns the paths of the files
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
 */
export async function writeLogFiles(records: readonly CloudTrailRecord[], folder: string): Promise<string[]> {
  const files = Map.groupBy(records, ({ recipientAccountId, awsRegion, eventTime }) =>
    join('AWSLogs', recipientAccountId, 'CloudTrail', awsRegion, ...eventTime.slice(0, 10).split('-')),
  );
  const paths: string[] = [];
  for (const [directory, together] of files) {
    const text = JSON.stringify({ Records: together });
    const path = join(folder, directory, nameFile(together, text));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, gzipSync(text));
    paths.push(path);
  }
  return paths;
}

/** CloudTrail's 16 characters are random; these tell files of different content apart. */
function nameFile(records: readonly CloudTrailRecord[], text: string): string {
  const times = records.map(({ eventTime }) => eventTime).sort();
  const time = (times.at(-1) ?? '').slice(0, 16).replaceAll(/[-:]/g, '');
  const id = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const [first] = records;
  return `${first?.recipientAccountId}_CloudTrail_${first?.awsRegion}_${time}Z_${id}.json.gz`;
}
