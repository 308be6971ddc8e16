import type { Delivery, Pipeline } from './context.ts';
import { sendDueDigests } from './digest.ts';
import { tellUnrecorded } from './own-changes/tell-unrecorded.ts';
import { remindOfOpen } from './reminders/remind.ts';
import { endOverdue } from './selftest/end-run.ts';

/** What is done once an hour, each by itself; every step does nothing twice, however often the schedule fires. */
const STEPS: readonly ((pipeline: Pipeline, delivery: Delivery) => Promise<void>)[] = [
  tellUnrecorded,
  remindOfOpen,
  endOverdue,
  sendDueDigests,
];

/**
 * Does everything that is done once an hour. A step that fails keeps none of the others back.
 *
 * @throws {BusyError} while another invocation does it
 * @throws what AWS throws when the next delivery may fare better: what is done by then is not done again
 */
export async function runHourly(pipeline: Pipeline, delivery: Delivery): Promise<void> {
  const failures: unknown[] = [];
  for (const step of STEPS) {
    try {
      await step(pipeline, delivery);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
