import type { Delivery, Pipeline } from '../context.ts';
import type { KeyAction } from '../event/key-action.ts';
import type { ActionEntry } from '../ledger/entry.ts';
import { findingId } from '../ledger/finding.ts';
import { REMINDERS } from '../ledger/keys.ts';
import { readOpenFindings } from '../ledger/read.ts';
import { describeReview, type Telling, tellOnce } from '../tell-once.ts';
import { findWindow, listDue, type ReminderKind } from './list-due.ts';
import { type Reminder, type Told, toReminder } from './reminder.ts';
import { writeReminder } from './write-reminder.ts';

/**
 * What is done once an hour about findings that stay open: one message for all that are due, and one for those that are
 * escalated. What a run before this one recorded and could not send is sent first. Nothing is recorded while nothing is due.
 *
 * @throws {BusyError} while another invocation does it
 * @throws what AWS throws when the next delivery may fare better
 */
export async function remindOfOpen(pipeline: Pipeline, delivery: Delivery): Promise<void> {
  const last = await readLast(pipeline);
  if (last !== undefined) await tellOnce(pipeline, delivery, last.action, (action) => writeAll(pipeline, action));
  const until = (last?.action.request as Partial<Reminder> | undefined)?.until;
  const window = findWindow(until, pipeline.clock());
  if (window === undefined) return;
  const due = await listDue(readOpenFindings(pipeline.records), pipeline.policy, window);
  if (due.reminders.length + due.escalations.length === 0) return;
  const review = describeReview(pipeline, 'keywarden (once an hour)', {
    eventId: `reminder-${window.until.slice(0, 'yyyy-mm-ddThh'.length)}`,
    api: 'RemindOfFindings',
    subject: REMINDERS,
    request: { ...toReminder(due, window) },
  });
  await tellOnce(pipeline, delivery, review, (action) => writeAll(pipeline, action));
}

/**
 * Reminders and their outcomes take turns, so that one of the two newest entries is a reminder. One whose text does not fit
 * its hash counts as not there: at worst a reminder comes twice.
 */
async function readLast({ ledger }: Pipeline): Promise<ActionEntry | undefined> {
  for await (const entry of ledger.readNewest(REMINDERS, 2)) if (entry?.type === 'action') return entry;
  return undefined;
}

function writeAll(place: Pipeline, { request }: KeyAction): readonly Telling[] {
  const reminder = request as unknown as Reminder;
  const kinds: readonly (readonly [ReminderKind, Told])[] = [
    ['escalated', reminder.escalations],
    ['reminder', reminder.reminders],
  ];
  return kinds
    .filter(([, { count }]) => count > 0)
    .map(([kind, told]) => ({
      message: writeReminder(kind, told, reminder, {
        account: place.account,
        region: place.region,
        stage: place.stage,
      }),
      note: (messageId) => told.listed.map((due) => ({ control: findingId(due), state: kind, messageId })),
    }));
}
