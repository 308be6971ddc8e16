import type { Pipeline } from '../context.ts';
import type { ActionEntry, Told } from '../ledger/entry.ts';
import { isRunId, SELFTEST_REMEDY, SELFTEST_TAG } from './run-ids.ts';
import { writeTestMessage } from './write-messages.ts';

/**
 * The run whose change this record of CloudTrail is. Only a record that is accounted for counts: somebody who only sets the tag
 * is somebody who changes Keywarden's key. And only one that came by the rule: one that a comparison with CloudTrail brought is
 * proof that the way does not work.
 *
 * @returns undefined for whatever is no record of a run
 */
export function findRun({ confirms, action }: Pick<ActionEntry, 'confirms' | 'action'>): string | undefined {
  if (confirms?.remedy !== SELFTEST_REMEDY || action.api !== 'TagResource') return undefined;
  if (action.origin !== 'eventbridge') return undefined;
  const tags = Array.isArray(action.request.tags) ? (action.request.tags as readonly unknown[]) : [];
  return tags.map(readTag).find((value) => value !== undefined && isRunId(value));
}

function readTag(tag: unknown): string | undefined {
  const { tagKey, tagValue } = (tag ?? {}) as { readonly tagKey?: unknown; readonly tagValue?: unknown };
  return tagKey === SELFTEST_TAG && typeof tagValue === 'string' ? tagValue : undefined;
}

/**
 * Sends the test message of a run whose record has come. A crash afterwards sends it a second time, which ends nothing twice.
 *
 * @throws what SNS throws
 */
export async function confirmRun(pipeline: Pipeline, entry: ActionEntry): Promise<readonly Told[]> {
  const run = findRun(entry);
  if (run === undefined) return [];
  const { account, region, stage } = pipeline;
  const messageId = await pipeline.tell(writeTestMessage(run, { account, region, stage }));
  return [{ control: 'selftest', state: 'selftest', messageId }];
}
